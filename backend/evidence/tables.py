from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, Timestamptz, Varchar
from piccolo.table import Table


class Blob(Table, tablename="blob"):
    """证据 One immutable file under its SHA-256, whole and on disk. Written after the file is durable, never changed but for `has_thumbnail`."""

    sha256 = Varchar(length=64, primary_key=True, default=None)
    bytes = BigInt()
    media_type = Varchar(length=60)
    uploader = UUID(default=None)  # account
    stored_at = Timestamptz()
    has_thumbnail = Boolean(default=False)

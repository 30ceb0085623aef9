from __future__ import annotations

from piccolo.columns import UUID, Bytea, Integer, Timestamptz, Varchar
from piccolo.table import Table


class ReceivedFile(Table, tablename="received_file"):
    """来件附件 One file that somebody outside sent with a form, as it was made anew. Never changed; erasing it takes the content and leaves the row."""

    id = UUID(primary_key=True, default=None)
    purpose = Varchar(length=20)  # the word of the room that it belongs to
    subject = UUID(default=None)  # the matter there
    name = Varchar(length=120)
    media_type = Varchar(length=40)
    bytes = Integer()
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)
    sha256 = Varchar(length=64)
    content = Bytea(null=True, default=None)
    received_at = Timestamptz(index=True)
    erased_at = Timestamptz(null=True, default=None)

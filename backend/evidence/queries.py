"""Reads on evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class BlobView:
    sha256: str
    bytes: int
    media_type: str
    stored_at: datetime
    has_thumbnail: bool


_BLOB = "select sha256, bytes, media_type, stored_at, has_thumbnail from blob"


async def find_blob(sha256: str) -> BlobView | None:
    row = await reader().fetchrow(f"{_BLOB} where sha256 = $1", sha256)
    return BlobView(**row) if row else None


async def list_blobs(hashes: Sequence[str]) -> dict[str, BlobView]:
    """Those of the hashes that are durable here."""
    rows = await reader().fetch(f"{_BLOB} where sha256 = any($1)", list(hashes))
    return {row["sha256"]: BlobView(**row) for row in rows}

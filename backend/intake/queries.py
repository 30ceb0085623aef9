"""Reads on files from outside. Whoever asks names the matter: an id alone opens nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class FileView:
    """One file without its content."""

    id: UUID
    subject: UUID
    name: str
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    sha256: str
    received_at: datetime
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileContent:
    name: str
    media_type: str
    sha256: str
    content: bytes


_VIEW = ", ".join(FileView.__dataclass_fields__)


async def list_files(purpose: str, subjects: Sequence[UUID]) -> dict[UUID, list[FileView]]:
    """subject -> its files in the order of their coming; erased ones too, without content."""
    rows = await reader().fetch(
        f"select {_VIEW} from received_file where purpose = $1 and subject = any($2) order by received_at, id", purpose, list(subjects)
    )
    found: dict[UUID, list[FileView]] = {subject: [] for subject in subjects}
    for row in rows:
        found[row["subject"]].append(FileView(**row))
    return found


async def find_file(file_id: UUID, *, purpose: str, subject: UUID) -> FileContent | None:
    """None where the matter has no such file, or no longer."""
    row = await reader().fetchrow(
        "select name, media_type, sha256, content from received_file where id = $1 and purpose = $2 and subject = $3 and content is not null",
        file_id,
        purpose,
        subject,
    )
    return FileContent(row["name"], row["media_type"], row["sha256"], bytes(row["content"])) if row else None


async def find_named(sha256: str, *, purpose: str, subject: UUID) -> FileContent | None:
    """The file of this hash that came with the matter; None where there is none, or no longer."""
    file_id = await reader().fetchval("select id from received_file where purpose = $1 and subject = $2 and sha256 = $3", purpose, subject, sha256)
    return await find_file(file_id, purpose=purpose, subject=subject) if file_id else None


async def list_named(purpose: str, named: Mapping[UUID, Sequence[str]]) -> dict[UUID, list[FileView]]:
    """subject -> those files of it that its matter names by hash, in that order; what was erased is left out."""
    there = await list_files(purpose, list(named))
    found = {subject: {f.sha256: f for f in files if f.erased_at is None} for subject, files in there.items()}
    return {subject: [found[subject][h] for h in hashes if h in found[subject]] for subject, hashes in named.items()}

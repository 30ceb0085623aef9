"""Verbs on evidence: begin or continue an upload, keep the whole file for good.

A file is written to a part on the disk, flushed, checked against its name, given to the store (``evidence.store``), and only then the
row is written: a row means that the file is durable. A cut upload keeps what came.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from backend.evidence import rules
from backend.evidence.queries import find_blob, list_blobs
from backend.evidence.store import THUMBNAIL, store
from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.settings import settings
from backend.storage import outbox
from backend.storage.engine import connection, transaction

READERS = 8  # files that are read at once for one question
PATIENCE = 20.0  # seconds that a retry waits for the try before it; less than the phone waits for an answer


@dataclass(frozen=True, slots=True)
class Stored:
    """``is_new``: this call made it durable."""

    sha256: str
    bytes: int
    stored_at: datetime
    is_new: bool


def path_of(sha256: str) -> Path:
    """Where the whole file is in a store that is a folder, and where unfinished uploads of it lie in any."""
    if not rules.is_sha256(sha256):
        raise NotFound()
    return settings().evidence_dir / sha256[:2] / sha256


def thumbnail_path(sha256: str) -> Path:
    return path_of(sha256).with_suffix(THUMBNAIL)


async def read(sha256: str) -> bytes:
    """The whole file, as it was stored. Raises ``NotFound``, ``StoreAway``."""
    return await store().get(sha256)


async def is_here(sha256: str) -> bool:
    """Whether the store has the file now. Raises ``StoreAway``."""
    return await store().size(sha256) is not None


def _part(sha256: str, uploader: UUID) -> Path:
    # Each person's own: nobody can spoil another's half-sent file.
    return path_of(sha256).with_name(f"{sha256}.{uploader.hex}.part")


def offset_of(sha256: str, uploader: UUID) -> int | None:
    """How many bytes of an unfinished upload are here, None where there is none."""
    part = _part(sha256, uploader)
    return part.stat().st_size if part.exists() else None


async def upload(sha256: str, chunks: AsyncIterator[bytes], *, uploader: UUID, offset: int = 0, total: int | None = None) -> Stored | int:
    """Take bytes from ``offset`` on. Returns what is stored when the file is whole, else the new offset.

    ``total`` None means that this request carries the rest. The body is always read to its end, so that the phone
    sees the answer and not a reset. Raises ``TooLarge``, ``AudioTooLarge``, ``OffsetMismatch``, ``HashMismatch``,
    ``NotEvidence``, ``Busy`` while another try of the same person goes on. Opens its own transaction for the row: no transaction stays open
    while a slow phone sends.
    """
    part = _part(sha256, uploader)
    if stored := await _find_stored(sha256):
        await _read_out(chunks)
        return stored
    await asyncio.to_thread(part.parent.mkdir, parents=True, exist_ok=True)
    async with _only_writer(part) as out:
        # Who waited for its own first try to end finds the work done.
        if out is None:
            await _read_out(chunks)
            raise rules.Busy()
        if stored := await _find_stored(sha256):
            await asyncio.to_thread(part.unlink, missing_ok=True)
            await _read_out(chunks)
            return stored
        here = os.fstat(out.fileno()).st_size
        if offset not in (0, here):
            await _read_out(chunks)
            raise rules.OffsetMismatch(offset=here)
        out.truncate(offset)
        size = offset
        too_large = False
        async for chunk in chunks:
            size += len(chunk)
            if size > rules.MAX_BYTES:
                too_large = True
                continue
            out.write(chunk)
        out.flush()
        await asyncio.to_thread(os.fsync, out.fileno())
        if too_large or (total is not None and total > rules.MAX_BYTES):
            await asyncio.to_thread(part.unlink, missing_ok=True)
            raise rules.TooLarge()
        if total is not None and size < total:
            return size
        return await _finish(sha256, part, uploader)


async def _read_out(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        pass


async def _find_stored(sha256: str) -> Stored | None:
    """What is stored, if its file is still there: one that was lost here is taken again."""
    async with transaction():
        known = await find_blob(sha256)
    if known is None or await store().size(sha256) != known.bytes:
        return None
    return Stored(sha256, known.bytes, known.stored_at, is_new=False)


def _is_open_at(file: BinaryIO, path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


@asynccontextmanager
async def _only_writer(part: Path) -> AsyncIterator[BinaryIO | None]:
    """``part`` open for appending and nobody else's; None when another upload held it for longer than ``PATIENCE``.

    Waits without holding a thread. The lock is a file beside it: ``part`` itself becomes the stored evidence, and whoever
    waited must not come in between that and its row. The lock goes with its holder, so only one that is still in place counts.
    """
    limit, place = time.monotonic() + PATIENCE, part.with_name(part.name + ".lock")
    while True:
        lock = await asyncio.to_thread(place.open, "ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if await asyncio.to_thread(_is_open_at, lock, place):
                break
        except BlockingIOError:
            pass
        lock.close()
        if time.monotonic() > limit:
            yield None
            return
        await asyncio.sleep(0.02)
    with lock:
        try:
            with await asyncio.to_thread(part.open, "ab") as out:
                yield out
        finally:
            place.unlink(missing_ok=True)


async def list_whole(hashes: Sequence[str]) -> dict[str, int]:
    """Those of the hashes whose file is here, readable and still has its hash, with its size in bytes."""
    async with transaction():
        known = await list_blobs(hashes)

    place = asyncio.Semaphore(READERS)

    async def is_whole(sha256: str) -> bool:
        async with place:
            try:
                return hashlib.sha256(await read(sha256)).hexdigest() == sha256
            except (NotFound, OSError):
                return False

    whole = await asyncio.gather(*(is_whole(h) for h in known))
    return {h: b.bytes for (h, b), holds in zip(known.items(), whole, strict=True) if holds}


async def _finish(sha256: str, part: Path, uploader: UUID) -> Stored:
    content = await asyncio.to_thread(part.read_bytes)
    if hashlib.sha256(content).hexdigest() != sha256:
        await asyncio.to_thread(part.unlink, missing_ok=True)
        raise rules.HashMismatch()
    try:
        media_type = await asyncio.to_thread(rules.media_type_of, content)
    except (rules.NotEvidence, rules.AudioTooLarge):
        await asyncio.to_thread(part.unlink, missing_ok=True)
        raise
    await store().adopt(sha256, part)
    now = clock.now()
    async with transaction():
        is_new = await connection().fetchval(
            "insert into blob (sha256, bytes, media_type, uploader, stored_at) values ($1, $2, $3, $4, $5) on conflict (sha256) do nothing returning true",
            sha256,
            len(content),
            media_type,
            uploader,
            now,
        )
        if media_type in rules.IMAGE_TYPES.values():
            await outbox.ask("thumbnail", {"sha256": sha256}, key=f"thumbnail:{sha256}")
        blob = await find_blob(sha256)
    assert blob is not None
    return Stored(sha256, blob.bytes, blob.stored_at, is_new=bool(is_new))

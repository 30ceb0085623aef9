"""Where whole files lie: a folder that all processes share, or a bucket of any S3-compatible store (``EVIDENCE_URL``).

A key is a file's SHA-256, with ``.thumb.webp`` behind it for its small picture; what is stored under a key never changes, so storing it
again is no harm. Unfinished uploads stay on the disk of the machine that takes them. Proven by tests/rooms/test_evidence_store.py.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from backend.evidence import rules
from backend.kernel import meters
from backend.kernel.errors import DomainError, NotFound
from backend.kernel.settings import settings

THUMBNAIL = ".thumb.webp"
CHUNK = 256 << 10
log = structlog.get_logger()


class StoreAway(DomainError):
    code = "evidence-store-away"
    status = 503
    zh = "证据存储暂时无法连接，请稍后再试；未收到回执的内容没有保存"
    en = "The store of evidence cannot be reached for the moment: try again shortly; what you got no receipt for was not saved"


class Store(Protocol):
    """Every method may raise ``StoreAway``."""

    async def adopt(self, key: str, part: Path) -> None:
        """Keep the file ``part`` for good and take it from where it was; whoever reads the key sees all of it or nothing."""

    async def put(self, key: str, content: bytes) -> None: ...

    async def get(self, key: str) -> bytes:
        """Raises ``NotFound``."""

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """In pieces. Raises ``NotFound`` before the first."""

    async def size(self, key: str) -> int | None: ...

    def local(self, key: str) -> Path | None:
        """The file's place where it is one of this machine."""

    async def check(self) -> None:
        """Whether it answers and lets us write."""


def _check(key: str) -> str:
    if not rules.is_sha256(key.removesuffix(THUMBNAIL)):
        raise NotFound()
    return key


class Folder:
    """``DATA_DIR/evidence``, by the first two digits of the hash."""

    def local(self, key: str) -> Path:
        return settings().evidence_dir / _check(key)[:2] / key

    async def adopt(self, key: str, part: Path) -> None:
        await asyncio.to_thread(_put_in_place, part, self.local(key))

    async def put(self, key: str, content: bytes) -> None:
        def write() -> None:
            target = self.local(key)
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f"{target.name}.{os.getpid()}.new")
            with part.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            _put_in_place(part, target)

        await asyncio.to_thread(write)

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self.local(key).read_bytes)
        except FileNotFoundError as e:
            raise NotFound() from e

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        yield await self.get(key)

    async def size(self, key: str) -> int | None:
        def look() -> int | None:
            path = self.local(key)
            return path.stat().st_size if path.exists() else None

        return await asyncio.to_thread(look)

    async def check(self) -> None:
        def write() -> None:
            folder = settings().evidence_dir
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".probe.{os.getpid()}"
            probe.write_bytes(b"sunlot")
            probe.unlink()

        await asyncio.to_thread(write)


def _put_in_place(part: Path, target: Path) -> None:
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _asking(operation: str) -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as e:
        meters.STORE.labels(operation, "absent").inc()
        raise NotFound() from e
    except (BaseError, OSError, TimeoutError) as e:
        meters.STORE.labels(operation, "failed").inc()
        log.warning("evidence.store_away", operation=operation, error=e)
        raise StoreAway() from e
    meters.STORE.labels(operation, "done").inc()


class Bucket:
    """``s3://bucket/prefix``. The account and the address come from the usual variables of S3: ``AWS_ACCESS_KEY_ID``,
    ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
            **({"endpoint": endpoint} if endpoint else {}),  # type: ignore[arg-type]
            checksum_algorithm="SHA256",  # the store refuses bytes that were spoilt on the way
            client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": "20s", "connect_timeout": "3s"},
            # A person waits: what does not answer soon is away, and whoever asked comes again.
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
        )

    def local(self, key: str) -> None:
        _check(key)

    async def adopt(self, key: str, part: Path) -> None:
        content = await asyncio.to_thread(part.read_bytes)
        await self.put(key, content)
        await asyncio.to_thread(part.unlink, missing_ok=True)

    async def put(self, key: str, content: bytes) -> None:
        with _asking("put"):
            await self._store.put_async(_check(key), content, use_multipart=False)

    async def get(self, key: str) -> bytes:
        with _asking("get"):
            found = await self._store.get_async(_check(key))
            return bytes(await found.bytes_async())

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        with _asking("get"):
            found = await self._store.get_async(_check(key))
            async for piece in found.stream(min_chunk_size=CHUNK):
                yield bytes(piece)

    async def size(self, key: str) -> int | None:
        try:
            with _asking("head"):
                return int((await self._store.head_async(_check(key)))["size"])
        except NotFound:
            return None

    async def check(self) -> None:
        with _asking("check"):
            await self._store.put_async(".probe", b"sunlot", use_multipart=False)
            await self._store.delete_async(".probe")


@cache
def _bucket(url: str) -> Bucket:
    return Bucket(url)


def store() -> Store:
    """The store of this installation."""
    url = settings().evidence_url
    return _bucket(url) if url else Folder()

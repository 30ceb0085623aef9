"""The verbs of scanning: ask about a file, ask whether the scanner is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from backend.kernel.settings import settings
from backend.scanning import rules

PIECE: Final = 1 << 18  # bytes at a time
log = structlog.get_logger()


async def _converse(command: bytes, pieces: AsyncIterator[bytes] | None, patience: float) -> bytes:
    """clamd's answer to a command, with a stream behind it where there is one. Raises ``ScannerAway`` after ``patience`` seconds or without a line."""
    host, port = settings().clamd or ("", None)
    try:
        async with asyncio.timeout(patience):
            reader, writer = await (asyncio.open_unix_connection(host) if port is None else asyncio.open_connection(host, port))
            # Listened to from the beginning: it answers and hangs up in the middle of what is too large.
            answer = asyncio.ensure_future(reader.readuntil(b"\0"))
            try:
                writer.write(b"z" + command + b"\0")
                if pieces is not None:
                    with suppress(ConnectionError):
                        async for piece in pieces:
                            writer.write(len(piece).to_bytes(4, "big") + piece)
                            await writer.drain()
                            if answer.done():
                                break
                        else:
                            writer.write(bytes(4))
                return (await answer)[:-1]
            finally:
                answer.cancel()
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as e:
        log.warning("scanner.away", error=type(e).__name__)
        raise rules.ScannerAway() from e


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


async def _pieces_of(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


async def scan(content: bytes, *, patience: float = 20) -> None:
    """Returns for a clean file, and for any where no scanner is set. Raises ``Infected``, ``TooLargeToScan``, ``ScannerAway``."""
    if settings().clamd:
        rules.judge(await _converse(b"INSTREAM", _pieces(content), patience))


async def scan_file(path: Path, *, patience: float = 600) -> None:
    """``scan`` of a file on the disk, read piece by piece."""
    if settings().clamd:
        rules.judge(await _converse(b"INSTREAM", _pieces_of(path), patience))


async def is_there(*, patience: float = 5) -> bool:
    """Whether the scanner that is set answers."""
    try:
        return await _converse(b"PING", None, patience) == b"PONG"
    except rules.ScannerAway:
        return False

"""A line in front of several servers: each connection goes to the next that takes it. ``open`` False refuses all, as a store that is away does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from tests.journeys.listener import Listener

PIECE = 64 << 10


class Line(Listener):
    """Forwards bytes, whatever they are."""

    def __init__(self, upstreams: Sequence[int]) -> None:
        self.upstreams = list(upstreams)
        self.open = True
        self.connections = 0
        super().__init__()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await self._connect() if self.open else None
            if there is None:
                return
            up_reader, up_writer = there
            try:
                # Whichever side ends first ends both: one request a connection.
                pumps = [asyncio.ensure_future(self._pump(reader, up_writer)), asyncio.ensure_future(self._pump(up_reader, writer))]
                await asyncio.wait({pumps[1]})
                pumps[0].cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
            finally:
                up_writer.transport.abort()
        finally:
            with contextlib.suppress(ConnectionError, OSError):
                writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in self.upstreams:
            self.connections += 1
            try:
                return await asyncio.open_connection("127.0.0.1", self.upstreams[self.connections % len(self.upstreams)])
            except OSError:
                continue
        return None

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while self.open and (data := await reader.read(PIECE)):
                writer.write(data)
                await writer.drain()
        except (ConnectionError, OSError):
            pass

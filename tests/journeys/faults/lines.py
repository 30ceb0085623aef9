"""A line in front of several servers: each connection goes to the next that takes it. ``open`` False refuses all, as a store that is away does."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence

PIECE = 64 << 10


class Line:
    """Listens on ``port``; forwards bytes, whatever they are."""

    def __init__(self, upstreams: Sequence[int]) -> None:
        self.upstreams = list(upstreams)
        self.open = True
        self.connections = 0
        self._tasks: set[asyncio.Task[object]] = set()  # the loop itself holds them weakly
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])
        started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._close())
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        waiting = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0.1)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
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
            self._tasks.discard(task)
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

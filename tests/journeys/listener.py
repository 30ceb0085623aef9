"""A server of our own between two others, on a loop in a thread of its own: what ``torture.proxy`` and ``faults.lines`` are built on."""

from __future__ import annotations

import asyncio
import threading


class Listener:
    """Listens on ``port`` from the end of ``__init__`` to ``stop``; subclasses set up what ``handle`` needs before they call ours."""

    port: int

    def __init__(self, limit: int = 1 << 16) -> None:
        self._tasks: set[asyncio.Task[object]] = set()  # the loop itself holds them weakly
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started, limit), daemon=True)
        self._thread.start()
        started.wait()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)

    def _run(self, started: threading.Event, limit: int) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=limit))
        self.port = int(self._server.sockets[0].getsockname()[1])
        started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._close())
        self._loop.close()

    async def _close(self) -> None:
        """Nothing stays open behind us: a socket that is collected later would fail whatever test runs then."""
        self._server.close()
        waiting = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0.1)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self.handle(reader, writer)
        finally:
            self._tasks.discard(task)

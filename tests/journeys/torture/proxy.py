"""A line that drops, delays, doubles, cuts and lies, between a browser and a server.

What happens to a request is drawn from the seed, its method, its path and how often that path was asked before: the same
seed does the same to the same request, whatever else the machine is doing. One request a connection, to keep it simple.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Callable

from tests.journeys.listener import Listener

# Per thousand requests, where `share` is 1.
FAULTS = {
    "drop": 40,  # the request never arrives
    "cut-request": 50,  # a part of its body arrives, then the line breaks
    "stall": 10,  # a part of its body arrives, then silence
    "lost-answer": 50,  # the server did it, the phone hears nothing
    "cut-answer": 40,  # the phone hears a part
    "double": 60,  # it arrives twice at once, the second perhaps cut; either answer goes back
    "delay": 60,  # up to DELAY_S late
    "500-before": 30,  # a stranger's page instead of the server
    "500-after": 30,  # the server did it, the phone is told that it failed
}
# Long enough to be met in the middle of something, short enough that 4,000 requests one after the other fit into ten minutes.
STALL_S = 2.0
HALF_S = 1.0
DELAY_S = 0.5
PAGE = b"<html><body><h1>500 Internal Server Error</h1></body></html>"
FAILED = b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(PAGE) + PAGE


class FaultProxy(Listener):
    """Forwards to ``upstream``. ``share`` of FAULTS happens.

    ``on_request`` hears the number of each request that may be spoilt, in the proxy's thread.
    """

    def __init__(self, upstream: int, seed: int, on_request: Callable[[int], None] = lambda n: None, share: float = 1) -> None:
        self.upstream, self.seed, self.on_request, self.share = upstream, seed, on_request, share
        self.faulty = False
        self.done: Counter[str] = Counter()
        self.requests = 0
        self._asked: Counter[str] = Counter()
        super().__init__(limit=1 << 20)

    def _fault(self, line: bytes) -> tuple[str, random.Random]:
        method, target, _ = line.decode("latin-1").split(" ", 2)
        key = f"{method} {target.partition('?')[0]}"
        self._asked[key] += 1
        dice = random.Random(f"{self.seed} {key} {self._asked[key]}")
        at = dice.randrange(1000) / self.share
        for name, share in FAULTS.items():
            if at < share:
                return name, dice
            at -= share
        return "none", dice

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = [x for x in head[:-4].split(b"\r\n") if not x.lower().startswith(b"connection:")]
            length = next((int(x.partition(b":")[2]) for x in lines if x.lower().startswith(b"content-length:")), 0)
            body = await reader.readexactly(length)
            whole = b"\r\n".join([*lines, b"connection: close"]) + b"\r\n\r\n"
            if self.faulty:
                self.requests += 1
                self.on_request(self.requests)
                await self._spoil(lines[0], whole, body, writer)
            else:
                self._answer(writer, await self._forward(whole + body))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            _break(writer)
        except asyncio.CancelledError:
            writer.transport.abort()
            raise

    async def _spoil(self, line: bytes, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        fault, dice = self._fault(line)
        if fault in ("cut-request", "stall") and not body:
            fault = "drop"
        self.done[fault] += 1
        part = head + body[: dice.randrange(len(body))] if body else head
        if fault == "drop":
            _break(writer)
        elif fault == "cut-request":
            await self._forward(part, wait=0)
            _break(writer)
        elif fault == "stall":
            await self._forward(part, wait=STALL_S)
            _break(writer)
        elif fault == "lost-answer":
            await self._forward(head + body)
            _break(writer)
        elif fault == "cut-answer":
            answer = await self._forward(head + body)
            if answer:
                writer.write(answer[: dice.randrange(len(answer))])
                await writer.drain()
            _break(writer, flush=True)
        elif fault == "double":
            second = part if dice.random() < 0.5 else head + body
            answers = await asyncio.gather(self._forward(head + body), self._forward(second, wait=HALF_S))
            self._answer(writer, answers[1] or answers[0] if second is not part and dice.random() < 0.5 else answers[0])
        elif fault == "500-before":
            self._answer(writer, FAILED)
        elif fault == "500-after":
            await self._forward(head + body)
            self._answer(writer, FAILED)
        else:
            if fault == "delay":
                await asyncio.sleep(dice.uniform(0.1, DELAY_S))
            self._answer(writer, await self._forward(head + body))

    async def _forward(self, data: bytes, wait: float = 60.0) -> bytes | None:
        """The server's whole answer; None where it gave none. ``wait`` seconds, then our line to it breaks too."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            return None
        try:
            writer.write(data)
            await writer.drain()
            async with asyncio.timeout(wait):
                return await reader.read(-1) or None
        except (OSError, TimeoutError):
            return None
        finally:
            _break(writer)

    def _answer(self, writer: asyncio.StreamWriter, answer: bytes | None) -> None:
        if answer is None:
            _break(writer)
        else:
            writer.write(answer)
            writer.close()


def _break(writer: asyncio.StreamWriter, *, flush: bool = False) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() != -1 and not flush:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # a reset, not a polite end
    if flush:
        writer.close()
    else:
        writer.transport.abort()

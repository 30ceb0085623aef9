"""One listener per process, and its fan-out to the pages that this process serves.

Every process hears every change at its commit, in the order of the commits; so any number of processes may serve one database. What a page
missed while its line was down is told again from memory; where memory does not reach, or the listener itself was cut off, the page is told
that anything may have changed. Proven by tests/rooms/test_live.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import structlog
from asyncpg.exceptions import InterfaceError, PostgresError

from backend.kernel.scope import Scope
from backend.live import presence
from backend.live.presence import Presence
from backend.live.rules import CHANNEL, Change, Person, may_hear, read
from backend.storage.engine import database

HEARTBEAT: Final = 15.0  # seconds; proxies cut lines that are silent for a minute
SETTLE: Final = 0.15  # a transaction tells of many rows: they go out together
MEMORY: Final = 2000  # changes
AGAIN: Final = (0.5, 1.0, 2.0, 5.0)  # seconds between tries to reach the database
# A server that ends waits for its open answers first, and a stream has no end: this signal goes to its processes before the one to stop.
END_STREAMS: Final = signal.SIGUSR1
log = structlog.get_logger()

HELLO, CHANGED, ANYTHING, HERE, BEAT, BYE = "hello", "changed", "anything", "here", "beat", "bye"


@dataclass(frozen=True, slots=True)
class Message:
    """``kind``: hello | changed | anything (all may have changed) | here | beat | bye. ``id``: where to go on from after a broken line.

    ``people``: the names of whoever else is at the place, after each change.
    """

    kind: str
    id: str
    topics: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(eq=False)
class _Watcher:
    scope: Scope
    topics: frozenset[str]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    pending: set[str] = field(default_factory=set)
    anything: bool = False
    place: str = ""
    person: Person | None = None
    met: tuple[str, ...] = ()  # whom the page was last told of


class Hub:
    """Made once per process; ``stop`` ends every stream. The listener starts with the first page that watches."""

    def __init__(self) -> None:
        self._boot = secrets.token_hex(4)  # ids of another life mean nothing to this one
        self._n = 0
        self._past: deque[tuple[int, Change]] = deque(maxlen=MEMORY)
        self._watchers: set[_Watcher] = set()
        self._listening: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._stopped = False
        self.presence = Presence(self._boot, self._wake_at)

    @property
    def watchers(self) -> int:
        return len(self._watchers)

    def end_streams(self) -> None:
        """Every page gets its goodbye; it comes back by itself once there is a server again."""
        self._stopped = True
        for watcher in self._watchers:
            watcher.wake.set()

    async def stop(self) -> None:
        self.end_streams()
        await self.presence.stop()
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
            self._listening = None

    def tell(self, change: Change) -> None:
        self._n += 1
        self._past.append((self._n, change))
        for watcher in self._watchers:
            self._note(watcher, change)

    def tell_anything(self) -> None:
        """The listener was away: whatever happened in between, nobody here has heard of it."""
        self._past.clear()
        self._n += 1
        self.presence.ask_again()
        for watcher in self._watchers:
            watcher.anything = True
            watcher.wake.set()

    @staticmethod
    def _note(watcher: _Watcher, change: Change) -> None:
        if (met := change.meets(watcher.topics)) and may_hear(watcher.scope, change):
            watcher.pending |= met
            watcher.wake.set()

    def _catch_up(self, watcher: _Watcher, last: str) -> None:
        """Note what was told after ``last``, the id that the page saw latest."""
        boot, _dot, n = last.partition(".")
        reaches_back = self._n - len(self._past)
        if boot != self._boot or not n.isdigit() or not reaches_back <= int(n) <= self._n:
            watcher.anything = True
            return
        for number, change in self._past:
            if number > int(n):
                self._note(watcher, change)

    def _wake_at(self, place: str) -> None:
        for watcher in self._watchers:
            if watcher.place == place:
                watcher.wake.set()

    def _others(self, watcher: _Watcher) -> tuple[str, ...]:
        """Names of whoever else is at the watcher's place; a person's own second tab is nobody else."""
        if watcher.person is None:
            return ()
        return tuple(p.name for p in self.presence.at(watcher.place) if p.account != watcher.person.account)

    async def watch(
        self, scope: Scope, topics: frozenset[str], last: str = "", *, place: str = "", person: Person | None = None
    ) -> AsyncGenerator[Message, None]:
        """Messages until the hub stops or the caller goes. The first is hello, which says that the line works.

        ``place`` and ``person``: who is there, for the others at the same place, until the caller goes.
        """
        await self._listen()
        watcher = _Watcher(scope, topics, place=place, person=person)
        if last:
            self._catch_up(watcher, last)
        if watcher.anything or watcher.pending:
            watcher.wake.set()
        self._watchers.add(watcher)
        if person is not None:
            self.presence.enter(place, person)
            watcher.wake.set()  # to be told at once who is there already
        try:
            yield Message(HELLO, self._id())
            while not self._stopped:
                try:
                    await asyncio.wait_for(watcher.wake.wait(), HEARTBEAT)
                except TimeoutError:
                    yield Message(BEAT, self._id())
                    continue
                if not self._stopped:
                    await asyncio.sleep(SETTLE)
                watcher.wake.clear()
                told, watcher.pending, anything, watcher.anything = tuple(sorted(watcher.pending)), set(), watcher.anything, False
                if anything and topics:
                    yield Message(ANYTHING, self._id(), tuple(sorted(topics)))
                elif told:
                    yield Message(CHANGED, self._id(), told)
                if (met := self._others(watcher)) != watcher.met:
                    watcher.met = met
                    yield Message(HERE, self._id(), people=met)
            yield Message(BYE, self._id())
        finally:
            self._watchers.discard(watcher)
            if person is not None:
                self.presence.leave(place, person)

    def _id(self) -> str:
        return f"{self._boot}.{self._n}"

    async def _listen(self) -> None:
        if self._listening is None or self._listening.done():
            self._ready.clear()
            self._listening = asyncio.create_task(self._keep_listening(), name="live")
        ready = asyncio.create_task(self._ready.wait())
        try:
            # Without a database the page still gets its stream, and is told once the listener is back.
            await asyncio.wait({ready, self._listening}, timeout=3, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()

    async def _keep_listening(self) -> None:
        tries = 0
        while not self._stopped:
            gone = asyncio.Event()
            try:
                connection = await asyncpg.connect(**database().config)
            except (OSError, PostgresError) as e:
                log.warning("live.unreachable", error=e)
                await asyncio.sleep(AGAIN[min(tries, len(AGAIN) - 1)])
                tries += 1
                continue
            try:
                connection.add_termination_listener(lambda _c, gone=gone: gone.set())
                await connection.add_listener(CHANNEL, self._hear)
                await connection.add_listener(presence.CHANNEL, lambda _c, _pid, _channel, said: self.presence.hear(str(said)))
                if tries or self._ready.is_set():
                    self.tell_anything()
                tries = 0
                self._ready.set()
                await gone.wait()
                log.warning("live.cut_off")
            except (OSError, PostgresError, InterfaceError) as e:
                log.warning("live.cut_off", error=e)
                tries += 1
            finally:
                with contextlib.suppress(Exception):
                    await connection.close(timeout=2)

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        change = read(str(payload))
        if change is not None:
            self.tell(change)

"""Who has which thing open to edit it, told among all processes that serve one database. Nothing is stored.

A process knows its own people from their open lines. It states them to the others on the channel ``PRESENCE``: at every change, at every
heartbeat, and when another process asks because somebody opened the same thing there. What is stated is the whole of one place, so that a
statement that was lost or came twice does no harm; who is silent for three heartbeats is taken for gone. Proven by tests/rooms/test_presence.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from asyncpg.exceptions import InterfaceError, PostgresError

from backend.live.rules import Person, Statement, read_statement
from backend.storage.engine import aside

CHANNEL: Final = "presence"
HEARTBEAT: Final = 15.0  # seconds
LINGER: Final = 1.5  # seconds: who loads the page anew has not left
MOST_STATED: Final = 40  # people of one place; a notification holds 8000 bytes
log = structlog.get_logger()


async def notify(payload: str) -> None:
    await aside().execute("select pg_notify($1, $2)", CHANNEL, payload)


class Presence:
    """One per process. ``boot`` names the process; ``wake`` is called with each place whose people have changed."""

    def __init__(self, boot: str, wake: Callable[[str], None], say: Callable[[str], Awaitable[None]] = notify) -> None:
        self._boot, self._wake, self._say = boot, wake, say
        self._here: dict[str, dict[Person, int]] = {}  # place -> person -> open lines
        self._there: dict[str, dict[str, tuple[float, tuple[Person, ...]]]] = {}  # place -> process -> when it said who
        self._due: dict[str, bool] = {}  # place -> whether to ask the others
        self._stir = asyncio.Event()
        self._speaking: asyncio.Task[None] | None = None

    def enter(self, place: str, person: Person) -> None:
        is_first = place not in self._here
        people = self._here.setdefault(place, {})
        people[person] = people.get(person, 0) + 1
        if people[person] == 1:
            self._tell(place, ask=is_first)
        if self._speaking is None or self._speaking.done():
            self._speaking = asyncio.create_task(self._speak(), name="presence")

    def leave(self, place: str, person: Person) -> None:
        asyncio.get_running_loop().call_later(LINGER, self._drop, place, person)

    def at(self, place: str) -> tuple[Person, ...]:
        """Everybody at a place in any process, each once, by name."""
        found = set(self._here.get(place, ()))
        for _heard, people in self._there.get(place, {}).values():
            found.update(people)
        return tuple(sorted(found, key=lambda p: (p.name, p.account)))

    def hear(self, payload: str) -> None:
        said = read_statement(payload)
        if said is None or said.boot == self._boot or said.place not in self._here:
            return
        self._there.setdefault(said.place, {})[said.boot] = (time.monotonic(), said.people)
        if said.ask:
            self._due.setdefault(said.place, False)
            self._stir.set()
        self._wake(said.place)

    def ask_again(self) -> None:
        """The listener was away: whoever came or left in between has to say so once more."""
        self._due.update(dict.fromkeys(self._here, True))
        self._stir.set()

    async def stop(self) -> None:
        """Nobody is here any more, and the others are told so as far as the database can still be reached."""
        self._due.update(dict.fromkeys(self._here, False))
        self._here.clear()
        self._there.clear()
        if self._speaking is None:
            return
        self._speaking.cancel()
        await asyncio.gather(self._speaking, return_exceptions=True)
        self._speaking = None
        try:
            await asyncio.wait_for(self._state(), 2)
        except TimeoutError:
            log.warning("presence.unsaid")

    def _drop(self, place: str, person: Person) -> None:
        people = self._here.get(place)
        if people is None or person not in people:
            return
        people[person] -= 1
        if people[person]:
            return
        del people[person]
        if not people:
            del self._here[place]
            self._there.pop(place, None)
        self._tell(place, ask=False)

    def _tell(self, place: str, *, ask: bool) -> None:
        self._due[place] = self._due.get(place, False) or ask
        self._stir.set()
        self._wake(place)

    async def _speak(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._stir.wait(), HEARTBEAT)
            except TimeoutError:
                self._due.update(dict.fromkeys(self._here, False))
                self._forget_silent()
            self._stir.clear()
            await self._state()

    async def _state(self) -> None:
        while self._due:
            place, ask = self._due.popitem()
            people = tuple(self._here.get(place, ()))[:MOST_STATED]
            try:
                await self._say(Statement(self._boot, place, people, ask).write())
            except (OSError, PostgresError, InterfaceError) as e:
                log.warning("presence.unsaid", error=e)  # the next heartbeat says it again

    def _forget_silent(self) -> None:
        limit = time.monotonic() - 3 * HEARTBEAT
        for place, processes in self._there.items():
            silent = [boot for boot, (heard, _people) in processes.items() if heard < limit]
            for boot in silent:
                del processes[boot]
            if silent:
                self._wake(place)

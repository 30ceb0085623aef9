"""Who else has a thing open: told to whoever has it open too, in every process, and no longer once they are gone."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager

import pytest

from backend.kernel.errors import Invalid
from backend.kernel.scope import Scope
from backend.live import presence
from backend.live.hub import HELLO, HERE, Hub
from backend.live.presence import Presence
from backend.live.rules import Person, Statement, check_place, read_statement
from backend.storage.engine import connection, transaction

WANG, LI, CHEN = (Person(f"0000-{n}", name) for n, name in enumerate(("王芳", "李强", "陈静")))
PLACE, OTHER = "enterprise:7b0c", "enterprise:9999"
CITY = Scope(None, "5303")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(presence, "LINGER", 0.05)


class Town:
    """Processes that hear each other without a database."""

    def __init__(self, n):
        self.said: list[str] = []
        self.woken: list[tuple[int, str]] = []
        self.all = [Presence(f"boot{k}", lambda place, k=k: self.woken.append((k, place)), self.say) for k in range(n)]
        self.deaf: set[int] = set()

    async def say(self, payload):
        self.said.append(payload)
        for k, one in enumerate(self.all):
            if k not in self.deaf:
                one.hear(payload)

    async def settle(self, seconds=0.15):
        await asyncio.sleep(seconds)

    async def stop(self):
        for one in self.all:
            await one.stop()


async def test_people_of_all_processes_are_seen_and_gone_when_they_leave():
    town = Town(3)
    one, two, three = town.all
    one.enter(PLACE, WANG)
    await town.settle()
    two.enter(PLACE, LI)
    await town.settle()
    assert set(one.at(PLACE)) == set(two.at(PLACE)) == {LI, WANG}, "who comes later is told who was there before"
    assert three.at(PLACE) == (), "a process without anybody there keeps nothing"
    assert two.at(OTHER) == ()
    one.enter(PLACE, WANG)  # a second tab
    one.leave(PLACE, WANG)
    await town.settle()
    assert WANG in two.at(PLACE)
    one.leave(PLACE, WANG)
    await town.settle()
    assert two.at(PLACE) == (LI,)
    assert (1, PLACE) in town.woken
    await town.stop()


async def test_whoever_loads_the_page_anew_has_not_left():
    town = Town(2)
    one, two = town.all
    two.enter(PLACE, LI)
    one.enter(PLACE, WANG)
    await town.settle()
    before = len(town.said)
    one.leave(PLACE, WANG)
    one.enter(PLACE, WANG)
    await town.settle()
    assert set(two.at(PLACE)) == {LI, WANG}
    assert len(town.said) == before, "nothing was told"
    await town.stop()


async def test_a_process_that_died_is_forgotten_and_a_lost_statement_is_made_good(monkeypatch):
    monkeypatch.setattr(presence, "HEARTBEAT", 0.1)
    town = Town(2)
    one, two = town.all
    two.enter(PLACE, LI)
    town.deaf = {1}
    one.enter(PLACE, WANG)
    await town.settle(0.05)
    assert two.at(PLACE) == (LI,)
    town.deaf = set()
    await town.settle(0.3)
    assert set(two.at(PLACE)) == {LI, WANG}, "said again at the heartbeat"
    one._speaking.cancel()  # killed: it says no goodbye
    await town.settle(0.7)
    assert two.at(PLACE) == (LI,)
    await town.stop()


async def test_a_process_that_ends_says_that_nobody_is_left():
    town = Town(2)
    one, two = town.all
    one.enter(PLACE, WANG)
    two.enter(PLACE, LI)
    await town.settle()
    await one.stop()
    assert two.at(PLACE) == (LI,)
    one.leave(PLACE, WANG)  # its streams end after it
    await town.settle()
    await town.stop()


async def test_what_cannot_be_said_now_is_said_at_the_next_heartbeat(monkeypatch):
    monkeypatch.setattr(presence, "HEARTBEAT", 0.1)
    said = []

    async def say(payload):
        said.append(payload)
        if len(said) == 1:
            raise OSError

    one = Presence("boot", lambda _place: None, say)
    one.enter(PLACE, WANG)
    await asyncio.sleep(0.3)
    assert len(said) > 1
    assert read_statement(said[-1]).people == (WANG,)
    await one.stop()


def test_a_statement_is_read_as_written_and_nonsense_is_passed_over():
    said = Statement("b0", PLACE, (WANG, LI), ask=True)
    assert read_statement(said.write()) == said
    for nonsense in ("", "[]", "{}", '{"b": "x", "p": "no place", "w": [], "a": false}', '{"b": "x", "p": "a:b", "w": [["one"]], "a": true}'):
        assert read_statement(nonsense) is None
    for place in ("", "x", "enterprise:", "enterprise:a b", "Enterprise:7", "enterprise:" + "a" * 81):
        with pytest.raises(Invalid):
            check_place(place)


@asynccontextmanager
async def processes(n):
    made = [Hub() for _ in range(n)]
    try:
        yield made
    finally:
        for hub in made:
            await hub.stop()


async def following(messages):
    return await asyncio.wait_for(anext(messages), 5)


async def test_two_processes_over_one_database(demo):
    async with processes(2) as (one, two), aclosing(one.watch(CITY, frozenset(), place=PLACE, person=WANG)) as hers:
        assert (await following(hers)).kind == HELLO
        async with aclosing(two.watch(CITY, frozenset(), place=PLACE, person=LI)) as his:
            assert (await following(his)).kind == HELLO
            for stream, name in ((his, WANG.name), (hers, LI.name)):
                met = await following(stream)
                assert (met.kind, met.people) == (HERE, (name,))
            async with aclosing(one.watch(CITY, frozenset(), place=OTHER, person=CHEN)) as elsewhere:
                assert (await following(elsewhere)).kind == HELLO
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(elsewhere), 0.5)
        left = await following(hers)
        assert (left.kind, left.people) == (HERE, ())


async def test_a_listener_that_was_cut_off_asks_again(demo):
    async with processes(2) as (one, two), aclosing(one.watch(CITY, frozenset(), place=PLACE, person=WANG)) as hers:
        assert (await following(hers)).kind == HELLO
        async with transaction():
            await connection().fetchval(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
            )
        await asyncio.sleep(1.0)
        async with aclosing(two.watch(CITY, frozenset(), place=PLACE, person=LI)) as his:
            assert (await following(his)).kind == HELLO
            assert (await following(his)).people == (WANG.name,)
            assert (await following(hers)).people == (LI.name,)

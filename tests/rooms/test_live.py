"""Changes reach every process at the commit, once, in scope, and what a broken line missed is made good."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, asynccontextmanager

import asyncpg

from backend.kernel.scope import Scope
from backend.live import hub as live
from backend.live.hub import ANYTHING, BEAT, BYE, CHANGED, HELLO, Hub
from backend.storage import engine
from backend.storage.engine import connection, transaction

CITY = Scope(None, "5303")
ALL = frozenset({"campaigns", "inspections", "submissions", "imports", "recusals"})


@asynccontextmanager
async def hubs(n=1):
    made = [Hub() for _ in range(n)]
    try:
        yield made
    finally:
        for hub in made:
            await hub.stop()


async def following(messages, seconds=3.0):
    return await asyncio.wait_for(anext(messages), seconds)


async def silent(messages, seconds=0.6):
    try:
        said = await asyncio.wait_for(anext(messages), seconds)
    except TimeoutError:
        return True
    raise AssertionError(said)


async def one_visit():
    return await connection().fetchrow("select id, campaign, department, county from inspection where state = 'dispatched' order by id limit 1")


async def touch(inspection):
    await connection().execute("update inspection set version = version + 1 where id = $1", inspection)


async def test_every_process_hears_a_commit_and_nobody_hears_a_rollback(demo):
    async with hubs(2) as (one, other), aclosing(one.watch(CITY, ALL)) as here, aclosing(other.watch(CITY, ALL)) as there:
        assert (await following(here)).kind == (await following(there)).kind == HELLO
        async with transaction():
            visit = await one_visit()
        try:
            async with transaction():
                await touch(visit["id"])
                raise RuntimeError
        except RuntimeError:
            pass
        await hear_only_the_commit(here, there)


async def hear_only_the_commit(*streams):
    # An interrupted generator is finished: each stream is asked once, and for as long as it takes.
    asked = [asyncio.ensure_future(anext(s)) for s in streams]
    done, waiting = await asyncio.wait(asked, timeout=0.6)
    assert not done
    async with transaction():
        await touch((await one_visit())["id"])
    for task in waiting:
        said = await asyncio.wait_for(task, 3)
        assert (said.kind, said.topics) == (CHANGED, ("inspections",))


async def test_a_person_hears_of_their_department_and_region_only(demo):
    async with transaction():
        visit = await one_visit()
    topics = frozenset({"inspections", f"inspection:{visit['id']}", f"campaign:{visit['campaign']}"})
    async with hubs() as (hub,), aclosing(hub.watch(Scope(visit["department"], visit["county"]), topics)) as own:
        await following(own)
        others = [Scope("xfjy", "5303"), Scope(visit["department"], "530399"), Scope("-", "5303")]
        streams = [hub.watch(scope, topics) for scope in others]
        for s in streams:
            await following(s)
        async with transaction():
            await touch(visit["id"])
        assert set((await following(own)).topics) == topics
        for s in streams:
            assert await silent(s)
            await s.aclose()


async def test_many_rows_of_one_transaction_are_one_message(demo):
    async with hubs() as (hub,), aclosing(hub.watch(CITY, ALL)) as messages:
        await following(messages)
        async with transaction():
            done = await connection().execute("update inspection set version = version + 1")
        assert int(done.split()[-1]) > 20
        assert (await following(messages)).topics == ("inspections",)
        assert await silent(messages)


async def copy_visits(n):
    """``n`` visits more, in one statement, of as many enterprises; how many campaigns, departments and counties they have together."""
    columns = [r[0] for r in await connection().fetch("select column_name from information_schema.columns where table_name = 'inspection'")]
    other = {"id": "gen_random_uuid()", "enterprise": "gen_random_uuid()"}
    twenty = "(select * from inspection where state = 'dispatched' order by id limit 20) i"
    groups = await connection().fetchval(f"select count(distinct (campaign, department, county)) from {twenty}")
    chosen = ", ".join(other.get(c, f"i.{c}") for c in columns)
    done = await connection().execute(f"insert into inspection ({', '.join(columns)}) select {chosen} from {twenty}, generate_series(1, {n // 20})")
    assert done.split()[-1] == str(n)
    return groups


async def notified(work):
    """What the work tells, as the channel carries it."""
    heard = []
    listener = await asyncpg.connect(**engine.database().config)
    try:
        await listener.add_listener("live", lambda *told: heard.append(json.loads(told[3])))
        async with transaction():
            result = await work()
        await asyncio.sleep(0.3)
    finally:
        await listener.close()
    return result, heard


async def test_a_draw_of_many_visits_is_told_once_for_each_campaign_department_and_county(demo):
    groups, heard = await notified(lambda: copy_visits(2000))
    assert len(heard) == groups <= 20
    assert {(h["k"], h["i"], h["a"]) for h in heard} == {("inspection", None, False)}


async def test_of_a_few_changes_each_is_told_and_of_very_many_all_pages_that_show_one_hear(demo):
    async with transaction():
        await copy_visits(600)
    _, heard = await notified(lambda: connection().execute("update inspection set version = version + 1 where id in (select id from inspection limit 500)"))
    assert len({h["i"] for h in heard}) == len(heard) == 500
    async with transaction():
        visit = await one_visit()
    one = frozenset({f"inspection:{visit['id']}"})
    theirs = Scope(visit["department"], visit["county"])
    async with hubs() as (hub,), aclosing(hub.watch(theirs, one)) as own, aclosing(hub.watch(Scope("-", "5303"), one)) as other:
        await following(own)
        await following(other)
        done, heard = await notified(lambda: connection().execute("update inspection set version = version + 1"))
        assert int(done.split()[-1]) > 600
        assert len(heard) < 100
        assert (await following(own)).topics == tuple(one)
        assert await silent(other)


async def test_a_page_that_comes_back_hears_what_it_missed_and_no_more(demo):
    async with hubs() as (hub,):
        async with aclosing(hub.watch(CITY, ALL)) as messages:
            last = (await following(messages)).id
        async with transaction():
            visit = await one_visit()
            await touch(visit["id"])
        await asyncio.sleep(0.3)
        async with aclosing(hub.watch(CITY, ALL, last)) as messages:
            assert (await following(messages)).kind == HELLO
            missed = await following(messages)
            assert (missed.kind, missed.topics) == (CHANGED, ("inspections",))
        async with aclosing(hub.watch(CITY, ALL, missed.id)) as messages:
            assert (await following(messages)).kind == HELLO
            assert await silent(messages)
        for forgotten in ("ffffffff.3", "nonsense", f"{last.split('.')[0]}.999999"):
            async with aclosing(hub.watch(CITY, ALL, forgotten)) as messages:
                await following(messages)
                assert (await following(messages)).kind == ANYTHING


async def test_a_page_without_a_past_is_told_nothing_old(demo):
    async with hubs() as (hub,):
        async with aclosing(hub.watch(CITY, ALL)) as messages:
            await following(messages)
        async with transaction():
            await touch((await one_visit())["id"])
        await asyncio.sleep(0.3)
        async with aclosing(hub.watch(CITY, ALL)) as messages:
            await following(messages)
            assert await silent(messages)


async def test_a_listener_that_was_cut_off_comes_back_and_says_that_anything_may_have_changed(demo):
    async with hubs() as (hub,), aclosing(hub.watch(CITY, ALL)) as messages:
        await following(messages)
        async with transaction():
            cut = await connection().fetchval(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
            )
        assert cut == 1
        assert (await following(messages, 8)).kind == ANYTHING
        async with transaction():
            await touch((await one_visit())["id"])
        assert (await following(messages)).kind == CHANGED


async def test_a_quiet_line_beats_and_a_stop_ends_it(demo, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT", 0.1)
    async with hubs() as (hub,):
        messages = hub.watch(CITY, ALL)
        assert [(await following(messages)).kind for _ in range(3)] == [HELLO, BEAT, BEAT]
        await hub.stop()
        kinds = [m.kind async for m in messages]
        assert kinds[-1] == BYE
        assert hub.watchers == 0


async def test_the_listener_is_one_connection_however_many_watch(demo):
    async with hubs() as (hub,):
        streams = [hub.watch(CITY, ALL) for _ in range(12)]
        for s in streams:
            await following(s)
        async with transaction():
            n = await connection().fetchval("select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'")
        assert n == 1
        for s in streams:
            await s.aclose()
    assert engine.database().pool is not None


async def test_a_plan_being_written_is_its_departments_own_and_one_in_force_the_regions(demo):
    topics = frozenset({"plans"})
    async with (
        hubs() as (hub,), aclosing(hub.watch(Scope("scjg", "5303"), topics)) as own,
        aclosing(hub.watch(Scope("xfjy", "5303"), topics)) as other,
    ):
        assert (await following(own)).kind == (await following(other)).kind == HELLO
        heard = asyncio.ensure_future(anext(other))
        async with transaction():
            written = await connection().fetchval("update plan_edition set version = version + 1 where state = 'submitted' returning plan")
        assert written
        assert (await following(own)).topics == ("plans",)
        assert not (await asyncio.wait({heard}, timeout=0.6))[0], "another department hears nothing of it"
        async with transaction():
            one = "select id from plan_edition where state = 'published' limit 1"
            await connection().execute(f"update plan_edition set version = version + 1 where id in ({one})")
        assert (await asyncio.wait_for(heard, 3)).topics == ("plans",)

"""Pages that add up whole tables are kept until one of these changes: the same bytes meanwhile, never older than the database."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest

from backend.kept import service as kept
from backend.kernel import clock
from backend.storage.engine import connection, database, transaction
from backend.web.public import made_of
from tests.web.public.test_kept import one

PAGES = {
    "/": made_of.HOME,
    "/statistics": made_of.STATISTICS,
    "/draws": made_of.DRAWS,
    "/draws/{draw}": made_of.DRAW,
    "/plans": made_of.PLANS,
    "/plans/{plan}": made_of.PLAN,
    "/results": made_of.RESULTS,
    "/lists": made_of.LISTS,
    "/data": made_of.DATA,
}
# Written before what the page shows of them, and never changed afterwards; a page is not kept while an entry that it shows has no place yet.
UNNOTED = {"kept_page", "kept_change", "draw_frame_row", "draw_pool_row", "ledger_entry", "ledger_leaf", "ledger_payload", "plan_decision"}


async def address(path: str) -> str:
    return path.format(
        draw=await one("select draw_id from draw where state = 'revealed' order by draw_id limit 1"),
        plan=await one("select p.number from annual_plan p join plan_edition e on e.plan = p.id where e.published_at is not null order by 1 limit 1"),
    )


async def run(sql: str) -> None:
    async with transaction():
        await connection().execute(sql)


async def place_all() -> None:
    from backend.ledger.sequencer import sequence

    while await sequence():
        pass


@pytest.mark.parametrize("path", PAGES)
async def test_it_is_built_once_and_known_by_its_etag(county, path):
    await place_all()
    anyone, where = await county(""), await address(path)
    first, second = await anyone.get(where), await anyone.get(where)
    assert first.status_code == 200, first.text
    assert await one("select count(*) from kept_page") == 1
    assert second.content == first.content
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["cache-control"] == "no-cache", "asked for again each time, and mostly answered in one line"
    assert second.headers["vary"] == "accept-encoding, cookie"
    assert "set-cookie" not in second.headers
    again = await anyone.get(where, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    english = await anyone.get(f"{where}?lang=en")
    assert english.headers["etag"] != first.headers["etag"]
    assert '<html lang="en"' in english.text


@pytest.mark.parametrize("path", PAGES)
async def test_every_table_that_it_reads_ends_it(county, path):
    """A page that begins to show something new fails here until it names that table, and the table has its triggers."""
    await place_all()
    anyone, where = await county(""), await address(path)
    texts: list[str] = []
    for c in (pooled := [await database().pool.acquire() for _ in range(database().pool.get_size())]):
        c.add_query_logger(lambda record: texts.append(record.query))
    for c in pooled:
        await database().pool.release(c)
    assert (await anyone.get(where)).status_code == 200
    async with transaction():
        tables = {row[0] for row in await connection().fetch("select tablename from pg_tables where schemaname = 'public'")}
        rows = await connection().fetch("select tgrelid::regclass::text as of, tgname from pg_trigger where tgname like 'kept\\_%'")
    of_all = {row["of"] for row in rows if row["tgname"].endswith("_all")}
    read = {table for text in texts for table in re.findall(r'\b(?:from|join)\s+"?([a-z_]+)', text.lower())} & tables
    assert len(read) > 2
    assert read - of_all - UNNOTED - set(PAGES[path]) == set()
    assert set(PAGES[path]) - read == set(), "no table is named in vain"
    for table in PAGES[path]:
        events = {row["tgname"].rpartition("_")[2] for row in rows if row["of"] == table and "_table_" in row["tgname"]}
        # A new enterprise is on no list.
        assert events == ({"update", "delete"} if table == "enterprise" else {"insert", "update", "delete"}), table


async def test_no_table_has_triggers_in_vain(county):
    async with transaction():
        rows = await connection().fetch("select distinct tgrelid::regclass::text as of from pg_trigger where tgname like 'kept\\_%\\_table\\_%'")
    assert {row["of"] for row in rows} == set(made_of.EVERY)


# The newest result once more, of an enterprise and a county of another name.
CORRECTION = (
    "insert into publication (id, number, inspection, version, status, reason, enterprise, enterprise_code, enterprise_name, department, county, draw_id,"
    " completed_on, published_at, snapshot, entry_id) select gen_random_uuid(), number, inspection, version + 1, 'corrected', '笔误', enterprise,"
    " enterprise_code, '新名称', department, '新区县', draw_id, completed_on, now(), snapshot, entry_id from publication p"
    " where (number, version) = (select number, max(version) from publication group by number order by number desc limit 1)"
)
CHANGES = {
    "/": CORRECTION,
    "/statistics": CORRECTION,
    "/draws": "update draw set title = '新名称' where draw_id = (select max(draw_id) from draw)",
    "/draws/{draw}": "update draw set title = '新名称' where draw_id = (select draw_id from draw where state = 'revealed' order by draw_id limit 1)",
    "/lists": "update enterprise set name = '新名称', version = version + 1"
    " where id = (select enterprise from enterprise_listing where removed_on is null limit 1)",
    "/results": "update outcome_code set zh = '新名称' where valid_to is null",
}


@pytest.mark.parametrize("path", CHANGES)
async def test_a_change_ends_it_and_no_change_does_not(county, path):
    await place_all()
    anyone, where = await county(""), await address(path)
    before = await anyone.get(where)
    await run(re.sub(r" where .*", " where false", CHANGES[path]))
    assert (await anyone.get(where)).headers["etag"] == before.headers["etag"]
    await run(CHANGES[path])
    after = await anyone.get(where)
    assert after.headers["etag"] != before.headers["etag"]
    assert "新" in after.text


async def test_each_year_of_the_statistics_is_kept_and_nothing_else_that_one_may_write(county):
    anyone = await county("")
    year = clock.today().year
    this = (await anyone.get("/statistics")).headers["etag"]
    assert (await anyone.get(f"/statistics?year={year}")).headers["etag"] == this
    assert (await anyone.get(f"/statistics?year={year - 1}")).headers["etag"] != this
    assert (await anyone.get("/statistics?year=abc")).status_code == 422
    await anyone.get(f"/statistics?year={year}&x=1")
    assert await one("select count(*) from kept_page") == 2
    for path in ("/results?q=x", "/lists?q=x", "/plans?x=1", "/?x=1"):
        await anyone.get(path)
    assert await one("select count(*) from kept_page") == 2


async def test_what_becomes_true_by_itself_ends_it_too(county):
    """A draw that is not revealed in time is counted from that moment on, whatever else happens."""
    await place_all()
    anyone = await county("")
    await run("update draw set reveal_by = now() + interval '1 hour' where state = 'drawn'")
    draw = await one("select draw_id from draw where state = 'drawn' limit 1")
    before = {path: (await anyone.get(path)).headers["etag"] for path in ("/draws", "/statistics", f"/draws/{draw}")}
    now = clock.now()
    for later, ended in ((timedelta(minutes=5), False), (timedelta(hours=26), True)):
        clock.hold(lambda later=later: now + later)
        await run(f"update kept_page set day = '{clock.today()}'")  # of the moment alone
        for path, etag in before.items():
            assert ((await anyone.get(path)).headers["etag"] != etag) == ended, (path, later)


async def test_of_many_who_ask_at_once_one_builds(county, monkeypatch):
    anyone, built = await county(""), 0
    keep = kept.keep

    async def counted(*args, **more):
        nonlocal built
        built += 1
        await keep(*args, **more)

    monkeypatch.setattr(kept, "keep", counted)
    answers = await asyncio.gather(*(anyone.get("/statistics") for _ in range(6)))
    assert len({a.headers["etag"] for a in answers}) == 1
    assert built == 1


async def test_old_notes_go_and_no_stamp_comes_back(county):
    await county("")
    for hours in (30, 3, 2, 0):
        await run(f"insert into kept_change (subject, at) values ('table:x', now() - interval '{hours} hours')")
    await run("delete from kept_change where subject <> 'table:x'")
    stamp = await kept.find_stamp("overview", ["x"])
    while await kept.sweep():
        pass
    assert await one("select count(*) from kept_change where subject = 'table:x'") == 1
    latest = await kept.find_stamp("overview", ["x"])
    assert latest != stamp
    now = clock.now()
    clock.hold(lambda: now + timedelta(hours=5))
    while await kept.sweep():
        pass
    assert await kept.find_stamp("overview", ["x"]) == latest, "the last note of a table stays"

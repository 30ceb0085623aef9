"""Lamps over the demo county: the database colours each row as the pure rule does, whatever the day; who sees what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backend.deadlines.rules import judge_all
from backend.deadlines.service import save_period
from backend.kernel import clock
from backend.kernel.scope import EVERYTHING, Scope
from backend.storage.engine import connection, transaction
from backend.usecases import board, lamps
from backend.usecases.board import InspectionFilter
from tests.usecases.test_records import principal

NONE = InspectionFilter()
# Nothing hangs on the visit ``i`` yet.
CLEAN = (
    "and not exists (select from rectification_order r where r.inspection = i.id) and not exists (select from objection o where o.inspection = i.id)"
    " and not exists (select from handover h where h.inspection = i.id) and not exists"
    " (select from publication p where p.inspection = i.id and p.version > 1)"
)


async def everything(scope=EVERYTHING, by=NONE):
    found, after = [], None
    while True:
        rows, after = await board.list_inspections(scope, by, after=after)
        found += rows
        if after is None:
            return found


async def hang_on(inspection: UUID, day: date) -> None:
    """An open order, an open objection and a request to replace, begun on that day."""
    async with transaction():
        c = connection()
        await c.execute(
            "insert into rectification_order (id, number, department, year, serial, inspection, enterprise, enterprise_code, enterprise_name, county, demand,"
            " legal_basis, due_on, state, ordered_by, ordered_at, closing, entry_id) select gen_random_uuid(), 'ZG-T', department, 2026, 999, id, enterprise,"
            " enterprise_code, enterprise_name, county, 'x', 'y', $2, 'open', $3, now(), '', $3 from inspection where id = $1",
            inspection,
            day,
            uuid4(),
        )
        await c.execute(
            "insert into objection (id, number, department, year, serial, inspection, result, result_version, enterprise, enterprise_code,"
            " enterprise_name, county, objector, contact, grounds, filed_on, state, entered_by, entered_at, decision, decision_reason, entry_id)"
            " select gen_random_uuid(), 'YY-T',"
            " department, 2026, 999, id, 'GS', 1, enterprise, enterprise_code, enterprise_name, county, 'a', 'b', 'c', $2, 'open', $3, now(), '', '', $3"
            " from inspection where id = $1",
            inspection,
            day,
            uuid4(),
        )


@pytest.mark.parametrize("shift", [-30, 0, 3, 12, 25, 33, 60])
async def test_the_database_and_the_rule_agree_on_every_row(demo, shift):
    now = datetime.now(UTC) + timedelta(days=shift)
    clock.hold(lambda: now)
    async with transaction():
        published = await connection().fetchval(f"select id from inspection i where state = 'published' {CLEAN} order by id limit 1")
    await hang_on(published, clock.today() - timedelta(days=20 + shift))
    rows = await everything()
    assert len(rows) > 40
    by_colour = {colour: {r.id for r in await everything(by=InspectionFilter(lamp=colour))} for colour in lamps.RANKS}
    for row in rows:
        assert {c for c, ids in by_colour.items() if row.id in ids} == ({row.lamp} if row.lamp else set()), row
    counted = await board.count_lamps(EVERYTHING)
    assert {c: sum(x.by_lamp[c] for x in counted) for c in lamps.RANKS} == {c: len(ids) for c, ids in by_colour.items()}
    columns = await board.load_board(EVERYTHING, NONE)
    assert sum(c.total for c in columns) == len([r for r in rows if r.state not in ("replaced", "voided")])
    assert published in [r.id for c in columns if c.key == "after" for r in c.rows]
    assert {r.id for c in columns if c.key == "after" for r in c.rows} == {r.id for r in rows if r.state == "published" and r.lamps}


async def test_which_clocks_run_in_which_state(demo):
    async with transaction():
        rows = await connection().fetch(f"select distinct on (state) state, id from inspection i where true {CLEAN} order by state, id")
        ids = {r["state"]: r["id"] for r in rows}
        await connection().execute("update inspection set scan_due_on = due_on where id = $1", ids["received"])
        spare = await connection().fetchval("select id from inspection where state = 'dispatched' and id <> $1 limit 1", ids["dispatched"])
        await connection().execute("update inspection set state = 'on_site', scan_due_on = due_on where id = $1", spare)
    found = {r.id: {lamp.clock for lamp in r.lamps} for r in await board.list_by_id(EVERYTHING, [*ids.values(), spare])}
    assert found[ids["dispatched"]] == {"visit"}
    assert found[ids["received"]] == {"visit", "scan"}
    assert found[spare] == {"visit"}, "whoever scanned owes no scan"
    assert found[ids["submitted"]] == {"review", "publish"}
    assert found[ids["returned"]] == {"visit", "publish"}
    assert found[ids["published"]] == set()
    await hang_on(ids["published"], clock.today())
    (row,) = await board.list_by_id(EVERYTHING, [ids["published"]])
    assert {lamp.clock for lamp in row.lamps} == {"objection", "rectify"}


async def test_a_changed_period_and_the_review_of_five_working_days(demo):
    rows = await everything(by=InspectionFilter(clock="review"))
    assert rows, "the demo has records that wait"
    assert {r.state for r in rows} == {"submitted"}
    book, today, _values = await lamps.load()
    (lamp,) = [x for x in rows[0].lamps if x.clock == "review"]
    async with transaction():
        submitted = await connection().fetchval("select submitted_at from inspection where id = $1", rows[0].id)
        none = {"clock": "review", "amount": 0, "unit": "working", "warn": 0, "valid_from": date(2026, 2, 1), "source": "测试"}
        await save_period(uuid4(), none, version=None, by=None)
    assert lamp.due_on == book.add(clock.day_of(submitted), 5, "working")
    (row,) = await board.list_by_id(EVERYTHING, [rows[0].id])
    assert [x.due_on for x in row.lamps if x.clock == "review"] == [clock.day_of(submitted)]
    assert judge_all([], book, today) == []


async def test_a_person_sees_their_departments_and_their_region(demo):
    manager = await principal("manager")
    mine = {r.id for r in await everything(manager.scope)}
    assert mine
    assert await everything(Scope(department="sthj", region="5303")) == []
    narrow = await everything(Scope(department=None, region="530302"))
    assert narrow
    assert {r.county for r in narrow} == {"530302"}
    assert len(narrow) < len(mine)
    assert [c.county for c in await board.count_lamps(Scope(department=None, region="530302"))] == ["530302"]
    assert await board.list_by_id(Scope(department="sthj", region="5303"), list(mine)[:3]) == []


async def test_the_campaign_board_counts_lamps_of_its_visits(demo):
    manager = await principal("manager")
    cards = await board.load_campaign_board(manager.scope)
    assert all(c.state == state for state, found in cards.items() for c in found)
    assert [(c.total, c.lamp.colour) for c in cards["announced"]] == [(0, "green")] * 2
    busy = next(c for c in cards["drawn"] if c.kind == "random")
    assert sum(busy.by_lamp.values()) == busy.total - busy.published
    done = next(c for c in cards["closed"] if "药品零售" in c.name)
    assert (done.total, done.published, done.lamp) == (10, 10, None)
    assert sum(done.by_lamp.values()) == 3, "two orders and an objection are open"
    late = clock.now() + timedelta(days=90)
    clock.hold(lambda: late)
    cards = await board.load_campaign_board(manager.scope)
    assert {c.lamp.colour for c in [*cards["announced"], *cards["drawn"]] if c.lamp} == {"red"}

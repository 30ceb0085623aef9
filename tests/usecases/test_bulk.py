"""Many visits at once: the preview is what the run does, a row is done wholly or not at all, a second click does nothing more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.desk import queries as desk
from backend.inspections.queries import find_place
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.people import service as people
from backend.storage.engine import connection, transaction
from backend.usecases import board, bulk
from backend.usecases.bulk import Order
from tests.usecases.test_records import principal

REMIND = Order("remind")


async def visits() -> dict[str, list[UUID]]:
    """state -> visits of the demo's department."""
    async with transaction():
        rows = await connection().fetch("select state, array_agg(id order by id) as ids from inspection where department = 'scjg' group by state")
    return {row["state"]: row["ids"] for row in rows}


async def count(sql: str, *args) -> int:
    async with transaction():
        return int(await connection().fetchval(sql, *args))


async def test_a_preview_says_it_all_and_does_nothing(demo):
    manager, of = await principal("manager"), await visits()
    rows = [of["dispatched"][0], of["submitted"][0], uuid4(), of["dispatched"][0]]
    before = await count("select count(*) from ledger_entry")
    found = await bulk.preview(REMIND, rows, by=manager)
    assert [r["ok"] for r in found] == [True, False, False], "each row once"
    assert "通知" in found[0]["zh"]
    assert "已提交" in found[1]["zh"]
    assert (found[2]["name"], found[2]["zh"]) == ("", NotFound().message("zh"))
    assert await count("select count(*) from ledger_entry") == before
    assert await count("select count(*) from inbox_entry where kind = 'inspection.reminded'") == 0


async def test_reminding_once_a_day_and_one_run_of_two_clicks(demo):
    manager, of = await principal("manager"), await visits()
    rows, run = [*of["dispatched"][:3], of["published"][0]], uuid4()
    previewed = await bulk.preview(REMIND, rows, by=manager)
    first, again = await asyncio.gather(bulk.run(run, REMIND, rows, by=manager), bulk.run(run, REMIND, rows, by=manager))
    assert first == again
    assert first.results == previewed
    assert [r["ok"] for r in first.results] == [True, True, True, False]
    assert await count("select count(*) from inbox_entry where kind = 'inspection.reminded'") == 6, "two officers each, once"
    assert await count("select count(*) from ledger_entry where type = 'inspection.reminded'") == 3
    other = await bulk.run(uuid4(), REMIND, rows[:1], by=manager)
    assert other.results[0]["zh"] == "今天已催办过"
    tomorrow = clock.now() + timedelta(days=1)
    clock.hold(lambda: tomorrow)
    assert (await bulk.run(uuid4(), REMIND, rows[:1], by=manager)).results[0]["ok"]
    with pytest.raises(NotFound):
        await desk.find_run(run, (await principal("reviewer")).account_id)


async def test_extending_moves_the_lamp_and_keeps_the_reason(demo):
    manager, of = await principal("manager"), await visits()
    row, done = of["dispatched"][0], of["published"][0]
    place = await find_place(row, manager.scope)
    due_on = place.due_on + timedelta(days=10)
    order = Order("extend", due_on, "企业停业装修，待复工后检查")
    found = await bulk.run(uuid4(), order, [row, done], by=manager)
    assert [r["ok"] for r in found.results] == [True, False]
    (extension,) = await desk.list_extensions(row)
    assert (extension.due_before, extension.due_after, extension.reason) == (place.due_on, due_on, order.reason)
    (shown,) = await board.list_by_id(manager.scope, [row])
    assert shown.lamps[0].due_on == due_on
    again = await bulk.run(uuid4(), order, [row], by=manager)
    assert not again.results[0]["ok"], "the same day is no extension"
    for wrong in (replace(order, reason=" "), replace(order, due_on=place.due_on), replace(order, due_on=None)):
        (result,) = (await bulk.run(uuid4(), wrong, [of["dispatched"][1]], by=manager)).results
        assert not result["ok"]
    assert await desk.list_extensions(of["dispatched"][1]) == []
    reviewer = await principal("reviewer")
    (result,) = (await bulk.run(uuid4(), order, [of["dispatched"][1]], by=reviewer)).results
    assert not result["ok"], "only the manager extends"


async def colleague(username: str, role: str = "reviewer", department: str = "scjg", region: str = "5303") -> UUID:
    async with transaction():
        return await people.create_account(
            username=username, password="long enough password", name=f"审核{username}", role=role, department=department, region=region
        )


async def test_a_record_is_handed_to_a_reviewer_who_may_have_it(demo):
    manager, of = await principal("manager"), await visits()
    row, dispatched = of["submitted"][0], of["dispatched"][0]
    second = await colleague("second")
    found = await bulk.run(uuid4(), Order("assign", reviewer=second), [row, dispatched], by=manager)
    assert [r["ok"] for r in found.results] == [True, False]
    (shown,) = await board.list_by_id(manager.scope, [row])
    assert shown.reviewer == "审核second"
    mine, _next = await board.list_inspections(manager.scope, board.InspectionFilter(reviewer=second))
    assert [r.id for r in mine] == [row]
    assert await count("select count(*) from inbox_entry where account = $1 and kind = 'review.assigned'", second) == 1
    assert not (await bulk.run(uuid4(), Order("assign", reviewer=second), [row], by=manager)).results[0]["ok"], "has it already"
    for other in (await colleague("fire", department="xfjy"), await colleague("far", region="530399"), manager.account_id, uuid4()):
        assert not (await bulk.run(uuid4(), Order("assign", reviewer=other), [row], by=manager)).results[0]["ok"]


async def test_nothing_of_a_row_that_fails_half_way_stays(demo, monkeypatch):
    manager, of = await principal("manager"), await visits()
    rows, due_on = of["dispatched"][:2], clock.today() + timedelta(days=90)

    async def fails(inspection, **_rest):
        if inspection == rows[0]:
            raise Invalid(field="rows", why_zh="半路失败", why_en="failed half way")

    monkeypatch.setattr(bulk.service, "note_extension", fails)
    found = await bulk.run(uuid4(), Order("extend", due_on, "测试半路失败"), rows, by=manager)
    assert [(r["ok"], r["zh"][:4]) for r in found.results] == [(False, "半路失败"), (True, "期限由 ")]
    assert (await find_place(rows[0], manager.scope)).due_on != due_on
    assert (await find_place(rows[1], manager.scope)).due_on == due_on
    assert await count("select count(*) from ledger_entry where type = 'inspection.extended' and subject = $1", str(rows[0])) == 0


async def test_nobody_acts_on_other_departments_rows(demo):
    manager, of = await principal("manager"), await visits()
    (result,) = await bulk.preview(REMIND, of["dispatched"][:1], by=replace(manager, department="xfjy"))
    assert (result["ok"], result["name"]) == (False, ""), "not even its name is told"
    for who in ("auditor", "inspector", "admin"):
        with pytest.raises(Forbidden):
            await bulk.preview(REMIND, of["dispatched"][:1], by=await principal(who))
    with pytest.raises(Invalid):
        await bulk.run(uuid4(), Order("delete"), of["dispatched"][:1], by=manager)
    with pytest.raises(Invalid):
        await bulk.run(uuid4(), REMIND, [], by=manager)

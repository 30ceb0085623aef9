"""An objection: entered for the enterprise, answered in 20 working days by somebody who had no part in it, and the result follows at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from backend.deadlines.queries import load_book
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.objections import queries
from backend.objections.rules import Decided, Involved, ObjectionOpen
from backend.objections.service import Filing
from backend.publicity import queries as publicity
from backend.publicity.rules import OtherVersion, Withdrawn
from backend.storage.engine import connection, transaction
from backend.usecases import board
from backend.usecases.objecting import decide_objection, file_objection
from backend.usecases.revise_result import correct_result, withdraw_result
from tests.usecases.test_records import principal
from tests.usecases.test_results import published

GIVEN = {"objector": "某药房", "contact": "13900000000", "grounds": "检查当日已改正，结果代码有误"}


async def filed(by, inspection: UUID, **changed) -> UUID:
    objection = uuid4()
    await file_objection(inspection, objection, Filing(**{**GIVEN, "filed_on": clock.today(), **changed}), by=by)
    return objection


async def test_from_the_filing_to_a_corrected_result(demo):
    manager, reviewer = await principal("manager"), await principal("reviewer")
    inspection, number = await published()
    objection = await filed(reviewer, inspection)
    number_of_it = (await queries.find_objection(objection, manager.scope)).number
    assert number_of_it.startswith(f"YY-{clock.today().year}-SCJG-")
    assert await file_objection(inspection, objection, Filing(**GIVEN, filed_on=clock.today()), by=reviewer) == number_of_it, "a second click"
    (row,) = await board.list_by_id(manager.scope, [inspection])
    assert [(lamp.clock, lamp.due_on) for lamp in row.lamps] == [("objection", (await load_book()).add(clock.today(), 20, "working"))]
    with pytest.raises(ObjectionOpen, match="YY-"):
        await filed(manager, inspection)
    with pytest.raises(Involved):
        await decide_objection(objection, decision="kept", reason="原结果无误", seen=1, by=reviewer)
    await decide_objection(objection, decision="corrected", reason="核实后更正结果代码", outcomes=["E"], seen=1, by=manager)
    found = await queries.find_objection(objection, manager.scope)
    assert (found.state, found.decision, found.decided_by) == ("decided", "corrected", manager.account_id)
    now = await publicity.find_publication(number)
    assert (now.version, now.status, now.reason) == (2, "corrected", "核实后更正结果代码")
    with pytest.raises(Decided):
        await decide_objection(objection, decision="kept", reason="再决定一次", seen=2, by=manager)
    (row,) = await board.list_by_id(manager.scope, [inspection])
    assert row.lamps == ()
    async with transaction():
        kinds = await connection().fetch("select type from ledger_entry where subject = any($1)", [str(objection), str(inspection), number])
        assert {"objection.filed", "objection.decided", "result.corrected"} <= {k["type"] for k in kinds}
        secret = await connection().fetch(
            "select p.payload::text as t from ledger_payload p join ledger_entry e using (entry_id) where e.type like 'objection%'"
        )
    assert not any("13900000000" in s["t"] for s in secret), "how to reach a person is no matter of the log"


async def test_kept_and_withdrawn(demo):
    manager = await principal("manager")
    inspection, number = await published()
    await decide_objection(await filed(manager, inspection), decision="kept", reason="事实清楚，维持", seen=1, by=manager)
    assert (await publicity.find_publication(number)).version == 1
    await decide_objection(await filed(manager, inspection), decision="withdrawn", reason="检查对象有误", seen=1, by=manager)
    assert (await publicity.find_publication(number)).status == "withdrawn"
    with pytest.raises(Withdrawn):
        await filed(manager, inspection)


async def test_a_decision_that_cannot_stand_changes_nothing(demo):
    manager, reviewer = await principal("manager"), await principal("reviewer")
    inspection, number = await published()
    objection = await filed(manager, inspection)
    for given in ({"decision": "x", "reason": "理由充分"}, {"decision": "kept", "reason": ""}, {"decision": "corrected", "reason": "理由充分", "outcomes": []}):
        with pytest.raises(Invalid):
            await decide_objection(objection, **given, seen=1, by=manager)
    await correct_result(inspection, seen=1, outcomes=["E"], reason="同时有人更正", by=reviewer)
    with pytest.raises(OtherVersion):
        await decide_objection(objection, decision="withdrawn", reason="理由充分", seen=1, by=manager)
    assert (await queries.find_objection(objection, manager.scope)).state == "open"
    assert (await publicity.find_publication(number)).version == 2


async def test_who_may_do_what(demo):
    manager = await principal("manager")
    inspection, _number = await published()
    async with transaction():
        officer = await connection().fetchval("select inspector from inspection_officer where inspection = $1 and slot = 1", inspection)
        waiting = await connection().fetchval("select id from inspection where state = 'submitted' limit 1")
    with pytest.raises(NotFound):
        await filed(replace(manager, department="xfjy"), inspection)
    with pytest.raises(Forbidden):
        await filed(await principal("auditor"), inspection)
    with pytest.raises(NotFound):
        await filed(manager, waiting)
    objection = await filed(manager, inspection)
    with pytest.raises(Involved):
        await decide_objection(objection, decision="kept", reason="自己的检查", seen=1, by=replace(manager, inspector_id=officer))
    assert await queries.list_objections(replace(manager, department="xfjy").scope) == []


@pytest.mark.parametrize(
    ("field", "changed"),
    [("objector", {"objector": " "}), ("grounds", {"grounds": ""}), ("filed_on", {"filed_on": date(2099, 1, 1)}), ("filed_on", {"filed_on": date(2020, 1, 1)})],
)
async def test_what_is_missing_is_named(demo, field, changed):
    manager = await principal("manager")
    inspection, _number = await published()
    with pytest.raises(Invalid) as refused:
        await filed(manager, inspection, **changed)
    assert refused.value.fields["field"] == field


async def test_nothing_to_object_to_once_it_is_withdrawn(demo):
    manager = await principal("manager")
    inspection, _number = await published()
    await withdraw_result(inspection, seen=1, reason="处理决定被撤销", decided_on=clock.today(), by=manager)
    with pytest.raises(Withdrawn):
        await filed(manager, inspection)


async def test_the_clock_runs_from_the_day_of_the_filing(demo):
    manager = await principal("manager")
    inspection, _number = await published()
    await filed(manager, inspection, filed_on=clock.today() - timedelta(days=14))
    (row,) = await board.list_by_id(manager.scope, [inspection])
    assert row.lamps[0].since == clock.today() - timedelta(days=14)
    later = clock.now() + timedelta(days=20)
    clock.hold(lambda: later)
    (row,) = await board.list_by_id(manager.scope, [inspection])
    assert (row.lamps[0].clock, row.lamps[0].colour) == ("objection", "red")

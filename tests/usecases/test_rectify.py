"""From an order to correct over the follow-up visit to its closing: not drawn, counted by no cap, judged by its own outcomes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.cli.demo.fieldwork import make_work
from backend.evidence import service as evidence
from backend.inspections import queries as inspections
from backend.inspections.rules import AdhocPlan, WrongState
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.rectification import queries as orders
from backend.rectification import rules
from backend.rectification.rules import FollowUpOpen, OrderClosed
from backend.storage.engine import connection, transaction
from backend.usecases import adhoc, board, rectify
from backend.usecases.accept_submission import accept_submission
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.review_submission import approve_submission
from tests.usecases.test_adhoc import team
from tests.usecases.test_board import CLEAN
from tests.usecases.test_records import chunks, enrol, principal


def test_only_outcomes_that_leave_nothing_close_an_order():
    settling = {"1", "E", "7"}
    assert rules.judge_followup(["1"], settling) == "corrected"
    assert rules.judge_followup(["E", "7"], settling) == "corrected"
    assert rules.judge_followup(["1", "A"], settling) == "uncorrected"
    assert rules.judge_followup([], settling) == "uncorrected"


def soon(days: int = 10):
    return clock.today() + timedelta(days=days)


async def first_visit(county: str | None = None) -> UUID:
    """A finished visit in a county that the demo's inspector serves."""
    async with transaction():
        return await connection().fetchval(
            "select i.id from inspection i where i.state = 'published' and i.department = 'scjg' and ($1::text is null or i.county = $1)"
            f" {CLEAN} order by i.id limit 1",
            county,
        )


async def ordered(by, inspection: UUID, order: UUID | None = None) -> UUID:
    order = order or uuid4()
    await rectify.order_correction(inspection, order, demand="补齐进货查验记录", legal_basis="食品安全法第一百二十六条", due_on=soon(), by=by)
    return order


async def test_an_order_has_a_number_a_lamp_and_one_second_click(demo):
    manager = await principal("manager")
    inspection, order = await first_visit(), uuid4()
    await ordered(manager, inspection, order)
    await ordered(manager, inspection, order)
    other = await ordered(manager, inspection)
    found = await orders.list_of_inspection(inspection)
    assert all(o.number.startswith(f"ZG-{clock.today().year}-SCJG-") for o in found)
    first, second = (int(o.number[-6:]) for o in found)
    assert second == first + 1
    (row,) = await board.list_by_id(manager.scope, [inspection])
    assert [(lamp.clock, lamp.due_on) for lamp in row.lamps] == [("rectify", soon())]
    late = clock.now() + timedelta(days=11)
    clock.hold(lambda: late)
    (row,) = await board.list_by_id(manager.scope, [inspection])
    assert row.lamp == "red"
    await rectify.close_order(other, state="ended", closing="企业已注销，事由消失", by=manager)
    with pytest.raises(OrderClosed):
        await rectify.close_order(other, state="corrected", closing="又说已改正", by=manager)
    with pytest.raises(OrderClosed):
        await rectify.open_followup(other, officers=[], due_on=soon(), by=manager)


@pytest.mark.parametrize(("field", "changed"), [("demand", {"demand": " "}), ("legal_basis", {"legal_basis": "法"}), ("due_on", {"due_on": None})])
async def test_what_cannot_stand_is_named(demo, field, changed):
    manager, inspection = await principal("manager"), await first_visit()
    given = {"demand": "补齐进货查验记录", "legal_basis": "食品安全法第一百二十六条", "due_on": soon(), **changed}
    given["due_on"] = given["due_on"] or clock.today()
    with pytest.raises(Invalid) as refused:
        await rectify.order_correction(inspection, uuid4(), **given, by=manager)
    assert refused.value.fields["field"] == field
    assert await orders.list_of_inspection(inspection) == []


async def test_an_order_needs_a_record_and_the_own_department(demo):
    manager, reviewer = await principal("manager"), await principal("reviewer")
    async with transaction():
        dispatched = await connection().fetchval("select id from inspection where state = 'dispatched' limit 1")
    with pytest.raises(WrongState):
        await ordered(manager, dispatched)
    with pytest.raises(NotFound):
        await ordered(replace(manager, department="xfjy"), await first_visit())
    with pytest.raises(Forbidden):
        await ordered(await principal("auditor"), await first_visit())
    order = await ordered(reviewer, await first_visit())
    with pytest.raises(Forbidden):
        await rectify.open_followup(order, officers=[], due_on=soon(), by=reviewer)
    assert await orders.list_orders(replace(manager, department="xfjy").scope) == []
    with pytest.raises(NotFound):
        await orders.find_order(order, replace(manager, department="xfjy").scope)


async def follow(manager, officer, order: UUID, county: str) -> UUID:
    return await rectify.open_followup(order, officers=await team(manager, county, officer.inspector_id), due_on=soon(20), by=manager)


@pytest.mark.parametrize("is_bad", [False, True])
async def test_the_follow_up_is_linked_exempt_and_judges_the_order(demo, is_bad):
    officer, manager, reviewer = [await principal(who) for who in ("inspector", "manager", "reviewer")]
    counties = next(o for o in await adhoc.list_choosable(manager) if o.id == officer.inspector_id).counties
    (inspection, *_more) = [i for c in counties if (i := await first_visit(c))]
    first = await inspections.find_place(inspection, manager.scope)
    order = await ordered(manager, inspection)
    async with transaction():
        capped, all_visits = await inspections.count_capped_visits("scjg"), await inspections.count_visits_this_year("scjg")
    visit = await follow(manager, officer, order, first.county)
    with pytest.raises(FollowUpOpen):
        await follow(manager, officer, order, first.county)
    with pytest.raises(FollowUpOpen):
        await rectify.close_order(order, state="corrected", closing="等不及复查", by=manager)
    second = await inspections.find_place(visit, manager.scope)
    assert (second.draw, second.enterprise) == (None, first.enterprise)
    campaign = await inspections.find_campaign(second.campaign, manager.scope)
    assert (campaign.kind, campaign.source_ref) == ("recheck", (await orders.find_order(order, manager.scope)).number)
    followed = await orders.find_order_followed(visit)
    assert followed is not None
    assert (followed.id, followed.inspection, [f.inspection for f in followed.followups]) == (order, inspection, [visit])

    bundle = await build_field_bundle(by=officer)
    told = next(i for i in bundle["inspections"] if i["id"] == str(visit))
    assert told["campaign"]["kind"] == "recheck"
    phone = await enrol(officer)
    work = make_work(told, bundle["checklists"], phone, t_dev_ms=1_790_000_000_000, dice=random.Random(3), bad=False)
    record = {**work.record, "outcomes": ["A"] if is_bad else ["1"]}
    if is_bad:
        work = replace(work, record=record, signature=phone.sign(record))
    for sha256, content in work.files.items():
        await evidence.upload(sha256, chunks(content), uploader=officer.account_id, total=len(content))
    await accept_submission(work.submission, record=work.record, signature=work.signature, device=phone.id, by=officer)
    await approve_submission(work.submission, "", by=reviewer)

    after = await orders.find_order(order, manager.scope)
    assert after.state == ("uncorrected" if is_bad else "corrected")
    assert (after.closed_at is None) is is_bad
    assert [f.result for f in after.followups] == [after.state]
    async with transaction():
        assert await inspections.count_capped_visits("scjg") == capped, "no yearly cap counts a follow-up"
        assert (await inspections.count_visits_this_year("scjg"))[first.enterprise] == all_visits[first.enterprise] + 1
        entries = await connection().fetch("select type from ledger_entry where subject = any($1)", [str(order), str(visit)])
    assert {"rectification.followed", "rectification.judged"} <= {e["type"] for e in entries}
    (row,) = await board.list_by_id(manager.scope, [inspection])
    assert {lamp.clock for lamp in row.lamps} == ({"rectify"} if is_bad else set())
    if is_bad:
        await follow(manager, officer, order, first.county)  # a second look at what was not corrected


async def test_nobody_opens_a_follow_up_as_a_complaint(demo):
    manager = await principal("manager")
    with pytest.raises(Invalid, match="kind"):
        await adhoc.open_adhoc(AdhocPlan("recheck", "ZG-1", "x", ("SC01",), (uuid4(), uuid4()), soon()), by=manager)

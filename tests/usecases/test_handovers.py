"""Copies to a department and hand-overs to the case unit: numbered, told, acknowledged, seen by both sides and nobody else."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from backend.handovers import queries
from backend.handovers.rules import Acknowledged
from backend.inspections.queries import find_place
from backend.inspections.rules import WrongState
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.people import service as people
from backend.storage.engine import connection, transaction
from backend.usecases.hand_over import Matter, acknowledge, send
from tests.usecases.test_records import principal
from tests.usecases.test_results import published

COPY = Matter("copy", "xfjy", "", "疏散通道被占用，请依职权处理")
CASE = Matter("case", "", "执法支队三大队", "涉嫌销售过期药品，移送立案")


async def test_a_copy_is_told_and_acknowledged_by_the_other_department(demo):
    manager = await principal("manager")
    inspection, _number = await published()
    async with transaction():
        told = await people.create_account(
            username="fire", password="long enough password", name="王消防", role="manager", department="xfjy", region="5303"
        )
    other = replace(manager, account_id=told, department="xfjy")
    handover = uuid4()
    number = await send(inspection, handover, COPY, by=manager)
    assert number.startswith(f"CG-{clock.today().year}-SCJG-")
    assert await send(inspection, handover, COPY, by=manager) == number
    async with transaction():
        assert await connection().fetchval("select count(*) from inbox_entry where account = $1 and kind = 'handover.sent'", told) == 1, "told once"
    waiting = await queries.count_waiting("xfjy", "5303")
    (seen,) = [h for h in await queries.list_handovers(other.scope) if h.id == handover]
    assert (seen.enterprise_name, seen.matter) == ((await find_place(inspection, manager.scope)).enterprise_name, COPY.text)
    with pytest.raises(NotFound):
        await find_place(inspection, other.scope)  # the visit itself stays with its department
    with pytest.raises(Forbidden):
        await acknowledge(handover, answer="", by=manager)
    await acknowledge(handover, answer="已收到，本周核查", by=other)
    with pytest.raises(Acknowledged):
        await acknowledge(handover, answer="再收一次", by=other)
    assert await queries.count_waiting("xfjy", "5303") == waiting - 1
    (done,) = [h for h in await queries.list_handovers(manager.scope, is_done=True) if h.id == handover]
    assert (done.acknowledged_by, done.answer) == (told, "已收到，本周核查")
    for scope in (replace(manager, department="sthj").scope, replace(manager, region="530381", department="xfjy").scope):
        assert await queries.list_handovers(scope, is_done=True) == []


async def test_a_hand_over_to_the_case_unit_waits_for_nobody(demo):
    manager = await principal("manager")
    inspection, _number = await published()
    copied, handed = await send(inspection, uuid4(), COPY, by=manager), await send(inspection, uuid4(), CASE, by=manager)
    assert (copied[:3], handed[:3]) == ("CG-", "YS-")
    assert int(handed[-6:]) == int(copied[-6:]) + 1, "one series"
    assert [h.kind for h in await queries.list_of_inspections([inspection])] == ["copy", "case"]
    assert {h.kind for h in await queries.list_handovers(manager.scope)} == {"copy"}
    async with transaction():
        entries = await connection().fetch("select type from ledger_entry where type like 'handover%' and subject = $1", str(inspection))
    assert len(entries) == 2


@pytest.mark.parametrize(
    ("field", "matter"),
    [
        ("kind", Matter("x", "xfjy", "", "事由清楚")),
        ("to_department", Matter("copy", "scjg", "", "抄给自己")),
        ("to_department", Matter("copy", "nobody", "", "没有的部门")),
        ("to_unit", Matter("case", "", " ", "没有机构")),
        ("matter", Matter("copy", "xfjy", "", " ")),
    ],
)
async def test_what_cannot_stand_is_named(demo, field, matter):
    manager = await principal("manager")
    inspection, _number = await published()
    with pytest.raises(Invalid) as refused:
        await send(inspection, uuid4(), matter, by=manager)
    assert refused.value.fields["field"] == field


async def test_not_before_a_record_and_not_for_others(demo):
    manager = await principal("manager")
    async with transaction():
        dispatched: UUID = await connection().fetchval("select id from inspection where state = 'dispatched' limit 1")
    with pytest.raises(WrongState):
        await send(dispatched, uuid4(), COPY, by=manager)
    inspection, _number = await published()
    with pytest.raises(NotFound):
        await send(inspection, uuid4(), COPY, by=replace(manager, department="xfjy"))
    with pytest.raises(Forbidden):
        await send(inspection, uuid4(), COPY, by=await principal("auditor"))

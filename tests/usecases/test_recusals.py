"""Recusal: who declares, who decides, and that the draw honours only what was upheld."""

from __future__ import annotations

from uuid import uuid4

import pytest

from backend.inspections import queries as inspections
from backend.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from backend.limits.rules import TooManyRequests
from backend.storage.engine import connection, transaction
from backend.usecases import recuse
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.receive_inspection import receive_inspection
from tests.usecases.test_records import principal


async def first_visit(officer):
    return (await build_field_bundle(by=officer))["inspections"][0]


async def in_force(officer):
    async with transaction():
        return await inspections.list_recusals([officer.inspector_id])


async def test_an_officer_declares_from_the_phone_and_the_manager_decides(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    visit = await first_visit(officer)
    recusal = uuid4()
    assert await recuse.declare_own(recusal, visit["id"], "企业法定代表人系本人亲属", by=officer)
    assert not await recuse.declare_own(recusal, visit["id"], "企业法定代表人系本人亲属", by=officer), "sent again by the phone"
    assert await in_force(officer) == [], "nothing holds before it is decided"
    ((row, who, _name),) = [r for r in await recuse.list_recusals(manager) if r[0].id == recusal]
    assert (row.state, row.origin, who.id) == ("declared", "officer", officer.inspector_id)
    with pytest.raises(Invalid):
        await recuse.decide(recusal, upheld=True, decision=" ", by=manager)
    decided = await recuse.decide(recusal, upheld=True, decision="属实", by=manager)
    assert [str(v) for v in decided.open_visits] == [str(visit["id"])]
    assert len(await in_force(officer)) == 1
    with pytest.raises(Conflict):
        await recuse.decide(recusal, upheld=False, decision="改主意", by=manager)
    await recuse.end(recusal, by=manager)
    assert await in_force(officer) == []
    with pytest.raises(NotFound):
        await recuse.end(recusal, by=manager)
    async with transaction():
        entries = await connection().fetch(
            "select e.type, p.is_public from ledger_entry e join ledger_payload p using (entry_id) where e.subject = $1 order by e.at, e.type", str(recusal)
        )
    assert {e["type"] for e in entries} == {"recusal.declared", "recusal.decided", "recusal.ended"}
    assert not any(e["is_public"] for e in entries)


async def test_a_dismissed_recusal_never_holds_and_can_be_declared_anew(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    visit = await first_visit(officer)
    recusal = uuid4()
    await recuse.declare_own(recusal, visit["id"], "同学", by=officer)
    await recuse.decide(recusal, upheld=False, decision="不构成利害关系", by=manager)
    assert await in_force(officer) == []
    assert await recuse.declare_own(uuid4(), visit["id"], "另有新情况", by=officer)


async def test_only_the_officers_own_department_decides(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    recusal = uuid4()
    await recuse.declare_own(recusal, (await first_visit(officer))["id"], "亲属", by=officer)
    for name in ("inspector", "reviewer", "auditor"):
        with pytest.raises(Forbidden):
            await recuse.decide(recusal, upheld=True, decision="x", by=await principal(name))
    async with transaction():
        await connection().execute("update inspector set department = 'xfjy' where id = $1", officer.inspector_id)
    with pytest.raises(NotFound):
        await recuse.decide(recusal, upheld=True, decision="x", by=manager)
    assert not [r for r in await recuse.list_recusals(manager) if r[0].id == recusal]


async def test_the_heads_own_decision_holds_at_once(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    visit = await first_visit(officer)
    with pytest.raises(Invalid):
        await recuse.declare_as_head(officer.inspector_id, "91530302NOTREAL00X", "x", by=manager)
    found = await recuse.declare_as_head(officer.inspector_id, visit["enterprise"]["code"], "轮岗前任职单位", by=manager)
    assert found.state == "upheld"
    assert len(await in_force(officer)) == 1
    assert await recuse.declare_as_head(officer.inspector_id, visit["enterprise"]["code"], "again", by=manager) is None


async def test_an_enterprise_asks_on_site_and_learns_nothing_about_who_is_coming(demo):
    officer = await principal("inspector")
    visit = await first_visit(officer)
    async with transaction():
        token = await connection().fetchval("select qr_token from enterprise where code = $1", visit["enterprise"]["code"])

    async def declared():
        async with transaction():
            return await connection().fetchval("select count(*) from recusal where origin = 'enterprise'")

    await recuse.declare_on_site(token, officer.name, "债务纠纷")
    assert await declared() == 0, "not yet signed for: to the outside there is no visit"
    await receive_inspection(visit["id"], t_dev_ms=None, by=officer)
    await recuse.declare_on_site(token, "无此人", "债务纠纷")
    assert await declared() == 0
    await recuse.declare_on_site(token, f" {officer.name} ", "债务纠纷")
    assert await declared() == 1
    await recuse.declare_on_site(token, officer.name, "债务纠纷")
    assert await declared() == 1
    with pytest.raises(Invalid):
        await recuse.declare_on_site(token, officer.name, " ")
    with pytest.raises(NotFound):
        await recuse.declare_on_site("nonsense", officer.name, "x")
    with pytest.raises(TooManyRequests):
        for _try in range(3):
            await recuse.declare_on_site(token, "猜", "x")

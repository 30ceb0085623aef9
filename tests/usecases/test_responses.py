"""A reply beside a result: versions, the office's reading with two grounds, the day on which it is public by itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.claims.queries import find_member
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.notify.queries import list_inbox
from backend.responses import queries
from backend.responses.rules import Decided, OtherVersion
from backend.storage.engine import connection, transaction
from backend.usecases import moderate, my_acts, my_view
from backend.usecases.adhoc import list_choosable
from backend.usecases.rectify import open_followup, order_correction
from tests.rooms.test_claims import claimed, shop
from tests.usecases.test_records import principal
from tests.usecases.test_results import published


async def own():
    _inspection, result = await published()
    async with transaction():
        enterprise = await connection().fetchval("select enterprise from publication where number = $1 limit 1", result)
    return await find_member(await claimed(enterprise)), result


async def decide(response, **how):
    await moderate.decide_response(response, **{"shown": True, "ground": "", "reason": "", "by": await principal("manager"), **how})


async def test_it_is_read_then_public_and_a_new_version_waits_beside_the_old(demo):
    who, result = await own()
    form = uuid4()
    assert await my_acts.reply(result, form, "情况属实，已整改。", seen=0, by=who) == 1
    assert await my_acts.reply(result, form, "情况属实，已整改。", seen=0, by=who) == 1, "a second click"
    assert await my_acts.reply(result, uuid4(), "情况属实，已整改。", seen=0, by=who) == 1, "the same words are no new version"
    assert await queries.find_public(result) is None
    await decide(form)
    assert (await queries.find_public(result)).body == "情况属实，已整改。"
    with pytest.raises(Decided):
        await decide(form, shown=False, ground="insult", reason="重复处理")
    with pytest.raises(OtherVersion) as refused:
        await my_acts.reply(result, uuid4(), "另一个人写的", seen=0, by=who)
    assert (refused.value.fields["version"], refused.value.fields["standing"]) == (1, "情况属实，已整改。")
    await my_acts.reply(result, second := uuid4(), "情况属实，已整改并提交材料。", seen=1, by=who)
    assert (await queries.find_public(result)).version == 1
    await decide(second, shown=False, ground="privacy", reason="含有患者姓名")
    assert (await queries.find_public(result)).version == 1, "the last public version stays"
    await my_acts.take_reply_down(result, uuid4(), seen=2, by=who)
    assert await queries.find_public(result) is None
    assert [v.state for v in await queries.list_versions(result, who.enterprise)] == ["withdrawn", "withheld", "shown"]
    assert [m.kind for m in await list_inbox(who.id)] == ["my.response", "my.response"]
    async with transaction():
        logged = await connection().fetch(
            "select e.type, p.is_public, p.payload::text as t from ledger_entry e join ledger_payload p using (entry_id)"
            " where e.subject = $1 and e.type like 'response%' order by e.at, e.type",
            result,
        )
    assert sorted(r["type"] for r in logged) == ["response.decided", "response.decided", "response.filed", "response.filed", "response.withdrawn"]
    assert all(r["is_public"] == (r["type"] == "response.decided") for r in logged)
    assert not any("整改" in r["t"] for r in logged), "its words may have to be erased: the log has their hash"


async def test_what_nobody_reads_is_public_by_itself(demo):
    who, result = await own()
    await my_acts.reply(result, form := uuid4(), "请核实当日情况。", seen=0, by=who)
    (waiting,) = await queries.list_versions(result, who.enterprise)
    assert waiting.state == "waiting"
    assert (waiting.shows_on - clock.today()).days >= 3, "two working days, and the day after them"
    manager = await principal("manager")
    assert form in {r.id for r in await queries.list_waiting(manager.scope)}
    later = clock.now() + (waiting.shows_on - clock.today()) * 1
    clock.hold(lambda: later)
    assert (await queries.find_public(result)).id == form
    assert form not in {r.id for r in await queries.list_waiting(manager.scope)}
    assert form in {r.id for r in await queries.list_done(manager.scope)}


async def test_who_may_do_what(demo):
    who, result = await own()
    other = await find_member(await claimed((await shop())[0]))
    with pytest.raises(NotFound):
        await my_acts.reply(result, uuid4(), "别人的结果", seen=0, by=other)
    await my_acts.reply(result, form := uuid4(), "情况属实，已整改。", seen=0, by=who)
    with pytest.raises(NotFound):
        await decide(form, by=await principal("manager2"))
    with pytest.raises(Forbidden):
        await decide(form, by=await principal("auditor"))
    for how in ({"ground": "", "reason": "不喜欢这个回应"}, {"ground": "privacy", "reason": ""}):
        with pytest.raises(Invalid):
            await decide(form, shown=False, **how)
    with pytest.raises(Invalid):
        await my_acts.reply(result, uuid4(), "  啊 ", seen=1, by=who)


async def test_the_owner_is_told_of_results_and_orders_but_never_of_visits_to_come(demo):
    who, result = await own()
    manager = await principal("manager")
    async with transaction():
        inspection = await connection().fetchval("select inspection from publication where number = $1 limit 1", result)
    order = uuid4()
    for _ in range(2):
        await order_correction(inspection, order, demand="补齐登记", legal_basis="《办法》第一条", due_on=clock.today() + timedelta(days=9), by=manager)
    async with transaction():
        county = await connection().fetchval("select county from inspection where id = $1", inspection)
    officers = [o.id for o in await list_choosable(manager, county)][:2]
    visit = await open_followup(order, officers=officers, due_on=clock.today() + timedelta(days=5), by=manager)
    assert [m.kind for m in await list_inbox(who.id)] == ["my.order"]
    assert visit not in {v.id for v in await my_view.list_visits(who)}
    found, _handed, _papers, _names = await my_view.find_order(order, who)
    assert found.followups == (), "that somebody comes to look is not to be learnt"
    with pytest.raises(NotFound):
        await my_view.load_visit(visit, who)
    with pytest.raises(NotFound):
        await my_view.load_notice(visit, who)

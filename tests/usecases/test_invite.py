"""Joint campaigns: partners are asked, answer within two working days, lapse, are overruled or replaced; only then the draw is announced."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from backend.inspections import queries as inspections
from backend.inspections.rules import Plan, WrongState
from backend.invitations import queries, rules
from backend.invitations.rules import Answer, AnsweredOtherwise, NotAnswered, NotLapsed
from backend.kernel import clock
from backend.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from backend.storage.engine import ChangedMeanwhile, connection, transaction
from backend.usecases import invite
from backend.usecases.announce_draw import announce_draw
from backend.usecases.create_campaign import create_campaign
from tests.usecases.test_records import principal

FRIDAY = date(2026, 11, 20)
YES = Answer(True, 2, ("530302", "530303"), ("XF02",), "可以参加")
NO = Answer(False, 0, (), (), "同期有其他专项行动")
DICE = {"kind": "dice", "name": "dice", "date": "2099-01-01", "rule": "", "count": "20"}


def at(day: date, hour: int = 9) -> None:
    moment = datetime(day.year, day.month, day.day, hour, tzinfo=clock.BEIJING).astimezone(UTC)
    clock.hold(lambda: moment)


async def joint(*, partners=("xfjy",), officers=3, items=("SC04",), asked=True):
    at(FRIDAY)
    manager = await principal("manager")
    plan = Plan(
        "联合抽查", items, "scjg", partners, ("530302", "530303"), ("5251", "5265"), "fixed", {"n": 3}, officers, FRIDAY + timedelta(days=40)
    )
    campaign = await create_campaign(plan, by=manager)
    if asked:
        assert await invite.invite(campaign, list(partners), "请派员参加", by=manager) == len(partners)
    return campaign


async def invitation_of(campaign, department="xfjy"):
    return next(i for i in await queries.list_of_campaign(campaign) if i.department == department and i.is_current)


async def entries(kind, number):
    async with transaction():
        rows = await connection().fetch(
            "select p.payload from ledger_entry e join ledger_payload p on p.entry_id = e.entry_id where e.type = $1 and e.subject = $2"
            " order by e.at, e.entry_id",
            kind,
            number,
        )
    return [json.loads(row["payload"]) for row in rows]


async def alerts(username, kind):
    async with transaction():
        return await connection().fetchval(
            "select count(*) from inbox_entry e join account a on a.id = e.account where a.username = $1 and e.kind = $2 and e.created_at >= $3",
            username,
            kind,
            datetime(2026, 11, 20, tzinfo=clock.BEIJING),
        )


async def items_of(campaign):
    return [i.code for i in await inspections.list_campaign_items(campaign)]


async def test_asked_once_told_once_and_answered_with_officers_counties_and_items(demo):
    before, answers = await alerts("manager2", "invitation.sent"), await alerts("manager", "invitation.answered")
    campaign = await joint()
    manager, partner = await principal("manager"), await principal("manager2")
    assert await invite.invite(campaign, ["xfjy"], "再点一次", by=manager) == 0
    assert await alerts("manager2", "invitation.sent") == before + 1
    view = await invitation_of(campaign)
    assert (view.state, view.message) == ("open", "请派员参加")
    lamp = invite.lamp_of(view, await invite.load_book())
    assert (lamp.due_on, lamp.colour) == (date(2026, 11, 24), "green"), "Monday and Tuesday"
    with pytest.raises(NotAnswered) as early:
        await announce_draw(campaign, sources=[DICE], by=manager)
    assert "消防救援支队" in early.value.message("zh")
    assert "Fire and Rescue" in early.value.message("en")
    await invite.answer(view.id, YES, version=view.version, by=partner)
    await invite.answer(view.id, replace(YES, counties=("530303", "530302")), version=view.version, by=partner)  # a second click
    view = await invitation_of(campaign)
    assert (view.state, view.officers, view.counties, view.items) == ("accepted", 2, ("530302", "530303"), ("XF02",))
    assert await items_of(campaign) == ["SC04", "XF02"]
    assert [p["state"] for p in await entries("invitation.answered", view.number)] == ["accepted"]
    assert await alerts("manager", "invitation.answered") == answers + 1
    draw_id = await announce_draw(campaign, sources=[DICE], by=manager)
    assert draw_id
    with pytest.raises(WrongState):
        await invite.answer(view.id, NO, version=view.version, by=partner)


async def test_a_partner_is_drawn_only_where_it_offered_its_officers(demo):
    campaign = await joint()
    manager, partner = await principal("manager"), await principal("manager2")
    view = await invitation_of(campaign)
    await invite.answer(view.id, replace(YES, counties=("530303",), officers=1), version=view.version, by=partner)
    await announce_draw(campaign, sources=[DICE], by=manager)
    async with transaction():
        rows = await connection().fetch("select p.department, p.counties from draw_pool_row p join draw d on d.id = p.draw where d.campaign = $1", campaign)
    fire = [set(r["counties"]) for r in rows if r["department"] == "xfjy"]
    assert fire
    assert all(counties == {"530303"} for counties in fire)
    assert any("530302" in r["counties"] for r in rows if r["department"] == "scjg")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("answer", replace(NO, text=" 忙 ")),
        ("counties", replace(YES, counties=())),
        ("counties", replace(YES, counties=("530381",))),
        ("items", replace(YES, items=())),
        ("items", replace(YES, items=("SC04",))),
        ("officers", replace(YES, officers=0)),
        ("officers", replace(YES, officers=99)),
    ],
)
async def test_an_answer_that_cannot_stand_names_its_field(demo, field, given):
    campaign = await joint()
    view = await invitation_of(campaign)
    with pytest.raises(Invalid) as refused:
        await invite.answer(view.id, given, version=view.version, by=await principal("manager2"))
    assert refused.value.fields["field"] == field
    assert (await invitation_of(campaign)).state == "open"


async def test_two_people_who_answer_differently_are_told(demo):
    campaign = await joint()
    view, partner = await invitation_of(campaign), await principal("manager2")
    await invite.answer(view.id, NO, version=view.version, by=partner)
    with pytest.raises(AnsweredOtherwise):
        await invite.answer(view.id, YES, version=view.version, by=partner)
    assert (await invitation_of(campaign)).state == "declined"
    seen = await invitation_of(campaign)
    await invite.answer(view.id, YES, version=seen.version, by=partner)  # another word, knowing the first
    assert sorted(p["state"] for p in await entries("invitation.answered", view.number)) == ["accepted", "declined"]


async def test_a_declined_one_is_replaced_taken_out_or_asked_again(demo):
    campaign = await joint(items=("SC04", "XF02"))
    manager, partner = await principal("manager"), await principal("manager2")
    view = await invitation_of(campaign)
    await invite.answer(view.id, NO, version=view.version, by=partner)
    with pytest.raises(NotAnswered):
        await announce_draw(campaign, sources=[DICE], by=manager)
    assert await invite.invite(campaign, ["xfjy"], "改到下月", by=manager) == 1
    again = await invitation_of(campaign)
    assert (again.id != view.id, again.state) == (True, "open")
    version = again.campaign_version
    out = {"to": "sthj", "reason": "消防支队无法派员", "message": "请补位"}
    with pytest.raises(Conflict):
        await invite.take_out(campaign, "xfjy", **out, version=version - 1, by=manager)
    with pytest.raises(Invalid):
        await invite.take_out(campaign, "xfjy", **out | {"reason": " "}, version=version, by=manager)
    for _click in range(2):
        await invite.take_out(campaign, "xfjy", **out, version=version, by=manager)
    found = await inspections.find_campaign(campaign, manager.scope)
    assert found.partners == ("sthj",)
    assert await items_of(campaign) == ["SC04"], "its items went with it"
    assert (await invitation_of(campaign, "sthj")).state == "open"
    assert len(await entries("invitation.ended", found.number)) == 2
    assert await alerts("manager2", "invitation.ended") == 1
    with pytest.raises(AnsweredOtherwise):
        await invite.answer(again.id, YES, version=again.version, by=partner)
    await invite.take_out(campaign, "sthj", to="", reason="改为本部门单独检查", message="", version=found.version, by=manager)
    assert await announce_draw(campaign, sources=[DICE], by=manager)


async def test_a_campaign_keeps_an_item_and_a_place_for_every_department(demo):
    manager = await principal("manager")
    campaign = await joint(items=("XF02",), officers=2)
    found = await inspections.find_campaign(campaign, manager.scope)
    with pytest.raises(Invalid) as bare:
        await invite.take_out(campaign, "xfjy", to="", reason="不再联合检查", message="", version=found.version, by=manager)
    assert bare.value.fields["field"] == "department"
    assert await items_of(campaign) == ["XF02"], "nothing was half done"


async def test_a_lapse_is_told_to_both_sides_and_the_oversight_office_may_decide(demo):
    campaign = await joint()
    manager, auditor = await principal("manager"), await principal("auditor")
    view = await invitation_of(campaign)
    before = {name: await alerts(name, "invitation.lapsed") for name in ("manager", "manager2", "auditor")}
    at(date(2026, 11, 24), 18)
    await invite.tell_what_lapsed()
    assert (await invitation_of(campaign)).lapsed_at is None, "the last day is not over"
    with pytest.raises(NotLapsed):
        await invite.override(view.id, ground="不能再等", version=view.version, by=auditor)
    at(date(2026, 11, 25), 0)
    assert await invite.tell_what_lapsed() >= 1
    assert await invite.tell_what_lapsed() == 0
    for name, n in before.items():
        assert await alerts(name, "invitation.lapsed") > n, name
    assert len(await entries("invitation.lapsed", view.number)) == 1
    lapsed = await invitation_of(campaign)
    assert (lapsed.state, lapsed.lapsed_at is not None) == ("open", True)
    with pytest.raises(NotAnswered):
        await announce_draw(campaign, sources=[DICE], by=manager)
    for who in (manager, await principal("manager2"), await principal("admin")):
        with pytest.raises(Forbidden):
            await invite.override(view.id, ground="自行决定", version=lapsed.version, by=who)
    with pytest.raises(Invalid):
        await invite.override(view.id, ground=" ", version=lapsed.version, by=auditor)
    for _click in range(2):
        await invite.override(view.id, ground="逾期未复，按工作指引不再等待", version=lapsed.version, by=auditor)
    assert len(await entries("invitation.overridden", view.number)) == 1
    draw_id = await announce_draw(campaign, sources=[DICE], by=manager)
    async with transaction():
        assert await connection().fetchval(
            "select count(*) from draw_pool_row p join draw d on d.id = p.draw where d.draw_id = $1 and p.department = 'xfjy'", draw_id
        ), "the silent partner's officers are drawn all the same"


async def test_a_late_answer_still_counts(demo):
    campaign = await joint()
    at(date(2026, 11, 27))
    await invite.tell_what_lapsed()
    view = await invitation_of(campaign)
    await invite.answer(view.id, YES, version=view.version, by=await principal("manager2"))
    assert (await invitation_of(campaign)).state == "accepted"


async def test_only_the_lead_asks_only_the_invited_answers_and_others_see_nothing(demo):
    campaign = await joint()
    view = await invitation_of(campaign)
    manager, partner, third = await principal("manager"), await principal("manager2"), await principal("manager3")
    for who, error in ((partner, Forbidden), (third, NotFound), (await principal("reviewer"), Forbidden), (await principal("auditor"), Forbidden)):
        with pytest.raises(error):
            await invite.invite(campaign, ["xfjy"], "", by=who)
    for who, error in ((manager, Forbidden), (third, NotFound), (replace(partner, region="530302"), Forbidden)):
        with pytest.raises(error):
            await invite.answer(view.id, YES, version=view.version, by=who)
    with pytest.raises(Invalid):
        await invite.invite(campaign, ["sthj"], "", by=manager)
    assert view.id in {i.id for i in await queries.list_invitations(partner.scope)}
    assert view.id in {i.id for i in await queries.list_invitations((await principal("auditor")).scope)}
    assert view.id not in {i.id for i in await queries.list_invitations(third.scope)}
    assert view.id not in {i.id for i in await queries.list_invitations(replace(partner, region="5301").scope)}


async def test_of_two_clicks_at_once_one_asks(demo):
    campaign = await joint(asked=False)
    manager = await principal("manager")
    done = await asyncio.gather(*(invite.invite(campaign, ["xfjy"], "", by=manager) for _ in range(4)))
    assert sorted(done) == [0, 0, 0, 1]


async def test_an_announcement_never_goes_by_an_answer_that_has_just_changed(demo):
    """The partner says no while the announcement is under way: either it was first, or the announcement fails."""
    campaign = await joint()
    manager, partner = await principal("manager"), await principal("manager2")
    view = await invitation_of(campaign)
    await invite.answer(view.id, YES, version=view.version, by=partner)
    view = await invitation_of(campaign)
    said, announced = await asyncio.gather(
        invite.answer(view.id, NO, version=view.version, by=partner), announce_draw(campaign, sources=[DICE], by=manager), return_exceptions=True
    )
    if said is None:
        assert isinstance(announced, ChangedMeanwhile | NotAnswered), announced
    else:
        assert isinstance(said, WrongState), said
        assert isinstance(announced, str)


async def test_a_single_department_is_asked_nothing(demo):
    campaign = await joint(partners=(), officers=2, asked=False)
    assert await announce_draw(campaign, sources=[DICE], by=await principal("manager"))


def test_what_is_missing():
    assert rules.missing(("a", "b", "c", "d", "e"), {"a": "accepted", "b": "overridden", "c": "open", "d": "declined"}) == ["c", "d", "e"]
    assert rules.narrow(("1", "2"), None) == ("1", "2")
    assert rules.narrow(("1", "2"), {"2", "3"}) == ("2",)

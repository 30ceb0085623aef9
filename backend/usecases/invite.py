"""联合邀请: the lead of a joint campaign asks its partners, each answers within the statutory days, and only then it may be announced.

Everything here is done while the campaign is a draft, under its row's lock. docs/decisions/0027-invitations-and-forecasts.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backend.deadlines.queries import load_book
from backend.deadlines.rules import INVITATION, RED, Book, Lamp, judge
from backend.inspections import partners as joint
from backend.inspections.queries import CampaignView, find_campaign
from backend.invitations import queries, rules, service
from backend.invitations.queries import InvitationView
from backend.invitations.rules import Answer
from backend.items.queries import list_items
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.queries import DepartmentView
from backend.people.rules import AUDITOR, MANAGER, Principal
from backend.people.service import require
from backend.storage.engine import transaction

LONGEST = 1000


def lamp_of(view: InvitationView, book: Book) -> Lamp | None:
    """The clock of an invitation that waits: from the day on which it was sent."""
    return judge(INVITATION, clock.day_of(view.sent_at), book, clock.today()) if view.waits else None


async def invite(campaign_id: UUID, departments: Sequence[str], message: str, *, by: Principal) -> int:
    """Ask partners of an own joint draft; whoever declined is asked again. How many were asked: none twice, however often one clicks.

    Raises ``Invalid``, ``WrongState`` once the campaign is announced, ``Forbidden``, ``NotFound``.
    """
    require(by, MANAGER)
    async with transaction():
        campaign = await _own_draft(campaign_id, by)
        if not departments or not set(departments) <= set(campaign.partners):
            raise Invalid(field="departments", why_zh="请选择任务的配合部门", why_en="choose among the campaign's partner departments")
        states = await queries.load_states(campaign_id)
        asked = [d for d in dict.fromkeys(departments) if states.get(d) in (None, rules.DECLINED)]
        for department in asked:
            if department in states:
                await service.end(campaign_id, campaign.number, department, reason="再次邀请", by=by.account_id)
            await _ask(campaign, department, message, by)
        if asked:
            await joint.touch(campaign_id)
        return len(asked)


async def _own_draft(campaign_id: UUID, by: Principal, *, version: int | None = None) -> CampaignView:
    if (await find_campaign(campaign_id, by.scope)).department != by.department:
        raise Forbidden()
    await joint.hold_draft(campaign_id, version=version)
    return await find_campaign(campaign_id, by.scope)


async def _ask(campaign: CampaignView, department: str, message: str, by: Principal) -> None:
    await service.send(campaign.id, campaign.number, department, message=message.strip()[:LONGEST], by=by.account_id)
    due_on = (await load_book()).due_of(INVITATION, clock.today()).isoformat()
    names = await _names()
    await _tell(
        [department],
        campaign.region,
        "invitation.sent",
        f"{names[campaign.department].name_zh}：{campaign.name}，请于 {due_on} 前答复",
        f"{names[campaign.department].name_en}: {campaign.name}, please answer by {due_on}",
    )


async def take_out(campaign_id: UUID, department: str, *, to: str, reason: str, message: str, version: int, by: Principal) -> None:
    """A partner leaves an own joint draft, with its items; ``to``, where it names one, comes in its place and is invited.

    ``version``: the campaign as it was seen. A repeat changes nothing. Raises ``Invalid`` naming the field, ``Conflict``, ``WrongState``.
    """
    require(by, MANAGER)
    async with transaction():
        campaign = await _own_draft(campaign_id, by)
        if department not in campaign.partners and (not to or to in campaign.partners):
            return
        await joint.hold_draft(campaign_id, version=version)
        rules.check_reason(reason, "reason")
        if department not in campaign.partners:
            raise Invalid(field="department", why_zh="不是这项任务的配合部门", why_en="it is no partner of this campaign")
        if to and (to in campaign.departments or to not in {d.code for d in await people.list_open_departments()}):
            raise Invalid(field="to", why_zh="请选择尚未参加的其他部门", why_en="choose another department that does not take part yet")
        told = department in await queries.load_states(campaign_id)
        await service.end(campaign_id, campaign.number, department, reason=reason, by=by.account_id)
        await joint.set_items(campaign_id, department, ())
        await joint.set_partners(campaign_id, [p for p in (*campaign.partners, *([to] if to else ())) if p != department])
        if told:
            zh, en = f"{campaign.name}：{reason.strip()[:80]}", f"{campaign.name}: {reason.strip()[:80]}"
            await _tell([department], campaign.region, "invitation.ended", zh, en)
        if to:
            await _ask(campaign, to, message, by)


async def answer(invitation: UUID, given: Answer, *, version: int, by: Principal) -> None:
    """The invited department's manager says yes or no; until the announcement it may say otherwise. The same answer again changes nothing.

    A yes pins the items that the department brings. Raises ``Invalid`` naming the field, ``AnsweredOtherwise``, ``WrongState``, ``Forbidden``.
    """
    require(by, MANAGER)
    given = given.cleaned()
    async with transaction():
        view = await queries.find_invitation(invitation, by.scope)
        if view.department != by.department or not view.region.startswith(by.region):
            raise Forbidden()
        await joint.hold_draft(view.campaign)
        view = await queries.find_invitation(invitation, by.scope)
        if view.is_current and _said(view) == given:
            return
        if view.version != version or not view.is_current:
            raise rules.AnsweredOtherwise()
        own = await list_items([view.department])
        fit = await people.list_fit_inspectors([view.department], clock.today())
        serving = [o.counties for o in fit if o.account is not None]
        rules.check_answer(given, asked=view.asked, own_items=[i.code for i in own], serving=serving)
        await service.answer(view, given, by=by.account_id)
        await (joint.set_items(view.campaign, view.department, given.items) if given.accepted else joint.touch(view.campaign))
        mine = (await _names())[view.department]
        words = ("同意参加", "has accepted") if given.accepted else ("不参加", "has declined")
        reason = "" if given.accepted else f"：{given.text[:80]}"
        await _tell(
            [view.lead],
            view.region,
            "invitation.answered",
            f"{mine.name_zh}{words[0]}“{view.name}”{reason}",
            f"{mine.name_en} {words[1]}: {view.name}{reason}",
        )


def _said(view: InvitationView) -> Answer | None:
    if view.state not in (rules.ACCEPTED, rules.DECLINED):
        return None
    return Answer(view.state == rules.ACCEPTED, view.officers or 0, view.counties, view.items, view.answer)


async def override(invitation: UUID, *, ground: str, version: int, by: Principal) -> None:
    """The oversight office lets a campaign go on whose partner did not answer in time; the partner stays in it. The same again changes nothing.

    Raises ``NotLapsed`` within the period, ``Invalid`` without a ground, ``AnsweredOtherwise``, ``WrongState``.
    """
    require(by, AUDITOR)
    async with transaction():
        view = await queries.find_invitation(invitation, by.scope)
        await joint.hold_draft(view.campaign)
        view = await queries.find_invitation(invitation, by.scope)
        if view.is_current and view.state == rules.OVERRIDDEN and view.ground == ground.strip():
            return
        if view.version != version or not view.is_current or view.state != rules.OPEN:
            raise rules.AnsweredOtherwise()
        lamp = lamp_of(view, await load_book())
        if lamp is None or lamp.colour != RED:
            raise rules.NotLapsed()
        rules.check_reason(ground, "ground")
        await service.override(view, ground=ground[:LONGEST], by=by.account_id)
        await joint.touch(view.campaign)
        texts = f"{view.name}：{ground.strip()[:80]}", f"{view.name}: {ground.strip()[:80]}"
        await _tell([view.lead, view.department], view.region, "invitation.overridden", *texts)


async def tell_what_lapsed() -> int:
    """What the worker does by itself: an invitation past its period is noted once, and both sides and the oversight office are told."""
    told = 0
    async with transaction():
        book = await load_book()
        for view in await queries.list_waiting():
            lamp = lamp_of(view, book)
            if lamp is None or lamp.colour != RED or not await service.note_lapse(view):
                continue
            names = await _names()
            zh = f"{names[view.department].name_zh}未在 {lamp.due_on} 前答复“{view.name}”"
            en = f"{names[view.department].name_en} did not answer by {lamp.due_on}: {view.name}"
            await _tell([view.lead, view.department], view.region, "invitation.lapsed", zh, en)
            for auditor in await people.list_accounts_of_role(AUDITOR):
                if auditor.active and view.region.startswith(auditor.region):
                    await notify.remind(auditor.id, "invitation.lapsed", inspection=None, params={"zh": zh, "en": en})
            told += 1
    return told


async def require_settled(campaign: CampaignView) -> None:
    """Raise ``NotAnswered`` unless every partner has accepted, or the oversight office has decided in its place."""
    if lacking := rules.missing(campaign.partners, await queries.load_states(campaign.id)):
        names = await _names()
        raise rules.NotAnswered(names_zh="、".join(names[d].name_zh for d in lacking), names_en=", ".join(names[d].name_en for d in lacking))


async def _names() -> dict[str, DepartmentView]:
    return {d.code: d for d in await people.list_departments()}


async def _tell(departments: Sequence[str], region: str, kind: str, zh: str, en: str) -> None:
    """The managers of the departments whose region covers the campaign's."""
    for account in await people.list_accounts_of_role(MANAGER):
        if account.active and account.department in departments and region.startswith(account.region):
            await notify.remind(account.id, kind, inspection=None, params={"zh": zh, "en": en})

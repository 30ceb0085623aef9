"""联合邀请: the list with its clocks, one invitation with its answer, and what the lead does about its partners."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.deadlines.queries import load_book
from backend.inspections.queries import list_campaign_items
from backend.invitations import queries, rules
from backend.invitations.queries import InvitationView
from backend.invitations.rules import Answer
from backend.items.queries import list_items
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid
from backend.people import queries as people
from backend.people.rules import AUDITOR, MANAGER, Principal
from backend.usecases import invite
from backend.web.console import campaigns, labels, lamps, partners
from backend.web.console.editing import version_of
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}
OVERSIGHT = {"access": frozenset({AUDITOR})}


def _said(e: DomainError) -> str:
    """What to tell, the field called as the form calls it."""
    names = {
        "counties": _("可派往的区县"),
        "items": _("抽查事项"),
        "officers": _("可派人员"),
        "answer": _("不参加的理由"),
        "ground": _("决定理由"),
        "reason": _("理由（该部门可见）"),
        "to": _("改邀部门"),
        "department": _("配合部门"),
        "departments": _("配合部门"),
    }
    if not isinstance(e, Invalid):
        return e.message(get_locale())
    field = str(e.fields["field"])
    return Invalid(**{**e.fields, "field": names.get(field, field)}).message(get_locale())


@get("/invitations")
async def list_invitations(request: Request[Any, Any, Any], show: FromQuery[str] = "") -> Template:
    who: Principal = request.user
    is_closed = show == "closed"
    book = await load_book()
    found = [(i, invite.lamp_of(i, book)) for i in await queries.list_invitations(who.scope, is_done=is_closed)]
    return page(
        "console/invitations.html",
        is_closed=is_closed,
        invitations=found,
        lapsed=sum(lamp is not None and lamp.colour == "red" for _i, lamp in found),
        me=who.department,
        states=partners.states(),
        say=lamps.say,
        places=await labels.load_places(),
    )


async def _show(invitation: UUID, who: Principal, *, error: str = "", status: int = 200, typed: dict[str, Any] | None = None) -> Template:
    found = await queries.find_invitation(invitation, who.scope)
    lamp = invite.lamp_of(found, await load_book())
    is_open = found.is_current and found.campaign_state == "draft"
    may_answer = is_open and who.role == MANAGER and who.department == found.department and found.region.startswith(who.region)
    own = await list_items([found.department])
    planned = await list_campaign_items(found.campaign)
    fit = await people.list_fit_inspectors([found.department], clock.today()) if may_answer else []
    serving = {c: sum(c in o.counties for o in fit if o.account is not None) for c in found.asked}
    return page(
        "console/invitation.html",
        status_code=status,
        error=error,
        unsaved=typed is not None,
        typed=_as_typed(found, [i.code for i in planned if i.department == found.department], serving) | (typed or {}),
        i=found,
        lamp=lamp,
        is_lapsed=lamp is not None and lamp.colour == "red",
        may_answer=may_answer,
        may_override=is_open and who.role == AUDITOR and found.state == rules.OPEN and lamp is not None and lamp.colour == "red",
        own_items=own,
        planned=planned,
        serving=serving,
        states=partners.states(),
        say=lamps.say,
        sent_by=await people.find_account_name(found.sent_by),
        answered_by=await people.find_account_name(found.answered_by) if found.answered_by else "",
        places=await labels.load_places(),
    )


def _as_typed(found: InvitationView, items: list[str], serving: dict[str, int]) -> dict[str, Any]:
    """The form as it is first shown: the last answer, or what the lead asked for."""
    if found.state in (rules.ACCEPTED, rules.DECLINED):
        officers = str(found.officers or "")
        said = "yes" if found.state == rules.ACCEPTED else "no"
        given = {"verdict": said, "officers": officers, "counties": list(found.counties), "items": list(found.items), "text": found.answer}
    else:
        given = {"verdict": "", "officers": "", "counties": [c for c in found.asked if serving.get(c)], "items": items, "text": ""}
    return {"ground": "", **given}


@get("/invitations/{invitation_id:uuid}")
async def show_invitation(request: Request[Any, Any, Any], invitation_id: FromPath[UUID]) -> Template:
    return await _show(invitation_id, request.user)


@post("/invitations/{invitation_id:uuid}/answer", opt=MANAGERS, status_code=200)
async def answer(request: Request[Any, Any, Any], invitation_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed: dict[str, Any] = {
        **{name: str(form.get(name, "")) for name in ("verdict", "officers", "text")},
        **{name: [str(v) for v in form.getall(name, [])] for name in ("counties", "items")},
    }
    await queries.find_invitation(invitation_id, request.user.scope)
    try:
        if typed["verdict"] not in ("yes", "no"):
            raise Invalid(field=_("答复"), why_zh="请选择参加或不参加", why_en="choose yes or no")
        officers = typed["officers"].strip()
        given = Answer(
            typed["verdict"] == "yes",
            int(officers) if officers.isascii() and officers.isdigit() and len(officers) < 5 else 0,
            tuple(typed["counties"]),
            tuple(typed["items"]),
            typed["text"],
        )
        await invite.answer(invitation_id, given, version=version_of(form), by=request.user)
    except DomainError as e:
        return await _show(invitation_id, request.user, error=_said(e), status=e.status, typed=typed)
    return Redirect(f"/console/invitations/{invitation_id}", status_code=303)


@post("/invitations/{invitation_id:uuid}/override", opt=OVERSIGHT, status_code=200)
async def override(request: Request[Any, Any, Any], invitation_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    ground = str(form.get("ground", ""))
    await queries.find_invitation(invitation_id, request.user.scope)
    try:
        await invite.override(invitation_id, ground=ground, version=version_of(form), by=request.user)
    except DomainError as e:
        return await _show(invitation_id, request.user, error=_said(e), status=e.status, typed={"ground": ground})
    return Redirect(f"/console/invitations/{invitation_id}", status_code=303)


@post("/campaigns/{campaign_id:uuid}/invitations", opt=MANAGERS, status_code=200)
async def ask(request: Request[Any, Any, Any], campaign_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    message = str(form.get("message", ""))
    try:
        await invite.invite(campaign_id, [str(d) for d in form.getall("departments", [])], message, by=request.user)
    except DomainError as e:
        return await campaigns.show(campaign_id, request.user, error=_said(e), status=e.status, unsaved={"message": message})
    return Redirect(f"/console/campaigns/{campaign_id}#partners", status_code=303)


@post("/campaigns/{campaign_id:uuid}/partners", opt=MANAGERS, status_code=200)
async def take_out(request: Request[Any, Any, Any], campaign_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed = {name: str(form.get(name, ""))[:500] for name in ("department", "to", "reason")}
    try:
        await invite.take_out(campaign_id, **typed, message="", version=version_of(form), by=request.user)
    except DomainError as e:
        return await campaigns.show(campaign_id, request.user, error=_said(e), status=e.status, unsaved=typed)
    return Redirect(f"/console/campaigns/{campaign_id}#partners", status_code=303)


HANDLERS = [list_invitations, show_invitation, answer, override, ask, take_out]

"""异议 and 抄告移送: their lists, one objection with its decision, the acknowledgement of a copy."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.claims.queries import list_names
from backend.deadlines.queries import load_book
from backend.deadlines.rules import ACKNOWLEDGE, OBJECTION, judge
from backend.handovers import queries as handovers
from backend.inspections.queries import find_place
from backend.intake.queries import list_named
from backend.items.queries import list_outcomes
from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.notices.queries import list_papers_of
from backend.objections import queries
from backend.objections.service import Filing
from backend.people import queries as people
from backend.people.rules import Principal
from backend.usecases import hand_over, my_acts, objecting
from backend.usecases.hand_over import Matter
from backend.usecases.revise_result import load_history
from backend.web.console import case, labels, lamps, visits
from backend.web.console.case import DECIDERS, read_day, read_id, read_seen
from backend.web.console.paging import cut, read_place
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page


@post("/visits/{visit_id:uuid}/objections", opt=DECIDERS, status_code=200)
async def file(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("objector", "contact", "grounds", "filed_on")}
    try:
        form_id = read_id(form.get("id"))
        given = {name: typed[name][:120] for name in ("objector", "contact")}
        day = read_day(typed["filed_on"], _("提出日期"))
        await objecting.file_objection(visit_id, form_id, Filing(**given, grounds=typed["grounds"], filed_on=day), by=request.user)
    except DomainError as e:
        return await visits.show(visit_id, request.user, error=e.message(get_locale()), status=e.status, typed={"part": "objection", **typed})
    return Redirect(f"/console/objections/{form_id}", status_code=303)


@get("/outcomes/objections")
async def list_objections(request: Request[Any, Any, Any], show: FromQuery[str] = "", after: FromQuery[str] = "") -> Template:
    is_closed = show == "closed"
    book, today = await load_book(), clock.today()
    rows = await queries.list_objections(request.user.scope, is_decided=is_closed, after=read_place(after), limit=queries.PAGE + 1)
    found, next_href = cut(rows, queries.PAGE, "/console/outcomes/objections", show="closed" if is_closed else "")
    return page(
        "console/objections.html",
        tab="objections",
        tabs=case.tabs(),
        is_closed=is_closed,
        next_href=next_href,
        objections=[(o, judge(OBJECTION, o.filed_on, book, today) if o.state == "open" else None) for o in found],
        decisions=case.decisions(),
        say=lamps.say,
        places=await labels.load_places(),
    )


async def _who_entered(objection: queries.ObjectionView) -> str:
    """The office's person who entered it, or the enterprise's own who filed it."""
    if objection.origin == "enterprise":
        return (await list_names([objection.entered_by])).get(objection.entered_by, "")
    return await people.find_account_name(objection.entered_by)


async def _show(objection_id: UUID, who: Principal, *, error: str = "", status: int = 200, typed: dict[str, Any] | None = None) -> Template:
    found = await queries.find_objection(objection_id, who.scope)
    place = await find_place(found.inspection, who.scope)
    history = await load_history(found.inspection)
    assert history is not None
    is_open = found.state == "open"
    return page(
        "console/objection.html",
        status_code=status,
        error=error,
        typed=typed or {},
        objection=found,
        files=(await list_named(my_acts.OBJECTION, {found.id: found.files}))[found.id],
        history=history,
        lamp=judge(OBJECTION, found.filed_on, await load_book(), clock.today()) if is_open else None,
        say=lamps.say,
        decisions=case.decisions(),
        outcome_codes=await list_outcomes(),
        entered_by=await _who_entered(found),
        decided_by=await people.find_account_name(found.decided_by) if found.decided_by else "",
        may_decide=is_open and await objecting.may_decide(place, who),
        is_own=who.department == found.department and who.role in DECIDERS["access"],
        papers=await list_papers_of(found.id),
        places=await labels.load_places(),
    )


@get("/objections/{objection_id:uuid}")
async def show_objection(request: Request[Any, Any, Any], objection_id: FromPath[UUID]) -> Template:
    return await _show(objection_id, request.user)


@post("/objections/{objection_id:uuid}/decide", opt=DECIDERS, status_code=200)
async def decide(request: Request[Any, Any, Any], objection_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    outcomes = [str(v) for v in form.getall("outcomes", [])]
    typed: dict[str, Any] = {"decision": str(form.get("decision", "")), "reason": str(form.get("reason", "")), "outcomes": outcomes}
    try:
        seen = read_seen(form.get("seen"))
        await objecting.decide_objection(
            objection_id, decision=typed["decision"], reason=typed["reason"], outcomes=outcomes, seen=seen, by=request.user
        )
    except DomainError as e:
        return await _show(objection_id, request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect(f"/console/objections/{objection_id}", status_code=303)


@post("/visits/{visit_id:uuid}/handovers", opt=DECIDERS, status_code=200)
async def send(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("kind", "to_department", "to_unit", "matter")}
    try:
        matter = Matter(typed["kind"], typed["to_department"], typed["to_unit"][:120], typed["matter"])
        await hand_over.send(visit_id, read_id(form.get("id")), matter, by=request.user)
    except DomainError as e:
        return await visits.show(visit_id, request.user, error=e.message(get_locale()), status=e.status, typed={"part": "handover", **typed})
    return Redirect(f"/console/visits/{visit_id}#handovers", status_code=303)


async def _show_handovers(who: Principal, *, is_closed: bool, after: str = "", error: str = "", status: int = 200) -> Template:
    book, today = await load_book(), clock.today()
    rows = await handovers.list_handovers(who.scope, is_done=is_closed, after=read_place(after), limit=handovers.PAGE + 1)
    found, next_href = cut(rows, handovers.PAGE, "/console/outcomes/handovers", show="closed" if is_closed else "")
    return page(
        "console/handovers.html",
        status_code=status,
        error=error,
        tab="handovers",
        tabs=case.tabs(),
        is_closed=is_closed,
        next_href=next_href,
        lettered={p.subject for p in await list_papers_of(*(h.id for h in found))},
        handovers=[(h, None if h.acknowledged_at or h.to_department is None else judge(ACKNOWLEDGE, clock.day_of(h.sent_at), book, today)) for h in found],
        my_department=who.scope.department,
        may_acknowledge=who.role in DECIDERS["access"],
        say=lamps.say,
        places=await labels.load_places(),
    )


@get("/outcomes/handovers")
async def list_handovers(request: Request[Any, Any, Any], show: FromQuery[str] = "", after: FromQuery[str] = "") -> Template:
    return await _show_handovers(request.user, is_closed=show == "closed", after=after)


@post("/handovers/{handover_id:uuid}/acknowledge", opt=DECIDERS, status_code=200)
async def acknowledge(request: Request[Any, Any, Any], handover_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    try:
        await hand_over.acknowledge(handover_id, answer=str(form.get("answer", ""))[:500], by=request.user)
    except DomainError as e:
        return await _show_handovers(request.user, is_closed=False, error=e.message(get_locale()), status=e.status)
    return Redirect("/console/outcomes/handovers?show=closed", status_code=303)


HANDLERS = [file, list_objections, show_objection, decide, send, list_handovers, acknowledge]

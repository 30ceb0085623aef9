"""后续处置: what follows from a visit. A result is corrected or withdrawn, the enterprise is ordered to correct, and followed up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.claims.queries import list_names
from backend.deadlines.queries import load_book
from backend.deadlines.rules import RECTIFY, judge
from backend.inspections import queries
from backend.intake.queries import list_named
from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.people import queries as people
from backend.people.rules import MANAGER, Principal
from backend.rectification import queries as orders
from backend.rectification.rules import STANDING
from backend.usecases import my_acts, overview, rectify, revise_result
from backend.usecases.adhoc import list_choosable
from backend.web.console import case, labels, lamps, visits
from backend.web.console.case import DECIDERS, MANAGERS, read_day, read_id, read_seen
from backend.web.console.paging import cut, read_place
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page


@post("/visits/{visit_id:uuid}/correct", opt=DECIDERS, status_code=200)
async def correct(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed = {"part": "correct", "reason": str(form.get("reason", "")), "outcomes": [str(v) for v in form.getall("outcomes", [])]}
    try:
        seen = read_seen(form.get("seen"))
        number = await revise_result.correct_result(visit_id, seen=seen, outcomes=typed["outcomes"], reason=str(typed["reason"]), by=request.user)
    except DomainError as e:
        return await visits.show(visit_id, request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect(f"/results/{number}", status_code=303)


@post("/visits/{visit_id:uuid}/withdraw", opt=DECIDERS, status_code=200)
async def withdraw(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed = {"part": "withdraw", "reason": str(form.get("reason", "")), "decided_on": str(form.get("decided_on", ""))}
    try:
        seen = read_seen(form.get("seen"))
        day = read_day(form.get("decided_on"), _("决定日期"))
        number = await revise_result.withdraw_result(visit_id, seen=seen, reason=str(typed["reason"]), decided_on=day, by=request.user)
    except DomainError as e:
        return await visits.show(visit_id, request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect(f"/results/{number}", status_code=303)


@post("/visits/{visit_id:uuid}/orders", opt=DECIDERS, status_code=200)
async def order(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed: dict[str, Any] = {"part": "order", **{name: str(form.get(name, "")) for name in ("demand", "legal_basis", "due_on")}}
    try:
        form_id = read_id(form.get("id"))
        await rectify.order_correction(
            visit_id,
            form_id,
            demand=typed["demand"],
            legal_basis=typed["legal_basis"],
            due_on=read_day(typed["due_on"], _("改正期限")),
            by=request.user,
        )
    except DomainError as e:
        return await visits.show(visit_id, request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect(f"/console/rectifications/{form_id}", status_code=303)


@get("/outcomes")
async def list_outcomes(request: Request[Any, Any, Any], show: FromQuery[str] = "", after: FromQuery[str] = "") -> Template:
    who: Principal = request.user
    is_closed = show == "closed"
    book, today = await load_book(), clock.today()
    rows = await orders.list_orders(who.scope, is_closed=is_closed, after=read_place(after), limit=orders.PAGE + 1)
    found, next_href = cut(rows, orders.PAGE, "/console/outcomes", show="closed" if is_closed else "")
    return page(
        "console/outcomes.html",
        tab="orders",
        tabs=case.tabs(),
        is_closed=is_closed,
        next_href=next_href,
        orders=[(o, judge(RECTIFY, o.due_on, book, today) if o.state in STANDING else None) for o in found],
        order_states=case.order_states(),
        say=lamps.say,
        places=await labels.load_places(),
    )


async def _show_order(order_id: UUID, who: Principal, *, error: str = "", status: int = 200, typed: dict[str, Any] | None = None) -> Template:
    found = await orders.find_order(order_id, who.scope)
    is_own = who.role == MANAGER and who.department == found.department and found.state in STANDING
    is_followed = any(not f.result for f in found.followups)
    officers = await list_choosable(who, found.county) if is_own else []
    handed = await orders.list_evidence(order_id)
    return page(
        "console/rectification.html",
        handed=handed,
        files=await list_named(my_acts.PROOF, {e.id: e.files for e in handed}),
        handed_names=await list_names([e.handed_by for e in handed]),
        status_code=status,
        error=error,
        typed=typed or {},
        order=found,
        lamp=judge(RECTIFY, found.due_on, await load_book(), clock.today()) if found.state in STANDING else None,
        say=lamps.say,
        order_states=case.order_states(),
        states=labels.inspection_states(),
        ordered_by=await people.find_account_name(found.ordered_by),
        closed_by=await people.find_account_name(found.closed_by) if found.closed_by else "",
        may_follow=is_own and not is_followed,
        may_close=is_own and not is_followed,
        officers=officers,
        before=set(await queries.list_officers(found.inspection)) if is_own else set(),
        loads=await overview.count_loads([o.id for o in officers]),
        places=await labels.load_places(),
    )


@get("/rectifications/{order_id:uuid}")
async def show_order(request: Request[Any, Any, Any], order_id: FromPath[UUID]) -> Template:
    return await _show_order(order_id, request.user)


@post("/rectifications/{order_id:uuid}/followup", opt=MANAGERS, status_code=200)
async def follow_up(request: Request[Any, Any, Any], order_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed: dict[str, Any] = {"due_on": str(form.get("due_on", "")), "officers": [str(v) for v in form.getall("officers", [])]}
    try:
        officers = [read_id(o) for o in typed["officers"]]
        visit = await rectify.open_followup(order_id, officers=officers, due_on=read_day(typed["due_on"], _("完成期限")), by=request.user)
    except DomainError as e:
        return await _show_order(order_id, request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect(f"/console/visits/{visit}", status_code=303)


@post("/rectifications/{order_id:uuid}/close", opt=MANAGERS, status_code=200)
async def close(request: Request[Any, Any, Any], order_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed: dict[str, Any] = {name: str(form.get(name, "")) for name in ("state", "closing")}
    try:
        await rectify.close_order(order_id, state=typed["state"], closing=typed["closing"], by=request.user)
    except DomainError as e:
        return await _show_order(order_id, request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect(f"/console/rectifications/{order_id}", status_code=303)


HANDLERS = [correct, withdraw, order, list_outcomes, show_order, follow_up, close]

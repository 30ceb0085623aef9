"""回避: what officers and enterprises have declared, and what the office decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.inspections.recusals import ORIGINS, find
from backend.kernel.errors import Conflict, DomainError
from backend.people import queries as people
from backend.people.rules import AUDITOR, MANAGER, Principal
from backend.usecases import recuse
from backend.web.console import labels
from backend.web.shared.i18n import get_locale, words
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}
READERS = {"access": frozenset({MANAGER, AUDITOR})}


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What was typed at one recusal and refused; ``other``: what a colleague had decided before."""

    at: UUID
    text: str
    other: str = ""


async def _show(
    who: Principal, *, error: str = "", status: int = 200, typed: dict[str, str] | None = None, unsaved: Unsaved | None = None
) -> Template:
    rows = await recuse.list_recusals(who)
    return page(
        "console/recusals.html",
        status_code=status,
        error=error,
        typed=typed or {},
        rows=rows,
        unsaved=unsaved,
        waiting=[r.id for r, _officer, _enterprise in rows if r.state == "declared"],
        officers=await people.list_inspectors(who.scope) if who.role == MANAGER else [],
        origins=words(ORIGINS),
        places=await labels.load_places(),
        may_decide=who.role == MANAGER,
    )


@get("/recusals", opt=READERS)
async def list_recusals(request: Request[Any, Any, Any]) -> Template:
    return await _show(request.user)


@post("/recusals", opt=MANAGERS, status_code=200)
async def enter(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("officer", "code", "reason")}
    try:
        officer = UUID(typed["officer"]) if typed["officer"] else UUID(int=0)
        await recuse.declare_as_head(officer, typed["code"], typed["reason"], by=request.user)
    except ValueError:
        return await _show(request.user, status=422, typed=typed)
    except DomainError as e:
        return await _show(request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect("/console/recusals", status_code=303)


@post("/recusals/{recusal_id:uuid}/decide", opt=MANAGERS, status_code=200)
async def decide(request: Request[Any, Any, Any], recusal_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    decision = str(form.get("decision", ""))
    try:
        await recuse.decide(recusal_id, upheld=form.get("verdict") == "uphold", decision=decision, by=request.user)
    except DomainError as e:
        other = (await find(recusal_id)).decision if isinstance(e, Conflict) else ""
        unsaved = Unsaved(recusal_id, decision, other) if decision else None
        return await _show(request.user, error=e.message(get_locale()), status=e.status, unsaved=unsaved)
    return Redirect("/console/recusals", status_code=303)


@post("/recusals/{recusal_id:uuid}/end", opt=MANAGERS, status_code=200)
async def end(request: Request[Any, Any, Any], recusal_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await recuse.end(recusal_id, by=request.user)
    except DomainError as e:
        return await _show(request.user, error=e.message(get_locale()), status=e.status)
    return Redirect("/console/recusals", status_code=303)


HANDLERS = [list_recusals, enter, decide, end]

"""回避: what officers and enterprises have declared, and what the office decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.inspections.recusals import ORIGINS
from backend.kernel.errors import DomainError
from backend.people import queries as people
from backend.people.rules import AUDITOR, MANAGER, Principal
from backend.usecases import recuse
from backend.web.console import labels
from backend.web.shared.i18n import get_locale, pick
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}
READERS = {"access": frozenset({MANAGER, AUDITOR})}


async def _show(who: Principal, *, error: str = "", status: int = 200, typed: dict[str, str] | None = None) -> Template:
    return page(
        "console/recusals.html",
        status_code=status,
        error=error,
        typed=typed or {},
        rows=await recuse.list_recusals(who),
        officers=await people.list_inspectors(who.scope) if who.role == MANAGER else [],
        origins={key: pick({"zh": zh, "en": en}, "") for key, (zh, en) in ORIGINS.items()},
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
    try:
        await recuse.decide(recusal_id, upheld=form.get("verdict") == "uphold", decision=str(form.get("decision", "")), by=request.user)
    except DomainError as e:
        return await _show(request.user, error=e.message(get_locale()), status=e.status)
    return Redirect("/console/recusals", status_code=303)


@post("/recusals/{recusal_id:uuid}/end", opt=MANAGERS, status_code=200)
async def end(request: Request[Any, Any, Any], recusal_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await recuse.end(recusal_id, by=request.user)
    except DomainError as e:
        return await _show(request.user, error=e.message(get_locale()), status=e.status)
    return Redirect("/console/recusals", status_code=303)


HANDLERS = [list_recusals, enter, decide, end]

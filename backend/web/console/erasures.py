"""个人信息删除: requests to erase what is kept of a person, and the second person's decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.erasure.rules import KINDS, STATES
from backend.kernel.errors import DomainError
from backend.people import queries as people
from backend.people.rules import ADMIN, AUDITOR, Principal
from backend.usecases import erasing
from backend.web.shared.i18n import get_locale, words
from backend.web.shared.pages import page

OVERSEERS = {"access": frozenset({ADMIN, AUDITOR})}


async def _show(who: Principal, *, error: str = "", status: int = 200, typed: dict[str, str] | None = None) -> Template:
    rows = await erasing.list_requests(who)
    names = {a: await people.find_account_name(a) for a in {r.asked_by for r in rows} | {r.decided_by for r in rows if r.decided_by}}
    return page(
        "console/erasures.html",
        status_code=status,
        rows=rows,
        names=names,
        kinds=words(KINDS),
        states=words(STATES),
        who=who.account_id,
        error=error,
        typed=typed or {},
        form_id=(typed or {}).get("id") or str(uuid4()),
    )


@get("/erasures", opt=OVERSEERS)
async def list_requests(request: Request[Any, Any, Any]) -> Template:
    return await _show(request.user)


@post("/erasures", opt=OVERSEERS, status_code=303)
async def ask(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("id", "kind", "number", "ground")}
    try:
        await erasing.ask(UUID(typed["id"]), kind=typed["kind"], number=typed["number"], ground=typed["ground"], by=request.user)
    except ValueError:
        return await _show(request.user, status=422, typed={**typed, "id": ""})
    except DomainError as e:
        return await _show(request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect("/console/erasures", status_code=303)


@post("/erasures/{request_id:uuid}/decide", opt=OVERSEERS, status_code=303)
async def decide(request: Request[Any, Any, Any], request_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    reason = str(form.get("reason", ""))
    try:
        await erasing.decide(request_id, approved=form.get("verdict") == "erase", reason=reason, by=request.user)
    except DomainError as e:
        return await _show(request.user, error=e.message(get_locale()), status=e.status, typed={"reason": reason, "at": str(request_id)})
    return Redirect("/console/erasures", status_code=303)


HANDLERS = [list_requests, ask, decide]

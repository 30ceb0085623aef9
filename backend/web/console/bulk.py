"""批量办理: tick rows, see what would happen to each, do it, read what became of each."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.desk import queries, rules
from backend.kernel.errors import DomainError, Invalid
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.usecases import bulk
from backend.usecases.comment import list_colleagues
from backend.web.console.case import DECIDERS, read_day, read_id
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.pages import page


def actions(who: Principal) -> dict[str, str]:
    """What this person may do to many visits."""
    return {key: pick({"zh": zh, "en": en}, "") for key, (zh, en) in rules.ACTIONS.items() if key != rules.EXTEND or who.role == MANAGER}


async def choices(who: Principal) -> dict[str, Any]:
    """For the bar under a list of visits."""
    if who.role not in (MANAGER, REVIEWER):
        return {"bulk_actions": {}, "reviewers": []}
    colleagues = await list_colleagues(who.department or "", who.region)
    return {"bulk_actions": actions(who), "reviewers": [a for a in colleagues if a.role == REVIEWER]}


def _read(form: FormMultiDict) -> tuple[bulk.Order, list[UUID]]:
    action, reviewer = str(form.get("action", "")), str(form.get("reviewer", ""))
    due_on = read_day(form.get("due_on"), _("新的期限")) if action == rules.EXTEND else None
    if action == rules.ASSIGN and not reviewer:
        raise Invalid(field=_("审核员"), why_zh="请选择审核员", why_en="choose a reviewer")
    order = bulk.Order(action, due_on, str(form.get("reason", "")), read_id(reviewer) if action == rules.ASSIGN else None)
    return order, [read_id(r) for r in form.getall("rows", [])]


async def _show(request: Request[Any, Any, Any], form: FormMultiDict, *, run_id: UUID, error: str = "", status: int = 200) -> Template:
    who: Principal = request.user
    results: list[dict[str, Any]] = []
    try:
        order, rows = _read(form)
        results = await bulk.preview(order, rows, by=who)
    except DomainError as e:
        error, status = error or e.message(get_locale()), e.status
    return page(
        "console/bulk_preview.html",
        status_code=status,
        error=error,
        form=form,
        rows=[str(r) for r in form.getall("rows", [])],
        results=results,
        able=sum(r["ok"] for r in results),
        run_id=run_id,
        **await choices(who),
    )


@post("/bulk/preview", opt=DECIDERS, status_code=200)
async def preview(request: Request[Any, Any, Any]) -> Template:
    return await _show(request, await request.form(), run_id=uuid4())


@post("/bulk", opt=DECIDERS, status_code=200)
async def run(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    try:
        run_id = read_id(form.get("id"))
        order, rows = _read(form)
        await bulk.run(run_id, order, rows, by=request.user)
    except DomainError as e:
        return await _show(request, form, run_id=uuid4(), error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/bulk/{run_id}", status_code=303)


@get("/bulk/{run_id:uuid}", opt=DECIDERS)
async def show_run(request: Request[Any, Any, Any], run_id: FromPath[UUID]) -> Template:
    found = await queries.find_run(run_id, request.user.account_id)
    return page(
        "console/bulk_result.html",
        run=found,
        action=pick(dict(zip(("zh", "en"), rules.ACTIONS[found.action], strict=True)), ""),
        done=sum(r["ok"] for r in found.results),
    )


HANDLERS = [preview, run, show_run]

"""The lines of a yearly plan: the form of one, taking it out, copying those of an earlier year."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.history.rules import ChangedByOther
from backend.kernel import clock
from backend.kernel.errors import Conflict, Invalid
from backend.kernel.ids import new_id
from backend.people.rules import MANAGER, Principal
from backend.planning import queries, rules
from backend.planning.queries import EditionView, LineView
from backend.planning.rules import FIELDS, Line
from backend.rulebook.queries import load_holidays
from backend.usecases import annual_plans, plan_copy
from backend.web.console import campaign_form, editing, plans
from backend.web.console.case import read_id
from backend.web.console.editing import Difference
from backend.web.console.plan_words import PlanWords
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}


def _on(form: FormMultiDict, plan: EditionView) -> date:
    """The day whose items, caps and rates the form shows: the line's first, or for an empty form the first that is left of the year."""
    try:
        return date.fromisoformat(str(form.get("first_on", "")))
    except ValueError:
        return max(date(plan.year, 1, 1), min(clock.today(), date(plan.year, 12, 31)))


async def _form(
    who: Principal,
    plan: EditionView,
    form: FormMultiDict,
    key: UUID,
    *,
    view: LineView | None = None,
    version: int = 0,
    error: str = "",
    differences: list[Difference] | None = None,
    status: int = 200,
) -> Template:
    return page(
        "console/plan_line.html",
        status_code=status,
        plan=plan,
        key=key,
        action=f"/console/plans/{plan.id}/lines/{key}" if view else f"/console/plans/{plan.id}/lines/new",
        heading=view.line.campaign.name if view else _("新增项目"),
        warnings=view.warnings if view else (),
        version=version or (view.version if view else 0),
        error=error,
        differences=differences,
        form=form,
        locale_key=get_locale(),
        **await campaign_form.choices(who, form, on=_on(form, plan)),
    )


def _read(form: FormMultiDict, key: UUID, who: Principal) -> Line:
    """Raises ``Invalid`` for what cannot be read."""
    campaign = campaign_form.read_plan(form, who)
    first_on = campaign_form.read_day(form, "first_on")
    return Line(key, campaign, first_on, editing.clean(form.get("responsible")), editing.clean(form.get("notes")))


async def _typed(line: Line, who: Principal) -> FormMultiDict:
    own = [("first_on", line.first_on.isoformat()), ("responsible", line.responsible), ("notes", line.notes)]
    return FormMultiDict([*campaign_form.typed(line.campaign, await campaign_form.usual(who, on=line.first_on)), *own])


async def _compare(theirs: Line, yours: Line) -> list[Difference]:
    words = await PlanWords.load()
    a, b = rules.values_of(theirs), rules.values_of(yours)
    return [Difference(campaign_form.field_name(n), words(n, a[n]), words(n, b[n]), a[n] != b[n]) for n in FIELDS]


async def _own(plan_id: UUID, who: Principal) -> EditionView:
    """The edition that is edited. Raises ``WrongPlanState`` for one that is not open."""
    plan = await annual_plans.find_own(plan_id, who)
    if plan.state not in rules.EDITABLE:
        raise rules.wrong_state(plan.state)
    return plan


@get("/plans/{plan_id:uuid}/lines/new", opt=MANAGERS)
async def show_new(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template:
    plan = await _own(plan_id, request.user)
    return await _form(request.user, plan, await campaign_form.usual(request.user, on=_on(FormMultiDict({}), plan)), new_id())


@post("/plans/{plan_id:uuid}/lines/new", opt=MANAGERS, status_code=303)
async def add(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    plan = await _own(plan_id, request.user)
    key = read_id(form.get("key"))
    try:
        await annual_plans.save_line(plan_id, _read(form, key, request.user), version=None, by=request.user)
    except Invalid as e:
        return await _form(request.user, plan, form, key, error=campaign_form.say(e), status=e.status)
    except Conflict as e:
        # The same form was sent before with another text: this one goes on as a line of its own.
        return await _form(request.user, plan, form, new_id(), error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/plans/{plan_id}#line-{key}", status_code=303)


@get("/plans/{plan_id:uuid}/lines/{key:uuid}", opt=MANAGERS)
async def show_line(request: Request[Any, Any, Any], plan_id: FromPath[UUID], key: FromPath[UUID]) -> Template:
    plan = await _own(plan_id, request.user)
    view = await queries.find_line(plan.edition_id, key)
    return await _form(request.user, plan, await _typed(view.line, request.user), key, view=view)


@post("/plans/{plan_id:uuid}/lines/{key:uuid}", opt=MANAGERS, status_code=303)
async def change(request: Request[Any, Any, Any], plan_id: FromPath[UUID], key: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    plan = await _own(plan_id, request.user)
    view = await queries.find_line(plan.edition_id, key)
    try:
        line = _read(form, key, request.user)
        await annual_plans.save_line(plan_id, line, version=editing.version_of(form), by=request.user)
    except ChangedByOther as e:
        differences = await _compare(e.theirs["line"], line)
        text = e.message(get_locale())
        return await _form(request.user, plan, form, key, view=view, version=e.version, error=text, differences=differences, status=e.status)
    except Invalid as e:
        version = str(form.get("version", ""))
        kept = int(version) if version.isdigit() and len(version) < 9 else 0
        return await _form(request.user, plan, form, key, view=view, version=kept, error=campaign_form.say(e), status=e.status)
    return Redirect(f"/console/plans/{plan_id}#line-{key}", status_code=303)


@post("/plans/{plan_id:uuid}/lines/{key:uuid}/remove", opt=MANAGERS, status_code=303)
async def remove(request: Request[Any, Any, Any], plan_id: FromPath[UUID], key: FromPath[UUID]) -> Template | Redirect:
    try:
        await annual_plans.remove_line(plan_id, key, version=editing.version_of(await request.form()), by=request.user)
    except (rules.WrongPlanState, ChangedByOther, Invalid) as e:
        return await plans.show(plan_id, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/plans/{plan_id}", status_code=303)


async def _copying(plan_id: UUID, source_id: UUID, who: Principal, *, chosen: set[str] | None = None, error: str = "", status: int = 200) -> Template:
    plan = await _own(plan_id, who)
    source = await plan_copy.find_source(source_id, plan, who)
    return page(
        "console/plan_copy.html",
        status_code=status,
        plan=plan,
        source=source,
        candidates=await plan_copy.list_candidates(plan, source),
        known=bool(await load_holidays(plan.year, plan.year)),
        chosen=chosen,
        error=error,
    )


@get("/plans/{plan_id:uuid}/copy", opt=MANAGERS)
async def show_copy(request: Request[Any, Any, Any], plan_id: FromPath[UUID], source: FromQuery[str] = "") -> Template:
    return await _copying(plan_id, read_id(source), request.user)


@post("/plans/{plan_id:uuid}/copy", opt=MANAGERS, status_code=303)
async def copy(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    source = read_id(form.get("source"))
    chosen = {str(k) for k in form.getall("lines", [])}
    try:
        if not chosen:
            raise Invalid(field=_("计划项"), why_zh="请选择要复制的项目", why_en="choose the lines to copy")
        await plan_copy.copy_lines(plan_id, source, {read_id(k) for k in chosen}, by=request.user)
    except Invalid as e:
        return await _copying(plan_id, source, request.user, chosen=chosen, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/plans/{plan_id}#lines", status_code=303)


HANDLERS = [show_new, add, show_line, change, remove, show_copy, copy]

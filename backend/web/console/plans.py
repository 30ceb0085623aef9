"""年度计划: the list of yearly plans, one plan from its draft through its approval chain to its campaigns, and what an edition changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.history.rules import ChangedByOther
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid
from backend.kernel.ids import new_id
from backend.notices.queries import list_papers_of
from backend.people.officer_queries import list_account_names
from backend.people.rules import ADMIN, MANAGER, REVIEWER, Principal
from backend.planning import queries, rules
from backend.planning.queries import EditionView
from backend.planning.rules import Head
from backend.usecases import annual_plans
from backend.usecases.plan_progress import follow
from backend.web.console import campaign_form, editing, labels
from backend.web.console.case import read_id
from backend.web.console.editing import Box, Difference, Typed
from backend.web.console.plan_calendar import latenesses, load_year, plan_states, rows_of, statuses
from backend.web.console.plan_words import PlanWords
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}
DECIDERS = {"access": frozenset({MANAGER, REVIEWER, ADMIN})}


@get("/plans")
async def list_plans(request: Request[Any, Any, Any], year: FromQuery[int] = 0) -> Template:
    who: Principal = request.user
    editions = await queries.list_editions(who.scope, year=year or None)
    newest: dict[UUID, EditionView] = {}
    in_force: dict[UUID, EditionView] = {}
    for e in editions:
        newest.setdefault(e.id, e)
        if e.state in rules.IN_FORCE:
            in_force[e.id] = e
    # Progress is that of the edition in force, where there is one.
    counted = {plan: in_force.get(plan, e) for plan, e in newest.items()}
    followed = await follow(list(counted.values()), who.scope)
    return page(
        "console/plans.html",
        plans=[(e, followed[counted[e.id].edition_id]) for e in newest.values()],
        year=year,
        years=await queries.list_years(who.scope),
        plan_states=plan_states(),
        waiting={e.id for e in await annual_plans.list_waiting_for(who)},
        may_write=who.role == MANAGER,
        places=await labels.load_places(),
    )


def _boxes() -> list[Box]:
    return [
        Box("year", _("年度"), "number", required=True, attrs={"min": str(rules.FIRST_YEAR), "max": str(rules.LAST_YEAR)}),
        Box("kind", _("计划类别"), "choice", choices=[("own", _("本部门计划")), ("joint", _("部门联合计划（本部门牵头）"))]),
        Box("name", _("计划名称"), required=True),
        Box("basis", _("编制依据"), "area", required=True, hint=_("文件名称和文号")),
    ]


def _head_boxes() -> list[Box]:
    return [b for b in _boxes() if b.name in ("name", "basis")]


def _new(values: Typed, form_id: str, error: tuple[str, str] = ("", ""), status: int = 200) -> Template:
    return page("console/plan_new.html", status_code=status, boxes=_boxes(), values=values, form_id=form_id, wrong=error[0], error=error[1])


@get("/plans/new", opt=MANAGERS)
async def show_new(request: Request[Any, Any, Any]) -> Template:
    year = clock.today().year + (clock.today().month >= 9)
    office = (await labels.load_places())(request.user.department)
    name = _("%(office)s%(year)s年度抽查工作计划", office=office, year=year)
    return _new({"year": str(year), "kind": "own", "name": name, "basis": ""}, str(new_id()))


@post("/plans/new", opt=MANAGERS, status_code=303)
async def add(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    boxes = _boxes()
    values = editing.typed(form, boxes)
    plan = read_id(form.get("id"))
    try:
        year = editing.read_number(values["year"], "year", rules.FIRST_YEAR, rules.LAST_YEAR)
        head = Head(str(values["name"]), str(values["basis"]))
        await annual_plans.draft_plan(plan, year=year, is_joint=values["kind"] == "joint", head=head, by=request.user)
    except Invalid as e:
        return _new(values, str(plan), editing.message(e, boxes), e.status)
    return Redirect(f"/console/plans/{plan}", status_code=303)


async def show(
    plan: UUID,
    who: Principal,
    *,
    edition: int | None = None,
    error: str = "",
    status: int = 200,
    typed: dict[str, str] | None = None,
    head: Typed | None = None,
    version: int = 0,
    differences: list[Difference] | None = None,
) -> Template:
    """One plan's page, also after a step that was refused: what was typed stays."""
    editions = await queries.list_editions(who.scope, plan=plan)
    shown = await queries.find_edition(plan, who.scope, edition)
    followed = (await follow([shown], who.scope))[shown.edition_id]
    decisions = await queries.list_decisions([shown.edition_id])
    people = [d.decided_by for d in decisions] + [shown.created_by] + ([shown.submitted_by] if shown.submitted_by else [])
    newest = editions[0]
    is_newest = shown.edition_id == newest.edition_id
    own = annual_plans.may_write(who, shown)
    authors = await queries.list_authors(shown.edition_id)
    earlier = {d.decided_by for d in decisions if d.round == shown.round}
    asked = annual_plans.waits_for(who, shown)
    return page(
        "console/plan.html",
        status_code=status,
        error=error,
        typed={"reason": "", "verdict": "", "part": "", **(typed or {})},
        plan=shown,
        editions=editions,
        is_newest=is_newest,
        before=next((e for e in editions if e.edition < shown.edition), None),
        followed=followed,
        cal=await load_year(shown.year),
        rows=await rows_of(shown, followed.lines, shown.year),
        decisions=decisions,
        names=await list_account_names(people),
        boxes=_head_boxes(),
        head=head or {"name": shown.name, "basis": shown.basis},
        version=version or shown.version,
        differences=differences,
        may_edit=own and shown.state in rules.EDITABLE,
        may_decide=asked and who.account_id not in authors | earlier,
        may_not_decide=asked and who.account_id in authors | earlier,
        may_publish=own and shown.state == rules.APPROVED,
        may_reopen=own and is_newest and shown.state in rules.IN_FORCE,
        may_begin=own and shown.state in rules.IN_FORCE,
        may_issue=shown.state in rules.READABLE and who.role in (MANAGER, REVIEWER) and who.department == shown.department,
        papers=await list_papers_of(shown.edition_id) if shown.department == who.department or who.department is None else [],
        sources=await _sources(shown, who) if own and shown.state in rules.EDITABLE else [],
        plan_states=plan_states(),
        statuses=statuses(),
        latenesses=latenesses(),
        campaign_states=labels.campaign_states(),
        field_name=campaign_form.field_name,
        rates_of=rules.rates_of,
        words=await PlanWords.load(),
        places=await labels.load_places(),
        locale_key=get_locale(),
    )


async def _sources(target: EditionView, who: Principal) -> list[EditionView]:
    """Plans whose lines may be copied: the department's own of earlier years."""
    found: dict[UUID, EditionView] = {}
    for e in await queries.list_editions(who.scope):
        if (e.department, e.region) == (target.department, target.region) and e.year < target.year and (e.id not in found or e.state in rules.IN_FORCE):
            found[e.id] = e
    return list(found.values())


@get("/plans/{plan_id:uuid}")
async def show_plan(request: Request[Any, Any, Any], plan_id: FromPath[UUID], edition: FromQuery[int] = 0) -> Template:
    return await show(plan_id, request.user, edition=edition or None)


@post("/plans/{plan_id:uuid}/head", opt=MANAGERS, status_code=303)
async def save_head(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    boxes = _head_boxes()
    values = editing.typed(form, boxes)
    try:
        await annual_plans.save_head(plan_id, Head(str(values["name"]), str(values["basis"])), version=editing.version_of(form), by=request.user)
    except ChangedByOther as e:
        text, differences = editing.message(e, boxes)[1], editing.compare(e, values, boxes)
        return await show(plan_id, request.user, error=text, status=e.status, head=values, version=e.version, differences=differences)
    except (Invalid, rules.WrongPlanState) as e:
        return await show(plan_id, request.user, error=editing.message(e, boxes)[1], status=e.status, head=values)
    return Redirect(f"/console/plans/{plan_id}", status_code=303)


@post("/plans/{plan_id:uuid}/submit", opt=MANAGERS, status_code=303)
async def submit(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await annual_plans.submit(plan_id, by=request.user)
    except (Invalid, rules.LinesNotReady, rules.NoChain, rules.WrongPlanState) as e:
        return await show(plan_id, request.user, error=editing.message(e, [Box("lines", _("计划项目"))])[1], status=e.status)
    return Redirect(f"/console/plans/{plan_id}", status_code=303)


@post("/plans/{plan_id:uuid}/decide", opt=DECIDERS, status_code=303)
async def decide(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed = {"verdict": str(form.get("verdict", "")), "reason": editing.clean(form.get("reason")), "part": "decide"}
    seen = [str(form.get(name, "")) for name in ("step", "round")]
    try:
        await annual_plans.decide(
            plan_id,
            verdict=typed["verdict"],
            reason=typed["reason"],
            at_step=int(seen[0]) if seen[0].isdigit() and len(seen[0]) < 4 else -1,
            in_round=int(seen[1]) if seen[1].isdigit() and len(seen[1]) < 4 else -1,
            by=request.user,
        )
    except DomainError as e:
        if e.code in ("not-found", "forbidden"):
            raise
        boxes = [Box("verdict", _("决定")), Box("reason", _("理由"))]
        return await show(plan_id, request.user, error=editing.message(e, boxes)[1], status=e.status, typed=typed)
    return Redirect(f"/console/plans/{plan_id}#approval", status_code=303)


@post("/plans/{plan_id:uuid}/publish", opt=MANAGERS, status_code=303)
async def publish(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await annual_plans.publish(plan_id, by=request.user)
    except rules.WrongPlanState as e:
        return await show(plan_id, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/plans/{plan_id}", status_code=303)


@post("/plans/{plan_id:uuid}/reopen", opt=MANAGERS, status_code=303)
async def reopen(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template | Redirect:
    reason = editing.clean((await request.form()).get("reason"))
    try:
        await annual_plans.reopen(plan_id, reason=reason, by=request.user)
    except (Invalid, rules.WrongPlanState) as e:
        message = editing.message(e, [Box("reason", _("调整原因"))])[1]
        return await show(plan_id, request.user, error=message, status=e.status, typed={"part": "reopen", "reason": reason})
    return Redirect(f"/console/plans/{plan_id}", status_code=303)


@post("/plans/{plan_id:uuid}/drop", opt=MANAGERS, status_code=303)
async def drop(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await annual_plans.drop(plan_id, by=request.user)
    except (Invalid, rules.WrongPlanState) as e:
        return await show(plan_id, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/plans/{plan_id}", status_code=303)


@post("/plans/{plan_id:uuid}/lines/{line:uuid}/campaign", opt=MANAGERS, status_code=303)
async def begin(request: Request[Any, Any, Any], plan_id: FromPath[UUID], line: FromPath[UUID]) -> Template | Redirect:
    try:
        campaign = await annual_plans.begin_campaign(plan_id, line, by=request.user)
    except Invalid as e:
        return await show(plan_id, request.user, error=campaign_form.say(e), status=e.status)
    except rules.WrongPlanState as e:
        return await show(plan_id, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/campaigns/{campaign}", status_code=303)


@get("/plans/{plan_id:uuid}/changes")
async def show_changes(request: Request[Any, Any, Any], plan_id: FromPath[UUID], old: FromQuery[int] = 0, new: FromQuery[int] = 0) -> Template:
    """What one edition changed of another; without numbers, the newest of the one before it."""
    who: Principal = request.user
    later = await queries.find_edition(plan_id, who.scope, new or None)
    editions = await queries.list_editions(who.scope, plan=plan_id)
    earlier = await queries.find_edition(plan_id, who.scope, old or next((e.edition for e in editions if e.edition < later.edition), later.edition))
    lines = await queries.list_lines([earlier.edition_id, later.edition_id])
    changes = rules.compare([v.line for v in lines[earlier.edition_id]], [v.line for v in lines[later.edition_id]])
    heads = [(b.label, getattr(earlier, b.name), getattr(later, b.name)) for b in _head_boxes() if getattr(earlier, b.name) != getattr(later, b.name)]
    return page(
        "console/plan_changes.html",
        plan=later,
        old=earlier,
        editions=editions,
        heads=heads,
        changes=changes,
        kinds={"added": (_("新增"), "good"), "changed": (_("修改"), "accent"), "removed": (_("取消"), "bad")},
        field_name=campaign_form.field_name,
        words=await PlanWords.load(),
    )


HANDLERS = [list_plans, show_new, add, show_plan, save_head, submit, decide, publish, reopen, drop, begin, show_changes]

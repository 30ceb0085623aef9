"""负荷预测: what the coming months ask of officers and counties, and whom a round would inspect too often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.forecast import rules
from backend.forecast.cap_rules import Standing
from backend.forecast.projection import Projection
from backend.kernel import clock
from backend.kernel.scope import Scope
from backend.people.queries import list_open_departments
from backend.people.rules import Principal
from backend.usecases import forecast
from backend.usecases.forecast import Conflicts
from backend.web.console import labels
from backend.web.console.figure_charts import Cell, Chart
from backend.web.shared.i18n import _, pick
from backend.web.shared.pages import page

LAMPS = {rules.RED: "bad", rules.YELLOW: "warn", rules.GREEN: "good", "": ""}
SERIES = 3  # as many colours as a chart keeps apart
BARS = 30


@dataclass(frozen=True, slots=True)
class View:
    """What an address asks for, narrowed to what the person may see."""

    scope: Scope
    department: str
    county: str
    months: int

    def href(self, **more: str) -> str:
        wanted = {"department": self.department, "county": self.county, "months": str(self.months), **more}
        return "/console/forecast?" + urlencode({k: v for k, v in wanted.items() if v})


def view_of(who: Principal, department: str, county: str, months: str) -> View:
    scope, department, county = who.scope.narrowed(department, county)
    chosen = int(months) if months.isdigit() and int(months) in forecast.HORIZONS else forecast.HORIZONS[0]
    return View(scope, department, county, chosen)


def lamp_words() -> dict[str, str]:
    return {rules.RED: _("超过上限"), rules.YELLOW: _("高于通常"), rules.GREEN: _("正常"), "": _("未设标准")}


def number(value: float) -> str:
    """An expectation as it is read: one decimal, and none where it says nothing."""
    return f"{value:.1f}".removesuffix(".0")


def _chart(key: str, title: str, series: Sequence[tuple[str, Sequence[tuple[date, float]]]], *, kind: str, target: float | None = None) -> Chart:
    weeks = [monday for monday, _n in series[0][1]]
    rows = [(monday.isoformat(), [Cell(number(points[n][1]), round(points[n][1], 1)) for _name, points in series]) for n, monday in enumerate(weeks)]
    most = max((points[n][1] for _name, points in series for n in range(len(weeks))), default=0.0)
    summary = _("最高 %(n)s", n=number(most))
    return Chart(key, title, summary, kind, _("周（周一）"), [name for name, _points in series], rows, target=target, unit="", is_upright=True)


def charts(projection: Projection, counties: Sequence[str], places: labels.Places) -> list[Chart]:
    departments = [d for d in projection.outlook.departments if any(d == dept for w in projection.weeks for dept, _c in w.visits)]
    if not departments:
        return []
    weekly = {d: projection.weekly(d, counties) for d in departments}
    norms = projection.outlook.norms
    if len(departments) > SERIES:
        weeks = [w.monday for w in projection.weeks]
        visits = [(_("全部部门"), [(m, sum(weekly[d][n][1] for d in departments)) for n, m in enumerate(weeks)])]
        loads = [(_("全部部门"), [(m, max(weekly[d][n][2] for d in departments)) for n, m in enumerate(weeks)])]
    else:
        visits = [(places(d), [(m, v) for m, v, _most in weekly[d]]) for d in departments]
        loads = [(places(d), [(m, most) for m, _v, most in weekly[d]]) for d in departments]
    mosts = {norms[d].most for d in departments if d in norms}
    target = float(next(iter(mosts))) if len(mosts) == 1 and len(departments) == len([d for d in departments if d in norms]) else None
    return [
        # Bars as long as they can be told apart.
        _chart("visits", _("每周预计检查次数"), visits, kind="bar" if len(visits) * len(projection.weeks) <= BARS else "line"),
        _chart("loads", _("任务最重的执法人员每周检查次数"), loads, kind="line", target=target),
    ]


@get("/forecast")
async def show_forecast(
    request: Request[Any, Any, Any], department: FromQuery[str] = "", county: FromQuery[str] = "", months: FromQuery[str] = ""
) -> Template:
    who: Principal = request.user
    view = view_of(who, department, county, months)
    today = clock.today()
    counties = await forecast.list_counties(view.scope)
    projection, rounds = await forecast.load(await forecast.departments_of(view.scope), forecast.end_of(today, view.months))
    places = await labels.load_places()
    officers = projection.officer_lines(counties)
    return page(
        "console/forecast.html",
        view=view,
        months=projection.months,
        horizons=forecast.HORIZONS,
        charts=charts(projection, counties, places),
        lines=projection.county_lines(counties),
        officers=officers,
        ending=[o for o in officers if o.expires],
        rounds=[r for r in rounds if set(r.round.counties) & set(counties)],
        drawn=_drawn(projection, counties),
        norms=projection.outlook.norms,
        departments=[(d.code, pick(d, "name")) for d in await list_open_departments()] if who.scope.department is None else [],
        counties=await labels.county_choices(who.scope),
        states=round_states(),
        lamp_kinds=LAMPS,
        lamp_words=lamp_words(),
        mine=who.scope.department,
        several=view.scope.department is None,
        number=number,
        places=places,
    )


def _drawn(projection: Projection, counties: Sequence[str]) -> list[tuple[str, str, str, date, int]]:
    """(id, name, number, due, visits still to make) of campaigns that are drawn, each visit once."""
    found: dict[str, tuple[str, str, date, dict[tuple[str, date], int]]] = {}
    for d in projection.outlook.drawn:
        if d.county in counties:
            name, number_, due, by_place = found.setdefault(d.id, (d.name, d.number, d.due_on, {}))
            # Two departments on one team are one visit.
            by_place[d.county, d.due_on] = max(by_place.get((d.county, d.due_on), 0), d.n)
            found[d.id] = (name, number_, max(due, d.due_on), by_place)
    return [(key, name, number_, due, sum(by_place.values())) for key, (name, number_, due, by_place) in found.items()]


def round_states() -> dict[str, tuple[str, str]]:
    return {**labels.campaign_states(), "plan": (_("计划中"), "")}


def by_county(conflicts: Conflicts, who: Principal) -> list[tuple[str, list[tuple[str, Standing]], Standing]]:
    """County by county: its classes (for whom they are no secret), and all of them together."""
    found = []
    for county in sorted({c for c, _class in conflicts.standing if c.startswith(who.region)}):
        classes = sorted((k, s) for (c, k), s in conflicts.standing.items() if c == county)
        whole = Standing(sum(s.total for _k, s in classes), sum(s.reached for _k, s in classes), sum(s.over for _k, s in classes))
        found.append((county, classes if who.sees_class else [], whole))
    return found


@get("/forecast/rounds/{round_id:uuid}")
async def show_round(request: Request[Any, Any, Any], round_id: FromPath[UUID], county: FromQuery[str] = "", after: FromQuery[str] = "") -> Template:
    """One round's conflicts with the yearly caps, and the enterprises behind them, page by page."""
    who: Principal = request.user
    found = await forecast.find_round(round_id, who)
    conflicts = await forecast.find_conflicts(found)
    listed = await forecast.list_over(found, who.scope, county=county, after=after[:40])
    query = urlencode({k: v for k, v in {"county": county, "after": listed.next or ""}.items() if v})
    return page(
        "console/forecast_round.html",
        round_id=round_id,
        conflicts=conflicts,
        by_county=by_county(conflicts, who),
        rows=listed.rows,
        next_href=f"/console/forecast/rounds/{round_id}?{query}" if listed.next else "",
        county=county,
        sees_class=who.sees_class,
        states=round_states(),
        number=number,
        places=await labels.load_places(),
    )


@get("/forecast/rounds/{round_id:uuid}/summary")
async def show_summary(request: Request[Any, Any, Any], round_id: FromPath[UUID]) -> Template:
    """The same in a few lines, for a campaign's or a plan's page."""
    conflicts = await forecast.find_conflicts(await forecast.find_round(round_id, request.user))
    return page("console/_conflicts.html", round_id=round_id, conflicts=conflicts, number=number, places=await labels.load_places())


@get("/plans/{plan_id:uuid}/forecast")
async def show_plan_ahead(request: Request[Any, Any, Any], plan_id: FromPath[UUID], edition: FromQuery[int | None] = None) -> Template:
    """What a plan's rounds that have not begun ask for, for the plan's page."""
    ahead = await forecast.look_at_plan(plan_id, edition, by=request.user)
    return page(
        "console/_plan_ahead.html",
        ahead=ahead,
        lines=ahead.projection.county_lines(ahead.counties) if ahead else [],
        months=ahead.projection.months if ahead else [],
        lamp_kinds=LAMPS,
        lamp_words=lamp_words(),
        number=number,
        places=await labels.load_places(),
    )


HANDLERS = [show_forecast, show_round, show_summary, show_plan_ahead]

"""指标: every figure with its definition, its target, what it was a year ago, and the rows behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Template

from backend.figures import queries, rules
from backend.figures.queries import FigureSet, RecordFilter
from backend.figures.rules import MEASURES, Count, Measure, Period
from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.scope import Scope
from backend.people import queries as people
from backend.people.rules import AUDITOR, Principal
from backend.web.console import figure_charts, figure_sheets, labels
from backend.web.shared.downloads import XLSX
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.pages import page


@dataclass(frozen=True, slots=True)
class View:
    """What an address asks for, narrowed to what the person may see. ``error``: what could not be read of it."""

    scope: Scope
    period: Period
    county: str
    department: str
    error: str = ""

    def query(self, **more: str) -> str:
        wanted = {"period": self.period.key, "county": self.county, "department": self.department, **more}
        return urlencode({k: v for k, v in wanted.items() if v})

    def href(self, measure: str = "", tail: str = "", **more: str) -> str:
        path = "/console/figures" + (f"/{measure}" if measure else "") + tail
        return f"{path}?{self.query(**more)}"


def period_name(period: Period) -> str:
    year, _q, quarter = period.key.partition("Q")
    if period.key.isdigit():
        return _("%(year)s年", year=period.key)
    if quarter:
        return _("%(year)s年第%(q)s季度", year=year, q=quarter)
    return _("%(first)s 至 %(last)s", first=period.first.isoformat(), last=period.last.isoformat())


def offered() -> list[tuple[str, str]]:
    year = clock.today().year
    keys = [str(year), str(year - 1), *(f"{y}Q{q}" for y in (year, year - 1) for q in (4, 3, 2, 1))]
    return [(key, period_name(rules.parse_period(key))) for key in keys]


def view_of(who: Principal, period: str, county: str, department: str, first: str = "", last: str = "") -> View:
    """Reads an address; what makes no sense gives this year, with the reason."""
    scope, error = who.scope, ""
    try:
        if period == "days":
            try:
                chosen = rules.days_between(date.fromisoformat(first), date.fromisoformat(last))
            except ValueError as e:
                raise Invalid(field=_("期间"), why_zh="请选择开始和结束日期", why_en="choose its first and last day") from e
        else:
            chosen = rules.parse_period(period or str(clock.today().year))
    except Invalid as e:
        chosen, error = rules.parse_period(str(clock.today().year)), e.message(get_locale())
    scope, department, county = scope.narrowed(department, county)
    return View(scope, chosen, county, department, error)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure as a card shows it. ``change``: percentage points against the year before, None where one of them is missing."""

    measure: Measure
    count: Count
    before: Count
    target: float | None
    state: str
    source: str

    @property
    def change(self) -> float | None:
        now, then = self.count.percent, self.before.percent
        return round(now - then, 1) if now is not None and then is not None else None

    @property
    def is_better(self) -> bool:
        return (self.change or 0) >= 0 if self.measure.is_high_good else (self.change or 0) <= 0


def row_states(measure: Measure) -> dict[str, tuple[str, str]]:
    """State of what a row is -> its name and badge."""
    if measure.subject == rules.CAMPAIGN:
        return labels.campaign_states()
    if measure.subject == rules.ORDER:
        return {"open": (_("待改正"), "warn"), "uncorrected": (_("未改正"), "bad"), "corrected": (_("已改正"), "good"), "ended": (_("已终结"), "")}
    return labels.inspection_states()


def sees_all(who: Principal) -> bool:
    """Whether confidential figures are this person's: the oversight office's alone."""
    return who.role == AUDITOR


def measure_of(key: str, who: Principal) -> Measure:
    if key not in rules.measures_for(oversight=sees_all(who)):
        raise NotFound()
    return MEASURES[key]


def text(pair: tuple[str, str]) -> str:
    return pick({"zh": pair[0], "en": pair[1]}, "")


def _figures(now: dict[str, FigureSet], then: dict[str, FigureSet], standards: dict[tuple[str, str], queries.Standard]) -> list[Figure]:
    found = []
    for key in now:
        measure = MEASURES[key]
        standard = standards.get((key, "target"))
        target = standard.value if standard else None
        count = now[key].whole
        found.append(Figure(measure, count, then[key].whole, target, rules.judge(measure, count, target), standard.source if standard else ""))
    return found


async def _both(view: View, before: Period, who: Principal) -> tuple[dict[str, FigureSet], dict[str, FigureSet]]:
    """Every measure that the person may see, now and then."""
    oversight = sees_all(who)
    only = rules.measures_for(oversight=oversight)
    now = await queries.count(view.scope, view.period, only, oversight=oversight)
    return now, await queries.count(view.scope, before, only, oversight=oversight)


def states() -> dict[str, tuple[str, str]]:
    return {"met": (_("达标"), "good"), "open": (_("进行中"), "accent"), "missed": (_("未达标"), "bad")}


async def _choices(who: Principal) -> dict[str, Any]:
    return {
        "periods": offered(),
        "counties": await labels.county_choices(who.scope),
        "departments": [(d.code, pick(d, "name")) for d in await people.list_departments()] if who.scope.department is None else [],
        "period_name": period_name,
        "text": text,
        "states": states(),
        "places": await labels.load_places(),
    }


From = Annotated[str, QueryParameter(name="from")]
To = Annotated[str, QueryParameter(name="to")]


@get("/figures")
async def show_figures(
    request: Request[Any, Any, Any], period: FromQuery[str] = "", county: FromQuery[str] = "", department: FromQuery[str] = "", first: From = "", last: To = ""
) -> Template:
    view = view_of(request.user, period, county, department, first, last)
    before = rules.year_before(view.period)
    now, then = await _both(view, before, request.user)
    context = await _choices(request.user)
    figures = _figures(now, then, await queries.list_standards(view.period.last))
    return page(
        "console/figures.html",
        view=view,
        before=before,
        figures=figures,
        overview=figure_charts.overview(figures, view, period_name(view.period), period_name(before)),
        waiting=figure_charts.waiting(await queries.count_waiting(view.scope)) if view.scope == request.user.scope else None,
        matrices=figure_charts.matrices(now, view, context["places"], with_departments=view.scope.department is None),
        is_today=view.period.last >= clock.today(),
        **context,
    )


@get("/figures/{measure:str}")
async def show_figure(
    request: Request[Any, Any, Any],
    measure: FromPath[str],
    period: FromQuery[str] = "",
    county: FromQuery[str] = "",
    department: FromQuery[str] = "",
    first: From = "",
    last: To = "",
) -> Template:
    measure_of(measure, request.user)
    oversight = sees_all(request.user)
    view = view_of(request.user, period, county, department, first, last)
    before, months = rules.year_before(view.period), rules.twelve_months(view.period)
    now, then, run, run_before = [
        await queries.count(view.scope, p, [measure], oversight=oversight) for p in (view.period, before, months, rules.year_before(months))
    ]
    context = await _choices(request.user)
    (figure,) = _figures(now, then, await queries.list_standards(view.period.last))
    names = (period_name(view.period), period_name(before))
    charts = [figure_charts.trend(figure, run[measure], run_before[measure], months, view)]
    if now[measure].by_county:
        charts.append(figure_charts.by_place(figure, now[measure].by_county, then[measure].by_county, _("各区县"), "county", view, context["places"], names))
    if view.scope.department is None:
        by_department = (now[measure].by_department, then[measure].by_department)
        charts.append(figure_charts.by_place(figure, *by_department, _("各部门"), "department", view, context["places"], names))
    return page("console/figure.html", view=view, before=before, f=figure, charts=charts, **context)


@get("/figures/waiting")
async def list_waiting_records(request: Request[Any, Any, Any], age: FromQuery[str] = "") -> Template:
    """待审核: the records of one age, or all, the longest waiting first."""
    bucket = int(age) if age.isdigit() and int(age) < len(rules.AGES) else None
    counts = await queries.count_waiting(request.user.scope)
    return page(
        "console/figure_waiting.html",
        rows=await queries.list_waiting(request.user.scope, bucket),
        bucket=bucket,
        ages=list(zip(figure_charts.age_names(), counts, strict=True)),
        whole=sum(counts),
        places=await labels.load_places(),
    )


def _month(written: str) -> date | None:
    try:
        return date.fromisoformat(f"{written}-01")
    except ValueError:
        return None


def _after(written: str) -> tuple[date, UUID] | None:
    day, _sep, last = written.partition("_")
    try:
        return date.fromisoformat(day), UUID(last)
    except ValueError:
        return None


def _asked(who: Principal, measure: str, period: str, county: str, department: str, part: str, month: str) -> tuple[Measure, View, RecordFilter]:
    """Which rows of which figure an address names."""
    by = RecordFilter(part=part if part in rules.PARTS else "", month=_month(month))
    return measure_of(measure, who), view_of(who, period, county, department), by


@get("/figures/{measure:str}/records")
async def list_figure_records(
    request: Request[Any, Any, Any],
    measure: FromPath[str],
    period: FromQuery[str] = "",
    county: FromQuery[str] = "",
    department: FromQuery[str] = "",
    part: FromQuery[str] = "",
    month: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    chosen, view, by = _asked(request.user, measure, period, county, department, part, month)
    oversight = sees_all(request.user)
    rows, following = await queries.list_records(view.scope, view.period, measure, by, after=_after(after), oversight=oversight)
    found = (await queries.count(view.scope, view.period, [measure], oversight=oversight))[measure]
    whole = found.by_month.get(by.month, Count()) if by.month else found.whole
    place = {"part": by.part, "month": month if by.month else ""}
    return page(
        "console/figure_records.html",
        view=view,
        measure=chosen,
        by=by,
        month=place["month"],
        rows=rows,
        parts=[(key, name, n) for key, name, n in figure_charts.parts(chosen, whole) if n or key == by.part],
        next_href=view.href(measure, "/records", **place, after=f"{following[0]}_{following[1]}") if following else None,
        states_of_rows=row_states(chosen),
        **await _choices(request.user),
    )


def _file(content: bytes, name: str) -> Response[bytes]:
    return Response(content, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"})


@get("/figures.xlsx")
async def export_figures(
    request: Request[Any, Any, Any], period: FromQuery[str] = "", county: FromQuery[str] = "", department: FromQuery[str] = ""
) -> Response[bytes]:
    view = view_of(request.user, period, county, department)
    before = rules.year_before(view.period)
    now, then = await _both(view, before, request.user)
    figures = _figures(now, then, await queries.list_standards(view.period.last))
    content = figure_sheets.figures(figures, now, await labels.load_places(), (period_name(view.period), period_name(before)))
    return _file(content, f"figures-{view.period.key}.xlsx")


@get("/figures/{measure:str}/records.xlsx")
async def export_figure_records(
    request: Request[Any, Any, Any],
    measure: FromPath[str],
    period: FromQuery[str] = "",
    county: FromQuery[str] = "",
    department: FromQuery[str] = "",
    part: FromQuery[str] = "",
    month: FromQuery[str] = "",
) -> Response[bytes]:
    chosen, view, by = _asked(request.user, measure, period, county, department, part, month)
    rows, _following = await queries.list_records(view.scope, view.period, measure, by, limit=None, oversight=sees_all(request.user))
    names = row_states(chosen)
    content = figure_sheets.records(chosen, rows, await labels.load_places(), {k: name for k, (name, _kind) in names.items()})
    return _file(content, f"{measure}-{view.period.key}.xlsx")


HANDLERS = [show_figures, list_waiting_records, show_figure, list_figure_records, export_figures, export_figure_records]

"""年度日历: the planned campaigns of a year as bars over its months and weeks, with days off; a list on a phone and for a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from backend.inspections.queries import CampaignView
from backend.kernel import clock
from backend.people import queries as people
from backend.people.rules import Principal
from backend.planning import calendar_rules, queries, rules
from backend.planning.calendar_rules import Bar, Month, Run
from backend.planning.queries import EditionView
from backend.registry import queries as registry
from backend.rulebook.queries import list_days_off, load_holidays
from backend.usecases.plan_progress import LineProgress, follow, list_unplanned
from backend.web.console import labels
from backend.web.shared.i18n import _, pick
from backend.web.shared.pages import page


@dataclass(frozen=True, slots=True)
class Year:
    """A year as it is drawn. ``today``: its place in days, None in another year. ``known``: whether the holiday table has the year."""

    year: int
    days: int
    months: list[Month]
    weeks: list[tuple[int, int, int]]
    runs: list[Run]
    today: int | None
    known: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One bar with what is said beside it. ``href`` empty: nothing that the person may open."""

    key: UUID
    name: str
    href: str
    about: str
    first: date
    last: date
    weeks: str
    working_days: int
    bar: Bar | None
    kind: str
    badge: tuple[str, str]
    late: str
    campaign: CampaignView | None
    may_open: bool


def statuses() -> dict[str, tuple[str, str]]:
    """How far a line has come, and the kind of its badge."""
    return {
        rules.NOT_BEGUN: (_("未开始"), ""),
        rules.MADE: (_("已建任务"), "accent"),
        rules.ANNOUNCED: (_("已公告"), "accent"),
        rules.DRAWN: (_("检查中"), "warn"),
        rules.DONE: (_("已完成"), "good"),
    }


def latenesses() -> dict[str, str]:
    return {"": "", "late": _("应已开始"), "overdue": _("已逾期")}


async def load_year(year: int) -> Year:
    holidays = await load_holidays(year, year)
    today = clock.today()
    return Year(
        year,
        calendar_rules.days_of(year),
        calendar_rules.months_of(year, holidays),
        calendar_rules.weeks_of(year),
        calendar_rules.runs_of(year, await list_days_off(year)),
        (today - date(year, 1, 1)).days if today.year == year else None,
        bool(holidays),
    )


def _weeks(first: date, last: date) -> str:
    one, other = first.isocalendar().week, last.isocalendar().week
    return _("第 %(n)s 周", n=one) if one == other and first.year == last.year else _("第 %(a)s–%(b)s 周", a=one, b=other)


async def rows_of(edition: EditionView, lines: Sequence[LineProgress], year: int) -> list[Row]:
    """The lines of one edition as bars."""
    holidays = await load_holidays(year, year + 1)
    found = []
    for p in lines:
        first, last = p.view.line.first_on, p.view.line.due_on
        late = p.lateness
        found.append(
            Row(
                key=p.view.key,
                name=p.view.line.campaign.name,
                href=f"/console/plans/{edition.id}?edition={edition.edition}#line-{p.view.key}",
                about=edition.department,
                first=first,
                last=last,
                weeks=_weeks(first, last),
                working_days=calendar_rules.count_working_days(first, last, holidays),
                bar=calendar_rules.bar_of(first, last, year),
                kind="late" if late else p.status,
                badge=statuses()[p.status],
                late=latenesses()[late],
                campaign=p.campaign,
                may_open=p.may_open,
            )
        )
    return found


async def _unplanned(campaigns: Sequence[CampaignView], year: int) -> list[Row]:
    holidays = await load_holidays(year, year + 1)
    found = []
    for c in campaigns:
        first, status = clock.day_of(c.created_at), rules.status_of(c.state)
        found.append(
            Row(
                key=c.id,
                name=c.name,
                href=f"/console/campaigns/{c.id}",
                about=c.department,
                first=first,
                last=c.due_on,
                weeks=_weeks(first, c.due_on),
                working_days=calendar_rules.count_working_days(first, c.due_on, holidays),
                bar=calendar_rules.bar_of(first, c.due_on, year),
                kind=status,
                badge=statuses()[status],
                late="",
                campaign=c,
                may_open=True,
            )
        )
    return found


def _newest(editions: Sequence[EditionView]) -> list[EditionView]:
    """Of each plan the edition in force, or where none is the newest."""
    found: dict[UUID, EditionView] = {}
    for e in editions:
        if e.id not in found or (e.state in rules.IN_FORCE and found[e.id].state not in rules.IN_FORCE):
            found[e.id] = e
    return list(found.values())


@get("/plans/calendar")
async def show_calendar(
    request: Request[Any, Any, Any],
    year: FromQuery[int] = 0,
    department: FromQuery[str] = "",
    county: FromQuery[str] = "",
    status: Annotated[str, QueryParameter(name="state")] = "",
) -> Template:
    who: Principal = request.user
    this_year = clock.today().year
    year = year if rules.FIRST_YEAR <= year <= rules.LAST_YEAR else this_year
    everything = await queries.list_editions(who.scope, year=year)
    editions = [e for e in _newest(everything) if department in ("", e.department)]
    followed = await follow(editions, who.scope)

    def fits(p: LineProgress) -> bool:
        counties = p.view.line.campaign.counties
        return (not county or county in counties) and status in ("", p.status, p.lateness)

    groups = [(e, await rows_of(e, [p for p in followed[e.edition_id].lines if fits(p)], year)) for e in editions]
    others = [
        c
        for c in await list_unplanned(who.scope, year)
        if department in ("", c.department) and (not county or county in c.counties) and status in ("", rules.status_of(c.state))
    ]
    return page(
        "console/plan_calendar.html",
        cal=await load_year(year),
        groups=[(e, rows) for e, rows in groups if rows or not (county or status)],
        unplanned=await _unplanned(others, year),
        years=sorted({*await queries.list_years(who.scope), this_year, this_year + 1, year}, reverse=True),
        chosen={"department": department, "county": county, "state": status},
        departments=[(d.code, pick(d, "name")) for d in await people.list_departments()],
        counties=[(c.code, pick(c, "name")) for c in await registry.list_counties(who.scope)],
        states={**{key: name for key, (name, _kind) in statuses().items()}, "late": _("应已开始"), "overdue": _("已逾期")},
        plan_states=plan_states(),
        places=await labels.load_places(),
    )


_KINDS = {
    rules.SUBMITTED: "warn",
    rules.RETURNED: "bad",
    rules.APPROVED: "good",
    rules.PUBLISHED: "good",
}


def plan_states() -> dict[str, tuple[str, str]]:
    """State of an edition -> its name and the kind of its badge."""
    return {state: (pick({"zh": zh, "en": en}, ""), _KINDS.get(state, "")) for state, (zh, en) in rules.STATES.items()}


HANDLERS = [show_calendar]

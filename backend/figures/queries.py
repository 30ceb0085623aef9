"""Counting, and the rows behind each count. One text of SQL gives both, so that they cannot part.

Everything is narrowed to the person's ``Scope``. One query counts all measures of a period, whole and by county, department and month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from backend.figures.rules import CAMPAIGN, HIT, LATE, MEASURES, MISS, Count, Period
from backend.inspections.rules import DISPATCHED, ON_SITE, RECEIVED, RETURNED
from backend.kernel import clock
from backend.kernel.scope import Scope
from backend.kernel.workdays import add_working_days
from backend.rulebook.queries import load_holidays
from backend.storage.engine import reader

PAGE: Final = 50
# A record is still asked for.
_ASKED: Final = "({})".format(", ".join(f"'{s}'" for s in (DISPATCHED, RECEIVED, ON_SITE, RETURNED)))

# $1, $2 first and last day; $3 today; $4 department or null; $5 region; $6, $7 days of completion and their last days to publish.
_VISITS: Final = (
    "with visit as materialized (select i.id, i.department, i.county, i.state, i.due_on, i.completed_on, i.draw, i.enterprise_code, i.arrived_at,"
    " c.kind, cardinality(c.partners) > 0 as is_joint from inspection i join campaign c on c.id = i.campaign"
    " where i.state <> 'voided' and (i.due_on between $1 and $2 or i.completed_on between $1 and $2)"
    " and ($4::text is null or i.department = $4) and starts_with(i.county, $5))"
)
_DUE: Final = "v.due_on between $1 and $2"
_COMPLETED: Final = "from visit v join submission s on s.inspection = v.id and s.state in ('submitted', 'approved') where v.completed_on between $1 and $2"
# Each gives: measure, id, department, county, day, hit, late.
_ROWS: Final[Mapping[str, str]] = {
    "plan": (
        "select 'plan' as measure, c.id, c.department, null as county, c.due_on as day, d.hit, not d.hit and c.due_on < $3 as late from campaign c"
        " cross join lateral (select c.state in ('drawn', 'closed') and not exists (select from inspection i where i.campaign = c.id"
        f" and i.state in {_ASKED}) as hit) d where c.kind = 'random' and c.state <> 'voided' and c.due_on between $1 and $2"
        " and ($4::text is null or c.department = $4)"
        " and (starts_with(c.region, $5) or exists (select from unnest(c.counties) k where starts_with(k, $5)))"
    ),
    "done": (
        f"select 'done' as measure, v.id, v.department, v.county, v.due_on as day, v.state not in {_ASKED} as hit,"
        f" v.state in {_ASKED} and v.due_on < $3 as late from visit v where {_DUE} and v.state <> 'replaced'"
    ),
    "published": (
        "select 'published' as measure, v.id, v.department, v.county, v.completed_on as day, d.hit, not d.hit as late from visit v"
        " join unnest($6::date[], $7::date[]) as term (day, last) on term.day = v.completed_on"
        " left join publication p on p.inspection = v.id and p.version = 1"
        " cross join lateral (select coalesce((p.published_at at time zone 'Asia/Shanghai')::date <= term.last, false) as hit) d"
        " where v.completed_on between $1 and $2 and (p.id is not null or term.last < $3)"
    ),
    "joint": (
        "select 'joint' as measure, v.id, v.department, v.county, v.due_on as day, v.is_joint as hit, false as late from visit v"
        f" where {_DUE} and v.kind = 'random' and v.state <> 'replaced'"
    ),
    "replaced": (
        "select 'replaced' as measure, v.id, v.department, v.county, v.due_on as day, v.state = 'replaced' as hit, false as late from visit v"
        f" where {_DUE} and v.draw is not null and not exists (select from draw_replacement r where r.draw = v.draw and r.state = 'approved'"
        " and r.replaced_by = v.enterprise_code)"
    ),
    "scanned": (
        "select 'scanned' as measure, v.id, v.department, v.county, v.completed_on as day, s.backfill_due_on is null as hit, false as late"
        f" {_COMPLETED}"
    ),
    "backfilled": (
        "select 'backfilled' as measure, v.id, v.department, v.county, v.completed_on as day, s.backfill_due_on is not null as hit,"
        f" s.is_backfill_late as late {_COMPLETED}"
    ),
    "arrived": (
        "select 'arrived' as measure, v.id, v.department, v.county, v.completed_on as day, v.arrived_at is not null as hit, false as late"
        f" {_COMPLETED}"
    ),
}
_PARTS: Final = {"": "true", HIT: "r.hit", MISS: "not r.hit", LATE: "r.late"}
NOTHING: Final = Count()


@dataclass(frozen=True, slots=True)
class FigureSet:
    """The counts of one measure in one period: whole, and by county code, department code and first day of the month."""

    whole: Count = NOTHING
    by_county: Mapping[str, Count] = field(default_factory=dict)
    by_department: Mapping[str, Count] = field(default_factory=dict)
    by_month: Mapping[date, Count] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standard:
    """A number in force: a target in percent, or a period in working days."""

    measure: str
    kind: str
    value: float
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One row behind a figure. ``id``: an inspection, or the campaign itself; ``submission``: the inspection's latest record."""

    id: UUID
    title: str
    code: str
    campaign: UUID
    campaign_name: str
    department: str
    county: str | None
    state: str
    day: date
    hit: bool
    late: bool
    submission: UUID | None


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which rows of a measure: one part of it, one county, one department, one month (its first day)."""

    part: str = ""
    county: str = ""
    department: str = ""
    month: date | None = None


async def list_standards(on: date) -> dict[tuple[str, str], Standard]:
    """By measure and kind: those in force on a day."""
    rows = await reader().fetch(
        "select distinct on (measure, kind) measure, kind, value::float as value, valid_from, valid_to, source from figure_standard"
        " where valid_from <= $1 and (valid_to is null or valid_to >= $1) order by measure, kind, valid_from desc",
        on,
    )
    return {(row["measure"], row["kind"]): Standard(**row) for row in rows}


async def _terms(period: Period) -> tuple[list[date], list[date]]:
    """Days of completion and the last day to publish what was completed on each, by the rule in force on that day."""
    rows = await reader().fetch(
        "select value::int as n, valid_from, valid_to from figure_standard where measure = 'published' and kind = 'working_days' order by valid_from"
    )
    holidays = await load_holidays(period.first.year, period.last.year + 1)
    days, last = [], []
    for k in range((period.last - period.first).days + 1):
        day = period.first + timedelta(days=k)
        n = next((r["n"] for r in reversed(rows) if r["valid_from"] <= day and (r["valid_to"] is None or day <= r["valid_to"])), None)
        if n is not None:
            days.append(day)
            last.append(add_working_days(day, n, holidays))
    return days, last


async def _args(scope: Scope, period: Period) -> list[Any]:
    return [period.first, period.last, clock.today(), scope.department, scope.region, *(await _terms(period))]


COUNT_SQL: Final = (
    f"{_VISITS}, r as ({' union all '.join(_ROWS.values())}) select measure, county, department, date_trunc('month', day)::date as month,"
    " grouping(county, department, date_trunc('month', day)::date) as which, count(*) as total, count(*) filter (where hit) as hit,"
    " count(*) filter (where late) as late from r where cardinality($6::date[]) = cardinality($7::date[])"
    " group by measure, grouping sets ((), (county), (department), (date_trunc('month', day)::date))"
)
# Bits of GROUPING(county, department, month): 0 where the column is part of the group.
_WHOLE, _COUNTY, _DEPARTMENT, _MONTH = 0b111, 0b011, 0b101, 0b110


async def count(scope: Scope, period: Period) -> dict[str, FigureSet]:
    """Every measure of a period, by its key."""
    rows = await reader().fetch(COUNT_SQL, *(await _args(scope, period)))
    found: dict[str, FigureSet] = {}
    for key in MEASURES:
        mine = [(r, Count(r["total"], r["hit"], r["late"])) for r in rows if r["measure"] == key]
        found[key] = FigureSet(
            next((c for r, c in mine if r["which"] == _WHOLE), Count()),
            {r["county"]: c for r, c in mine if r["which"] == _COUNTY and r["county"]},
            {r["department"]: c for r, c in mine if r["which"] == _DEPARTMENT},
            {r["month"]: c for r, c in mine if r["which"] == _MONTH},
        )
    return found


async def list_records(
    scope: Scope, period: Period, measure: str, by: RecordFilter, *, after: tuple[date, UUID] | None = None, limit: int | None = PAGE
) -> tuple[Sequence[RecordRow], tuple[date, UUID] | None]:
    """The very rows that a count counts, and where the next page begins. ``limit`` None: all of them."""
    conditions, args = [_PARTS[by.part]], await _args(scope, period)

    def bind(condition: str, *values: Any) -> None:
        places = [f"${len(args) + k + 1}" for k in range(len(values))]
        args.extend(values)
        conditions.append(condition.format(*places))

    if by.county:
        bind("r.county = {}", by.county)
    if by.department:
        bind("r.department = {}", by.department)
    if by.month:
        bind("date_trunc('month', r.day)::date = {}", by.month)
    if after:
        bind("(r.day, r.id) > ({}, {}::uuid)", *after)
    if MEASURES[measure].subject == CAMPAIGN:
        shown = (
            "c.name as title, c.number as code, c.id as campaign, c.name as campaign_name, c.state, null::uuid as submission"
            " from page r join campaign c on c.id = r.id"
        )
    else:
        shown = (
            "i.enterprise_name as title, i.enterprise_code as code, c.id as campaign, c.name as campaign_name, i.state,"
            " (select s.id from submission s where s.inspection = i.id order by s.received_at desc limit 1) as submission"
            " from page r join inspection i on i.id = r.id join campaign c on c.id = i.campaign"
        )
    cut = f" limit {limit + 1}" if limit is not None else ""
    rows = await reader().fetch(
        f"{_VISITS}, r as ({_ROWS[measure]}), page as (select * from r where cardinality($6::date[]) = cardinality($7::date[])"
        " and $3::date is not null and ($4::text is null or true) and $5::text is not null"
        f" and {' and '.join(conditions)} order by day, id{cut}) select r.id, r.department, r.county, r.day, r.hit, r.late, {shown} order by r.day, r.id",
        *args,
    )
    found = [RecordRow(**row) for row in (rows if limit is None else rows[:limit])]
    return found, (found[-1].day, found[-1].id) if limit is not None and len(rows) > limit else None

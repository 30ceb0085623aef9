"""Counting, and the rows behind each count. One text of SQL gives both, so that they cannot part.

Everything is narrowed to the person's ``Scope``. One query counts all measures of a period, whole and by county, department and month.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.deadlines.queries import load_book
from backend.deadlines.rules import PUBLISH
from backend.evaluations.rules import SATISFIED
from backend.figures.digest_rules import Digest
from backend.figures.rules import AGES, CAMPAIGN, HIT, INSPECTION, LATE, MEASURES, MISS, OPEN_MEASURES, ORDER, Count, Period, bucket_of
from backend.inspections.rules import DISPATCHED, ON_SITE, RECEIVED, RETURNED
from backend.kernel import clock
from backend.kernel.errors import Forbidden
from backend.kernel.scope import Scope
from backend.kernel.workdays import is_working_day
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
# Each gives: measure, id, department, county, day, hit, late, and the days that it took where that is measured.
_ROWS: Final[Mapping[str, str]] = {
    "plan": (
        "select 'plan' as measure, c.id, c.department, null as county, c.due_on as day, d.hit, not d.hit and c.due_on < $3 as late, null::int as days"
        " from campaign c"
        " cross join lateral (select c.state in ('drawn', 'closed') and not exists (select from inspection i where i.campaign = c.id"
        f" and i.state in {_ASKED}) as hit) d where c.kind = 'random' and c.state <> 'voided' and c.due_on between $1 and $2"
        " and ($4::text is null or c.department = $4)"
        " and (starts_with(c.region, $5) or exists (select from unnest(c.counties) k where starts_with(k, $5)))"
    ),
    "done": (
        f"select 'done' as measure, v.id, v.department, v.county, v.due_on as day, v.state not in {_ASKED} as hit,"
        f" v.state in {_ASKED} and v.due_on < $3 as late, null::int as days from visit v where {_DUE} and v.state <> 'replaced'"
    ),
    "published": (
        "select 'published' as measure, v.id, v.department, v.county, v.completed_on as day, d.hit, not d.hit as late, null::int as days from visit v"
        " join unnest($6::date[], $7::date[]) as term (day, last) on term.day = v.completed_on"
        " left join publication p on p.inspection = v.id and p.version = 1"
        " cross join lateral (select coalesce((p.published_at at time zone 'Asia/Shanghai')::date <= term.last, false) as hit) d"
        " where v.completed_on between $1 and $2 and (p.id is not null or term.last < $3)"
    ),
    "joint": (
        "select 'joint' as measure, v.id, v.department, v.county, v.due_on as day, v.is_joint as hit, false as late, null::int as days from visit v"
        f" where {_DUE} and v.kind = 'random' and v.state <> 'replaced'"
    ),
    "replaced": (
        "select 'replaced' as measure, v.id, v.department, v.county, v.due_on as day, v.state = 'replaced' as hit, false as late, null::int as days"
        f" from visit v where {_DUE} and v.draw is not null and not exists (select from draw_replacement r where r.draw = v.draw and r.state = 'approved'"
        " and r.replaced_by = v.enterprise_code)"
    ),
    "scanned": (
        "select 'scanned' as measure, v.id, v.department, v.county, v.completed_on as day, s.backfill_due_on is null as hit, false as late, null::int as days"
        f" {_COMPLETED}"
    ),
    "backfilled": (
        "select 'backfilled' as measure, v.id, v.department, v.county, v.completed_on as day, s.backfill_due_on is not null as hit,"
        f" s.is_backfill_late as late, null::int as days {_COMPLETED}"
    ),
    "arrived": (
        "select 'arrived' as measure, v.id, v.department, v.county, v.completed_on as day, v.arrived_at is not null as hit, false as late, null::int as days"
        f" {_COMPLETED}"
    ),
    "rectified": (
        "select 'rectified' as measure, o.id, o.department, o.county, o.due_on as day, coalesce(d.closed <= o.due_on, false) as hit,"
        " coalesce(d.closed, $3) > o.due_on as late, d.closed - (o.ordered_at at time zone 'Asia/Shanghai')::date as days from rectification_order o"
        " cross join lateral (select (o.closed_at at time zone 'Asia/Shanghai')::date as closed) d"
        " where o.due_on between $1 and $2 and ($4::text is null or o.department = $4) and starts_with(o.county, $5)"
    ),
    "satisfied": (
        f"select 'satisfied' as measure, e.inspection as id, e.department, e.county, min(e.day) as day, avg(e.overall) >= {SATISFIED} as hit,"
        " false as late, null::int as days from evaluation e where e.day between $1 and $2 and ($4::text is null or e.department = $4)"
        " and starts_with(e.county, $5) group by e.inspection, e.department, e.county"
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
    """A number in force: a target in percent."""

    measure: str
    kind: str
    value: float
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One row behind a figure. ``id``: an inspection, a campaign or an order; ``visit``: its inspection; ``submission``: the inspection's latest record."""

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
    days: int | None
    visit: UUID | None
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
        "select distinct on (measure, kind) measure, kind, value / 10.0::float as value, valid_from, valid_to, source from figure_standard"
        " where valid_from <= $1 and (valid_to is null or valid_to > $1) order by measure, kind, valid_from desc",
        on,
    )
    return {(row["measure"], row["kind"]): Standard(**row) for row in rows}


async def _terms(period: Period) -> tuple[list[date], list[date]]:
    """Days of completion and the last day to publish what was completed on each, by the period in force on that day."""
    ends = (await load_book()).ends(PUBLISH, period.first, period.last)
    return list(ends), list(ends.values())


async def _args(scope: Scope, period: Period, *, with_terms: bool = True) -> list[Any]:
    terms = await _terms(period) if with_terms else ([], [])
    return [period.first, period.last, clock.today(), scope.department, scope.region, *terms]



def count_sql(measures: Iterable[str]) -> str:
    """All of these measures in one go."""
    return (
        f"{_VISITS}, r as ({' union all '.join(_ROWS[m] for m in measures)}) select measure, county, department, date_trunc('month', day)::date as month,"
        " grouping(county, department, date_trunc('month', day)::date) as which, count(*) as total, count(*) filter (where hit) as hit,"
        " count(*) filter (where late) as late, avg(days)::float as days from r where cardinality($6::date[]) = cardinality($7::date[])"
        " and $3::date is not null group by measure, grouping sets ((), (county), (department), (date_trunc('month', day)::date))"
    )


COUNT_SQL: Final = count_sql(_ROWS)
# Bits of GROUPING(county, department, month): 0 where the column is part of the group.
_WHOLE, _COUNTY, _DEPARTMENT, _MONTH = 0b111, 0b011, 0b101, 0b110


def _require_sight(measures: Iterable[str], *, oversight: bool) -> None:
    if not oversight and any(MEASURES[key].is_confidential for key in measures):
        raise Forbidden()


async def count(scope: Scope, period: Period, only: Sequence[str] = OPEN_MEASURES, *, oversight: bool = False) -> dict[str, FigureSet]:
    """Every open measure of a period, or ``only`` some, by its key. Raises ``Forbidden`` for a confidential one without ``oversight``."""
    _require_sight(only, oversight=oversight)
    rows = await reader().fetch(count_sql(only), *(await _args(scope, period, with_terms="published" in only)))
    found: dict[str, FigureSet] = {}
    for key in only:
        mine = [(r, Count(r["total"], r["hit"], r["late"], r["days"])) for r in rows if r["measure"] == key]
        found[key] = FigureSet(
            next((c for r, c in mine if r["which"] == _WHOLE), Count()),
            {r["county"]: c for r, c in mine if r["which"] == _COUNTY and r["county"]},
            {r["department"]: c for r, c in mine if r["which"] == _DEPARTMENT},
            {r["month"]: c for r, c in mine if r["which"] == _MONTH},
        )
    return found


# What a row is called, and where it belongs; by what it is.
_SHOWN: Final[Mapping[str, str]] = {
    CAMPAIGN: (
        "c.name as title, c.number as code, c.id as campaign, c.name as campaign_name, c.state, null::uuid as visit, null::uuid as submission"
        " from page r join campaign c on c.id = r.id"
    ),
    ORDER: (
        "o.enterprise_name as title, o.number as code, c.id as campaign, c.name as campaign_name, o.state, o.inspection as visit,"
        " null::uuid as submission from page r join rectification_order o on o.id = r.id join inspection i on i.id = o.inspection"
        " join campaign c on c.id = i.campaign"
    ),
    INSPECTION: (
        "i.enterprise_name as title, i.enterprise_code as code, c.id as campaign, c.name as campaign_name, i.state, i.id as visit,"
        " (select s.id from submission s where s.inspection = i.id order by s.received_at desc limit 1) as submission"
        " from page r join inspection i on i.id = r.id join campaign c on c.id = i.campaign"
    ),
}


def list_sql(measure: str, conditions: Sequence[str], limit: int | None) -> str:
    """One page of the rows behind a measure. The arguments begin as those of ``COUNT_SQL``."""
    cut = f" limit {limit}" if limit is not None else ""
    return (
        f"{_VISITS}, r as ({_ROWS[measure]}), page as (select * from r where cardinality($6::date[]) = cardinality($7::date[])"
        " and $3::date is not null and ($4::text is null or true) and $5::text is not null"
        f" and {' and '.join(conditions)} order by day, id{cut})"
        f" select r.id, r.department, r.county, r.day, r.hit, r.late, r.days, {_SHOWN[MEASURES[measure].subject]} order by r.day, r.id"
    )


async def list_records(
    scope: Scope,
    period: Period,
    measure: str,
    by: RecordFilter,
    *,
    after: tuple[date, UUID] | None = None,
    limit: int | None = PAGE,
    oversight: bool = False,
) -> tuple[Sequence[RecordRow], tuple[date, UUID] | None]:
    """The very rows that a count counts, and where the next page begins. ``limit`` None: all of them. Raises ``Forbidden`` as ``count``."""
    _require_sight([measure], oversight=oversight)
    conditions, args = [_PARTS[by.part]], await _args(scope, period, with_terms=measure == "published")

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
    rows = await reader().fetch(list_sql(measure, conditions, limit and limit + 1), *args)
    found = [RecordRow(**row) for row in (rows if limit is None else rows[:limit])]
    return found, (found[-1].day, found[-1].id) if limit is not None and len(rows) > limit else None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A record that waits for a verdict. ``id``: the submission's; ``age``: working days since it came in."""

    id: UUID
    inspection: UUID
    enterprise_name: str
    campaign_name: str
    department: str
    county: str
    received_at: datetime
    age: int


def working_days_between(first: date, last: date, holidays: Mapping[date, bool]) -> int:
    """Working days after ``first`` up to and with ``last``."""
    return sum(is_working_day(first + timedelta(days=k + 1), holidays) for k in range((last - first).days))


async def count_waiting(scope: Scope) -> list[int]:
    """Records that wait for a verdict, by bucket of their age (``rules.AGES``)."""
    rows = await reader().fetch(
        "select (s.received_at at time zone 'Asia/Shanghai')::date as day, count(*) as n from submission s join inspection i on i.id = s.inspection"
        " where s.state = 'submitted' and ($1::text is null or i.department = $1) and starts_with(i.county, $2) group by 1",
        scope.department,
        scope.region,
    )
    book, today = await load_book(), clock.today()
    found = [0] * len(AGES)
    for row in rows:
        found[bucket_of(working_days_between(row["day"], today, book.holidays))] += row["n"]
    return found


async def list_waiting(scope: Scope, bucket: int | None = None) -> list[WaitingRow]:
    """The records behind ``count_waiting``, the longest waiting first."""
    rows = await reader().fetch(
        "select s.id, i.id as inspection, i.enterprise_name, c.name as campaign_name, i.department, i.county, s.received_at from submission s"
        " join inspection i on i.id = s.inspection join campaign c on c.id = i.campaign where s.state = 'submitted'"
        " and ($1::text is null or i.department = $1) and starts_with(i.county, $2) order by s.received_at, s.id",
        scope.department,
        scope.region,
    )
    book, today = await load_book(), clock.today()
    found = [WaitingRow(**row, age=working_days_between(clock.day_of(row["received_at"]), today, book.holidays)) for row in rows]
    return [r for r in found if bucket is None or bucket_of(r.age) == bucket]


async def count_week(scope: Scope, week: date) -> tuple[int, int, dict[str, int], int]:
    """Of the week that begins on a Monday: visits completed, results published; and as it stands now: overdue by county, due in the week after."""
    rows = await reader().fetch(
        "select i.county, count(*) filter (where i.completed_on between $1 and $1 + 6 and i.state <> 'returned') as completed,"
        " count(*) filter (where (i.published_at at time zone 'Asia/Shanghai')::date between $1 and $1 + 6) as published,"
        f" count(*) filter (where i.state in {_ASKED} and i.due_on < $2) as overdue,"
        f" count(*) filter (where i.state in {_ASKED} and i.due_on between $1 + 7 and $1 + 13) as due_next"
        " from inspection i where i.state not in ('voided', 'replaced') and ($3::text is null or i.department = $3) and starts_with(i.county, $4)"
        f" and (i.completed_on between $1 and $1 + 6 or i.published_at >= $1 or i.state in {_ASKED}) group by i.county",
        week,
        clock.today(),
        scope.department,
        scope.region,
    )
    overdue = {r["county"]: r["overdue"] for r in rows if r["overdue"]}
    return sum(r["completed"] for r in rows), sum(r["published"] for r in rows), overdue, sum(r["due_next"] for r in rows)


async def has_digest(week: date, department: str | None, region: str) -> bool:
    return bool(
        await reader().fetchval(
            "select exists (select from figure_digest where week = $1 and department = $2 and region = $3)", week, department or "", region
        )
    )


async def find_digest(scope: Scope) -> Digest | None:
    """The latest digest that was made for exactly this scope."""
    row = await reader().fetchrow(
        "select week, figures from figure_digest where department = $1 and region = $2 order by week desc limit 1", scope.department or "", scope.region
    )
    if row is None:
        return None
    told = json.loads(row["figures"])
    return Digest(row["week"], **{**told, "measures": {k: tuple(v) for k, v in told["measures"].items()}})

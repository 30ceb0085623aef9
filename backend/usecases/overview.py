"""工作台 What the office sees across rooms: campaigns with their progress, inspections with their officers, loads, results.

Reads only. Everything is narrowed to the person's ``Scope``; a department sees what it leads and what its officers take part in.
"""

# ruff: noqa: ISC004 - conditions are put together from our own texts, values are always bound
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.inspections.rules import PUBLISHED, SUBMITTED, UNDER_REVIEW
from backend.inspections.tables import Inspection
from backend.kernel import clock
from backend.kernel.scope import Scope

PAGE: Final = 50
# Nothing more is asked of an officer in these states.
HANDED_IN: Final = (SUBMITTED, UNDER_REVIEW, PUBLISHED)
WARN_WITHIN: Final = timedelta(days=5)
LAMPS: Final = ("red", "yellow", "green")


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    id: UUID
    number: str
    name: str
    state: str
    due_on: date
    total: int
    handed_in: int
    published: int


@dataclass(frozen=True, slots=True)
class CountyFigures:
    """Inspections of one county: all, handed in, overdue."""

    county: str
    total: int
    handed_in: int
    overdue: int


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """A record that waits for a verdict; ``id`` is the submission's."""

    id: UUID
    enterprise_name: str
    county: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class InspectionRow:
    """``lamp`` is red (overdue), yellow (due within 5 days), green, or empty once handed in. ``submission``: its latest record."""

    id: UUID
    enterprise: UUID
    enterprise_name: str
    enterprise_code: str
    campaign_name: str
    department: str
    county: str
    state: str
    due_on: date
    officers: Sequence[str]
    submission: UUID | None
    scan_due_on: date | None
    lamp: str
    is_scan_late: bool


@dataclass(frozen=True, slots=True)
class InspectionFilter:
    campaign: UUID | None = None
    enterprise: UUID | None = None
    state: str = ""
    county: str = ""
    lamp: str = ""


@dataclass(frozen=True, slots=True)
class PublishedResult:
    number: str
    department: str
    version: int
    completed_on: date
    published_at: datetime


def lamp(state: str, due_on: date, on: date) -> str:
    if state in HANDED_IN:
        return ""
    return "red" if due_on < on else "yellow" if due_on <= on + WARN_WITHIN else "green"


def _visible(scope: Scope, table: str = "i") -> tuple[str, list[Any]]:
    """The condition under which the scope covers a row of ``inspection``."""
    if scope.department is None:
        return f"starts_with({table}.county, {{}})", [scope.region]
    return (
        f"starts_with({table}.county, {{}}) and ({table}.department = {{}} or exists"
        f" (select from inspection_officer o where o.inspection = {table}.id and o.department = {{}}))",
        [scope.region, scope.department, scope.department],
    )


async def list_open_campaigns(scope: Scope) -> list[CampaignProgress]:
    """Campaigns that are not closed, the one that is due next first."""
    visible, values = _visible(scope)
    mine = "true" if scope.department is None else "(c.department = {} or {} = any(c.partners))"
    rows = await Inspection.raw(
        "select c.id, c.number, c.name, c.state, c.due_on, count(i.id) as total,"
        " count(i.id) filter (where i.state = any({})) as handed_in, count(i.id) filter (where i.published_at is not null) as published"
        f" from campaign c left join inspection i on i.campaign = c.id and {visible}"
        " where c.state in ('draft', 'announced', 'drawn') and (starts_with(c.region, {}) or starts_with({}, c.region))"
        f" and {mine} group by c.id order by c.due_on, c.number",
        list(HANDED_IN),
        *values,
        scope.region,
        scope.region,
        *([] if scope.department is None else [scope.department] * 2),
    )
    return [CampaignProgress(**row) for row in rows]


async def count_by_state(scope: Scope) -> Mapping[str, int]:
    visible, values = _visible(scope)
    rows = await Inspection.raw(f"select i.state, count(*) as n from inspection i where {visible} group by i.state", *values)
    return {row["state"]: row["n"] for row in rows}


async def count_by_county(scope: Scope) -> list[CountyFigures]:
    visible, values = _visible(scope)
    rows = await Inspection.raw(
        "select i.county, count(*) as total, count(*) filter (where i.state = any({})) as handed_in,"
        " count(*) filter (where not i.state = any({}) and i.due_on < {}) as overdue"
        f" from inspection i where {visible} group by i.county order by i.county",
        list(HANDED_IN),
        list(HANDED_IN),
        clock.today(),
        *values,
    )
    return [CountyFigures(**row) for row in rows]


async def list_waiting_records(scope: Scope, limit: int = 5) -> list[WaitingRecord]:
    """Records nobody has judged yet, the longest waiting first."""
    visible, values = _visible(scope)
    rows = await Inspection.raw(
        "select s.id, i.enterprise_name, i.county, s.received_at from submission s join inspection i on i.id = s.inspection"
        f" where s.state = 'submitted' and {visible} order by s.received_at limit {{}}",
        *values,
        limit,
    )
    return [WaitingRecord(**row) for row in rows]


async def list_inspections(
    scope: Scope, by: InspectionFilter, *, after: tuple[date, UUID] | None = None, limit: int = PAGE
) -> tuple[list[InspectionRow], tuple[date, UUID] | None]:
    """Inspections by due date, and where the next page begins."""
    on = clock.today()
    visible, values = _visible(scope)
    conditions = [visible]
    for column, wanted in (("campaign", by.campaign), ("enterprise", by.enterprise), ("state", by.state), ("county", by.county)):
        if wanted:
            conditions.append(f"i.{column} = {{}}")
            values.append(wanted)
    if by.lamp in LAMPS:
        ranges = {
            "red": (date.min, on),
            "yellow": (on, on + WARN_WITHIN + timedelta(days=1)),
            "green": (on + WARN_WITHIN + timedelta(days=1), date.max),
        }
        conditions.append("not i.state = any({}) and i.due_on >= {} and i.due_on < {}")
        values += [list(HANDED_IN), *ranges[by.lamp]]
    if after:
        conditions.append("(i.due_on, i.id) > ({}, {})")
        values += after
    rows = await Inspection.raw(
        "select i.id, i.enterprise, i.enterprise_name, i.enterprise_code, c.name as campaign_name, i.department, i.county, i.state,"
        " i.due_on, case when i.state in ('dispatched', 'received') then i.scan_due_on end as scan_due_on,"
        " array(select p.name from inspection_officer o join inspector p on p.id = o.inspector where o.inspection = i.id"
        " order by o.slot)"
        " as officers,"
        " (select s.id from submission s where s.inspection = i.id order by s.received_at desc limit 1) as submission"
        f" from inspection i join campaign c on c.id = i.campaign where {' and '.join(conditions)}"
        f" order by i.due_on, i.id limit {limit + 1}",
        *values,
    )
    found = [
        InspectionRow(**row, lamp=lamp(row["state"], row["due_on"], on), is_scan_late=row["scan_due_on"] is not None and row["scan_due_on"] < on)
        for row in rows[:limit]
    ]
    return found, (found[-1].due_on, found[-1].id) if len(rows) > limit else None


async def count_loads() -> Mapping[UUID, int]:
    """Open inspections by officer."""
    rows = await Inspection.raw(
        "select o.inspector, count(*) as n from inspection_officer o join inspection i on i.id = o.inspection"
        " where not i.state = any({}) group by o.inspector",
        list(HANDED_IN),
    )
    return {row["inspector"]: row["n"] for row in rows}


async def list_results_of(enterprise: UUID) -> list[PublishedResult]:
    """The published results of an enterprise, each in its latest version. They are public, so no scope applies."""
    rows = await Inspection.raw(
        "select number, department, version, completed_on, published_at from (select distinct on (inspection) * from publication"
        " where enterprise = {} order by inspection, version desc) p order by published_at desc",
        enterprise,
    )
    return [PublishedResult(**row) for row in rows]

"""工作台 What the office sees across rooms: campaigns with their progress, inspections with their officers, loads, results.

Reads only. Everything is narrowed to the person's ``Scope``; a department sees what it leads and what its officers take part in.
"""

# ruff: noqa: ISC004 - conditions are put together from our own texts, values are always bound
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from backend.inspections.rules import OPEN, PUBLISHED, SUBMITTED, UNDER_REVIEW
from backend.inspections.tables import Inspection
from backend.kernel import clock
from backend.kernel.scope import Scope

# Nothing more is asked of an officer in these states.
HANDED_IN: Final = (SUBMITTED, UNDER_REVIEW, PUBLISHED)


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
class PublishedResult:
    number: str
    department: str
    version: int
    status: str
    completed_on: date
    published_at: datetime


def _visible(scope: Scope, table: str = "i") -> tuple[str, list[Any]]:
    """The condition under which the scope covers a row of ``inspection``."""
    if scope.department is None:
        return f"starts_with({table}.county, {{}})", [scope.region]
    return (
        f"starts_with({table}.county, {{}}) and ({table}.department = {{}} or exists"
        f" (select from inspection_officer o where o.inspection = {table}.id and o.department = {{}} offset 0))",
        [scope.region, scope.department, scope.department],
    )


async def list_open_campaigns(scope: Scope) -> list[CampaignProgress]:
    """Campaigns that are not closed, the one that is due next first."""
    visible, values = _visible(scope)
    mine = "true" if scope.department is None else "(c.department = {} or {} = any(c.partners))"
    rows = await Inspection.raw(
        # Campaign by campaign: however many are open, only their visits are read.
        "select c.id, c.number, c.name, c.state, c.due_on, v.total, v.handed_in, v.published from campaign c cross join lateral (select count(*) as total,"
        " count(*) filter (where i.state = any({})) as handed_in, count(*) filter (where i.published_at is not null) as published"
        f" from inspection i where i.campaign = c.id and {visible}) v"
        " where c.state in ('draft', 'announced', 'drawn') and (starts_with(c.region, {}) or starts_with({}, c.region))"
        f" and {mine} order by c.due_on, c.number",
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


async def count_loads(officers: Sequence[UUID]) -> Mapping[UUID, int]:
    """Open inspections of each of these officers who has any."""
    rows = await Inspection.raw(
        "select o.inspector, count(*) as n from inspection_officer o join inspection i on i.id = o.inspection"
        " where o.inspector = any({}) and i.state = any({}) group by o.inspector",
        list(officers),
        sorted(OPEN - set(HANDED_IN)),
    )
    return {row["inspector"]: row["n"] for row in rows}


async def list_results_of(enterprise: UUID) -> list[PublishedResult]:
    """The published results of an enterprise, each in its latest version. They are public, so no scope applies."""
    rows = await Inspection.raw(
        "select number, department, version, status, completed_on, published_at from (select distinct on (inspection) * from publication"
        " where enterprise = {} order by inspection, version desc) p order by published_at desc",
        enterprise,
    )
    return [PublishedResult(**row) for row in rows]

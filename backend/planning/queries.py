"""Reads on yearly plans. A department reads all of its own plans, everybody else of the region what is or was in force."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.history.rules import Kind
from backend.inspections.rules import Plan
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.planning.rules import DROPPED, READABLE, Line, Step
from backend.storage.engine import reader

STEP = Kind("planstep", "plan_step", "id", ("department", "region", "position", "role", "name_zh", "name_en", "valid_from", "valid_to", "source"))


@dataclass(frozen=True, slots=True)
class EditionView:
    """One edition with the plan that it is of. ``chain``: ({"role", "zh", "en"}, ..), ``waits_at`` the place in it. ``id`` is the plan's."""

    id: UUID
    number: str
    department: str
    region: str
    year: int
    is_joint: bool
    edition_id: UUID
    edition: int
    name: str
    basis: str
    state: str
    reason: str
    chain: tuple[dict[str, str], ...]
    waits_at: int | None
    round: int
    content_sha256: str
    created_by: UUID
    created_at: datetime
    submitted_by: UUID | None
    submitted_at: datetime | None
    approved_at: datetime | None
    published_at: datetime | None
    version: int

    @property
    def scope(self) -> Scope:
        """The department and region that the plan is of."""
        return Scope(self.department, self.region)

    @property
    def waits_for(self) -> dict[str, str] | None:
        return None if self.waits_at is None else self.chain[self.waits_at]


@dataclass(frozen=True, slots=True)
class LineView:
    """``warnings``: what to look at since it was copied, each {"zh", "en"}."""

    line: Line
    edition_id: UUID
    position: int
    warnings: tuple[dict[str, str], ...]
    changed_by: UUID
    changed_at: datetime
    version: int

    @property
    def key(self) -> UUID:
        return self.line.key


@dataclass(frozen=True, slots=True)
class DecisionView:
    edition_id: UUID
    round: int
    step: int
    name_zh: str
    name_en: str
    verdict: str
    reason: str
    decided_by: UUID
    decided_at: datetime
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class Link:
    """The campaign of a line, and the edition that it was made from."""

    key: UUID
    plan: UUID
    edition_id: UUID
    campaign: UUID
    made_at: datetime


_EDITION = (
    "select p.id, p.number, p.department, p.region, p.year, p.is_joint, e.id as edition_id, e.edition, e.name, e.basis, e.state, e.reason, e.chain,"
    " e.waits_at, e.round, e.content_sha256, e.created_by, e.created_at, e.submitted_by, e.submitted_at, e.approved_at, e.published_at, e.version"
    " from annual_plan p join plan_edition e on e.plan = p.id"
)
# $1 department (null: all), $2 region, $3 the states that others may read.
_MINE = (
    "((($1::text is null or p.department = $1) and starts_with(p.region, $2))"
    " or (e.state = any($3) and (starts_with(p.region, $2) or starts_with($2, p.region))))"
)


def _edition(row: Any) -> EditionView:
    return EditionView(**{**dict(row), "chain": tuple(json.loads(row["chain"]))})


async def list_editions(scope: Scope, *, plan: UUID | None = None, year: int | None = None) -> list[EditionView]:
    """Every edition that the person may read: by department and number, the newest edition first. Those that were given up are left out."""
    rows = await reader().fetch(
        f"{_EDITION} where {_MINE} and e.state <> $4 and ($5::uuid is null or p.id = $5) and ($6::int is null or p.year = $6)"
        " order by p.year desc, p.department, p.number, e.edition desc",
        scope.department,
        scope.region,
        sorted(READABLE),
        DROPPED,
        plan,
        year,
    )
    return [_edition(row) for row in rows]


async def find_edition(plan: UUID, scope: Scope, edition: int | None = None) -> EditionView:
    """The edition of that number, or the newest that the person may read. Raises ``NotFound``, also outside the scope."""
    found = [e for e in await list_editions(scope, plan=plan) if edition in (None, e.edition)]
    if not found:
        raise NotFound()
    return found[0]


async def list_waiting() -> list[EditionView]:
    """Every edition that waits for a decision, the oldest first. Not scoped: the caller picks those that wait for the person."""
    rows = await reader().fetch(f"{_EDITION} where e.state = 'submitted' order by e.submitted_at")
    return [_edition(row) for row in rows]


async def list_years(scope: Scope) -> list[int]:
    """The years that there are plans of, the latest first."""
    return sorted({e.year for e in await list_editions(scope)}, reverse=True)


def _rates(stored: str) -> dict[str, int | tuple[int, int]]:
    return {name: (value[0], value[1]) if isinstance(value, list) else value for name, value in json.loads(stored).items()}


def _line(row: Any) -> LineView:
    campaign = Plan(
        name=row["name"],
        items=tuple(row["items"]),
        department=row["department"],
        partners=tuple(row["partners"]),
        counties=tuple(row["counties"]),
        industries=tuple(row["industries"]),
        rate_mode=row["rate_mode"],
        rates=_rates(row["rates"]),
        officers_per_visit=row["officers_per_visit"],
        due_on=row["due_on"],
        yearly_cap=row["yearly_cap"],
    )
    line = Line(row["line"], campaign, row["first_on"], row["responsible"], row["notes"])
    return LineView(line, row["edition"], row["position"], tuple(json.loads(row["warnings"])), row["changed_by"], row["changed_at"], row["version"])


async def list_lines(editions: Sequence[UUID]) -> dict[UUID, list[LineView]]:
    """By edition, in the order of their windows. For a caller that has found the editions within a scope."""
    rows = await reader().fetch(
        "select l.*, p.department from plan_line l join plan_edition e on e.id = l.edition join annual_plan p on p.id = e.plan"
        " where l.edition = any($1) order by l.first_on, l.due_on, l.position, l.name",
        list(editions),
    )
    found: dict[UUID, list[LineView]] = {edition: [] for edition in editions}
    for row in rows:
        found[row["edition"]].append(_line(row))
    return found


async def find_line(edition: UUID, key: UUID) -> LineView:
    """Raises ``NotFound``. For a caller that has found the edition within a scope."""
    for line in (await list_lines([edition]))[edition]:
        if line.key == key:
            return line
    raise NotFound()


async def list_decisions(editions: Sequence[UUID]) -> list[DecisionView]:
    """In their order."""
    rows = await reader().fetch(
        "select edition as edition_id, round, step, name_zh, name_en, verdict, reason, decided_by, decided_at, entry_id from plan_decision"
        " where edition = any($1) order by decided_at, round, step",
        list(editions),
    )
    return [DecisionView(**row) for row in rows]


async def list_links(plans: Sequence[UUID]) -> dict[UUID, Link]:
    """By line key."""
    rows = await reader().fetch("select line as key, plan, edition as edition_id, campaign, made_at from plan_campaign where plan = any($1)", list(plans))
    return {row["key"]: Link(**row) for row in rows}


async def find_origin(campaign: UUID) -> tuple[UUID, str, UUID] | None:
    """(plan, its number, line) that a campaign was made from. For a caller that has found the campaign within a scope."""
    row = await reader().fetchrow(
        "select c.plan, p.number, c.line from plan_campaign c join annual_plan p on p.id = c.plan where c.campaign = $1", campaign
    )
    return (row["plan"], row["number"], row["line"]) if row else None


async def list_planned(campaigns: Sequence[UUID]) -> set[UUID]:
    """Those of the campaigns that were made from a line."""
    return {row["campaign"] for row in await reader().fetch("select campaign from plan_campaign where campaign = any($1)", list(campaigns))}


async def list_steps() -> list[Step]:
    rows = await reader().fetch("select position, role, name_zh, name_en, department, region, valid_from, valid_to from plan_step order by position")
    return [Step(**row) for row in rows]


async def list_authors(edition: UUID) -> set[UUID]:
    """Whoever had a hand in an edition: who opened it, handed it in, or wrote a line of it."""
    rows = await reader().fetch(
        "select e.created_by as a from plan_edition e where e.id = $1 union select e.submitted_by from plan_edition e where e.id = $1"
        " union select l.changed_by from plan_line l where l.edition = $1",
        edition,
    )
    return {row["a"] for row in rows if row["a"]}

"""Reads on orders to correct, within the person's ``Scope``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.rectification.rules import CORRECTED
from backend.storage.engine import reader

PAGE = 50


@dataclass(frozen=True, slots=True)
class FollowUpView:
    """One visit that looks whether an order was obeyed; ``result`` is empty while it is under way."""

    inspection: UUID
    state: str
    opened_at: datetime
    due_on: date
    result: str
    judged_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderView:
    """``inspection`` is the first visit; ``followups`` in their order."""

    id: UUID
    number: str
    department: str
    inspection: UUID
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    county: str
    demand: str
    legal_basis: str
    due_on: date
    state: str
    ordered_by: UUID
    ordered_at: datetime
    closed_at: datetime | None
    closed_by: UUID | None
    closing: str
    followups: tuple[FollowUpView, ...]


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What was handed in at once. ``handed_by``: the enterprise's person; after ``erased_at`` nothing of note and files but the hashes."""

    id: UUID
    note: str
    files: tuple[str, ...]
    handed_by: UUID
    handed_at: datetime
    erased_at: datetime | None
    erased_why: str


_ORDER = (
    "select o.id, o.number, o.department, o.inspection, o.enterprise, o.enterprise_code, o.enterprise_name, o.county, o.demand, o.legal_basis, o.due_on,"
    " o.state, o.ordered_by, o.ordered_at, o.closed_at, o.closed_by, o.closing,"
    " (select array_agg(row(f.inspection, i.state, f.opened_at, i.due_on, f.result, f.judged_at) order by f.opened_at)"
    " from rectification_followup f join inspection i on i.id = f.inspection where f.of_order = o.id) as followups from rectification_order o"
)
_MINE = "starts_with(o.county, $2) and ($1::text is null or o.department = $1)"


def _view(row: Any) -> OrderView:
    return OrderView(**{**dict(row), "followups": tuple(FollowUpView(*f) for f in row["followups"] or ())})


async def list_orders(scope: Scope, *, is_closed: bool = False, after: UUID | None = None, limit: int = PAGE) -> list[OrderView]:
    """Standing ones, the one that is due next first; or closed ones, the latest first. ``after``: the order behind which the page begins."""
    which, place, behind, order = (
        ("is not null", "closed_at, id", "<", "o.closed_at desc, o.id desc") if is_closed else ("is null", "due_on, number", ">", "o.due_on, o.number")
    )
    rows = await reader().fetch(
        f"{_ORDER} where {_MINE} and o.closed_at {which}"
        f" and ($3::uuid is null or ({place}) {behind} (select {place} from rectification_order where id = $3)) order by {order} limit $4",
        scope.department,
        scope.region,
        after,
        limit,
    )
    return [_view(row) for row in rows]


async def list_of_inspection(inspection: UUID) -> list[OrderView]:
    """For a caller that has found the inspection within a scope."""
    return [_view(row) for row in await reader().fetch(f"{_ORDER} where o.inspection = $1 order by o.ordered_at", inspection)]


async def find_order(order: UUID, scope: Scope) -> OrderView:
    """Raises ``NotFound`` outside the scope, as for one that is not there."""
    row = await reader().fetchrow(f"{_ORDER} where o.id = $3 and {_MINE}", scope.department, scope.region, order)
    if row is None:
        raise NotFound()
    return _view(row)


async def list_of_enterprise(enterprise: UUID) -> list[OrderView]:
    """For the enterprise itself: standing ones first, the one that is due next first."""
    rows = await reader().fetch(f"{_ORDER} where o.enterprise = $1 order by o.closed_at is not null, o.due_on, o.number", enterprise)
    return [_view(row) for row in rows]


async def list_evidence(order: UUID) -> list[EvidenceView]:
    """For a caller that has found the order within a scope, the newest first."""
    rows = await reader().fetch(
        f"select {', '.join(EvidenceView.__dataclass_fields__)} from rectification_evidence where of_order = $1 order by handed_at desc, id", order
    )
    return [EvidenceView(**{**dict(row), "files": tuple(row["files"])}) for row in rows]


async def find_by_number(number: str, scope: Scope) -> tuple[UUID, str, str] | None:
    """(id, number, county) of an order, for who looks over erasures."""
    row = await reader().fetchrow("select id, number, county from rectification_order where number = $1 and starts_with(county, $2)", number, scope.region)
    return (row["id"], row["number"], row["county"]) if row else None


async def list_handed_before(age: timedelta, limit: int) -> list[UUID]:
    """Orders that were closed longer ago than ``age``, not on the strength of what was handed in, of which something handed in still stands."""
    rows = await reader().fetch(
        "select o.id from rectification_order o where o.closed_at < $1 and not (o.state = $2 and o.closing <> '')"
        " and exists (select from rectification_evidence e where e.of_order = o.id and e.erased_at is null) order by o.closed_at limit $3",
        clock.now() - age,
        CORRECTED,
        limit,
    )
    return [row["id"] for row in rows]


async def find_order_followed(inspection: UUID) -> OrderView | None:
    """The order that this visit follows up. For a caller that has found the inspection within a scope."""
    row = await reader().fetchrow(f"{_ORDER} where o.id = (select of_order from rectification_followup where inspection = $1)", inspection)
    return _view(row) if row else None


async def list_settling(on: date) -> set[str]:
    """The outcomes after which an order counts as obeyed, on a day."""
    rows = await reader().fetch("select code from rectification_outcome where valid_from <= $1 and (valid_to is null or valid_to >= $1)", on)
    return {row["code"] for row in rows}

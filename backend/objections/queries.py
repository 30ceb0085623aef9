"""Reads on objections, within the person's ``Scope``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.storage.engine import reader

PAGE = 50


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """``result`` is the publication's number, ``result_version`` the version objected to. ``contact`` stays inside the office.

    ``entered_by``: an account, or the enterprise's person where ``origin`` is "enterprise". ``files``: hashes of received files, kept under the objection's id.
    """

    id: UUID
    number: str
    department: str
    inspection: UUID
    result: str
    result_version: int
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    county: str
    objector: str
    contact: str
    grounds: str
    filed_on: date
    state: str
    entered_by: UUID
    origin: str
    files: tuple[str, ...]
    entered_at: datetime
    decision: str
    decision_reason: str
    decided_by: UUID | None
    decided_at: datetime | None
    erased_at: datetime | None
    erased_why: str


_ONE = f"select {', '.join(ObjectionView.__dataclass_fields__)} from objection o"


def _view(row: Any) -> ObjectionView:
    return ObjectionView(**{**dict(row), "files": tuple(row["files"])})


_MINE = "starts_with(o.county, $2) and ($1::text is null or o.department = $1)"


async def list_objections(scope: Scope, *, is_decided: bool = False, after: UUID | None = None, limit: int = PAGE) -> list[ObjectionView]:
    """Open ones, the oldest first; or decided ones, the latest first. ``after``: the objection behind which the page begins."""
    state, place, behind, order = (
        ("decided", "decided_at, id", "<", "decided_at desc, id desc") if is_decided else ("open", "filed_on, number", ">", "filed_on, number")
    )
    rows = await reader().fetch(
        f"{_ONE} where {_MINE} and o.state = '{state}'"
        f" and ($3::uuid is null or ({place}) {behind} (select {place} from objection where id = $3)) order by {order} limit $4",
        scope.department,
        scope.region,
        after,
        limit,
    )
    return [_view(row) for row in rows]


async def count_open(scope: Scope) -> int:
    return int(await reader().fetchval(f"select count(*) from objection o where {_MINE} and o.state = 'open'", scope.department, scope.region))


async def find_objection(objection: UUID, scope: Scope) -> ObjectionView:
    """Raises ``NotFound`` outside the scope, as for one that is not there."""
    row = await reader().fetchrow(f"{_ONE} where o.id = $3 and {_MINE}", scope.department, scope.region, objection)
    if row is None:
        raise NotFound()
    return _view(row)


async def find_by_number(number: str, scope: Scope) -> ObjectionView | None:
    row = await reader().fetchrow(f"{_ONE} where o.number = $3 and {_MINE}", scope.department, scope.region, number)
    return _view(row) if row else None


async def list_decided_before(age: timedelta, limit: int) -> list[UUID]:
    """Those that were decided longer ago than ``age`` and still say who objected."""
    rows = await reader().fetch(
        "select id from objection where state = 'decided' and decided_at < $1 and erased_at is null order by decided_at limit $2", clock.now() - age, limit
    )
    return [row["id"] for row in rows]


async def list_of_inspection(inspection: UUID) -> list[ObjectionView]:
    """For a caller that has found the inspection within a scope."""
    return [_view(row) for row in await reader().fetch(f"{_ONE} where o.inspection = $1 order by o.entered_at", inspection)]


async def list_of_enterprise(enterprise: UUID) -> list[ObjectionView]:
    """For the enterprise itself: all of its objections, the newest first."""
    return [_view(row) for row in await reader().fetch(f"{_ONE} where o.enterprise = $1 order by o.entered_at desc", enterprise)]

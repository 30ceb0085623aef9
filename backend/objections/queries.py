"""Reads on objections, within the person's ``Scope``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.storage.engine import reader

PAGE = 100


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """``result`` is the publication's number, ``result_version`` the version objected to. ``contact`` stays inside the office."""

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
    entered_at: datetime
    decision: str
    decision_reason: str
    decided_by: UUID | None
    decided_at: datetime | None


_ONE = f"select {', '.join(ObjectionView.__dataclass_fields__)} from objection o"
_MINE = "starts_with(o.county, $2) and ($1::text is null or o.department = $1)"


async def list_objections(scope: Scope, *, is_decided: bool = False) -> list[ObjectionView]:
    """Open ones, the oldest first; or decided ones, the latest first."""
    which = "state = 'decided' order by o.decided_at desc" if is_decided else "state = 'open' order by o.filed_on, o.number"
    rows = await reader().fetch(f"{_ONE} where {_MINE} and o.{which} limit {PAGE}", scope.department, scope.region)
    return [ObjectionView(**row) for row in rows]


async def find_objection(objection: UUID, scope: Scope) -> ObjectionView:
    """Raises ``NotFound`` outside the scope, as for one that is not there."""
    row = await reader().fetchrow(f"{_ONE} where o.id = $3 and {_MINE}", scope.department, scope.region, objection)
    if row is None:
        raise NotFound()
    return ObjectionView(**row)


async def list_of_inspection(inspection: UUID) -> list[ObjectionView]:
    """For a caller that has found the inspection within a scope."""
    return [ObjectionView(**row) for row in await reader().fetch(f"{_ONE} where o.inspection = $1 order by o.entered_at", inspection)]

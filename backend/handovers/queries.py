"""Reads on copies and hand-overs. A department sees what it sent and what was sent to it, and of the latter nothing but what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.storage.engine import reader

PAGE = 50


@dataclass(frozen=True, slots=True)
class HandoverView:
    id: UUID
    number: str
    kind: str
    department: str
    inspection: UUID
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    county: str
    to_department: str | None
    to_unit: str
    matter: str
    sent_by: UUID
    sent_at: datetime
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None
    answer: str


_ONE = f"select {', '.join(HandoverView.__dataclass_fields__)} from handover h"
_MINE = "starts_with(h.county, $2) and ($1::text is null or h.department = $1 or h.to_department = $1)"


async def list_handovers(scope: Scope, *, is_done: bool = False, after: UUID | None = None, limit: int = PAGE) -> list[HandoverView]:
    """Copies that wait to be acknowledged, the oldest first; or all else, the latest first. ``after``: the one behind which the page begins."""
    waits = "(h.kind = 'copy' and h.acknowledged_at is null)"
    which, behind, order = (f"not {waits}", "<", "sent_at desc, id desc") if is_done else (waits, ">", "sent_at, id")
    rows = await reader().fetch(
        f"{_ONE} where {_MINE} and {which} and ($3::uuid is null or (sent_at, id) {behind} (select sent_at, id from handover where id = $3))"
        f" order by {order} limit $4",
        scope.department,
        scope.region,
        after,
        limit,
    )
    return [HandoverView(**row) for row in rows]


async def find_handover(handover: UUID, scope: Scope) -> HandoverView:
    """Raises ``NotFound`` outside the scope, as for one that is not there."""
    row = await reader().fetchrow(f"{_ONE} where h.id = $3 and {_MINE}", scope.department, scope.region, handover)
    if row is None:
        raise NotFound()
    return HandoverView(**row)


async def list_of_inspections(inspections: Sequence[UUID]) -> list[HandoverView]:
    """For a caller that has found the inspections within a scope."""
    return [HandoverView(**row) for row in await reader().fetch(f"{_ONE} where h.inspection = any($1) order by h.sent_at", list(inspections))]


async def count_waiting(department: str, region: str) -> int:
    """Copies that this department has not acknowledged."""
    return int(
        await reader().fetchval(
            "select count(*) from handover where kind = 'copy' and acknowledged_at is null and to_department = $1 and starts_with(county, $2)",
            department,
            region,
        )
    )

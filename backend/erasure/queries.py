"""Reads on requests to erase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class RequestView:
    id: UUID
    kind: str
    subject: UUID
    number: str
    region: str
    ground: str
    state: str
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    reason: str
    tombstones: int


_ONE = f"select {', '.join(RequestView.__dataclass_fields__)} from erasure_request"


async def list_requests(scope: Scope, limit: int = 100) -> list[RequestView]:
    """Those that wait first, then the latest."""
    rows = await reader().fetch(f"{_ONE} where starts_with(region, $1) order by state <> 'asked', asked_at desc, id limit $2", scope.region, limit)
    return [RequestView(**row) for row in rows]


async def find_request(request: UUID, scope: Scope) -> RequestView:
    """Raises ``NotFound`` outside the scope."""
    row = await reader().fetchrow(f"{_ONE} where id = $1 and starts_with(region, $2)", request, scope.region)
    if row is None:
        raise NotFound()
    return RequestView(**row)

"""Reads on responses. The public reads only what is public; the office within its scope; an enterprise its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.responses import rules
from backend.storage.engine import reader

PAGE = 50


@dataclass(frozen=True, slots=True)
class ResponseView:
    """``state`` as it is today: one that has waited for long enough is shown."""

    id: UUID
    result: str
    version: int
    inspection: UUID
    department: str
    county: str
    enterprise: UUID
    enterprise_name: str
    body: str
    state: str
    shows_on: date
    filed_by: UUID
    filed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    ground: str
    reason: str


_ONE = f"select {', '.join(ResponseView.__dataclass_fields__)} from response r"
_MINE = "starts_with(r.county, $2) and ($1::text is null or r.department = $1)"
_LATEST = "not exists (select from response n where n.result = r.result and n.version > r.version)"


def _view(row: Any) -> ResponseView:
    view = ResponseView(**row)
    return replace(view, state=rules.state_on(view.state, view.shows_on, clock.today()))


async def find_public(result: str) -> ResponseView | None:
    """The newest version that the public may read; none where the enterprise took its words down after it."""
    rows = [_view(row) for row in await reader().fetch(f"{_ONE} where r.result = $1 order by r.version desc", result)]
    standing = next((v for v in rows if v.state in (rules.SHOWN, rules.WITHDRAWN)), None)
    return standing if standing is not None and standing.state == rules.SHOWN else None


async def list_versions(result: str, enterprise: UUID) -> list[ResponseView]:
    """An enterprise's own, the newest first."""
    rows = await reader().fetch(f"{_ONE} where r.result = $1 and r.enterprise = $2 order by r.version desc", result, enterprise)
    return [_view(row) for row in rows]


async def list_latest_of(enterprise: UUID) -> dict[str, ResponseView]:
    """Result -> the enterprise's newest version."""
    rows = await reader().fetch(f"{_ONE} where r.enterprise = $1 and {_LATEST}", enterprise)
    return {row["result"]: _view(row) for row in rows}


async def list_waiting(scope: Scope, *, after: UUID | None = None, limit: int = PAGE) -> list[ResponseView]:
    """What nobody has read yet and is not public by itself yet, the first to be public first."""
    rows = await reader().fetch(
        f"{_ONE} where {_MINE} and r.state = 'waiting' and r.shows_on > $3 and {_LATEST}"
        " and ($4::uuid is null or (r.shows_on, r.id) > (select shows_on, id from response where id = $4)) order by r.shows_on, r.id limit $5",
        scope.department,
        scope.region,
        clock.today(),
        after,
        limit,
    )
    return [_view(row) for row in rows]


async def list_done(scope: Scope, *, after: UUID | None = None, limit: int = PAGE) -> list[ResponseView]:
    """Decided on, public by themselves or taken down: the newest first."""
    rows = await reader().fetch(
        f"{_ONE} where {_MINE} and (r.state <> 'waiting' or r.shows_on <= $3)"
        " and ($4::uuid is null or (r.filed_at, r.id) < (select filed_at, id from response where id = $4)) order by r.filed_at desc, r.id desc limit $5",
        scope.department,
        scope.region,
        clock.today(),
        after,
        limit,
    )
    return [_view(row) for row in rows]


async def count_waiting(scope: Scope) -> int:
    return int(
        await reader().fetchval(
            f"select count(*) from response r where {_MINE} and r.state = 'waiting' and r.shows_on > $3 and {_LATEST}",
            scope.department,
            scope.region,
            clock.today(),
        )
    )


async def find_response(response: UUID, scope: Scope) -> ResponseView:
    """Raises ``NotFound`` outside the scope, as for one that is not there."""
    row = await reader().fetchrow(f"{_ONE} where r.id = $3 and {_MINE}", scope.department, scope.region, response)
    if row is None:
        raise NotFound()
    return _view(row)

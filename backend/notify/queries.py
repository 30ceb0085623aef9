"""Reads on alerts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class InboxView:
    id: UUID
    kind: str
    inspection: UUID | None
    params: dict[str, str]
    created_at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True)
class PushTask:
    """What a push job needs: the alert and where it goes."""

    kind: str
    params: dict[str, str]
    inspection: UUID | None
    endpoint: str
    p256dh: str
    auth: str


async def list_inbox(account: UUID, limit: int = 100) -> list[InboxView]:
    """Newest first."""
    rows = await reader().fetch(
        "select id, kind, inspection, params, created_at, read_at is not null as is_read from inbox_entry where account = $1"
        " order by created_at desc limit $2",
        account,
        limit,
    )
    return [InboxView(**{**dict(row), "params": json.loads(row["params"])}) for row in rows]


async def find_push_task(entry: UUID, subscription: UUID) -> PushTask | None:
    """None when the alert or the browser is gone meanwhile."""
    row = await reader().fetchrow(
        "select e.kind, e.params, e.inspection, s.endpoint, s.p256dh, s.auth from inbox_entry e join push_subscription s on s.account = e.account"
        " where e.id = $1 and s.id = $2 and s.dead_at is null",
        entry,
        subscription,
    )
    return PushTask(**{**dict(row), "params": json.loads(row["params"])}) if row else None

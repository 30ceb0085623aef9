"""What became of alerts, channel by channel, for the office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from backend.kernel.scope import Scope
from backend.storage.engine import reader

RECENT_DAYS = 7


@dataclass(frozen=True, slots=True)
class PushView:
    """The latest try at one browser. ``phone``: its name, or the host of its push service; empty once the browser has unsubscribed."""

    phone: str
    state: str  # sent | failed | dead
    detail: str
    attempts: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert to one person."""

    person: str
    kind: str
    created_at: datetime
    read_at: datetime | None
    pushes: Sequence[PushView]


@dataclass(frozen=True, slots=True)
class ChannelView:
    """One channel within a scope, over the last RECENT_DAYS. Inbox: sent = alerts, failed = unread ones older than a day."""

    sent: int
    failed: int
    sent_at: datetime | None
    failed_at: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class Overview:
    inbox: ChannelView
    push: ChannelView
    unread: int
    browsers: int
    dead_browsers: int
    people_without_browser: int


@dataclass(frozen=True, slots=True)
class FailureView:
    person: str
    kind: str
    inspection: UUID | None
    state: str
    detail: str
    attempts: int
    at: datetime


# Whose alerts a person may look at: those to accounts of their department and region.
_MINE = "($1::text is null or a.department = $1) and a.region like $2 || '%'"


async def list_of_inspection(inspection: UUID, scope: Scope) -> list[AlertView]:
    """Every alert about a visit to people of the scope, the newest first."""
    rows = await reader().fetch(
        "select e.id, a.name as person, e.kind, e.created_at, e.read_at from inbox_entry e join account a on a.id = e.account"
        f" where e.inspection = $3 and {_MINE} order by e.created_at desc, a.name",
        scope.department,
        scope.region,
        inspection,
    )
    pushes = await reader().fetch(
        "select d.inbox_entry, coalesce(s.endpoint, '') as endpoint, p.name as phone, d.state, d.detail, d.attempts, d.at from notify_delivery d"
        " left join push_subscription s on s.id = d.subscription left join device p on p.id = s.device where d.inbox_entry = any($1) order by d.at",
        [row["id"] for row in rows],
    )
    return [
        AlertView(
            row["person"],
            row["kind"],
            row["created_at"],
            row["read_at"],
            [
                PushView(p["phone"] or urlsplit(p["endpoint"]).hostname or "", p["state"], p["detail"], p["attempts"], p["at"])
                for p in pushes
                if p["inbox_entry"] == row["id"]
            ],
        )
        for row in rows
    ]


async def load_overview(scope: Scope, since: datetime, a_day_ago: datetime) -> Overview:
    """How the first two channels do. ``since``: where counting begins; times of the last success and failure look back without end."""
    inbox = await reader().fetchrow(
        "select count(*) filter (where e.created_at >= $3) as sent,"
        " count(*) filter (where e.read_at is null and e.created_at between $3 and $4) as failed, max(e.read_at) as sent_at,"
        " max(e.created_at) filter (where e.read_at is null and e.created_at < $4) as failed_at, count(*) filter (where e.read_at is null) as unread"
        f" from inbox_entry e join account a on a.id = e.account where {_MINE}",
        scope.department,
        scope.region,
        since,
        a_day_ago,
    )
    push = await reader().fetchrow(
        "select count(*) filter (where d.state = 'sent' and d.at >= $3) as sent, count(*) filter (where d.state <> 'sent' and d.at >= $3) as failed,"
        " max(d.at) filter (where d.state = 'sent') as sent_at, max(d.at) filter (where d.state <> 'sent') as failed_at,"
        " (array_agg(d.detail order by d.at desc) filter (where d.state <> 'sent'))[1] as failure"
        f" from notify_delivery d join inbox_entry e on e.id = d.inbox_entry join account a on a.id = e.account where {_MINE}",
        scope.department,
        scope.region,
        since,
    )
    browsers = await reader().fetchrow(
        "select count(*) filter (where s.dead_at is null) as live, count(*) filter (where s.dead_at is not null) as dead"
        f" from push_subscription s join account a on a.id = s.account where {_MINE}",
        scope.department,
        scope.region,
    )
    without = await reader().fetchval(
        f"select count(*) from account a where a.active and a.role = 'inspector' and {_MINE}"
        " and not exists (select 1 from push_subscription s where s.account = a.id and s.dead_at is null)",
        scope.department,
        scope.region,
    )
    return Overview(
        inbox=ChannelView(inbox["sent"], inbox["failed"], inbox["sent_at"], inbox["failed_at"], ""),
        push=ChannelView(push["sent"], push["failed"], push["sent_at"], push["failed_at"], push["failure"] or ""),
        unread=inbox["unread"],
        browsers=browsers["live"],
        dead_browsers=browsers["dead"],
        people_without_browser=without,
    )


async def list_failures(scope: Scope, limit: int = 30) -> list[FailureView]:
    """Pushes that did not arrive, the newest first."""
    rows = await reader().fetch(
        "select a.name as person, e.kind, e.inspection, d.state, d.detail, d.attempts, d.at from notify_delivery d"
        f" join inbox_entry e on e.id = d.inbox_entry join account a on a.id = e.account where d.state <> 'sent' and {_MINE} order by d.at desc limit $3",
        scope.department,
        scope.region,
        limit,
    )
    return [FailureView(**row) for row in rows]

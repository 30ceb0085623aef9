"""Verbs of alerts: tell a person, subscribe a browser, mark as read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.kernel.ids import new_id
from backend.kernel.settings import settings
from backend.notify import robots, rules
from backend.storage import outbox
from backend.storage.engine import connection


async def tell(account: UUID, kind: str, *, inspection: UUID | None, params: Mapping[str, str]) -> UUID:
    """Put an alert into a person's inbox, ask for a push to each of their browsers and note it for their department's groups.

    Inside the caller's transaction.
    """
    if kind not in rules.KINDS:
        raise ValueError(f"{kind!r} is no kind of alert")
    entry = new_id()
    await connection().execute(
        "insert into inbox_entry (id, account, kind, inspection, params, created_at) values ($1, $2, $3, $4, $5, $6)",
        entry,
        account,
        kind,
        inspection,
        json.dumps(dict(params), ensure_ascii=False),
        clock.now(),
    )
    for row in await connection().fetch("select id from push_subscription where account = $1 and dead_at is null", account):
        await outbox.ask("push", {"entry": str(entry), "subscription": str(row["id"])}, key=f"push:{entry}:{row['id']}")
    await robots.tell_groups(account, kind, inspection)
    return entry


async def remind(account: UUID, kind: str, *, inspection: UUID | None, params: Mapping[str, str]) -> None:
    """``tell``, unless the person has the same alert unread already: what is owed may be found out again and again.

    The same: of one visit, or where it is about none, in the same words.
    """
    same = "inspection = $3" if inspection else "inspection is null and params = $3::jsonb"
    about = inspection or json.dumps(dict(params), ensure_ascii=False)
    waiting = f"select true from inbox_entry where account = $1 and kind = $2 and {same} and read_at is null limit 1"
    if not await connection().fetchval(waiting, account, kind, about):
        await tell(account, kind, inspection=inspection, params=params)


async def subscribe(account: UUID, *, endpoint: str, p256dh: str, auth: str, device: UUID | None = None) -> None:
    """Remember a browser, and the phone that it is on. Idempotent; an endpoint belongs to whoever subscribed it last.

    Raises ``PushHostRefused``, ``Invalid``, and ``PushGone`` for an address that its push service has given up: the browser makes a new one.
    """
    rules.check_endpoint(endpoint, settings().push_hosts)
    if not (80 <= len(p256dh) <= 100 and 16 <= len(auth) <= 32):
        raise Invalid(field="keys", why_zh="推送密钥格式不正确", why_en="the push keys are malformed")
    if await connection().fetchval("select true from push_subscription where endpoint = $1 and dead_at is not null", endpoint):
        raise rules.PushGone()
    await connection().execute(
        "insert into push_subscription (id, account, endpoint, p256dh, auth, created_at, device) values ($1, $2, $3, $4, $5, $6, $7)"
        " on conflict (endpoint) do update set account = excluded.account, p256dh = excluded.p256dh, auth = excluded.auth, device = excluded.device,"
        " dead_at = null",
        new_id(),
        account,
        endpoint,
        p256dh,
        auth,
        clock.now(),
        device,
    )


async def forget_phone(account: UUID, device: UUID) -> None:
    """No more alerts to a lost phone, nor to a browser of its owner that never said which phone it is on."""
    await connection().execute("delete from push_subscription where account = $1 and (device = $2 or device is null)", account, device)


async def forget_person(account: UUID) -> None:
    """No more alerts to anybody who has left."""
    await connection().execute("delete from push_subscription where account = $1", account)


async def unsubscribe(endpoint: str) -> None:
    """Forget a browser, whoever subscribed it: only that browser knows its address, and somebody else may be signed in there by now."""
    await connection().execute("delete from push_subscription where endpoint = $1", endpoint)


async def mark_read(account: UUID, entries: Sequence[UUID]) -> None:
    await connection().execute(
        "update inbox_entry set read_at = coalesce(read_at, $3) where account = $1 and id = any($2)", account, list(entries), clock.now()
    )


async def forget_before(moment: datetime) -> int:
    """Delete alerts from before a moment, with what became of them on the way. Returns how many."""
    await connection().execute("delete from notify_delivery where inbox_entry in (select id from inbox_entry where created_at < $1)", moment)
    gone = await connection().execute("delete from inbox_entry where created_at < $1", moment)
    return int(gone.rpartition(" ")[2])


async def note_delivery(entry: UUID, subscription: UUID, state: str, detail: str = "") -> None:
    """What became of the latest try to push one alert to one browser: sent | failed | dead."""
    await connection().execute(
        "insert into notify_delivery (id, inbox_entry, subscription, channel, state, detail, attempts, at) values ($1, $2, $3, 'push', $4, $5, 1, $6)"
        " on conflict (inbox_entry, subscription) where subscription is not null do update"
        " set state = excluded.state, detail = excluded.detail, attempts = notify_delivery.attempts + 1, at = excluded.at",
        new_id(),
        entry,
        subscription,
        state,
        detail[:500],
        clock.now(),
    )


async def bury(subscription: UUID) -> None:
    """The push service says that this browser is gone."""
    await connection().execute("update push_subscription set dead_at = $2 where id = $1", subscription, clock.now())

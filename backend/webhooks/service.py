"""Verbs of webhooks: set up, pause, go on, remove; what is to be told, and what became of it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet

from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.outbound.rules import check_address
from backend.storage import outbox
from backend.storage.engine import connection, reader
from backend.storage.keys import keep
from backend.webhooks import rules

TOPIC = "webhook"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes, unsealed. ``old``: the secret before, which signs too until ``old_until`` (seconds since 1970)."""

    address: str
    secret: str
    old: str = ""
    old_until: float = 0.0

    def signing_at(self, at: datetime) -> list[str]:
        """The secrets that sign a message of that moment."""
        return [self.secret, self.old] if self.old and at.timestamp() < self.old_until else [self.secret]


@dataclass(frozen=True, slots=True)
class Due:
    """A live webhook that has not looked at the end of the log; held until the transaction ends."""

    id: UUID
    events: Sequence[str]
    after_index: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery to be tried, held until the transaction ends. ``target`` None: the webhook is paused or removed."""

    id: UUID
    webhook: UUID
    body: bytes
    attempts: int
    target: Target | None


def _safe() -> Fernet:
    return Fernet(keep("webhooks.key", Fernet.generate_key))


def _seal(target: Target) -> bytes:
    return _safe().encrypt(json.dumps({name: value for name, value in asdict(target).items() if value}).encode())


def _unseal(sealed: bytes) -> Target:
    fields: dict[str, Any] = json.loads(_safe().decrypt(sealed))
    return Target(**fields)


async def add(
    webhook: UUID, name: str, address: str, events: Sequence[str], *, known: Sequence[str], inside: Sequence[str], after: int, by: UUID
) -> str | None:
    """Set one up, told of what comes behind the log's entry ``after``. Returns its secret, once: the same form again gives None.

    Raises ``Invalid``, ``AddressRefused``. ``inside``: hosts that the operator allows beside public ones.
    """
    rules.check(name, events, known)
    address = check_address(address, inside)
    secret = rules.make_secret(secrets.token_bytes(rules.SECRET_BYTES))
    sealed = _seal(Target(address, secret))
    done = await connection().execute(
        "insert into webhook (id, name, shown, sealed, events, state, after_index, created_by, created_at, why, version)"
        " values ($1, $2, $3, $4, $5, 'live', $6, $7, $8, '', 1) on conflict (id) do nothing",
        webhook,
        name.strip(),
        rules.shown(address),
        sealed,
        sorted(set(events)),
        after,
        by,
        clock.now(),
    )
    if done.endswith(" 0"):
        return None
    payload = {"what": "added", "name": name.strip(), "shown": rules.shown(address), "events": sorted(set(events))}
    await ledger.record("webhook.changed", actor=by, subject=str(webhook), payload=payload)
    return secret


async def rotate(webhook: UUID, form: UUID, *, overlap_days: int, by: UUID) -> str | None:
    """A new secret; the one before signs too for so many days, or no more at all. Returns the new one, once: the same form again gives None.

    Raises ``NotFound``, ``WebhookEnded``, ``Invalid``.
    """
    overlap = rules.check_overlap(overlap_days)
    row = await connection().fetchrow("select state, sealed, rotation from webhook where id = $1 for update", webhook)
    if row is None:
        raise NotFound()
    if row["state"] == rules.ENDED:
        raise rules.WebhookEnded()
    if row["rotation"] == form:
        return None
    target, now = _unseal(row["sealed"]), clock.now()
    until = now + overlap if overlap else None
    secret = rules.make_secret(secrets.token_bytes(rules.SECRET_BYTES))
    fresh = replace(target, secret=secret, old=target.secret if until else "", old_until=until.timestamp() if until else 0.0)
    await connection().execute(
        "update webhook set sealed = $2, rotation = $3, rotated_at = $4, old_until = $5, version = version + 1 where id = $1",
        webhook,
        _seal(fresh),
        form,
        now,
        until,
    )
    await ledger.record("webhook.changed", actor=by, subject=str(webhook), payload={"what": "rotated", "overlap_days": overlap_days})
    return secret


async def end_old_secret(webhook: UUID, *, by: UUID) -> None:
    """The old secret signs no more from now on; nothing happens where there is none. Raises ``NotFound``, ``WebhookEnded``."""
    row = await connection().fetchrow("select state, sealed, old_until from webhook where id = $1 for update", webhook)
    if row is None:
        raise NotFound()
    if row["state"] == rules.ENDED:
        raise rules.WebhookEnded()
    if row["old_until"] is not None:
        await _forget_old(webhook, row["sealed"])
        await ledger.record("webhook.changed", actor=by, subject=str(webhook), payload={"what": "old-secret-ended"})


async def _forget_old(webhook: UUID, sealed: bytes) -> None:
    fresh = _seal(replace(_unseal(sealed), old="", old_until=0.0))
    await connection().execute("update webhook set sealed = $2, old_until = null, version = version + 1 where id = $1", webhook, fresh)


async def forget_old_secrets() -> int:
    """Take old secrets out whose overlap is over. A worker's job: they sign no more since then. Returns how many."""
    rows = await connection().fetch("select id, sealed from webhook where old_until < $1 and state <> 'ended' for update skip locked", clock.now())
    for row in rows:
        await _forget_old(row["id"], row["sealed"])
    return len(rows)


async def forget_deliveries_before(moment: datetime, limit: int = 5000) -> int:
    """Delete what became of deliveries that were sent or are dead since before then; what still waits stays. Returns how many."""
    done = await connection().execute(
        "delete from webhook_delivery where id in (select id from webhook_delivery where state in ('sent', 'dead') and coalesce(at, created_at) < $1 limit $2)",
        moment,
        limit,
    )
    return int(done.rpartition(" ")[2])


async def move(webhook: UUID, to: str, *, by: UUID | None, why: str = "") -> None:
    """Pause it, let it go on, or remove it for good; what it is already changes nothing. Raises ``NotFound``, ``WebhookEnded``."""
    state = await connection().fetchval("select state from webhook where id = $1 for update", webhook)
    if state is None:
        raise NotFound()
    if state == to:
        return
    if state == rules.ENDED:
        raise rules.WebhookEnded()
    is_end = to == rules.ENDED
    await connection().execute(
        "update webhook set state = $2, why = $3, ended_at = $4, sealed = case when $5 then ''::bytea else sealed end,"
        " old_until = case when $5 then null else old_until end, version = version + 1 where id = $1",
        webhook,
        to,
        why,
        clock.now() if is_end else None,
        is_end,
    )
    if is_end:
        await connection().execute(
            "update webhook_delivery set state = 'dead', detail = $2, at = $3 where webhook = $1 and state in ('waiting', 'failed')",
            webhook,
            "推送已移除\nthe webhook was removed",
            clock.now(),
        )
    if to == rules.LIVE:
        for row in await connection().fetch("select id from webhook_delivery where webhook = $1 and state in ('waiting', 'failed')", webhook):
            await _ask(row["id"])
    await ledger.record("webhook.changed", actor=by, subject=str(webhook), payload={"what": to, "why": why})


async def _ask(delivery: UUID) -> None:
    # Not one job for ever: what was given up is asked for again under another key.
    transaction_id = await connection().fetchval("select pg_current_xact_id()::text")
    await outbox.ask(TOPIC, {"delivery": str(delivery)}, key=f"webhook:{delivery}:{transaction_id}")


async def try_again(delivery: UUID) -> None:
    """A dead delivery gets its tries anew. Nothing happens to one in another state. Raises ``WebhookEnded``."""
    row = await connection().fetchrow(
        "select d.state, w.state as hook from webhook_delivery d join webhook w on w.id = d.webhook where d.id = $1 for update of d", delivery
    )
    if row is None:
        raise NotFound()
    if row["hook"] == rules.ENDED:
        raise rules.WebhookEnded()
    if row["state"] == rules.DEAD:
        await connection().execute("update webhook_delivery set state = 'waiting', attempts = 0 where id = $1", delivery)
        await _ask(delivery)


async def take_due(last: int) -> Due | None:
    """A live webhook that is behind the log's entry ``last``, held; another process takes another one."""
    row = await connection().fetchrow(
        "select id, events, after_index from webhook where state = 'live' and after_index < $1 order by after_index limit 1 for update skip locked", last
    )
    return Due(**row) if row else None


async def tell(due: Due, messages: Sequence[tuple[int, str, str, bytes]], *, read_to: int) -> None:
    """Note what a webhook is to be told: (index, event, subject, body) each, once an entry; and how far it has looked."""
    for index, event, subject, body in messages:
        delivery = new_id()
        done = await connection().execute(
            "insert into webhook_delivery (id, webhook, entry_index, event, subject, body, state, attempts, detail, created_at)"
            " values ($1, $2, $3, $4, $5, $6, 'waiting', 0, '', $7) on conflict (webhook, entry_index) where entry_index is not null do nothing",
            delivery,
            due.id,
            index,
            event,
            subject,
            body.decode(),
            clock.now(),
        )
        if not done.endswith(" 0"):
            await _ask(delivery)
    await connection().execute("update webhook set after_index = $2 where id = $1", due.id, read_to)


async def take_delivery(delivery: UUID) -> Delivery | None:
    """A delivery that is to be tried. None where that is done."""
    row = await connection().fetchrow(
        "select d.id, d.webhook, d.body, d.attempts, w.state, w.sealed from webhook_delivery d join webhook w on w.id = d.webhook"
        " where d.id = $1 and d.state in ('waiting', 'failed') for update of d",
        delivery,
    )
    if row is None:
        return None
    target = _unseal(row["sealed"]) if row["state"] == rules.LIVE else None
    return Delivery(row["id"], row["webhook"], row["body"].encode(), row["attempts"], target)


async def find_target(webhook: UUID) -> Target:
    """For a test. Raises ``NotFound`` also for a removed one."""
    sealed = await reader().fetchval("select sealed from webhook where id = $1 and state <> 'ended'", webhook)
    if sealed is None:
        raise NotFound()
    return _unseal(sealed)


async def note(delivery: UUID, state: str, *, status: int | None, detail: str) -> None:
    """What became of a try."""
    await connection().execute(
        "update webhook_delivery set state = $2, status = $3, detail = $4, attempts = attempts + 1, at = $5 where id = $1",
        delivery,
        state,
        status,
        detail[:500],
        clock.now(),
    )


async def note_test(webhook: UUID, body: bytes, message: UUID, state: str, *, status: int | None, detail: str) -> None:
    """A test stands in the log of deliveries like any other."""
    await connection().execute(
        "insert into webhook_delivery (id, webhook, entry_index, event, subject, body, state, attempts, status, detail, created_at, at)"
        " values ($1, $2, null, $3, '', $4, $5, 1, $6, $7, $8, $8)",
        message,
        webhook,
        rules.TEST,
        body.decode(),
        state,
        status,
        detail[:500],
        clock.now(),
    )

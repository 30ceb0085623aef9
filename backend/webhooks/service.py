"""Verbs of webhooks: set up, pause, go on, remove; what is to be told, and what became of it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
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
    """Where a webhook goes, unsealed."""

    address: str
    secret: str


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
    sealed = _safe().encrypt(json.dumps({"address": address, "secret": secret}).encode())
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
        "update webhook set state = $2, why = $3, ended_at = $4, sealed = case when $5 then ''::bytea else sealed end, version = version + 1 where id = $1",
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

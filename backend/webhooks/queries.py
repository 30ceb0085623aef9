"""Reads on webhooks, for whoever runs the system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.kernel.errors import NotFound
from backend.storage.engine import reader

PAGE = 50


@dataclass(frozen=True, slots=True)
class WebhookView:
    """``waiting``, ``dead``: deliveries in that state; ``sent_at``, ``failed_at``: the latest of each.
    ``old_until``: until then the secret before the last change signs, too."""

    id: UUID
    name: str
    shown: str
    events: Sequence[str]
    state: str
    why: str
    created_at: datetime
    ended_at: datetime | None
    rotated_at: datetime | None
    old_until: datetime | None
    sent_at: datetime | None
    failed_at: datetime | None
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    id: UUID
    entry_index: int | None
    event: str
    subject: str
    body: str
    state: str
    attempts: int
    status: int | None
    detail: str
    created_at: datetime
    at: datetime | None


_VIEW = (
    "select w.id, w.name, w.shown, w.events, w.state, w.why, w.created_at, w.ended_at, w.rotated_at, w.old_until, d.* from webhook w cross join lateral (select"
    " max(at) filter (where state = 'sent') as sent_at, max(at) filter (where state in ('failed', 'dead')) as failed_at,"
    " count(*) filter (where state in ('waiting', 'failed')) as waiting, count(*) filter (where state = 'dead') as dead"
    " from webhook_delivery where webhook = w.id) d"
)


async def list_webhooks() -> list[WebhookView]:
    """The live ones first, removed ones last."""
    return [WebhookView(**row) for row in await reader().fetch(f"{_VIEW} order by w.state = 'ended', w.created_at")]


async def find_webhook(webhook: UUID) -> WebhookView:
    """Raises ``NotFound``."""
    row = await reader().fetchrow(f"{_VIEW} where w.id = $1", webhook)
    if row is None:
        raise NotFound()
    return WebhookView(**row)


async def list_deliveries(webhook: UUID, *, before: UUID | None = None) -> list[DeliveryView]:
    """The latest first; ``before`` is the last one of the page before."""
    columns = ", ".join(DeliveryView.__dataclass_fields__)
    rows = await reader().fetch(
        f"select {columns} from webhook_delivery where webhook = $1 and ($2::uuid is null or (created_at, id) <"
        f" (select created_at, id from webhook_delivery where id = $2)) order by created_at desc, id desc limit {PAGE}",
        webhook,
        before,
    )
    return [DeliveryView(**row) for row in rows]

"""数据推送 Partners' webhooks: who sets them up, what they are told of, the test message."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from backend.kernel import clock
from backend.kernel.ids import new_id
from backend.kernel.settings import settings
from backend.ledger.queries import find_last_index
from backend.people.rules import ADMIN, Principal
from backend.people.service import require
from backend.storage.engine import transaction
from backend.usecases.open_changes import NAMES as NAMES  # what the office calls them
from backend.usecases.open_changes import TOLD, as_json, list_after
from backend.webhooks import jobs, rules, service

STRETCH = 50


async def add_webhook(webhook: UUID, name: str, address: str, events: Sequence[str], *, by: Principal) -> str | None:
    """Told of what happens from now on. Returns the secret once, None for the same form again. Raises ``Invalid``, ``AddressRefused``."""
    require(by, ADMIN)
    async with transaction():
        return await service.add(
            webhook,
            name,
            address,
            events,
            known=tuple(TOLD),
            inside=settings().webhook_hosts,
            after=await find_last_index(),
            by=by.account_id,
        )


async def move_webhook(webhook: UUID, to: str, *, by: Principal) -> None:
    """``to``: live | paused | ended. Raises ``NotFound``, ``WebhookEnded``."""
    require(by, ADMIN)
    async with transaction():
        await service.move(webhook, to, by=by.account_id)


async def rotate_secret(webhook: UUID, form: UUID, *, overlap_days: int, by: Principal) -> str | None:
    """Returns the new secret once, None for the same form again. Raises ``NotFound``, ``WebhookEnded``, ``Invalid``."""
    require(by, ADMIN)
    async with transaction():
        return await service.rotate(webhook, form, overlap_days=overlap_days, by=by.account_id)


async def end_old_secret(webhook: UUID, *, by: Principal) -> None:
    require(by, ADMIN)
    async with transaction():
        await service.end_old_secret(webhook, by=by.account_id)


async def send_again(delivery: UUID, *, by: Principal) -> None:
    require(by, ADMIN)
    async with transaction():
        await service.try_again(delivery)


async def test_webhook(webhook: UUID, *, by: Principal) -> tuple[int | None, str]:
    """Send the test message now and note its outcome: (status or None, what went wrong in a line a language). Raises ``NotFound``."""
    require(by, ADMIN)
    target, message = await service.find_target(webhook), new_id()
    body = msgspec.json.encode({"type": rules.TEST, "timestamp": clock.now(), "data": {}})
    # Outside any transaction: the partner's server may take its time.
    status, detail = await jobs.send(target, message, body)
    async with transaction():
        await service.note_test(webhook, body, message, rules.SENT if not detail else rules.DEAD, status=status, detail=detail)
    return status, detail


async def push_changes() -> bool:
    """The worker's step: one webhook that is behind the log is told of the next stretch of it. Returns whether there was one."""
    async with transaction():
        last = await find_last_index()
        due = await service.take_due(last)
        if due is None:
            return False
        found, read_to = await list_after(due.after_index, types=due.events, limit=STRETCH)
        await service.tell(due, [(c.index, c.type, c.subject, msgspec.json.encode(as_json(c))) for c in found], read_to=read_to)
        return read_to > due.after_index

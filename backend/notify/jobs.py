"""Web Push from the outbox (RFC 8030, encrypted by RFC 8291, signed by RFC 8292)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

from pywebpush import WebPushException, webpush

from backend.kernel.settings import settings
from backend.notify import keys, queries, rules, service

TTL_SECONDS = 24 * 3600
TIMEOUT_SECONDS = 10
GONE = frozenset({404, 410})


class PushFailed(Exception):
    """The push service did not take it this time; the outbox tries again."""


async def push(payload: dict[str, Any]) -> None:
    """Send one alert to one browser. Idempotent enough: the tag lets a doubled alert replace itself. Raises ``PushFailed``."""
    entry, subscription = UUID(payload["entry"]), UUID(payload["subscription"])
    task = await queries.find_push_task(entry, subscription)
    if task is None:
        return
    rules.check_endpoint(task.endpoint, settings().push_hosts)
    title, body = rules.text_of(task.kind, task.params)
    message = {"title": title, "body": body, "url": f"/field/#/inspection/{task.inspection}" if task.inspection else "/field/", "tag": str(entry)}
    try:
        await asyncio.to_thread(
            webpush,
            {"endpoint": task.endpoint, "keys": {"p256dh": task.p256dh, "auth": task.auth}},
            json.dumps(message, ensure_ascii=False),
            vapid_private_key=keys.vapid(),
            vapid_claims={"sub": settings().vapid_subject},
            ttl=TTL_SECONDS,
            timeout=TIMEOUT_SECONDS,
        )
    except WebPushException as e:
        status = e.response.status_code if e.response is not None else 0
        if status in GONE:
            await service.bury(subscription)
            await service.note_delivery(entry, "push", "dead", str(status))
            return
        raise PushFailed(f"{status} {e.message}"[:300]) from e
    await service.note_delivery(entry, "push", "sent")

"""Signatures, waits and verdicts of webhooks. Pure.

Standard Webhooks 1.0 (standardwebhooks.com): the headers ``webhook-id``, ``webhook-timestamp`` (seconds) and ``webhook-signature``
(``v1,`` and the base64 of HMAC-SHA256 over ``<id>.<timestamp>.<body>``; while a secret is being changed, one of each secret with a space
between them, and a partner accepts a message of which one fits); a secret is ``whsec_`` and the base64 of 24 to 64 bytes.
Proven by tests/rules/test_webhook_rules.py with the vector of that document.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from backend.kernel.errors import Conflict, Invalid

LIVE, PAUSED, ENDED = "live", "paused", "ended"
WAITING, SENT, FAILED, DEAD = "waiting", "sent", "failed", "dead"
TEST: Final = "webhook.test"
PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
# How long to wait after each try; after the last one the delivery is dead. All in all about two days.
WAITS: Final = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 24 * 3600))
TRIES: Final = len(WAITS) + 1
GONE: Final = 410
# For how many days the old secret goes on signing beside the new one; 0 for one that somebody else has read.
OVERLAPS: Final = (0, 1, 7, 30)


class WebhookEnded(Conflict):
    code = "webhook-ended"
    zh = "这个推送已移除"
    en = "This webhook was removed"


def make_secret(random: bytes) -> str:
    return PREFIX + base64.b64encode(random).decode()


def sign(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256)).decode()


def headers(secrets: Sequence[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """``secrets``: the one in force first."""
    signed = " ".join(sign(secret, message, timestamp, body) for secret in secrets)
    return {"webhook-id": message, "webhook-timestamp": str(timestamp), "webhook-signature": signed}


def check_overlap(days: int) -> timedelta:
    """Raises ``Invalid``."""
    if days not in OVERLAPS:
        raise Invalid(field="overlap", why_zh="请选择旧密钥还能用多久", why_en="choose how long the old secret goes on")
    return timedelta(days=days)


def shown(address: str) -> str:
    """What of an address may be seen: its host, and the last characters of a longer path, for the rest may be a secret."""
    parts = urlsplit(address)
    tail = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return parts.netloc + (f"/••••{tail[-4:]}" if len(tail) > 8 else tail)


def check(name: str, events: Sequence[str], known: Sequence[str]) -> None:
    """Raises ``Invalid`` naming the field."""
    if not name.strip() or len(name.strip()) > 80:
        raise Invalid(field="name", why_zh="请填写对方名称，不超过 80 个字", why_en="name the partner, in 80 characters at most")
    if not events or set(events) - set(known):
        raise Invalid(field="events", why_zh="请至少选择一种事件", why_en="choose at least one event")


def verdict(status: int | None, attempts: int) -> str:
    """What a try means, the ``attempts``-th: sent | failed (tried again) | dead. ``status`` None: there was no answer."""
    if status is not None and 200 <= status < 300:
        return SENT
    return DEAD if status == GONE or attempts >= TRIES else FAILED

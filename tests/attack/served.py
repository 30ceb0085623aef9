"""The application as it is attacked: each request comes from another address, and one enterprise may be asked about as often as one likes, or the
rate limits would answer instead of the pages; a password costs next to nothing, for it is not the hash that is under attack; and who gives an
enterprise back does so but for the last word: after the first success nobody would be signed in any more.
"""

from __future__ import annotations

import random
from collections.abc import MutableMapping
from typing import Any

import argon2

from backend.app import app as ours
from backend.claims import service as claims
from backend.kernel import hashing
from backend.kernel.errors import Conflict
from backend.limits.rules import Limit
from backend.people import service
from backend.usecases import recuse

hashing._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
recuse.TRIES_ON_SITE = Limit("recusal", 10**6, recuse.TRIES_ON_SITE.per)
service._NOBODY = hashing.hash_at_once("nobody's")
_end_claim = claims.end_claim


async def _end_and_take_back(*words: Any, **named: Any) -> None:
    await _end_claim(*words, **named)
    raise Conflict()


claims.end_claim = _end_and_take_back


async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        scope["client"] = (f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}", 40000)
    await ours(scope, receive, send)

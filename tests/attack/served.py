"""The application as it is attacked: each request comes from another address, and one enterprise may be asked about as often as one likes, or the
rate limits would answer instead of the pages; and a password costs next to nothing, for it is not the hash that is under attack.
"""

from __future__ import annotations

import random
from collections.abc import MutableMapping
from typing import Any

import argon2

from backend.app import app as ours
from backend.kernel import hashing
from backend.limits.rules import Limit
from backend.people import service
from backend.usecases import recuse

hashing._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
recuse.TRIES_ON_SITE = Limit("recusal", 10**6, recuse.TRIES_ON_SITE.per)
service._NOBODY = hashing.hash_at_once("nobody's")


async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        scope["client"] = (f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}", 40000)
    await ours(scope, receive, send)

"""Reads on factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.kernel import clock
from backend.kernel.hashing import hash_key
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class Standing:
    """``app_added_at``: None without an app; ``codes_made_at``: None without recovery codes; ``codes_left`` of them are unused."""

    app_added_at: datetime | None
    codes_left: int
    codes_made_at: datetime | None


async def find_standing(account_id: UUID) -> Standing:
    row = await reader().fetchrow(
        "select (select confirmed_at from authenticator where account = $1) as app_added_at,"
        " count(*) filter (where used_at is null) as codes_left, max(created_at) as codes_made_at from recovery_code where account = $1",
        account_id,
    )
    return Standing(**row)


async def find_waiting(cookie: str) -> UUID | None:
    """The account whose sign-in waits for a code under this cookie."""
    key = hash_key(cookie)
    found = await reader().fetchval("select account from sign_in_step where key_sha256 = $1 and expires_at > $2", key, clock.now())
    return UUID(str(found)) if found else None

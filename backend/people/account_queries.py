"""Reads on accounts as their administrator sees them: filtered, page by page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.hashing import hash_key
from backend.people.queries import HAS_FACTOR, AccountView
from backend.people.rules import PHONE_ONLY, idle_of
from backend.storage.engine import reader

PAGE = 50
_COLUMNS = ", ".join(AccountView.__dataclass_fields__)
_WANTED = (
    "starts_with(region, $1) and ($2 = '' or role = $2) and ($3 = '' or department = $3)"
    " and ($4 = '' or $4 = 'active' and active or $4 = 'stopped' and not active"
    f" or $4 = 'no-factor' and active and role <> all($6) and not {HAS_FACTOR})"
    " and ($5 = '' or (name || ' ' || username) ilike $5)"
)


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """``text``: part of a person's name or of the account's; ``state``: "" | active | stopped | no-factor (of the office, its password alone opens it)."""

    text: str = ""
    role: str = ""
    department: str = ""
    state: str = ""


def _values(region: str, by: AccountFilter) -> list[Any]:
    text = " ".join(by.text.split())
    return [region, by.role, by.department, by.state, "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%" if text else "", list(PHONE_ONLY)]


async def search_accounts(region: str, by: AccountFilter, *, after: UUID | None = None, limit: int = PAGE) -> Sequence[AccountView]:
    """The accounts whose region lies within ``region`` (a prefix), by role and account. ``after``: the one behind which the page begins."""
    rows = await reader().fetch(
        f"select {_COLUMNS} from account a where {_WANTED}"
        " and ($7::uuid is null or (role, username) > (select role, username from account where id = $7)) order by role, username limit $8",
        *_values(region, by),
        after,
        limit,
    )
    return [AccountView(**row) for row in rows]


async def count_accounts(region: str, by: AccountFilter) -> int:
    return int(await reader().fetchval(f"select count(*) from account a where {_WANTED}", *_values(region, by)))


async def list_with_factor(accounts: Sequence[UUID]) -> set[UUID]:
    """Those whose password alone opens nothing."""
    rows = await reader().fetch(f"select a.id from account a where a.id = any($1) and {HAS_FACTOR}", list(accounts))
    return {row["id"] for row in rows}


@dataclass(frozen=True, slots=True)
class SessionView:
    """One sign-in of an account that still holds. ``device``: the phone that it is on, by its name, where it has named itself."""

    id: UUID
    agent: str
    device: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_this: bool


async def list_sessions(account_id: UUID, role: str, cookie: str) -> list[SessionView]:
    """The one in use latest first. ``cookie``: the asker's own."""
    now = clock.now()
    rows = await reader().fetch(
        "select s.id, s.agent, d.name as device, s.created_at, s.seen_at, s.expires_at, s.key_sha256 = $2 as is_this"
        " from session s left join device d on d.id = s.device where s.account = $1 and s.expires_at > $3 and s.seen_at > $4 order by s.seen_at desc, s.id",
        account_id,
        hash_key(cookie),
        now,
        now - idle_of(role),
    )
    return [SessionView(**row) for row in rows]

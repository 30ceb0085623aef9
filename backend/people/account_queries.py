"""Reads on accounts as their administrator sees them: filtered, page by page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.people.queries import AccountView
from backend.storage.engine import reader

PAGE = 50
_COLUMNS = ", ".join(AccountView.__dataclass_fields__)
_WANTED = (
    "starts_with(region, $1) and ($2 = '' or role = $2) and ($3 = '' or department = $3) and ($4 = '' or active = ($4 = 'active'))"
    " and ($5 = '' or (name || ' ' || username) ilike $5)"
)


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """``text``: part of a person's name or of the account's; ``state``: "" | active | stopped."""

    text: str = ""
    role: str = ""
    department: str = ""
    state: str = ""


def _values(region: str, by: AccountFilter) -> list[Any]:
    text = " ".join(by.text.split())
    return [region, by.role, by.department, by.state, "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%" if text else ""]


async def search_accounts(region: str, by: AccountFilter, *, after: UUID | None = None, limit: int = PAGE) -> Sequence[AccountView]:
    """The accounts whose region lies within ``region`` (a prefix), by role and account. ``after``: the one behind which the page begins."""
    rows = await reader().fetch(
        f"select {_COLUMNS} from account where {_WANTED}"
        " and ($6::uuid is null or (role, username) > (select role, username from account where id = $6)) order by role, username limit $7",
        *_values(region, by),
        after,
        limit,
    )
    return [AccountView(**row) for row in rows]


async def count_accounts(region: str, by: AccountFilter) -> int:
    return int(await reader().fetchval(f"select count(*) from account where {_WANTED}", *_values(region, by)))

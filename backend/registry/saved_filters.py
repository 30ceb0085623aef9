"""Saved filters: a list's filter under a name, of one person or shared with a department. Each verb runs inside the caller's transaction.

Proven by tests/web/console/test_saved_filters.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.ids import new_id
from backend.storage.engine import connection, reader

MAX_PER_PERSON: Final = 50


@dataclass(frozen=True, slots=True)
class SavedFilterView:
    """``query``: the list's address behind the question mark. ``owner``: the name of who shared it, empty for one's own."""

    id: UUID
    name: str
    query: str
    is_shared: bool
    owner: str


async def list_saved(page: str, *, account: UUID, department: str | None) -> Sequence[SavedFilterView]:
    """One's own, then what colleagues of the department share, by name."""
    rows = await reader().fetch(
        "select s.id, s.name, s.query, s.shared_with is not null as is_shared, case when s.account = $1 then '' else a.name end as owner"
        " from saved_filter s join account a on a.id = s.account where s.page = $2 and (s.account = $1 or s.shared_with = $3)"
        " order by s.account <> $1, s.name, s.id limit 200",
        account,
        page,
        department,
    )
    return [SavedFilterView(**row) for row in rows]


async def save(page: str, name: str, query: str, *, account: UUID, share_with: str | None) -> None:
    """Keep a filter; one of the same name is replaced. Raises ``Invalid``."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 40:
        raise Invalid(field="name", why_zh="请填写名称，不超过 40 字", why_en="give a name of at most 40 characters")
    if len(query) > 1000:
        raise Invalid(field="name", why_zh="筛选条件过长", why_en="the filter is too long")
    n = await connection().fetchval("select count(*) from saved_filter where account = $1 and page = $2 and name <> $3", account, page, name)
    if n >= MAX_PER_PERSON:
        raise Invalid(field="name", why_zh=f"最多保存 {MAX_PER_PERSON} 个，请先删除不用的", why_en=f"at most {MAX_PER_PERSON} are kept: delete one first")
    await connection().execute(
        "insert into saved_filter (id, account, page, name, query, shared_with, created_at) values ($1, $2, $3, $4, $5, $6, $7)"
        " on conflict (account, page, name) do update set query = excluded.query, shared_with = excluded.shared_with",
        new_id(),
        account,
        page,
        name,
        query,
        share_with,
        clock.now(),
    )


async def delete(saved: UUID, *, account: UUID) -> None:
    """Only one's own. Raises ``NotFound``."""
    done = await connection().execute("delete from saved_filter where id = $1 and account = $2", saved, account)
    if done.endswith("0"):
        raise NotFound()

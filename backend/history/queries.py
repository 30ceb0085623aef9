"""Reads on the history of registers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.history.rules import Kind
from backend.kernel.errors import NotFound
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class Change:
    """One change: ``old`` and ``new`` hold the columns that differ; ``by`` is an account, None for the system."""

    id: int
    kind: str
    key: str
    what: str
    version: int
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str
    by: UUID | None
    at: datetime
    entry_id: UUID


async def list_changes(kind: str, key: str, limit: int = 100) -> list[Change]:
    """The newest first. Not scoped: the caller has found the row itself within a scope."""
    rows = await reader().fetch("select * from register_change where kind = $1 and key = $2 order by id desc limit $3", kind, key, limit)
    return [Change(**{**dict(row), "old": json.loads(row["old"]), "new": json.loads(row["new"])}) for row in rows]


async def list_rows(kind: Kind) -> list[dict[str, Any]]:
    """Every row of a table that is edited, by key: its key, its columns, its version. Code tables are open to the whole office."""
    rows = await reader().fetch(f"select {', '.join((kind.key, *kind.columns))}, version from {kind.table} order by {kind.key}")
    return [dict(row) for row in rows]


async def find_row(kind: Kind, key: Any) -> dict[str, Any]:
    """Raises ``NotFound``."""
    row = await reader().fetchrow(f"select {', '.join((kind.key, *kind.columns))}, version from {kind.table} where {kind.key} = $1", key)
    if row is None:
        raise NotFound()
    return dict(row)


async def was_there(kind: str, key: str) -> bool:
    """Whether a row of that key was ever edited, also where it has been taken out."""
    return bool(await reader().fetchval("select exists (select 1 from register_change where kind = $1 and key = $2)", kind, key))

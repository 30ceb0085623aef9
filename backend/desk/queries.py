"""Reads on comments, extensions and runs. For a caller that has found the inspection within a scope."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.kernel.errors import NotFound
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class CommentView:
    id: UUID
    author: UUID
    text: str
    mentions: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ExtensionView:
    due_before: date
    due_after: date
    reason: str
    extended_by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class RunView:
    """``results``: one a row, {"inspection", "name", "ok", "zh", "en"}."""

    id: UUID
    action: str
    params: dict[str, Any]
    results: list[dict[str, Any]]
    account: UUID
    at: datetime


async def list_comments(inspection: UUID) -> list[CommentView]:
    """The first one first."""
    rows = await reader().fetch("select id, author, text, mentions, at from desk_comment where inspection = $1 order by at, id", inspection)
    return [CommentView(**{**dict(row), "mentions": tuple(row["mentions"])}) for row in rows]


async def list_extensions(inspection: UUID) -> list[ExtensionView]:
    rows = await reader().fetch("select due_before, due_after, reason, extended_by, at from desk_extension where inspection = $1 order by at", inspection)
    return [ExtensionView(**row) for row in rows]


async def find_run(run: UUID, account: UUID) -> RunView:
    """A person's own run. Raises ``NotFound``."""
    row = await reader().fetchrow("select id, action, params, results, account, at from desk_run where id = $1 and account = $2", run, account)
    if row is None:
        raise NotFound()
    return RunView(**{**dict(row), "params": json.loads(row["params"]), "results": json.loads(row["results"])})

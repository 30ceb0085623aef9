"""Reads on notices."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.notices.rules import is_within
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class NoticeView:
    """``visits_before``: this department's finished visits to the enterprise in that year, before this one."""

    number: str
    inspection: UUID
    department: str
    visits_before: int
    issued_at: datetime


async def list_notices(inspections: Sequence[UUID]) -> dict[UUID, NoticeView]:
    """By inspection."""
    rows = await reader().fetch(
        "select number, inspection, department, visits_before, issued_at from notice where inspection = any($1)", list(inspections)
    )
    return {row["inspection"]: NoticeView(**row) for row in rows}


@dataclass(frozen=True, slots=True)
class PaperView:
    """One issued paper. ``content`` as it was issued."""

    id: UUID
    kind: str
    number: str
    department: str
    subject: UUID
    content: dict[str, Any]
    content_sha256: str
    issued_by: UUID
    issued_at: datetime
    entry_id: UUID


_PAPER = "select id, kind, number, department, subject, content, content_sha256, issued_by, issued_at, entry_id from paper"


def _paper(row: Any) -> PaperView:
    return PaperView(**{**dict(row), "content": json.loads(row["content"])})


async def find_paper(paper: UUID, scope: Scope) -> PaperView:
    """Raises ``NotFound`` outside the scope: another department's, or one that speaks only of places outside the region."""
    row = await reader().fetchrow(f"{_PAPER} where id = $1 and ($2::text is null or department = $2)", paper, scope.department)
    found = _paper(row) if row else None
    if found is None or not is_within(found.content, scope.region):
        raise NotFound()
    return found


async def find_paper_by_number(number: str) -> PaperView | None:
    """For whoever holds the paper: its number is printed on it."""
    row = await reader().fetchrow(f"{_PAPER} where number = $1", number)
    return _paper(row) if row else None


async def list_papers_of(*subjects: UUID) -> list[PaperView]:
    """The newest first, for a caller that has found the subjects within a scope."""
    return [_paper(row) for row in await reader().fetch(f"{_PAPER} where subject = any($1) order by issued_at desc", subjects)]

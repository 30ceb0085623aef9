"""Reads on notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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

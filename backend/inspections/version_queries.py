"""Reads on the versions of a visit's record: what was handed in before, and why it came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class VersionView:
    """One record of a visit with the verdict on it, empty while nobody has judged it."""

    id: UUID
    state: str
    received_at: datetime
    verdict: str
    comment: str
    reviewer: UUID | None
    decided_at: datetime | None


async def list_versions(inspection: UUID) -> list[VersionView]:
    """The first one first. For a caller that has found the inspection within a scope."""
    rows = await reader().fetch(
        "select s.id, s.state, s.received_at, coalesce(r.verdict, '') as verdict, coalesce(r.comment, '') as comment, r.reviewer, r.decided_at"
        " from submission s left join review r on r.submission = s.id where s.inspection = $1 order by s.received_at, s.id",
        inspection,
    )
    return [VersionView(**row) for row in rows]

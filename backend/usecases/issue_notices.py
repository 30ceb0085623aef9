"""Each visit that is dispatched gets its notice in the same transaction, so that the paper is on the phone before anybody leaves."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backend.inspections import queries as inspections
from backend.inspections.service import Visit
from backend.notices import service as notices


async def issue_notices(opened: Sequence[UUID], visits: Sequence[Visit], *, department: str, by: UUID) -> None:
    """Inside the caller's transaction. ``opened`` are the inspections of ``visits``, in their order."""
    before = await inspections.count_visits_this_year(department)
    await notices.issue(
        [notices.Visit(inspection, v.enterprise_code, before.get(v.enterprise, 0)) for inspection, v in zip(opened, visits, strict=True)],
        department=department,
        by=by,
    )

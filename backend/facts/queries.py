"""Reads on facts, within the person's region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.kernel.scope import Scope
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class PenaltyView:
    """One penalty. ``source`` is the file that told it last, ``as_of`` the day for which that source vouches."""

    id: UUID
    document_no: str
    party: str
    title: str
    category: str
    facts: str
    basis: str
    result: str
    decided_on: date | None
    authority: str
    state: str
    remark: str
    source: str
    department: str | None
    batch: UUID | None
    as_of: date
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PermitView:
    """One permit. ``valid_to`` None: no end was given, or 长期."""

    id: UUID
    document_no: str
    party: str
    title: str
    category: str
    content: str
    decided_on: date | None
    valid_to: date | None
    authority: str
    state: str
    remark: str
    source: str
    department: str | None
    batch: UUID | None
    as_of: date
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of one enterprise, the newest decision first."""

    penalties: Sequence[PenaltyView]
    permits: Sequence[PermitView]


async def list_public_facts(enterprise: UUID, *, penalties_since: date, limit: int = 20) -> Facts:
    """What everybody may see: permits, and penalties decided since a day that were not taken back. Not scoped; persons are masked by the caller.

    A penalty without a day is placed by the day for which its source vouches. One that was taken back is not shown (行政处罚法 48).
    """
    penalties = await reader().fetch(
        f"select {', '.join(PenaltyView.__dataclass_fields__)} from penalty where enterprise = $1 and coalesce(decided_on, as_of) >= $2"
        " and state not like '%撤销%' order by decided_on desc nulls last, document_no limit $3",
        enterprise,
        penalties_since,
        limit,
    )
    permits = await reader().fetch(
        f"select {', '.join(PermitView.__dataclass_fields__)} from permit where enterprise = $1 and state not like '%撤销%'"
        " order by decided_on desc nulls last, document_no limit $2",
        enterprise,
        limit,
    )
    return Facts([PenaltyView(**row) for row in penalties], [PermitView(**row) for row in permits])


async def list_facts(enterprise_id: UUID, scope: Scope, *, limit: int = 200) -> Facts:
    """Facts of an enterprise; none where it lies outside the scope's region."""

    def select(table: str, view: type[PenaltyView | PermitView]) -> str:
        columns = ", ".join(f"f.{name}" for name in view.__dataclass_fields__)
        return (
            f"select {columns} from {table} f join enterprise e on e.id = f.enterprise where f.enterprise = $1 and starts_with(e.region, $2)"
            " order by f.decided_on desc nulls last, f.document_no limit $3"
        )

    penalties = await reader().fetch(select("penalty", PenaltyView), enterprise_id, scope.region, limit)
    permits = await reader().fetch(select("permit", PermitView), enterprise_id, scope.region, limit)
    return Facts([PenaltyView(**row) for row in penalties], [PermitView(**row) for row in permits])

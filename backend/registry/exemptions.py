"""免检: enterprises that a department may not draw, each with its legal basis on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import Conflict, Invalid, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection, reader


@dataclass(frozen=True, slots=True)
class ExemptionView:
    id: UUID
    enterprise: UUID
    department: str
    legal_basis: str
    valid_from: date
    valid_to: date | None
    decided_at: datetime


async def grant(enterprise: UUID, *, department: str, legal_basis: str, valid_from: date, valid_to: date | None, by: UUID) -> UUID:
    """Keep an enterprise out of a department's draws. Raises ``Invalid`` without a legal basis, ``Conflict`` where one stands."""
    if len(legal_basis.strip()) < 4:
        raise Invalid(field="legal_basis", why_zh="请写明法律依据（文件和条款）", why_en="give the legal basis: act and article")
    if valid_to is not None and valid_to < valid_from:
        raise Invalid(field="valid_to", why_zh="截止日期早于开始日期", why_en="it ends before it begins")
    await connection().execute("select pg_advisory_xact_lock(hashtext($1))", f"exemption:{department}:{enterprise}")
    if enterprise in await list_exempt(department, [enterprise], valid_from):
        raise Conflict()
    exemption = new_id()
    await connection().execute(
        "insert into exemption (id, enterprise, department, legal_basis, valid_from, valid_to, decided_by, decided_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        exemption,
        enterprise,
        department,
        legal_basis.strip(),
        valid_from,
        valid_to,
        by,
        clock.now(),
    )
    await ledger.record(
        "exemption.granted",
        actor=by,
        subject=str(exemption),
        payload={"enterprise": str(enterprise), "department": department, "legal_basis": legal_basis.strip()},
    )
    return exemption


async def find_exempted(exemption: UUID) -> UUID:
    """The enterprise. Raises ``NotFound``."""
    found = await reader().fetchval("select enterprise from exemption where id = $1", exemption)
    if found is None:
        raise NotFound()
    return UUID(str(found))


async def end(exemption: UUID, *, department: str, by: UUID) -> None:
    """Raises ``NotFound`` where there is none of this department, or it has ended."""
    done = await connection().execute(
        "update exemption set ended_at = $3 where id = $1 and department = $2 and ended_at is null", exemption, department, clock.now()
    )
    if done == "UPDATE 0":
        raise NotFound()
    await ledger.record("exemption.ended", actor=by, subject=str(exemption), payload={"department": department})


async def list_exempt(department: str, enterprises: Sequence[UUID] | None, on: date) -> set[UUID]:
    """Which of the enterprises (None: of all) the department may not draw on a day."""
    rows = await reader().fetch(
        "select enterprise from exemption where department = $1 and ended_at is null and valid_from <= $2 and (valid_to is null or valid_to >= $2)"
        " and ($3::uuid[] is null or enterprise = any($3))",
        department,
        on,
        list(enterprises) if enterprises is not None else None,
    )
    return {row["enterprise"] for row in rows}


async def list_of(enterprise: UUID) -> list[ExemptionView]:
    """The standing exemptions of one enterprise."""
    rows = await reader().fetch(
        "select id, enterprise, department, legal_basis, valid_from, valid_to, decided_at from exemption"
        " where enterprise = $1 and ended_at is null order by decided_at",
        enterprise,
    )
    return [ExemptionView(**row) for row in rows]

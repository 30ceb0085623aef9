"""Verbs on notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.kernel import clock
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.notices.rules import make_number
from backend.storage.engine import connection

NUMBERING = 7262322  # advisory lock: numbers without gaps or doubles


@dataclass(frozen=True, slots=True)
class Visit:
    """What a notice is issued for."""

    inspection: UUID
    enterprise_code: str
    visits_before: int


async def issue(visits: Sequence[Visit], *, department: str, by: UUID) -> list[str]:
    """Number the notices of newly dispatched inspections, in the order of ``visits``. Returns the numbers.

    The lock lasts until the transaction ends, so that a number that was taken back with it is given again.
    """
    if not visits:
        return []
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)
    now = clock.now()
    year = now.astimezone(clock.BEIJING).year
    last = await connection().fetchval("select coalesce(max(serial), 0) from notice where department = $1 and year = $2", department, year)
    rows = []
    for serial, visit in enumerate(visits, last + 1):
        number = make_number(department, year, serial)
        entry = await ledger.record(
            "notice.issued",
            actor=by,
            subject=str(visit.inspection),
            payload={"number": number, "enterprise": visit.enterprise_code, "visits_before": visit.visits_before},
        )
        rows.append((new_id(), number, department, year, serial, visit.inspection, visit.visits_before, now, entry))
    await connection().executemany(
        "insert into notice (id, number, department, year, serial, inspection, visits_before, issued_at, entry_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        rows,
    )
    return [row[1] for row in rows]

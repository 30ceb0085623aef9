"""Verbs on copies and hand-overs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from backend.handovers import rules
from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.ledger import service as ledger
from backend.storage.engine import connection
from backend.storage.numbering import next_serial

NUMBERING = 7262325  # advisory lock: numbers without gaps or doubles


@dataclass(frozen=True, slots=True)
class Origin:
    """The visit that a matter comes from."""

    inspection: UUID
    department: str
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    county: str


async def send(
    handover: UUID, origin: Origin, *, kind: str, to_department: str, to_unit: str, known: frozenset[str], matter: str, by: UUID
) -> tuple[str, bool]:
    """抄告 or 移送. Idempotent by ``handover``. Returns (number, whether this call sent it). ``known``: the departments there are.

    Raises ``Invalid`` naming the field.
    """
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)
    sent = await connection().fetchrow("select number, inspection from handover where id = $1", handover)
    if sent is not None:
        if sent["inspection"] != origin.inspection:
            raise NotFound()
        return str(sent["number"]), False
    rules.check(kind, department=origin.department, to_department=to_department, to_unit=to_unit, known=known, matter=matter)
    year = clock.today().year
    serial = await next_serial("handover", department=origin.department, year=year)
    number = rules.make_number(kind, origin.department, year, serial)
    entry = await ledger.record(
        "handover.sent",
        actor=by,
        subject=str(origin.inspection),
        payload={
            "number": number,
            "kind": kind,
            "enterprise": origin.enterprise_code,
            "to": to_department if kind == rules.COPY else to_unit.strip(),
            "matter": matter.strip(),
        },
    )
    await connection().execute(
        "insert into handover (id, number, department, year, serial, kind, inspection, enterprise, enterprise_code, enterprise_name, county, to_department,"
        " to_unit, matter, sent_by, sent_at, answer, entry_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', $17)",
        handover,
        number,
        origin.department,
        year,
        serial,
        kind,
        origin.inspection,
        origin.enterprise,
        origin.enterprise_code,
        origin.enterprise_name,
        origin.county,
        to_department if kind == rules.COPY else None,
        to_unit.strip() if kind == rules.CASE else "",
        matter.strip(),
        by,
        clock.now(),
        entry,
    )
    return number, True


async def acknowledge(handover: UUID, *, answer: str, by: UUID) -> None:
    """签收: the department that was told has it. Raises ``Acknowledged``."""
    done = await connection().execute(
        "update handover set acknowledged_by = $2, acknowledged_at = $3, answer = $4 where id = $1 and kind = 'copy' and acknowledged_at is null",
        handover,
        by,
        clock.now(),
        answer.strip(),
    )
    if done.endswith("0"):
        raise rules.Acknowledged()
    await ledger.record("handover.acknowledged", actor=by, subject=str(handover), payload={"answer": answer.strip()})

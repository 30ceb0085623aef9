"""Verbs on objections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.ledger import service as ledger
from backend.objections import rules
from backend.storage.engine import connection
from backend.storage.numbering import next_serial

NUMBERING = 7262324  # advisory lock: numbers without gaps or doubles


@dataclass(frozen=True, slots=True)
class Subject:
    """What is objected to: one version of the result of a visit."""

    inspection: UUID
    department: str
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    county: str
    result: str
    version: int
    published_on: date


@dataclass(frozen=True, slots=True)
class Filing:
    """What is said against it, by whom. ``origin``: "office", entered for the enterprise, or "enterprise", filed by its own person.

    ``files``: hashes of files that are kept already.
    """

    objector: str
    contact: str
    grounds: str
    filed_on: date
    origin: str = "office"
    files: Sequence[str] = ()


async def file(objection: UUID, subject: Subject, filing: Filing, *, by: UUID) -> str:
    """提出异议. Idempotent by ``objection``. Returns the number.

    Raises ``Invalid`` naming the field, ``ObjectionOpen`` while an earlier one is undecided.
    """
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)
    known = await connection().fetchrow("select number, inspection from objection where id = $1", objection)
    if known is not None:
        if known["inspection"] != subject.inspection:
            raise NotFound()
        return str(known["number"])
    today = clock.today()
    rules.check_filing(
        objector=filing.objector, grounds=filing.grounds, filed_on=filing.filed_on, published_on=subject.published_on, today=today
    )
    if open_one := await connection().fetchval("select number from objection where inspection = $1 and state = 'open'", subject.inspection):
        raise rules.ObjectionOpen(number=open_one)
    serial = await next_serial("objection", department=subject.department, year=today.year)
    number = rules.make_number(subject.department, today.year, serial)
    entry = await ledger.record(
        "objection.filed",
        actor=by,
        subject=str(subject.inspection),
        payload={
            "number": number,
            "result": subject.result,
            "version": subject.version,
            "filed_on": filing.filed_on.isoformat(),
            "grounds": filing.grounds.strip(),
            "files": list(filing.files),
        },
    )
    await connection().execute(
        "insert into objection (id, number, department, year, serial, inspection, result, result_version, enterprise, enterprise_code, enterprise_name,"
        " county, objector, contact, grounds, filed_on, state, entered_by, entered_at, decision, decision_reason, entry_id, origin,"
        " files) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'open', $17, $18, '', '', $19, $20, $21)",
        objection,
        number,
        subject.department,
        today.year,
        serial,
        subject.inspection,
        subject.result,
        subject.version,
        subject.enterprise,
        subject.enterprise_code,
        subject.enterprise_name,
        subject.county,
        filing.objector.strip(),
        filing.contact.strip(),
        filing.grounds.strip(),
        filing.filed_on,
        by,
        clock.now(),
        entry,
        filing.origin,
        list(filing.files),
    )
    return number


async def erase(objection: UUID, why: str) -> list[UUID]:
    """Take out who objected and what they wrote; number, dates, decision and the hashes of the files stay.

    Returns the ledger entries that hold it. Raises ``Undecided``.
    """
    row = await connection().fetchrow("select state, entry_id, erased_at from objection where id = $1 for update", objection)
    if row is None:
        raise NotFound()
    if row["state"] != "decided":
        raise rules.Undecided()
    if row["erased_at"] is not None:
        return []
    await connection().execute(
        "update objection set objector = $2, contact = '', grounds = $3, erased_at = $4, erased_why = $5 where id = $1",
        objection,
        rules.ERASED,
        rules.ERASED,
        clock.now(),
        why,
    )
    return [UUID(str(row["entry_id"]))]


async def decide(objection: UUID, *, decision: str, reason: str, by: UUID) -> None:
    """Raises ``Invalid``, ``Decided``. What it means for the result is the caller's, in the same transaction."""
    rules.check_decision(decision, reason)
    done = await connection().fetchval(
        "update objection set state = 'decided', decision = $2, decision_reason = $3, decided_by = $4, decided_at = $5"
        " where id = $1 and state = 'open' returning number",
        objection,
        decision,
        reason.strip(),
        by,
        clock.now(),
    )
    if done is None:
        raise rules.Decided()
    await ledger.record("objection.decided", actor=by, subject=str(objection), payload={"number": done, "decision": decision, "reason": reason.strip()})

"""Verbs on notices."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.kernel import clock, jcs
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.notices.rules import make_number, make_paper_number
from backend.storage.engine import connection
from backend.storage.numbering import next_serial

PAPER_NUMBERING = 7262323  # of papers, likewise
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
    first = await next_serial("notice", department=department, year=year)
    rows = []
    for serial, visit in enumerate(visits, first):
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


async def issue_paper(kind: str, *, subject: UUID, department: str, content: Mapping[str, Any], by: UUID, number: str = "") -> UUID:
    """Number a paper and keep its contents. The same contents for the same subject are the same paper. Returns it.

    ``number``: one that it has already. The lock lasts until the transaction ends, so that a number that was taken back is given again.
    """
    body = jcs.encode(dict(content))
    digest = hashlib.sha256(body).hexdigest()
    await connection().execute("select pg_advisory_xact_lock($1)", PAPER_NUMBERING)
    same = await connection().fetchval("select id from paper where kind = $1 and subject = $2 and content_sha256 = $3", kind, subject, digest)
    if same is not None:
        return UUID(str(same))
    now = clock.now()
    year = now.astimezone(clock.BEIJING).year
    serial = await next_serial("paper", kind=kind, department=department, year=year)
    number = number or make_paper_number(kind, department, year, serial)
    entry = await ledger.record(
        "paper.issued", actor=by, subject=number, payload={"kind": kind, "number": number, "department": department, "sha256": digest}, public=True
    )
    paper = new_id()
    await connection().execute(
        "insert into paper (id, kind, number, department, year, serial, subject, content, content_sha256, issued_by, issued_at, entry_id)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        paper,
        kind,
        number,
        department,
        year,
        serial,
        subject,
        body.decode(),
        digest,
        by,
        now,
        entry,
    )
    return paper

"""Verbs of publication."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection
from backend.storage.numbering import next_in

NUMBERING = 7262321


async def next_number() -> str:
    """GS-<year>-<nnnnnn>, without gaps or doubles; whoever asks next waits until the transaction ends."""
    # The release before counts the results under this lock and knows no series: while it still serves, its numbers are stepped over.
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)
    series = f"GS-{clock.now().astimezone(clock.BEIJING).year}"
    while True:
        number = f"{series}-{await next_in(series):06d}"
        if not await connection().fetchval("select exists (select from publication where number = $1)", number):
            return number


async def publish(snapshot: dict[str, Any], *, inspection: UUID, enterprise: UUID, department: str, by: UUID) -> UUID:
    """Put a result before the public, with its public ledger entry. Returns the publication."""
    entry = await ledger.record("result.published", actor=by, subject=snapshot["number"], payload=snapshot, public=True)
    return await _keep(snapshot, entry, inspection=inspection, enterprise=enterprise, department=department)


async def lock_latest(number: str) -> dict[str, Any]:
    """The snapshot that stands, held until the transaction ends: two people who revise one result take turns here. Raises ``NotFound``."""
    await connection().execute("select pg_advisory_xact_lock(hashtext($1))", f"result:{number}")
    row = await connection().fetchval("select snapshot from publication where number = $1 order by version desc limit 1", number)
    if row is None:
        raise NotFound()
    return dict(json.loads(row))


async def correct(snapshot: dict[str, Any], *, inspection: UUID, enterprise: UUID, department: str, by: UUID) -> UUID:
    """Put the corrected version before the public (更正). The caller holds ``lock_latest``; ``snapshot`` is made by ``rules.revise``."""
    entry = await ledger.record("result.corrected", actor=by, subject=snapshot["number"], payload=snapshot, public=True)
    return await _keep(snapshot, entry, inspection=inspection, enterprise=enterprise, department=department)


async def withdraw(snapshot: dict[str, Any], *, inspection: UUID, enterprise: UUID, department: str, by: UUID) -> UUID:
    """Withdraw a result from the public (撤回, 行政处罚法 48). What was published stays readable as what it was."""
    entry = await ledger.record("result.withdrawn", actor=by, subject=snapshot["number"], payload=snapshot, public=True)
    return await _keep(snapshot, entry, inspection=inspection, enterprise=enterprise, department=department)


async def _keep(snapshot: dict[str, Any], entry: UUID, *, inspection: UUID, enterprise: UUID, department: str) -> UUID:
    publication = new_id()
    await connection().execute(
        "insert into publication (id, number, inspection, version, enterprise, enterprise_code, enterprise_name, department, county, draw_id,"
        " completed_on, published_at, snapshot, entry_id, status, reason, decided_on)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        publication,
        snapshot["number"],
        inspection,
        snapshot["version"],
        enterprise,
        snapshot["enterprise"]["code"],
        snapshot["enterprise"]["name"],
        department,
        snapshot["enterprise"]["county"],
        snapshot["draw"]["draw_id"] if snapshot["draw"] else "",
        date.fromisoformat(snapshot["completed_on"]),
        clock.now(),
        json.dumps(snapshot, ensure_ascii=False),
        entry,
        snapshot.get("status", "published"),
        snapshot.get("reason", ""),
        date.fromisoformat(snapshot["decided_on"]) if "decided_on" in snapshot else None,
    )
    return publication

"""Verbs of publication."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection

NUMBERING = 7262321


async def next_number() -> str:
    """GS-<year>-<nnnnnn>, without gaps or doubles; the lock lasts until the transaction ends."""
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)
    year = clock.now().astimezone(clock.BEIJING).year
    count = await connection().fetchval("select count(*) from publication where number like $1", f"GS-{year}-%")
    return f"GS-{year}-{count + 1:06d}"


async def publish(snapshot: dict[str, Any], *, inspection: UUID, enterprise: UUID, department: str, by: UUID) -> UUID:
    """Put a result before the public, with its public ledger entry. Returns the publication."""
    entry = await ledger.record("result.published", actor=by, subject=snapshot["number"], payload=snapshot, public=True)
    publication = new_id()
    await connection().execute(
        "insert into publication (id, number, inspection, version, enterprise, enterprise_code, enterprise_name, department, county, draw_id,"
        " completed_on, published_at, snapshot, entry_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
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
    )
    return publication

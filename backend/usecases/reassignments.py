"""Who of a visit's officers was replaced by whom, when and why, as the log has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.people import queries as people
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class Reassignment:
    """``reason``: the manager's words for a visit that was not drawn, one of ``change_draw.GROUNDS`` for a drawn one."""

    at: datetime
    before: str
    after: str
    reason: str
    is_drawn: bool


async def list_reassignments(inspection: UUID) -> list[Reassignment]:
    """The first one first. For a caller that has found the inspection within a scope."""
    rows = await reader().fetch(
        "select e.at, p.payload from ledger_entry e join ledger_payload p using (entry_id) where e.type = 'inspection.reassigned' and e.subject = $1"
        " and p.payload is not null order by e.at",
        str(inspection),
    )
    payloads = [(row["at"], json.loads(row["payload"])) for row in rows]
    officers = await people.list_inspectors_by_id(list({UUID(p[side]) for _at, p in payloads for side in ("from", "to")}))
    names = {str(i): o.name for i, o in officers.items()}
    return [
        Reassignment(at, names.get(p["from"], "?"), names.get(p["to"], "?"), p.get("reason", ""), p["draw_id"] is not None) for at, p in payloads
    ]

"""Arrival: an officer scans in, and from then on the enterprise's own page shows the visit, its officers and its proof.

Before that the page says nothing of a visit: an enterprise that is warned is not inspected (docs/decisions/0012-visits-without-a-draw.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from backend.inspections import queries, service, submission_queries
from backend.inspections.record_rules import SCANS
from backend.inspections.rules import ON_SITE
from backend.kernel.errors import Forbidden, Invalid
from backend.ledger import queries as ledger
from backend.people.rules import Principal
from backend.storage.engine import transaction
from backend.usecases.papers import VisitFacts, load_facts


@dataclass(frozen=True, slots=True)
class Arrival:
    """One visit that is under way at an enterprise. ``is_here``: no record has been handed in yet. ``at``: when the arrival became known."""

    facts: VisitFacts
    is_here: bool
    at: datetime | None


async def arrive(inspection: UUID, *, how: str, t_dev_ms: int | None, by: Principal) -> tuple[str, int]:
    """Idempotent. Returns (state, version). A back-fill is no arrival: nobody has scanned."""
    if by.inspector_id is None:
        raise Forbidden()
    if how not in SCANS or how == "backfill":
        raise Invalid(field="how", why_zh="没有扫码", why_en="nothing was scanned")
    try:
        t_dev = datetime.fromtimestamp(t_dev_ms / 1000, UTC) if t_dev_ms is not None else None
    except (ValueError, OverflowError, OSError):
        t_dev = None
    async with transaction():
        return await service.arrive(inspection, inspector=by.inspector_id, account=by.account_id, how=how, t_dev=t_dev)


async def list_arrivals(enterprise: UUID) -> list[Arrival]:
    """For the page behind the enterprise's own code."""
    found = []
    async with transaction(isolation="repeatable_read"):
        for inspection in await queries.list_under_way(enterprise):
            visit = await submission_queries.find_for_team(inspection)
            entry = await ledger.find_entry_id("inspection.arrived", str(inspection))
            receipt = await ledger.find_receipt(entry) if entry else None
            found.append(Arrival(await load_facts(visit), visit.state == ON_SITE, receipt.at if receipt else visit.submission_received_at))
    return found

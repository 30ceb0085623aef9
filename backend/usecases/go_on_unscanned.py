"""An officer goes on without a scan; the scan, or its reason, is owed for ten days."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.inspections import scanning
from backend.kernel.errors import Forbidden
from backend.people.rules import Principal
from backend.storage.engine import transaction


async def go_on_unscanned(inspection: UUID, *, t_dev_ms: int, reason: str, by: Principal) -> date:
    """Returns the last day in time."""
    if by.inspector_id is None:
        raise Forbidden()
    async with transaction():
        return await scanning.go_on_unscanned(inspection, inspector=by.inspector_id, account=by.account_id, started_ms=t_dev_ms, reason=reason)

"""An officer signs for an inspection 签收."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from backend.inspections import service
from backend.kernel.errors import Forbidden
from backend.people.rules import Principal
from backend.storage.engine import transaction


async def receive_inspection(inspection: UUID, *, t_dev_ms: int | None, by: Principal) -> tuple[str, int]:
    """Idempotent. Returns (state, version). ``t_dev_ms``: the phone's clock, kept beside ours."""
    if by.inspector_id is None:
        raise Forbidden()
    try:
        t_dev = datetime.fromtimestamp(t_dev_ms / 1000, UTC) if t_dev_ms is not None else None
    except (ValueError, OverflowError, OSError):
        t_dev = None  # a phone whose clock tells no date still receives
    async with transaction():
        return await service.receive(inspection, inspector=by.inspector_id, account=by.account_id, t_dev=t_dev)

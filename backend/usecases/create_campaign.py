"""A manager plans a campaign."""

from __future__ import annotations

from uuid import UUID

from backend.inspections import service
from backend.inspections.rules import Plan
from backend.people.rules import MANAGER, Principal
from backend.people.service import require
from backend.storage.engine import transaction


async def create_campaign(plan: Plan, *, by: Principal) -> UUID:
    """Raises ``Forbidden`` for anyone but a manager, ``Invalid`` naming the field."""
    require(by, MANAGER)
    async with transaction():
        return await service.create_campaign(plan, by=by.account_id, scope=by.scope)

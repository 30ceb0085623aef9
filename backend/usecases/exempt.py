"""A manager keeps an enterprise out of the department's draws, on a legal basis, or lets it in again."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.kernel import clock
from backend.people.rules import MANAGER, Principal
from backend.people.service import require
from backend.registry import exemptions, queries
from backend.storage.engine import transaction


async def grant_exemption(enterprise: UUID, *, legal_basis: str, valid_to: date | None, by: Principal) -> UUID:
    """Raises ``Forbidden``, ``NotFound`` outside the person's region, ``Invalid``, ``Conflict``."""
    require(by, MANAGER)
    async with transaction():
        await queries.find_enterprise(enterprise, by.scope)
        today = clock.today()
        return await exemptions.grant(
            enterprise, department=by.department or "", legal_basis=legal_basis, valid_from=today, valid_to=valid_to, by=by.account_id
        )


async def end_exemption(exemption: UUID, *, by: Principal) -> None:
    """Raises ``Forbidden``, ``NotFound`` outside the person's region and department."""
    require(by, MANAGER)
    async with transaction():
        await queries.find_enterprise(await exemptions.find_exempted(exemption), by.scope)
        await exemptions.end(exemption, department=by.department or "", by=by.account_id)

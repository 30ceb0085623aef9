"""审看企业回应: the department whose result it stands beside reads it first."""

from __future__ import annotations

from uuid import UUID

from backend.kernel.errors import Forbidden
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.people.service import require
from backend.responses import queries, service
from backend.storage.engine import transaction
from backend.usecases.tell_enterprise import tell_enterprise


async def decide_response(response: UUID, *, shown: bool, ground: str, reason: str, by: Principal) -> None:
    """Raises ``Invalid`` without a ground and a reason to withhold it, ``Decided``, ``NotFound``, ``Forbidden`` for another department's."""
    require(by, MANAGER, REVIEWER)
    async with transaction():
        found = await queries.find_response(response, by.scope)
        if found.department != by.department:
            raise Forbidden()
        await service.decide(response, shown=shown, ground=ground, reason=reason, by=by.account_id)
        zh, en = ("已公开", "is public") if shown else ("不予公开", "was kept from the public")
        await tell_enterprise(
            found.enterprise, "my.response", zh=f"{found.result} 的回应{zh}", en=f"Your reply beside {found.result} {en}", href=f"/my/results/{found.result}"
        )

"""A comment on a visit, read only inside the office; a colleague of the department who is called by name finds a notice on the desk."""

from __future__ import annotations

from uuid import UUID

from backend.desk import rules, service
from backend.inspections.queries import find_place
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.queries import AccountView
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.people.service import require
from backend.storage.engine import transaction


async def list_colleagues(department: str, region: str) -> list[AccountView]:
    """Whoever of the department's office can open its visits in that county."""
    found = [a for role in (MANAGER, REVIEWER) for a in await people.list_accounts_of_role(role)]
    return [a for a in found if a.active and a.department == department and region.startswith(a.region)]


async def add_comment(inspection: UUID, comment: UUID, text: str, *, by: Principal) -> None:
    """Idempotent by ``comment``. Raises ``Invalid``, ``NotFound`` outside the scope."""
    require(by, MANAGER, REVIEWER)
    async with transaction():
        place = await find_place(inspection, by.scope)
        colleagues = await list_colleagues(place.department, place.county)
        called = {a.username: a.id for a in colleagues} | {a.name: a.id for a in colleagues}
        mentions = [m for m in rules.find_mentions(text, called) if m != by.account_id]
        if await service.comment(comment, inspection, text=text, mentions=mentions, author=by.account_id, department=by.department):
            line = f"{by.name}：{text.strip()[:80]}"
            for account in mentions:
                await notify.tell(account, "comment.mentioned", inspection=inspection, params={"zh": line, "en": line, "enterprise": place.enterprise_name})

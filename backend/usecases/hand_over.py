"""抄告 and 移送: a matter that a visit found is told to another department, which acknowledges it, or handed to the case unit.

The letter that says so is issued in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from backend.handovers import queries, rules, service
from backend.inspections.queries import find_place
from backend.inspections.rules import WrongState
from backend.kernel.errors import Forbidden
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.people.service import require
from backend.storage.engine import transaction
from backend.usecases.issue_paper import letter_within
from backend.usecases.rectify import RECORDED


@dataclass(frozen=True, slots=True)
class Matter:
    """What is told. ``to_department`` for a copy, ``to_unit`` for a hand-over."""

    kind: str
    to_department: str
    to_unit: str
    text: str


async def send(inspection: UUID, handover: UUID, matter: Matter, *, by: Principal) -> str:
    """Idempotent by ``handover``. Returns its number. Raises ``Invalid`` naming the field, ``WrongState`` before a record is in."""
    require(by, MANAGER, REVIEWER)
    async with transaction():
        place = await find_place(inspection, by.scope)
        if place.department != by.department:
            raise Forbidden()
        if place.state not in RECORDED:
            raise WrongState(state=place.state)
        departments = {d.code: d for d in await people.list_departments()}
        origin = service.Origin(place.id, place.department, place.enterprise, place.enterprise_code, place.enterprise_name, place.county)
        number, is_new = await service.send(
            handover,
            origin,
            kind=matter.kind,
            to_department=matter.to_department,
            to_unit=matter.to_unit,
            known=frozenset(departments),
            matter=matter.text,
            by=by.account_id,
        )
        if is_new:
            await letter_within(await queries.find_handover(handover, by.scope), by=by.account_id)
        if is_new and matter.kind == rules.COPY:
            mine = departments[place.department]
            texts = {"zh": f"{mine.name_zh}：{place.enterprise_name}", "en": f"{mine.name_en}: {place.enterprise_name}"}
            for account in await people.list_accounts_of_role(MANAGER):
                if account.active and account.department == matter.to_department and place.county.startswith(account.region):
                    await notify.tell(account.id, "handover.sent", inspection=None, params=texts)
        return number


async def acknowledge(handover: UUID, *, answer: str, by: Principal) -> None:
    """Only the department that was told. Raises ``Acknowledged``, ``Forbidden``, ``NotFound``."""
    require(by, MANAGER, REVIEWER)
    async with transaction():
        view = await queries.find_handover(handover, by.scope)
        if view.to_department != by.department:
            raise Forbidden()
        await service.acknowledge(handover, answer=answer, by=by.account_id)

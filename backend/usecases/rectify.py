"""责令改正 and 复查: an order after a visit, the follow-up visit that is not drawn and counted by no cap, and what closes the order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from backend.inspections import queries
from backend.inspections.rules import PUBLISHED, RECHECK, SUBMITTED, UNDER_REVIEW, AdhocPlan, WrongState
from backend.kernel import clock
from backend.kernel.errors import Forbidden
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.people.service import require
from backend.rectification import queries as orders
from backend.rectification import rules, service
from backend.rectification.queries import OrderView
from backend.storage.engine import transaction
from backend.usecases.adhoc import open_within
from backend.usecases.tell_enterprise import tell_enterprise

# An order rests on a record, so there must be one.
RECORDED = (SUBMITTED, UNDER_REVIEW, PUBLISHED)


async def order_correction(inspection: UUID, order: UUID, *, demand: str, legal_basis: str, due_on: date, by: Principal) -> str:
    """Order the enterprise to correct what a visit found. Idempotent by ``order``. Returns the order's number.

    Raises ``Invalid`` naming the field, ``WrongState`` before a record is in, ``Forbidden`` for another department's visit.
    """
    require(by, MANAGER, REVIEWER)
    async with transaction():
        place = await queries.find_place(inspection, by.scope)
        if place.department != by.department:
            raise Forbidden()
        if place.state not in RECORDED:
            raise WrongState(state=place.state)
        party = service.Party(place.id, place.department, place.enterprise, place.enterprise_code, place.enterprise_name, place.county)
        is_new = not any(o.id == order for o in await orders.list_of_inspection(inspection))
        number = await service.order(order, party, demand=demand, legal_basis=legal_basis, due_on=due_on, by=by.account_id)
        if is_new:
            await tell_enterprise(
                place.enterprise, "my.order", zh=f"{number}，{due_on} 前改正", en=f"{number}, due {due_on}", href=f"/my/orders/{order}"
            )
        return number


async def open_followup(order: UUID, *, officers: Sequence[UUID], due_on: date, by: Principal) -> UUID:
    """Send officers to see whether an order was obeyed: the items of the first visit that are the department's own. Returns the inspection.

    Raises ``OrderClosed``, ``FollowUpOpen``, ``Invalid`` naming the field.
    """
    require(by, MANAGER)
    async with transaction():
        standing = await _find_own(order, by)
        rules.require_standing(await service.lock(order))
        if any(not f.result for f in (await orders.find_order(order, by.scope)).followups):
            raise rules.FollowUpOpen()
        place = await queries.find_place(standing.inspection, by.scope)
        items = tuple(i.code for i in await queries.list_campaign_items(place.campaign) if i.department == by.department)
        plan = AdhocPlan(RECHECK, standing.number, standing.enterprise_code, items, tuple(officers), due_on)
        _campaign, inspection = await open_within(plan, by=by)
        await service.follow_up(order, inspection, by=by.account_id)
        return inspection


async def judge_within(inspection: UUID, outcomes: Sequence[str], *, by: Principal) -> None:
    """Inside the transaction that approves a record: where it is a follow-up's, its outcomes judge the order."""
    settling = await orders.list_settling(clock.today())
    await service.judge(inspection, result=rules.judge_followup(outcomes, settling), by=by.account_id)


async def close_order(order: UUID, *, state: str, closing: str, by: Principal) -> None:
    """Close an order without a visit, with the reason. Raises ``Invalid``, ``OrderClosed``, ``FollowUpOpen``."""
    require(by, MANAGER)
    async with transaction():
        await _find_own(order, by)
        await service.lock(order)
        await service.close(order, state=state, closing=closing, by=by.account_id)


async def _find_own(order: UUID, by: Principal) -> OrderView:
    found = await orders.find_order(order, by.scope)
    if found.department != by.department:
        raise Forbidden()
    return found

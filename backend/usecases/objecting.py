"""异议: filed by the enterprise or entered by the office for it, decided by somebody who had no part in the visit; the result follows at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backend.inspections import version_queries
from backend.inspections.queries import InspectionPlace, find_place
from backend.kernel import clock
from backend.kernel.errors import Forbidden, NotFound
from backend.objections import queries, rules, service
from backend.objections.service import Filing
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.people.service import require
from backend.publicity import queries as results
from backend.publicity.rules import CORRECTED, WITHDRAWN, Withdrawn
from backend.storage.engine import transaction
from backend.usecases.issue_paper import reply_within
from backend.usecases.revise_result import find_own, revise_within
from backend.usecases.tell_enterprise import tell_enterprise


async def file_objection(inspection: UUID, objection: UUID, filing: Filing, *, by: Principal) -> str:
    """Idempotent by ``objection``. Returns its number. Raises ``Invalid``, ``ObjectionOpen``, ``Withdrawn``, ``NotFound`` before publication."""
    require(by, MANAGER, REVIEWER)
    async with transaction():
        place = await find_place(inspection, by.scope)
        if place.department != by.department:
            raise Forbidden()
        return await file_within(place, objection, filing, by=by.account_id)


async def file_within(place: InspectionPlace, objection: UUID, filing: Filing, *, by: UUID) -> str:
    """Inside the caller's transaction, by whoever may object to the result of this visit."""
    number = await results.find_number_of(place.id)
    if number is None:
        raise NotFound()
    standing = await results.find_publication(number)
    if standing.status == WITHDRAWN:
        raise Withdrawn()
    first = (await results.list_versions(number))[0]
    subject = service.Subject(
        place.id,
        place.department,
        place.enterprise,
        place.enterprise_code,
        place.enterprise_name,
        place.county,
        number,
        standing.version,
        clock.day_of(first.published_at),
    )
    return await service.file(objection, subject, filing, by=by)


async def list_reviewers_of(inspection: UUID) -> set[UUID]:
    """Whoever judged a record of the visit."""
    return {v.reviewer for v in await version_queries.list_versions(inspection) if v.reviewer is not None}


async def may_decide(place: InspectionPlace, by: Principal) -> bool:
    if by.role not in (MANAGER, REVIEWER) or place.department != by.department:
        return False
    try:
        rules.require_uninvolved(by.account_id, by.inspector_id, officers=place.officers, reviewers=await list_reviewers_of(place.id))
    except rules.Involved:
        return False
    return True


async def decide_objection(objection: UUID, *, decision: str, reason: str, outcomes: Sequence[str] = (), seen: int, by: Principal) -> None:
    """Keep, correct or withdraw the result and issue the reply, in one transaction with the decision. ``seen``: the version of the result that the person read.

    Raises ``Involved``, ``Decided``, ``Invalid`` naming the field, ``OtherVersion`` where the result has changed meanwhile.
    """
    require(by, MANAGER, REVIEWER)
    async with transaction():
        view = await queries.find_objection(objection, by.scope)
        place = await find_place(view.inspection, by.scope)
        rules.require_uninvolved(by.account_id, by.inspector_id, officers=place.officers, reviewers=await list_reviewers_of(place.id))
        await find_own(view.inspection, by)
        await service.decide(objection, decision=decision, reason=reason, by=by.account_id)
        if decision != rules.KEPT:
            status = {rules.CORRECTED: CORRECTED, rules.WITHDRAWN: WITHDRAWN}[decision]
            await revise_within(place, seen=seen, status=status, outcomes=outcomes, reason=reason, decided_on=clock.today(), by=by)
        await reply_within(await queries.find_objection(objection, by.scope), by=by.account_id)
        zh, en = rules.DECISIONS[decision]
        await tell_enterprise(
            place.enterprise, "my.objection", zh=f"{view.number}：{zh}", en=f"{view.number}: {en.lower()}", href=f"/my/objections/{objection}"
        )

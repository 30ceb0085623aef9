"""A published result that turns out wrong is corrected or withdrawn; what was published before stays, and says what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.deadlines import rules as deadlines
from backend.deadlines.queries import load_book
from backend.inspections.queries import InspectionPlace, find_place
from backend.items.queries import list_outcomes
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.people.service import require
from backend.publicity import queries as results
from backend.publicity import rules, service
from backend.publicity.queries import PublicationView
from backend.storage.engine import transaction
from backend.usecases.tell_enterprise import tell_enterprise


@dataclass(frozen=True, slots=True)
class ResultHistory:
    """All versions of a result. ``was_late``: versions of a withdrawal that came after the days that 行政处罚法 48 gives."""

    versions: Sequence[PublicationView]
    late: frozenset[int]

    @property
    def current(self) -> PublicationView:
        return self.versions[-1]


async def load_history(inspection: UUID) -> ResultHistory | None:
    """None while nothing is published. For a caller that has found the inspection within a scope."""
    number = await results.find_number_of(inspection)
    if number is None:
        return None
    book, versions = await load_book(), await results.list_versions(number)
    late = {
        v.version
        for v in versions
        if v.status == rules.WITHDRAWN and v.decided_on and clock.day_of(v.published_at) > book.due_of(deadlines.WITHDRAW, v.decided_on)
    }
    return ResultHistory(versions, frozenset(late))


async def correct_result(inspection: UUID, *, seen: int, outcomes: Sequence[str], reason: str, by: Principal) -> str:
    """Publish a corrected version. ``seen``: the version that the person read. Returns the result's number.

    Raises ``Forbidden`` for who took part in the visit, ``Invalid``, ``OtherVersion``, ``Withdrawn``.
    """
    require(by, MANAGER, REVIEWER)
    async with transaction():
        place = await find_own(inspection, by)
        return await revise_within(place, seen=seen, status=rules.CORRECTED, outcomes=outcomes, reason=reason, decided_on=clock.today(), by=by)


async def withdraw_result(inspection: UUID, *, seen: int, reason: str, decided_on: date, by: Principal) -> str:
    """Withdraw the result. ``decided_on``: when what it rests on was reversed; from then the days of 行政处罚法 48 run."""
    require(by, MANAGER, REVIEWER)
    async with transaction():
        place = await find_own(inspection, by)
        return await revise_within(place, seen=seen, status=rules.WITHDRAWN, outcomes=(), reason=reason, decided_on=decided_on, by=by)


async def find_own(inspection: UUID, by: Principal) -> InspectionPlace:
    """An inspection of the person's department, which they were not an officer of. Raises ``NotFound``, ``Forbidden``."""
    place = await find_place(inspection, by.scope)
    if place.department != by.department or by.inspector_id in place.officers:
        raise Forbidden()
    return place


async def revise_within(
    place: InspectionPlace, *, seen: int, status: str, outcomes: Sequence[str], reason: str, decided_on: date, by: Principal
) -> str:
    """Inside the caller's transaction, also for an objection that is upheld."""
    number = await results.find_number_of(place.id)
    if number is None:
        raise NotFound()
    if decided_on > clock.today():
        raise Invalid(field="decided_on", why_zh="决定日期不得晚于今天", why_en="it cannot have been decided after today")
    standing = await service.lock_latest(number)
    rules.require_revisable(standing, seen)
    known = {o.code: rules.Outcome(o.code, o.zh, o.en) for o in await list_outcomes()}
    if unknown := set(outcomes) - set(known):
        raise Invalid(field="outcomes", why_zh=f"没有这个检查结果：{min(unknown)}", why_en=f"there is no outcome {min(unknown)}")
    snapshot = rules.revise(standing, status=status, reason=reason, decided_on=decided_on, outcomes=[known[c] for c in dict.fromkeys(outcomes)])
    put = service.correct if status == rules.CORRECTED else service.withdraw
    await put(snapshot, inspection=place.id, enterprise=place.enterprise, department=place.department, by=by.account_id)
    zh, en = rules.STATUSES[status]
    texts = {"enterprise": place.enterprise_name, "zh": f"结果{zh}：{place.enterprise_name}", "en": f"Result {en.lower()}: {place.enterprise_name}"}
    for officer in (await people.list_inspectors_by_id(list(place.officers))).values():
        if officer.account is not None:
            await notify.tell(officer.account, "result.revised", inspection=place.id, params=texts)
    await tell_enterprise(place.enterprise, "my.result", zh=f"{number} {zh}", en=f"{number}: {en.lower()}", href=f"/my/results/{number}")
    return number

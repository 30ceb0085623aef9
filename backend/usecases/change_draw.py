"""After a draw: replace an enterprise that is gone, replace an officer who must stand back. One transaction each."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backend.draws import changes
from backend.draws import service as draws
from backend.draws.queries import DrawView, find_draw_by_id
from backend.evidence import queries as evidence
from backend.inspections import caps, service
from backend.inspections import queries as inspections
from backend.inspections.queries import InspectionPlace
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.people.service import require
from backend.registry import queries as registry
from backend.storage.engine import transaction
from backend.usecases.issue_notices import issue_notices


async def _drawn(inspection: UUID, by: Principal) -> tuple[InspectionPlace, DrawView]:
    place = await inspections.find_place(inspection, by.scope)
    if place.department != by.department:
        raise Forbidden()
    if place.draw is None:
        raise Invalid(field="inspection", why_zh="该检查不是抽取产生的", why_en="this inspection was not drawn")
    return place, await find_draw_by_id(place.draw)


async def request_replacement(inspection: UUID, *, reason: str, finding: str, evidence_files: Sequence[str], by: Principal) -> UUID:
    """Ask to replace a drawn enterprise; a manager's request is at once the first of the two approvals."""
    require(by, MANAGER, REVIEWER)
    async with transaction():
        place, draw = await _drawn(inspection, by)
        service.require_untouched_by_record(place.state)
        if missing := set(evidence_files) - set(await evidence.list_blobs(evidence_files)):
            raise Invalid(field="evidence", why_zh=f"缺少文件 {min(missing)}", why_en=f"the file {min(missing)} is missing")
        if reason == changes.IN_THE_BOOKS and inspection not in await caps.list_reached([inspection]):
            raise Invalid(field="reason", why_zh="该企业本年度检查次数未达上限", why_en="the enterprise has not had its number of inspections this year")
        replacement = await changes.request_replacement(
            draw,
            inspection=inspection,
            object_id=place.enterprise_code,
            reason=reason,
            finding=finding,
            evidence=evidence_files,
            by=by.account_id,
        )
        await changes.approve_replacement(await changes.find_replacement(replacement), draw, by=by.account_id)
        return replacement


async def approve_replacement(replacement: UUID, *, by: Principal) -> str | None:
    """The second person's approval replaces the enterprise. Returns the alternate's code, None where the cell has none left."""
    require(by, MANAGER, REVIEWER)
    async with transaction():
        view = await changes.find_replacement(replacement, lock=True)
        place, draw = await _drawn(view.inspection, by)
        is_decided, alternate = await changes.approve_replacement(view, draw, by=by.account_id)
        if not is_decided:
            return None
        await service.retire(view.inspection, place.state)
        if alternate is None:
            return None
        await _visit_instead(draw, place, alternate, by)
        return alternate


async def refuse_replacement(replacement: UUID, *, by: Principal) -> None:
    require(by, MANAGER, REVIEWER)
    async with transaction():
        view = await changes.find_replacement(replacement, lock=True)
        _place, draw = await _drawn(view.inspection, by)
        await changes.refuse_replacement(view, draw, by=by.account_id)


async def _visit_instead(draw: DrawView, place: InspectionPlace, code: str, by: Principal) -> None:
    """The same team visits the alternate; whoever is recused from it stands back as the draw orders."""
    enterprise = (await registry.list_by_codes([code]))[code].id
    recused = await inspections.list_recusals_of(enterprise, list(place.officers))
    team = list(place.officers)
    for slot, officer in enumerate(team):
        if officer in recused:
            team[slot] = await _next_officer(draw, code, slot, frozenset(team), enterprise)
            await changes.note_substitution(
                draw, object_id=code, slot=slot, before=await changes.pid_of(draw, officer), after=await changes.pid_of(draw, team[slot])
            )
    sealed = await draws.seal_alternate(draw, code, team)
    officers = await people.list_inspectors_by_id(team)
    name = (await registry.list_names([enterprise]))[enterprise][1]
    visit = service.Visit(sealed.enterprise, code, name, sealed.county, sealed.salt, sealed.leaf, None, tuple((i, officers[i].department) for i in team))
    (opened,) = await service.open_inspections(
        [visit],
        campaign_id=place.campaign,
        department=place.department,
        draw=draw.id,
        draw_id=draw.draw_id,
        due_on=place.due_on,
        by=by.account_id,
    )
    await issue_notices([opened], [visit], department=place.department, by=by.account_id)
    for i in team:
        account = officers[i].account
        if account is not None:
            params = {"enterprise": name, "due_on": place.due_on.isoformat()}
            await notify.tell(account, "inspection.dispatched", inspection=opened, params=params)


async def _next_officer(draw: DrawView, code: str, slot: int, team: frozenset[UUID], enterprise: UUID) -> UUID:
    today = clock.today()
    departments = [s["dept"] for s in draw.announcement["slots"] if s["dept"]] or [d.code for d in await people.list_departments()]
    fit = {i.id for i in await people.list_fit_inspectors(departments, today) if i.account is not None}
    pool = await draws.list_pool_inspectors(draw)
    recused = set(await inspections.list_recusals_of(enterprise, list(pool)))
    _pid, inspector = await changes.next_officer(draw, object_id=code, slot=slot, team=team, unfit=(pool - fit) | recused)
    return inspector


# Why an officer of a drawn visit stands back. What lies behind it is in the recusal or the officer's file, never here.
GROUNDS = {
    "recusal": ("依法回避", "Recusal"),
    "unfit": ("执法证失效或停止执法", "Certificate ended or officer suspended"),
    "absent": ("因病因公不能到场", "Ill or on other duty"),
}


async def substitute_officer(inspection: UUID, officer: UUID, *, ground: str, by: Principal) -> UUID:
    """Take an officer off a visit; the next candidate of the place, by the draw's own tickets, takes over. Returns them.

    Raises ``Invalid`` without one of ``GROUNDS``, ``NobodyLeft``, ``WrongState`` once a record was submitted.
    """
    require(by, MANAGER)
    if ground not in GROUNDS:
        raise Invalid(field="ground", why_zh="请选择换人事由", why_en="choose why the officer stands back")
    async with transaction():
        place, draw = await _drawn(inspection, by)
        service.require_untouched_by_record(place.state)
        if officer not in place.officers:
            raise Invalid(field="officer", why_zh="该人员不在此检查组中", why_en="this officer is not on the team")
        slot = place.officers.index(officer)
        after = await _next_officer(draw, place.enterprise_code, slot, frozenset(place.officers), place.enterprise)
        found = (await people.list_inspectors_by_id([after]))[after]
        await service.hand_over(inspection, slot=slot, to=after, department=found.department, draw_id=draw.draw_id, reason=ground, by=by.account_id)
        await changes.note_substitution(
            draw,
            object_id=place.enterprise_code,
            slot=slot,
            before=await changes.pid_of(draw, officer),
            after=await changes.pid_of(draw, after),
        )
        assert found.account is not None
        params = {"enterprise": place.enterprise_name, "due_on": place.due_on.isoformat()}
        await notify.tell(found.account, "inspection.dispatched", inspection=inspection, params=params)
        return after

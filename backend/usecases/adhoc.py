"""A visit after a complaint or a referral: not drawn, but announced as such, in the log, and counted before the public."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.inspections import queries, service
from backend.inspections.rules import COMPLAINT, RANDOM, RECHECK, REFERRAL, AdhocPlan
from backend.inspections.rules import KINDS as KINDS  # what the public face calls them
from backend.items.queries import list_items
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.queries import InspectorView
from backend.people.rules import MANAGER, Principal
from backend.people.service import require
from backend.registry import queries as registry
from backend.registry.queries import EnterpriseView
from backend.storage.engine import transaction
from backend.usecases import overview
from backend.usecases.issue_notices import issue_notices


@dataclass(frozen=True, slots=True)
class AdhocFigures:
    """For the public: inspections opened per kind, and the latest that were not drawn."""

    drawn: int
    not_drawn: dict[str, int]
    latest: Sequence[queries.AdhocRow]


@dataclass(frozen=True, slots=True)
class Offer:
    """Officers to choose from with their open visits; ``is_cut``: there are more, to be looked for by name or certificate."""

    officers: Sequence[InspectorView]
    loads: Mapping[UUID, int]
    is_cut: bool


async def list_choosable(by: Principal, county: str = "") -> list[InspectorView]:
    """The department's officers who may be sent, to one county or whatever the enterprise."""
    return [i for i in await people.list_fit_inspectors([by.department or ""], clock.today(), county=county) if i.account is not None]


async def offer_officers(by: Principal, county: str, *, text: str = "", chosen: Collection[str] = (), limit: int) -> Offer:
    """Of those who may be sent to the county the ones with the least in hand; who is chosen already stays in sight. Without a county only these."""
    wanted = text.strip().casefold()
    fit = await list_choosable(by, county)
    kept = [o for o in fit if str(o.id) in chosen]
    others = [o for o in fit if county and str(o.id) not in chosen and wanted in f"{o.name} {o.certificate_no}".casefold()]
    loads = await overview.count_loads([o.id for o in (*kept, *others)])
    others.sort(key=lambda o: (loads.get(o.id, 0), o.certificate_no))
    return Offer([*kept, *others[:limit]], loads, len(others) > limit)


async def find_enterprise(code: str, by: Principal) -> EnterpriseView | None:
    """The enterprise of a code within the person's region."""
    found = (await registry.list_by_codes([code.strip().upper()])).get(code.strip().upper())
    return found if found is not None and found.region.startswith(by.region) else None


async def open_adhoc(plan: AdhocPlan, *, by: Principal) -> UUID:
    """Plan and dispatch such a visit in one transaction. Returns its campaign.

    Raises ``Invalid`` naming the field: an unknown enterprise, an officer who may not go, the same complaint twice.
    """
    require(by, MANAGER)
    if plan.kind not in (COMPLAINT, REFERRAL):
        raise Invalid(field="kind", why_zh="请选择投诉举报或移送交办", why_en="choose a complaint or a referral")
    async with transaction():
        campaign, _inspection = await open_within(plan, by=by)
        return campaign


async def open_within(plan: AdhocPlan, *, by: Principal) -> tuple[UUID, UUID]:
    """Inside the caller's transaction. Returns (campaign, inspection)."""
    enterprise = await find_enterprise(plan.enterprise_code, by)
    if enterprise is None:
        raise Invalid(field="enterprise_code", why_zh="名录中没有这个代码的检查对象", why_en="no enterprise of your region has this code")
    campaign = await service.create_adhoc(
        plan, department=by.department or "", county=enterprise.region, industry=enterprise.industry, by=by.account_id, scope=by.scope
    )
    # Looked for after the numbering lock was taken, so that of two clicks the second one finds the first.
    if plan.kind != RECHECK and (number := await queries.find_adhoc(plan.source_ref.strip(), enterprise.id)):
        raise Invalid(field="source_ref", why_zh=f"该编号已立项核查：{number}", why_en=f"{number} follows up on this number already")
    officers = await _team(plan, enterprise, by)
    visit = service.Visit(
        enterprise.id, enterprise.code, enterprise.name, enterprise.region, None, None, None, tuple((o.id, o.department) for o in officers)
    )
    (inspection,) = await service.open_inspections(
        [visit],
        campaign_id=campaign,
        department=by.department or "",
        draw=None,
        draw_id=None,
        due_on=plan.due_on,
        by=by.account_id,
    )
    await issue_notices([inspection], [visit], department=by.department or "", by=by.account_id)
    for officer in officers:
        await _tell(officer, inspection, enterprise.name, plan.due_on.isoformat())
    return campaign, inspection


async def _team(plan: AdhocPlan, enterprise: EnterpriseView, by: Principal) -> list[InspectorView]:
    fit = {o.id: o for o in await list_choosable(by)}
    chosen = [_fit(fit.get(officer), enterprise) for officer in dict.fromkeys(plan.officers)]
    if await queries.list_recusals_of(enterprise.id, [o.id for o in chosen]):
        raise Invalid(field="officers", why_zh="所选人员中有须回避的，请换人", why_en="one of the chosen officers must stand back: choose another")
    for item in await list_items([by.department or ""]):
        if item.code in plan.items and item.qualification and not any(item.qualification in o.qualifications for o in chosen):
            raise Invalid(
                field="officers",
                why_zh=f"检查组中没有具备“{item.name_zh}”所需资质的人员",
                why_en=f"nobody of the team is qualified for {item.name_en}",
            )
    return chosen


def _fit(officer: InspectorView | None, enterprise: EnterpriseView) -> InspectorView:
    if officer is None:
        raise Invalid(field="officers", why_zh="所选人员不在本部门有效执法人员中", why_en="a chosen officer is not among your department's valid ones")
    if enterprise.region not in officer.counties:
        raise Invalid(field="officers", why_zh=f"{officer.name} 不负责该区县", why_en=f"{officer.name} does not serve that county")
    return officer


async def _tell(officer: InspectorView, inspection: UUID, enterprise: str, due_on: str) -> None:
    assert officer.account is not None
    await notify.tell(officer.account, "inspection.dispatched", inspection=inspection, params={"enterprise": enterprise, "due_on": due_on})


async def reassign_officer(inspection: UUID, officer: UUID, to: UUID, *, reason: str, by: Principal) -> None:
    """Another chosen officer takes a place, for a reason. Only for a visit that was not drawn: of a drawn one, the tickets decide."""
    require(by, MANAGER)
    if len(reason.strip()) < 4:
        raise Invalid(field="reason", why_zh="请写明换人理由", why_en="give the reason for the change")
    async with transaction():
        place = await queries.find_place(inspection, by.scope)
        if place.department != by.department or place.draw is not None:
            raise Forbidden()
        service.require_untouched_by_record(place.state)
        if officer not in place.officers or to in place.officers:
            raise Invalid(field="officer", why_zh="请选择组外的人员接替组内的人员", why_en="choose someone outside the team for someone in it")
        campaign = await queries.find_campaign(place.campaign, by.scope)
        enterprise = (await registry.list_by_codes([place.enterprise_code]))[place.enterprise_code]
        items = tuple(i.code for i in await queries.list_campaign_items(place.campaign))
        team = tuple(to if o == officer else o for o in place.officers)
        plan = AdhocPlan(campaign.kind, campaign.source_ref, place.enterprise_code, items, team, place.due_on)
        taken = next(o for o in await _team(plan, enterprise, by) if o.id == to)
        slot = place.officers.index(officer)
        await service.hand_over(inspection, slot=slot, to=to, department=taken.department, draw_id=None, reason=reason.strip(), by=by.account_id)
        await _tell(taken, inspection, place.enterprise_name, place.due_on.isoformat())


async def load_figures() -> AdhocFigures:
    counts = await queries.count_by_kind()
    return AdhocFigures(counts.get(RANDOM, 0), {kind: counts.get(kind, 0) for kind in KINDS if kind != RANDOM}, await queries.list_adhoc())

"""From a planned campaign to an announced draw: frame and pool are frozen, the secret is sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from backend.draws import beacon
from backend.draws import rules as draw_rules
from backend.draws import service as draws
from backend.draws.shares import Keeper, read_keepers
from backend.inspections import queries as inspections
from backend.inspections import rules, service
from backend.inspections.queries import CampaignView
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid
from backend.kernel.settings import settings
from backend.people import queries as people
from backend.people.rules import MANAGER, Principal
from backend.people.service import require
from backend.registry import exemptions
from backend.registry import queries as registry
from backend.storage.engine import transaction

REVEAL_AFTER = timedelta(days=30)  # after the campaign's deadline; announced with the draw
STATUS_ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a draw would look at now: counts per state of the frame, how many it would draw, officers per county."""

    frame: Mapping[str, int]
    eligible: int
    expected: int
    officers: Mapping[str, int]
    counties_short: tuple[str, ...]


def state_of(status: str, is_open: bool, visits: int, cap: int | None, *, is_exempt: bool = False) -> str:
    """"E", or why the enterprise stays out: status before exemption before open inspection before yearly cap."""
    if status != STATUS_ACTIVE:
        return "X:STATUS"
    if is_exempt:
        return "X:EXEMPT"
    if is_open:
        return "X:OPEN"
    if cap is not None and visits >= cap:
        return "X:FREQ"
    return draw_rules.ELIGIBLE


async def _frame(department: str, counties: Sequence[str], industries: Sequence[str], cap: int | None, by_class: bool) -> list[draws.Candidate]:
    is_open = await inspections.list_open_enterprises()
    visits = await inspections.count_visits_this_year(department)
    exempt = await exemptions.list_exempt(department, None, clock.now().astimezone(clock.BEIJING).date())
    return [
        draws.Candidate(
            e.id,
            e.code,
            e.region,
            f"{e.region}/{e.industry}",
            state_of(e.status, e.id in is_open, visits.get(e.id, 0), cap, is_exempt=e.id in exempt),
            e.credit_class if by_class else draw_rules.NO_CLASS,
        )
        for e in await registry.list_frame(counties, industries)
    ]


async def _pool(departments: Sequence[str]) -> list[draws.Officer]:
    loads = await inspections.count_open_by_inspector()
    today = clock.now().astimezone(clock.BEIJING).date()
    return [
        draws.Officer(i.id, i.department, i.qualifications, i.counties, loads.get(i.id, 0))
        for i in await people.list_fit_inspectors(list(departments), today)
        if i.account is not None
    ]


def _rates(campaign: CampaignView, frame: Sequence[draws.Candidate]) -> dict[str, tuple[int, int]]:
    eligible = sum(c.st == draw_rules.ELIGIBLE for c in frame)
    if campaign.rate_mode == "fixed":
        n = int(campaign.rates["n"])
        if eligible and n > eligible:
            raise Invalid(field="rates", why_zh=f"可抽取 {eligible} 户，少于 {n} 户", why_en=f"only {eligible} can be drawn, fewer than {n}")
        return {draw_rules.NO_CLASS: (n, eligible)}
    return {name: (int(rate[0]), int(rate[1])) for name, rate in campaign.rates.items()}


async def estimate(
    *, departments: Sequence[str], counties: Sequence[str], industries: Sequence[str], cap: int | None, fixed: int | None, rate: tuple[int, int] | None
) -> Estimate:
    """For the planning form. Opens its own transaction."""
    async with transaction():
        frame = await _frame(departments[0], counties, industries, cap, by_class=False)
        pool = await _pool(departments)
    counts = Counter(c.st for c in frame)
    eligible = counts[draw_rules.ELIGIBLE]
    expected = min(fixed, eligible) if fixed is not None else eligible * rate[0] // rate[1] if rate else 0
    officers = {county: sum(county in o.counties for o in pool) for county in counties}
    return Estimate(counts, eligible, expected, officers, tuple(c for c, n in officers.items() if n < rules.MINIMUM_OFFICERS))


def check_sources(sources: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The sources as they are announced. Raises ``Invalid`` for one whose value may be known already.

    A drand source names the date; its round is the first one after noon of that day in Beijing.
    """
    now = clock.now()
    checked = []
    for source in sources:
        name = source["name"]
        try:
            day = date.fromisoformat(source["date"])
        except ValueError as e:
            raise Invalid(field=name, why_zh="请填写日期", why_en="give its date") from e
        moment = datetime.combine(day, time(12), clock.BEIJING)
        if day < now.astimezone(clock.BEIJING).date() or (source["kind"] == "drand" and moment <= now):
            raise Invalid(field=name, why_zh="随机数须在公告之后产生，请选择以后的日期", why_en="the value must arise later: choose a later date")
        extra = {"round": str(beacon.round_after(int(moment.timestamp()))), "chain": beacon.CHAIN} if source["kind"] == "drand" else {}
        checked.append({**source, **extra})
    return checked


def _keepers() -> tuple[Keeper, ...]:
    path = settings().secret_witnesses
    return read_keepers(path.read_text("utf-8")) if path else ()


async def announce_draw(campaign_id: UUID, *, sources: Sequence[Mapping[str, str]], by: Principal, seed: bytes | None = None) -> str:
    """T0 in one transaction. Returns the draw id.

    ``sources``: {"kind": dice|digits|kuaile8|beacon|drand, "name", "date", "rule"} and, for digits and dice, "count".
    """
    require(by, MANAGER)
    async with transaction():
        campaign = await inspections.find_campaign(campaign_id, by.scope)
        if campaign.department != by.department:
            raise Forbidden()
        await service.move_campaign(campaign_id, expected=("draft",), to="announced")
        frame = await _frame(
            campaign.department, campaign.counties, campaign.industries, campaign.yearly_cap, campaign.rate_mode == "classes"
        )
        pool = await _pool(campaign.departments)
        items = await inspections.list_campaign_items(campaign_id)
        qualification = {d: next((i.qualification for i in items if i.department == d and i.qualification), None) for d in campaign.departments}
        codes = {c.enterprise: c.code for c in frame}
        recusals = [(codes[e], i) for i, e in await inspections.list_recusals([o.inspector for o in pool]) if e in codes]
        return await draws.announce(
            campaign=campaign_id,
            title=campaign.name,
            region=campaign.region,
            frame=frame,
            pool=pool,
            recusals=recusals,
            rates=_rates(campaign, frame),
            slots=rules.officer_slots(campaign.departments, campaign.officers_per_visit, qualification),
            sources=check_sources(sources),
            keepers=_keepers(),
            reveal_by=datetime.combine(campaign.due_on, time(), UTC) + REVEAL_AFTER,
            uses_classes=campaign.rate_mode == "classes",
            by=by.account_id,
            seed=seed,
        )

"""From a planned campaign to an announced draw: frame and pool are frozen, the secret is sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from backend.draws import beacon
from backend.draws import rules as draw_rules
from backend.draws import service as draws
from backend.draws.frame import count_states
from backend.draws.shares import Keeper, read_keepers
from backend.inspections import caps, rules, service
from backend.inspections import queries as inspections
from backend.inspections.queries import CampaignView
from backend.invitations.queries import load_offers
from backend.invitations.rules import narrow
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid
from backend.kernel.settings import settings
from backend.people import queries as people
from backend.people.rules import MANAGER, Principal
from backend.people.service import require
from backend.registry import exemptions
from backend.registry import queries as registry
from backend.rulebook.rules import level_of
from backend.storage.engine import transaction
from backend.usecases.invite import require_settled

REVEAL_AFTER = timedelta(days=30)  # after the campaign's deadline; announced with the draw


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a draw would look at now: counts per state of the frame, how many it would draw, officers per county."""

    frame: Mapping[str, int]
    eligible: int
    expected: int
    officers: Mapping[str, int]
    counties_short: tuple[str, ...]


async def _excluded(departments: Sequence[str], region: str, cap: int | None) -> dict[UUID, str]:
    """Who stays out and why: exempt before being in an open inspection before the yearly cap, that of the campaign's level or the one
    for city and county together. The register adds who is not active.
    """
    department = departments[0]
    _level, together = await caps.find_caps(departments, region)
    visits = await caps.count_visits(department, level_of(region))
    excluded = dict.fromkeys(caps.judge(visits, cap, together), "X:FREQ")
    excluded |= dict.fromkeys(await inspections.list_open_enterprises(), "X:OPEN")
    return excluded | dict.fromkeys(await exemptions.list_exempt(department, None, clock.today()), "X:EXEMPT")


async def _pool(departments: Sequence[str], offers: Mapping[str, frozenset[str]] | None = None) -> list[draws.Officer]:
    """``offers``: the counties in which a partner lends its officers; elsewhere they are not drawn."""
    loads = await inspections.count_open_by_inspector()
    today, found = clock.today(), []
    for i in await people.list_fit_inspectors(list(departments), today):
        counties = narrow(i.counties, (offers or {}).get(i.department))
        if i.account is not None and (counties or not i.counties):
            found.append(draws.Officer(i.id, i.department, i.qualifications, counties, loads.get(i.id, 0)))
    return found


def _rates(campaign: CampaignView) -> dict[str, tuple[int, int]] | int:
    if campaign.rate_mode == "fixed":
        return int(campaign.rates["n"])
    return {name: (int(rate[0]), int(rate[1])) for name, rate in campaign.rates.items()}


async def estimate(
    *,
    departments: Sequence[str],
    region: str,
    counties: Sequence[str],
    industries: Sequence[str],
    cap: int | None,
    fixed: int | None,
    rate: tuple[int, int] | None,
) -> Estimate:
    """For the planning form. Opens its own transaction."""
    async with transaction():
        counts = await count_states(registry.frame_source(counties, industries), await _excluded(departments, region, cap))
        pool = await _pool(departments)
    eligible = counts.get(draw_rules.ELIGIBLE, 0)
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
        if day < clock.day_of(now) or (source["kind"] == "drand" and moment <= now):
            raise Invalid(field=name, why_zh="随机数须在公告之后产生，请选择以后的日期", why_en="the value must arise later: choose a later date")
        extra = {"round": str(beacon.round_after(int(moment.timestamp()))), "chain": beacon.CHAIN} if source["kind"] == "drand" else {}
        checked.append({**source, **extra})
    return checked


def _keepers() -> tuple[Keeper, ...]:
    path = settings().secret_witnesses
    return read_keepers(path.read_text("utf-8")) if path else ()


async def announce_draw(campaign_id: UUID, *, sources: Sequence[Mapping[str, str]], by: Principal, seed: bytes | None = None) -> str:
    """T0 in one transaction that sees one moment: exclusions, loads and both readings of the frame agree. Returns the draw id.

    Of a joint campaign, every partner must have accepted: raises ``NotAnswered``.

    ``sources``: {"kind": dice|digits|kuaile8|beacon|drand, "name", "date", "rule"} and, for digits and dice, "count".
    """
    require(by, MANAGER)
    async with transaction("repeatable_read"):
        await draws.take_turn()
        campaign = await inspections.find_campaign(campaign_id, by.scope)
        if campaign.department != by.department:
            raise Forbidden()
        await service.move_campaign(campaign_id, expected=("draft",), to="announced")
        await require_settled(campaign)
        pool = await _pool(campaign.departments, await load_offers(campaign_id, campaign.partners))
        items = await inspections.list_campaign_items(campaign_id)
        qualification = {d: next((i.qualification for i in items if i.department == d and i.qualification), None) for d in campaign.departments}
        return await draws.announce(
            campaign=campaign_id,
            title=campaign.name,
            region=campaign.region,
            frame=registry.frame_source(campaign.counties, campaign.industries),
            excluded=await _excluded(campaign.departments, campaign.region, campaign.yearly_cap),
            pool=pool,
            recusals=[(e, i) for i, e in await inspections.list_recusals([o.inspector for o in pool])],
            rates=_rates(campaign),
            slots=rules.officer_slots(campaign.departments, campaign.officers_per_visit, qualification),
            sources=check_sources(sources),
            keepers=_keepers(),
            reveal_by=datetime.combine(campaign.due_on, time(), UTC) + REVEAL_AFTER,
            uses_classes=campaign.rate_mode == "classes",
            by=by.account_id,
            seed=seed,
        )

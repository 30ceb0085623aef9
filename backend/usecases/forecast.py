"""负荷预测 and 上限预警: what campaigns and planned rounds ask of officers, and whom they would inspect too often. Reads only.

Whoever looks sees the departments of their scope and the counties of their region; the numbers rest on all that those departments do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from backend.forecast import cap_rules, queries
from backend.forecast.cap_rules import Caps, Standing, Visited
from backend.forecast.projection import Outlook, Projection, field_of, project
from backend.forecast.queries import OverRow
from backend.forecast.rules import PLAN, Coarse, PlannedRound, Stratum, shares, visits_by_county, without
from backend.inspections import caps as yearly
from backend.inspections.queries import find_campaign
from backend.kernel import clock
from backend.kernel.errors import Forbidden, NotFound
from backend.kernel.scope import Scope
from backend.people import queries as people
from backend.people.rules import Principal
from backend.planning import queries as plans
from backend.planning.rules import IN_FORCE, Line
from backend.registry import queries as registry
from backend.rulebook.queries import load_holidays
from backend.storage.engine import transaction

HORIZONS = (3, 6, 12)  # months
MOST_CONFLICTS = 30  # of a plan's rounds, the first to begin


@dataclass(frozen=True, slots=True)
class Round:
    """One line of what a forecast rests on. ``visits`` are still to be made; ``state``: the campaign's, or "plan"."""

    round: PlannedRound
    state: str
    visits: float


def end_of(today: date, months: int) -> date:
    """The last day of the month that is ``months`` - 1 after this one."""
    n = today.year * 12 + today.month - 1 + months
    return date(n // 12, n % 12 + 1, 1) - timedelta(days=1)


async def departments_of(scope: Scope) -> list[str]:
    return [scope.department] if scope.department is not None else [d.code for d in await people.list_open_departments()]


async def list_rounds(departments: Sequence[str], today: date, last: date) -> list[tuple[PlannedRound, str]]:
    """(round, state) of all that one of the departments is still to draw up to a day: campaigns, and lines of plans in force without one."""
    planned = await queries.list_planned(departments, today, last)
    return [*await queries.list_undrawn(departments, today), *((line, PLAN) for line in planned)]


async def load(departments: Sequence[str], last: date, *, extra: Sequence[PlannedRound] = ()) -> tuple[Projection, list[Round]]:
    """What the departments' officers are to expect up to a day. ``extra``: a round that is only being thought of; by its key it replaces."""
    today = clock.today()
    added = {r.key for r in extra}
    async with transaction("repeatable_read"):
        rounds = [(r, s) for r, s in await list_rounds(departments, today, last) if r.key not in added] + [(r, "draft") for r in extra]
        outlook = await _gather(departments, [r for r, _s in rounds], today, last)
    projection = project(outlook)
    # The outlook's rounds are the same ones with trades taken together.
    visits = [sum(visits_by_county(r, outlook.strata.get(field_of(r), ())).values()) for r in outlook.rounds]
    return projection, [Round(r, s, n) for (r, s), n in zip(rounds, visits, strict=True)]


async def _gather(departments: Sequence[str], rounds: Sequence[PlannedRound], today: date, last: date) -> Outlook:
    counties = sorted({c for r in rounds for c in r.counties})
    everybody = await queries.list_strata(counties) if counties else []
    strata = {}
    coarse = Coarse(rounds, (s.industry for s in everybody))
    for key, one in {field_of(r): r for r in rounds}.items():
        strata[key] = coarse.strata(await _drawable(one, everybody, counties, today))
    rounds = [coarse.round(r) for r in rounds]
    return Outlook(
        today=today,
        last=last,
        holidays=await load_holidays(today.year, last.year + 1),
        departments=departments,
        rounds=rounds,
        strata=strata,
        officers=await queries.list_officers(departments, today),
        assigned=await queries.list_assigned(departments),
        drawn=await queries.list_drawn(departments),
        qualifications=await queries.list_qualifications([i for r in rounds for i in r.items]),
        norms=await queries.find_norms(departments, today),
    )


async def _drawable(one: PlannedRound, everybody: Sequence[Stratum], counties: Sequence[str], today: date) -> list[Stratum]:
    """Without those who are exempt or have had their number in the round's year."""
    caps = Caps(*await yearly.find_caps([one.lead], one.region))
    out = {s.place: s.n for s in await queries.list_exempt_strata(one.lead, counties, today)}
    for v in await queries.list_visited(one.lead, is_county=one.is_county, counties=counties, today=today, year=one.year):
        if cap_rules.is_reached(v.done, v.done_both, caps):
            out[v.place] = out.get(v.place, 0) + v.n
    return without(everybody, out)


@dataclass(frozen=True, slots=True)
class Rival:
    """Another round that draws from the same enterprises for the same lead: how many of this round's scope it is to take."""

    round: PlannedRound
    state: str
    shared: float


@dataclass(frozen=True, slots=True)
class Conflicts:
    """``standing`` by county and class; ``rivals`` the largest first."""

    round: PlannedRound
    caps: Caps
    standing: dict[tuple[str, str], Standing]
    rivals: Sequence[Rival]

    @property
    def reached(self) -> int:
        return sum(s.reached for s in self.standing.values())

    @property
    def over(self) -> float:
        return sum(s.over for s in self.standing.values())

    @property
    def total(self) -> int:
        return sum(s.total for s in self.standing.values())


@dataclass(frozen=True, slots=True)
class _Field:
    """What one lead's rounds at one level are judged by."""

    today: date
    strata: Sequence[Stratum]
    visited: Sequence[Visited]
    rounds: Sequence[tuple[PlannedRound, str]]


async def _field(round_: PlannedRound, beside: Sequence[PlannedRound] = ()) -> _Field:
    today = clock.today()
    exempt = {s.place: s.n for s in await queries.list_exempt_strata(round_.lead, round_.counties, today)}
    strata = without(await queries.list_strata(round_.counties, round_.industries), exempt)
    visited = await queries.list_visited(round_.lead, is_county=round_.is_county, counties=round_.counties, today=today, year=round_.year)
    added = {r.key for r in beside}
    rounds = [(r, s) for r, s in await list_rounds([round_.lead], today, date(round_.year, 12, 31)) if r.key not in added]
    return _Field(today, strata, visited, rounds + [(r, PLAN) for r in beside])


async def _caps_of(round_: PlannedRound) -> Caps:
    level, together = await yearly.find_caps(round_.departments, round_.region)
    return Caps(round_.cap if round_.cap is not None else level, together)


async def _whole_strata(round_: PlannedRound, rivals: Iterable[PlannedRound], strata: Sequence[Stratum]) -> list[Stratum]:
    """A rival that draws a fixed number does so from all of its own scope, which may be wider."""
    counties = sorted({c for r in rivals for c in r.counties} | set(round_.counties))
    wider = set(counties) - set(round_.counties) or any(not r.industries or set(r.industries) - set(round_.industries) for r in rivals if round_.industries)
    return await queries.list_strata(counties) if wider else list(strata)


async def find_conflicts(round_: PlannedRound, *, beside: Sequence[PlannedRound] = ()) -> Conflicts:
    """Of the enterprises in a round's scope: who has reached a yearly cap, and how many are expected to go over one. Opens its own transaction.

    ``beside``: rounds that are only being thought of, too; by their keys they replace.
    """
    async with transaction("repeatable_read"):
        field = await _field(round_, beside)
        rivals = [(r, s) for r, s in field.rounds if cap_rules.competes(round_, r)]
        wide = await _whole_strata(round_, [r for r, _s in rivals], field.strata)
        caps = await _caps_of(round_)
    coarse = Coarse([round_, *(r for r, _s in rivals)], (s.industry for s in wide))
    whole, strata, me = coarse.strata(wide), coarse.strata(field.strata), coarse.round(round_)
    chances = cap_rules.probabilities(me, [coarse.round(r) for r, _s in rivals], whole)
    own = {s.place: s.n for s in strata}
    named = []
    for rival, state in rivals:
        taken = shares(coarse.round(rival), whole)
        named.append(Rival(rival, state, sum(own.get(s.place, 0) * p for s, p in taken if s.place in chances)))
    standing = cap_rules.stand(chances, strata, cap_rules.together(field.visited, coarse), caps)
    return Conflicts(round_, caps, standing, sorted(named, key=lambda r: (-r.shared, r.round.name)))


@dataclass(frozen=True, slots=True)
class OverPage:
    rows: Sequence[OverRow]
    next: str | None


async def list_over(round_: PlannedRound, scope: Scope, *, county: str = "", after: str = "") -> OverPage:
    """The enterprises of the person's region that have reached a cap, or whose visits and chances add up to more than it allows."""
    counties = [c for c in round_.counties if c.startswith(scope.region) and (not county or c == county)]
    async with transaction("repeatable_read"):
        field = await _field(round_)
        rivals = [r for r, _s in field.rounds if cap_rules.competes(round_, r)]
        wide = await _whole_strata(round_, rivals, field.strata)
        coarse = Coarse([round_, *rivals], (s.industry for s in wide))
        found = cap_rules.probabilities(coarse.round(round_), [coarse.round(r) for r in rivals], coarse.strata(wide))
        sums = {place: (sum(level), sum(level) + sum(other)) for place, (level, other) in found.items()}
        chances = [
            (*s.place, *sums[place])
            for s in wide
            if s.county in counties and (place := (s.county, coarse.label(s.industry), s.class_code)) in sums
        ]
        rows = await queries.list_over(
            round_.lead,
            is_county=round_.is_county,
            counties=counties,
            caps=await _caps_of(round_),
            chances=chances,
            today=field.today,
            year=round_.year,
            after=after,
            limit=queries.PAGE + 1,
        )
    shown = rows[: queries.PAGE]
    return OverPage(shown, shown[-1].code if len(rows) > len(shown) else None)


async def find_round(campaign: UUID, by: Principal) -> PlannedRound:
    """A campaign that the person's department leads, or a line of its plan in force, as a round.

    Raises ``NotFound``, and ``Forbidden`` for a partner: the lead's other plans are not its business.
    """
    if planned := await queries.find_planned(campaign, by.scope):
        return planned
    view = await find_campaign(campaign, by.scope)
    if by.scope.department not in (None, view.department):
        raise Forbidden()
    found = await queries.find_campaign_round(campaign, clock.today())
    if found is None:
        raise NotFound()
    return found


@dataclass(frozen=True, slots=True)
class PlanAhead:
    """What is left of one edition of a plan: the load with it, and each of its rounds' conflicts."""

    projection: Projection
    conflicts: Sequence[Conflicts]
    visits: dict[str, float]
    counties: Sequence[str]
    is_in_force: bool


async def look_at_plan(plan: UUID, edition: int | None, *, by: Principal) -> PlanAhead | None:
    """None where nothing is left to begin. Raises ``NotFound``, ``Forbidden`` for another department, which sees no loads but its own."""
    shown = await plans.find_edition(plan, by.scope, edition)
    if by.scope.department not in (None, shown.department):
        raise Forbidden()
    today = clock.today()
    begun = await plans.list_links([plan])
    lines = (await plans.list_lines([shown.edition_id]))[shown.edition_id]
    rounds = [_as_round(view.line, shown.region) for view in lines if view.key not in begun and view.line.campaign.due_on >= today]
    if not rounds:
        return None
    projection, found = await load([shown.department], max(r.last for r in rounds), extra=rounds)
    visits = {f.round.key: f.visits for f in found}
    conflicts = [await find_conflicts(r, beside=rounds) for r in rounds[:MOST_CONFLICTS]]
    counties = sorted({c for r in rounds for c in r.counties})
    return PlanAhead(projection, conflicts, visits, counties, shown.state in IN_FORCE)


def _as_round(line: Line, region: str) -> PlannedRound:
    campaign = line.campaign
    return PlannedRound(
        key=str(line.key),
        name=campaign.name,
        kind=PLAN,
        departments=campaign.departments,
        region=region,
        counties=campaign.counties,
        industries=campaign.industries,
        items=tuple(sorted(campaign.items)),
        rate_mode=campaign.rate_mode,
        rates=campaign.rates,
        officers_per_visit=campaign.officers_per_visit,
        first=line.first_on,
        last=campaign.due_on,
        cap=campaign.yearly_cap,
    )


async def list_counties(scope: Scope) -> list[str]:
    return [c.code for c in await registry.list_counties(scope)]

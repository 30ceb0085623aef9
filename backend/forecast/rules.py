"""From rounds of inspections to visits a week, and from visits to what each officer is to expect. Pure.

A round is drawn from strata (county, trade, credit-risk class) with a share of each: so many visits of a fixed number, or a rate of the
stratum. Its visits are spread evenly over the working days of its window. Each place of a team goes to the officers of its department who
serve the county, are qualified and hold a certificate in that week, the least loaded first: that is where the pairing of the draw puts
them (draws/pairing.py). Numbers are expectations, so they have fractions. Proven by tests/rules/test_forecast.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from backend.kernel.workdays import is_working_day

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
Place = tuple[str, str, str]  # county, industry, class
GREEN, YELLOW, RED = "green", "yellow", "red"
CAMPAIGN, PLAN = "campaign", "plan"


@dataclass(frozen=True, slots=True)
class PlannedRound:
    """One round that is still to be drawn: a campaign, or a line of a plan.

    ``departments``: the lead first. Empty ``industries`` mean all. ``rate_mode`` and ``rates`` as ``inspections.rules.Plan`` has them:
    fixed {"n": 20}; rate {"-": (p, q)}; classes {"A": (p, q), ..}. ``region``: whose round it is, a prefix. ``cap``: visits an enterprise
    may have a year at the round's level, None: the rulebook's.
    """

    key: str
    name: str
    kind: str
    departments: tuple[str, ...]
    region: str
    counties: tuple[str, ...]
    industries: tuple[str, ...]
    items: tuple[str, ...]
    rate_mode: str
    rates: Mapping[str, int | tuple[int, int]]
    officers_per_visit: int
    first: date
    last: date
    cap: int | None = None

    @property
    def lead(self) -> str:
        return self.departments[0]

    @property
    def year(self) -> int:
        """The year whose visits it adds to: caps start anew on 1 January."""
        return self.first.year

    @property
    def is_county(self) -> bool:
        """Whether it is a county's round; a region is written without trailing zero pairs."""
        return len(self.region) > 4


@dataclass(frozen=True, slots=True)
class Stratum:
    """``n`` enterprises of one county, trade and class that can be drawn."""

    county: str
    industry: str
    class_code: str
    n: int

    @property
    def place(self) -> Place:
        return self.county, self.industry, self.class_code


def without(strata: Iterable[Stratum], out: Mapping[Place, int]) -> list[Stratum]:
    """The strata without those who stay out, so many of each place."""
    return [Stratum(*s.place, max(0, s.n - out.get(s.place, 0))) for s in strata]


@dataclass(frozen=True, slots=True)
class Officer:
    """A valid officer. The certificate holds up to and on ``expires_on``."""

    id: UUID
    name: str
    department: str
    qualifications: frozenset[str]
    counties: frozenset[str]
    expires_on: date


@dataclass(frozen=True, slots=True)
class Norm:
    """Visits a week: what an officer usually makes, and what nobody should be asked for."""

    usual: int
    most: int
    source: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """``n`` visits that an officer holds already and has yet to make, by the last day of their window."""

    officer: UUID
    county: str
    round: str
    due_on: date
    n: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """``n`` visits of one campaign in one county that officers of one department have yet to make. ``id``: the campaign's."""

    id: str
    name: str
    number: str
    lead: str
    region: str
    department: str
    county: str
    due_on: date
    n: int


@dataclass(frozen=True, slots=True)
class Demand:
    """Places of one department in one county and week that somebody with the qualification (None: anybody) has to take."""

    department: str
    county: str
    qualification: str | None
    places: float


@dataclass(slots=True)
class WeekLoad:
    """One week. ``loads``: visits by officer; ``visits``: by (department, county); ``unserved``: places that nobody can take."""

    monday: date
    loads: dict[UUID, float] = field(default_factory=dict)
    visits: dict[tuple[str, str], float] = field(default_factory=dict)
    unserved: dict[tuple[str, str], float] = field(default_factory=dict)


def covers(round_: PlannedRound, stratum: Stratum) -> bool:
    return stratum.county in round_.counties and (not round_.industries or stratum.industry in round_.industries)


def shares(round_: PlannedRound, strata: Iterable[Stratum]) -> list[tuple[Stratum, float]]:
    """The strata of the round's scope, each with the probability that one of its enterprises is drawn."""
    own = [s for s in strata if covers(round_, s)]
    if round_.rate_mode == "fixed":
        total, n = sum(s.n for s in own), round_.rates.get("n", 0)
        share = min(1.0, n / total) if total and isinstance(n, int) else 0.0
        return [(s, share) for s in own]
    return [(s, _rate(round_.rates.get(s.class_code if round_.rate_mode == "classes" else "-"))) for s in own]


def _rate(rate: int | tuple[int, int] | None) -> float:
    return min(1.0, rate[0] / rate[1]) if isinstance(rate, tuple) and rate[1] else 0.0


class Coarse:
    """Trades that no round tells apart, taken together: a register has hundreds of trades, and rounds name a few or none.

    ``label`` gives a trade's group; rounds and strata that went through it give the same numbers as before.
    """

    def __init__(self, rounds: Iterable[PlannedRound], industries: Iterable[str]) -> None:
        named = list(dict.fromkeys(frozenset(r.industries) for r in rounds if r.industries))
        self._labels = {industry: "".join("1" if industry in some else "0" for some in named) for industry in set(industries)}

    def knows(self, industry: str) -> bool:
        return industry in self._labels

    def label(self, industry: str) -> str:
        return self._labels[industry]

    def round(self, round_: PlannedRound) -> PlannedRound:
        if not round_.industries:
            return round_
        # A round of trades that nobody is in must not become one of all trades.
        return replace(round_, industries=tuple(sorted({self._labels[i] for i in round_.industries if i in self._labels})) or ("-",))

    def strata(self, strata: Iterable[Stratum]) -> list[Stratum]:
        found: dict[tuple[str, str, str], int] = {}
        for s in strata:
            key = (s.county, self._labels[s.industry], s.class_code)
            found[key] = found.get(key, 0) + s.n
        return [Stratum(*key, n) for key, n in found.items()]


def visits_by_county(round_: PlannedRound, strata: Iterable[Stratum]) -> dict[str, float]:
    found: dict[str, float] = {}
    for stratum, share in shares(round_, strata):
        found[stratum.county] = found.get(stratum.county, 0.0) + stratum.n * share
    return {county: n for county, n in found.items() if n}


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weeks_from(today: date, last: date) -> list[date]:
    """The Mondays of all weeks from today's to the last day's."""
    first = monday_of(today)
    return [first + n * WEEK for n in range(max(0, (last - first).days) // 7 + 1)]


def spread(first: date, last: date, *, today: date, holidays: Mapping[date, bool]) -> dict[date, float]:
    """Which part of a round falls into which week (its Monday): evenly over the working days that are left of its window.

    What is overdue falls into this week; a window without a working day into the week of its last day. The parts add up to 1.
    """
    first = max(first, today)
    if last < first:
        return {monday_of(first): 1.0}
    days = [day for n in range((last - first).days + 1) if is_working_day(day := first + n * DAY, holidays)]
    if not days:
        return {monday_of(last): 1.0}
    found: dict[date, float] = {}
    for day in days:
        found[monday_of(day)] = found.get(monday_of(day), 0.0) + 1 / len(days)
    return found


def fit(officers: Iterable[Officer], demand: Demand, monday: date) -> list[Officer]:
    """Who can take a place in a week: the certificate must hold to its Friday."""
    return [
        o
        for o in officers
        if o.department == demand.department
        and demand.county in o.counties
        and (demand.qualification is None or demand.qualification in o.qualifications)
        and o.expires_on >= monday + 4 * DAY
    ]


def pour(loads: dict[UUID, float], takers: Sequence[UUID], amount: float) -> None:
    """Give ``amount`` to the takers so that the least loaded rise first and end up level."""
    if not takers or amount <= 0:
        return
    order = sorted(takers, key=lambda t: loads.get(t, 0.0))
    total, level, n = amount, 0.0, 0
    for n, taker in enumerate(order, 1):
        total += loads.get(taker, 0.0)
        level = total / n
        if n == len(order) or level <= loads.get(order[n], 0.0):
            break
    for taker in order[:n]:
        loads[taker] = level


def share_out(week: WeekLoad, demands: Iterable[Demand], officers: Sequence[Officer]) -> None:
    """Put a week's places on its officers: where there is least choice first, so that whoever can only do that is not taken for the rest."""
    asked = [(d, [o.id for o in fit(officers, d, week.monday)]) for d in demands if d.places > 0]
    for demand, takers in sorted(asked, key=lambda a: (len(a[1]), a[0].department, a[0].county, a[0].qualification or "")):
        if takers:
            pour(week.loads, takers, demand.places)
        else:
            place = (demand.department, demand.county)
            week.unserved[place] = week.unserved.get(place, 0.0) + demand.places


def judge(load: float, norm: Norm | None) -> str:
    """The lamp of visits a week; "" where no norm is in force."""
    if norm is None:
        return ""
    # A hair of rounding is no visit.
    return RED if load > norm.most + 1e-9 else YELLOW if load > norm.usual + 1e-9 else GREEN

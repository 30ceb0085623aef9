"""All rounds of some departments put onto their officers week by week, and what a page reads of it. Pure; the rules are those of ``rules``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from backend.forecast import rules
from backend.forecast.rules import Assigned, Demand, Drawn, Norm, Officer, PlannedRound, Stratum, WeekLoad
from backend.inspections.rules import officer_slots

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a forecast is made of, gathered at one moment. ``strata``: what a lead can draw at its level, by ``field_of``."""

    today: date
    last: date
    holidays: Mapping[date, bool]
    departments: Sequence[str]
    rounds: Sequence[PlannedRound]
    strata: Mapping[tuple[str, bool, int], Sequence[Stratum]]
    officers: Sequence[Officer]
    assigned: Sequence[Assigned]
    drawn: Sequence[Drawn]
    qualifications: Mapping[str, Mapping[str, str]]
    norms: Mapping[str, Norm]


@dataclass(frozen=True, slots=True)
class MonthCell:
    """One department and county in one month: visits, and its heaviest week: visits per officer, how many officers then, the lamp."""

    visits: float
    peak: float
    officers: int
    lamp: str
    unserved: float


@dataclass(frozen=True, slots=True)
class CountyLine:
    department: str
    county: str
    months: Sequence[MonthCell]


@dataclass(frozen=True, slots=True)
class OfficerLine:
    """``expires``: the certificate ends within the time looked at. ``weekly``: on average over the weeks in which it holds."""

    officer: Officer
    total: float
    weekly: float
    peak: float
    peak_week: date | None
    lamp: str
    expires: bool


@dataclass(frozen=True, slots=True)
class Projection:
    outlook: Outlook
    weeks: Sequence[WeekLoad]
    _fit: dict[tuple[str, str, date], list[Officer]] = field(default_factory=dict)

    @property
    def months(self) -> list[date]:
        """The first days of the months that have a week of the forecast; a week is that of its Thursday, as in ISO 8601."""
        return sorted({month_of(w) for w in self.weeks})

    def serving(self, department: str, county: str, monday: date) -> list[Officer]:
        key = (department, county, monday)
        if key not in self._fit:
            self._fit[key] = rules.fit(self.outlook.officers, Demand(department, county, None, 0), monday)
        return self._fit[key]

    def per_officer(self, department: str, county: str, week: WeekLoad) -> float:
        """What those who serve the county have to do in a week on average, there and elsewhere."""
        serving = self.serving(department, county, week.monday)
        return sum(week.loads.get(o.id, 0.0) for o in serving) / len(serving) if serving else 0.0

    def county_lines(self, counties: Sequence[str]) -> list[CountyLine]:
        """Departments and counties with visits in the time looked at."""
        places = sorted({place for w in self.weeks for place in w.visits if place[1] in counties})
        return [CountyLine(d, c, [self._month(d, c, month) for month in self.months]) for d, c in places]

    def _month(self, department: str, county: str, month: date) -> MonthCell:
        place = (department, county)
        weeks = [w for w in self.weeks if month_of(w) == month]
        unserved = sum(w.unserved.get(place, 0.0) for w in weeks)
        visits = sum(w.visits.get(place, 0.0) for w in weeks)
        busy = [w for w in weeks if w.visits.get(place)]
        if not busy:
            return MonthCell(0.0, 0.0, 0, "", 0.0)
        heaviest = max(busy, key=lambda w: (self.per_officer(department, county, w), -w.monday.toordinal()))
        peak = self.per_officer(department, county, heaviest)
        lamp = rules.RED if unserved > 1e-9 else rules.judge(peak, self.outlook.norms.get(department))
        return MonthCell(visits, peak, len(self.serving(department, county, heaviest.monday)), lamp, unserved)

    def officer_lines(self, counties: Sequence[str]) -> list[OfficerLine]:
        """The officers who serve one of the counties, the most loaded first."""
        found = []
        for officer in self.outlook.officers:
            if not officer.counties & set(counties):
                continue
            loads = [(w.loads.get(officer.id, 0.0), w.monday) for w in self.weeks]
            held = sum(officer.expires_on >= w.monday for w in self.weeks) or 1
            total = sum(n for n, _w in loads)
            peak, week = max(loads, key=lambda x: (x[0], -x[1].toordinal()), default=(0.0, None))
            lamp = rules.judge(peak, self.outlook.norms.get(officer.department)) if total else ""
            found.append(OfficerLine(officer, total, total / held, peak, week if peak else None, lamp, officer.expires_on <= self.outlook.last))
        return sorted(found, key=lambda line: (-line.peak, line.officer.department, line.officer.name))

    def weekly(self, department: str, counties: Sequence[str]) -> list[tuple[date, float, float]]:
        """(Monday, visits, the most that one officer has) of a department's officers who serve the counties."""
        mine = [o.id for o in self.outlook.officers if o.department == department and o.counties & set(counties)]
        return [
            (w.monday, sum(n for (d, c), n in w.visits.items() if d == department and c in counties), max((w.loads.get(o, 0.0) for o in mine), default=0.0))
            for w in self.weeks
        ]


def field_of(round_: PlannedRound) -> tuple[str, bool, int]:
    """Rounds with the same lead, level and year draw from the same enterprises."""
    return round_.lead, round_.is_county, round_.year


def month_of(week: WeekLoad) -> date:
    return (week.monday + 3 * rules.DAY).replace(day=1)


def project(outlook: Outlook) -> Projection:
    """What is drawn stays with its officers; what is planned is shared out over those who could be drawn."""
    weeks = {monday: WeekLoad(monday) for monday in rules.weeks_from(outlook.today, outlook.last)}
    for visit in outlook.drawn:
        for week, part in _parts(outlook, weeks, outlook.today, visit.due_on):
            _add(week.visits, (visit.department, visit.county), visit.n * part)
    for held in outlook.assigned:
        for week, part in _parts(outlook, weeks, outlook.today, held.due_on):
            week.loads[held.officer] = week.loads.get(held.officer, 0.0) + held.n * part
    demands: dict[date, dict[tuple[str, str, str | None], float]] = {monday: {} for monday in weeks}
    for round_ in outlook.rounds:
        places = _places(round_, outlook)
        counties = rules.visits_by_county(round_, outlook.strata.get(field_of(round_), ()))
        for week, part in _parts(outlook, weeks, round_.first, round_.last):
            for county, visits in counties.items():
                for department in {d for d, _q in places}:
                    _add(week.visits, (department, county), visits * part)
                for department, qualification in places:
                    _add(demands[week.monday], (department, county, qualification), visits * part)
    for monday, week in weeks.items():
        rules.share_out(week, [Demand(d, c, q, n) for (d, c, q), n in demands[monday].items()], outlook.officers)
    return Projection(outlook, list(weeks.values()))


def _add(to: dict[Key, float], key: Key, amount: float) -> None:
    to[key] = to.get(key, 0.0) + amount


def _parts(outlook: Outlook, weeks: Mapping[date, WeekLoad], first: date, last: date) -> Iterable[tuple[WeekLoad, float]]:
    for monday, part in rules.spread(first, last, today=outlook.today, holidays=outlook.holidays).items():
        if monday in weeks:
            yield weeks[monday], part


def _places(round_: PlannedRound, outlook: Outlook) -> list[tuple[str, str | None]]:
    """The places of a team that the departments looked at have to fill; each department's first one asks for what its items need."""
    needed: dict[str, str | None] = {}
    for department in round_.departments:
        asked = outlook.qualifications.get(department, {})
        needed[department] = next((asked[i] for i in round_.items if i in asked), None)
    slots = officer_slots(round_.departments, round_.officers_per_visit, needed)
    return [(d, q) for d, q in slots if d in outlook.departments]

"""What a campaign that is being planned would ask of the department's officers, and whom it would inspect too often. For the form's estimate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from litestar.datastructures import FormMultiDict

from backend.forecast import rules
from backend.forecast.projection import OfficerLine
from backend.forecast.rules import PlannedRound
from backend.kernel import clock
from backend.people.rules import Principal
from backend.usecases import forecast
from backend.usecases.forecast import Conflicts
from backend.web.console.forecast import LAMPS, lamp_words, number

KEY = "form"  # of a round that has no id yet


@dataclass(frozen=True, slots=True)
class CountyAhead:
    county: str
    kind: str
    word: str
    peak: str
    unserved: str


@dataclass(frozen=True, slots=True)
class Ahead:
    lines: Sequence[CountyAhead]
    ending: Sequence[OfficerLine]
    conflicts: Conflicts
    number: Callable[[float], str]


async def look_ahead(form: FormMultiDict, rates: Mapping[str, int | tuple[int, int]], counties: Sequence[str], who: Principal) -> Ahead | None:
    """None until the form says where, how many and until when."""
    today = clock.today()
    try:
        due_on = date.fromisoformat(str(form.get("due_on", "")))
    except ValueError:
        return None
    if not rates or not counties or not today < due_on or due_on.year > today.year + 2 or who.department is None:
        return None
    officers, cap = str(form.get("officers_per_visit", "")), str(form.get("yearly_cap", ""))
    partners = [p for p in map(str, form.getall("partners", [])) if p != who.department]
    round_ = PlannedRound(
        key=KEY,
        name=str(form.get("name", "")),
        kind=rules.CAMPAIGN,
        departments=(who.department, *partners),
        region=who.region,
        counties=tuple(counties),
        industries=tuple(map(str, form.getall("industries", []))),
        items=tuple(sorted(map(str, form.getall("items", [])))),
        rate_mode=str(form.get("rate_mode", "fixed")),
        rates=rates,
        officers_per_visit=int(officers) if officers.isascii() and officers.isdigit() and len(officers) < 3 else 2,
        first=today,
        last=due_on,
        cap=int(cap) if cap.isascii() and cap.isdigit() and len(cap) < 4 else None,
    )
    projection, _rounds = await forecast.load([who.department], due_on, extra=[round_])
    words, lines = lamp_words(), []
    for line in projection.county_lines(counties):
        worst = max(line.months, key=lambda c: c.peak)
        unserved = sum(c.unserved for c in line.months)
        kind = rules.RED if unserved >= 0.05 else worst.lamp
        word = words[kind] if kind in (rules.RED, rules.YELLOW) and unserved < 0.05 else ""
        lines.append(CountyAhead(line.county, LAMPS[kind], word, number(worst.peak), number(unserved) if unserved >= 0.05 else ""))
    ending = [o for o in projection.officer_lines(counties) if o.expires]
    return Ahead(lines, ending, await forecast.find_conflicts(round_), number)

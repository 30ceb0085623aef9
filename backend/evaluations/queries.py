"""Reads on evaluations. One by one they are the oversight office's alone; everybody else gets averages of closed quarters, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.evaluations import rules
from backend.kernel import clock
from backend.people.rules import ADMIN, AUDITOR, MANAGER, REVIEWER, Principal
from backend.people.service import require
from backend.storage.engine import reader

PAGE = 30
CITY = 4  # characters of a region code that name the city


@dataclass(frozen=True, slots=True)
class EvaluationView:
    id: UUID
    inspection: UUID
    enterprise_name: str
    enterprise_code: str
    department: str
    county: str
    day: date
    certificates: bool
    scanned: bool
    gifts: bool
    polite: int
    clear: int
    overall: int
    text: str
    commitment: str
    erased_on: date | None
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class Average:
    """Of ``visits`` at ``enterprises``: mean marks to a tenth, shares of yes in percent. Every visit weighs the same, however often it was evaluated."""

    department: str
    visits: int
    enterprises: int
    polite: float
    clear: float
    overall: float
    certificates: int
    scanned: int
    gifts: int


@dataclass(frozen=True, slots=True)
class Quarter:
    """``average`` None: too few enterprises to say anything of it, not even how many."""

    first: date
    last: date
    least: int
    average: Average | None


@dataclass(frozen=True, slots=True)
class EvaluationFilter:
    """``only``: "" | gifts | bad (overall 1 or 2) | text (with words)."""

    department: str = ""
    county: str = ""
    only: str = ""


_ONLY = {"gifts": "e.gifts", "bad": "e.overall <= 2", "text": "e.text <> ''"}
_AVERAGES = (
    "select department, count(*)::int as visits, count(distinct enterprise)::int as enterprises, round(avg(polite), 1)::float as polite,"
    " round(avg(clear), 1)::float as clear, round(avg(overall), 1)::float as overall, round(avg(certificates) * 100)::int as certificates,"
    " round(avg(scanned) * 100)::int as scanned, round(avg(gifts) * 100)::int as gifts"
    " from (select inspection, department, enterprise, avg(polite) as polite, avg(clear) as clear, avg(overall) as overall,"
    " avg(certificates::int) as certificates, avg(scanned::int) as scanned, avg(gifts::int) as gifts from evaluation"
    " where day between $1 and $2 and starts_with(county, $3) group by inspection, department, enterprise) v"
)


async def find_rule(on: date) -> rules.Rule:
    """The rule in force on a day."""
    row = await reader().fetchrow(
        "select least, window_days, most from evaluation_rule where valid_from <= $1 and (valid_to is null or valid_to > $1)"
        " order by valid_from desc limit 1",
        on,
    )
    # Without a row nobody may be evaluated, and nothing is told.
    return rules.Rule(**row) if row else rules.Rule(least=100, window_days=-1, most=0)


async def list_evaluations(who: Principal, by: EvaluationFilter, *, after: UUID | None = None, limit: int = PAGE) -> list[EvaluationView]:
    """One by one, the latest first. Raises ``Forbidden`` for everybody but the oversight office, whatever page asks."""
    require(who, AUDITOR)
    rows = await reader().fetch(
        "select e.id, e.inspection, i.enterprise_name, i.enterprise_code, e.department, e.county, e.day, e.certificates, e.scanned, e.gifts, e.polite,"
        " e.clear, e.overall, e.text, e.commitment, e.erased_on,"
        " exists (select from evaluation_seal s where s.week <= e.day and e.day < s.week + 7) as is_sealed"
        " from evaluation e join inspection i on i.id = e.inspection where starts_with(e.county, $1) and ($2 = '' or e.department = $2)"
        f" and ($3 = '' or e.county = $3) and {_ONLY.get(by.only, 'true')}"
        " and ($4::uuid is null or (e.day, e.id) < (select day, id from evaluation where id = $4)) order by e.day desc, e.id desc limit $5",
        who.region,
        by.department,
        by.county,
        after,
        limit,
    )
    return [EvaluationView(**row) for row in rows]


async def list_averages(who: Principal, first: date, last: date) -> list[Average]:
    """By department, for the oversight office. Raises ``Forbidden`` for everybody else."""
    require(who, AUDITOR)
    rows = await reader().fetch(f"{_AVERAGES} group by department order by department", first, last, who.region)
    return [Average(**row) for row in rows]


async def list_quarters(who: Principal) -> dict[str, Sequence[Quarter]]:
    """Department -> its quarters that are over, the latest first: the own one's, or every department's for who looks over all.

    A quarter with fewer enterprises than the rule of its last day asks for is told of as such and no more. The averages are the department's in
    its whole city whatever county the reader is of: two nested figures would give away their difference, and so would a running quarter from
    one day to the next.
    """
    require(who, MANAGER, REVIEWER, ADMIN, AUDITOR)
    wanted, told = who.scope.department, []
    for first, last in rules.quarters_over(clock.today()):
        least = (await find_rule(last)).least
        rows = await reader().fetch(
            f"{_AVERAGES} where $4::text is null or department = $4 group by department having count(distinct enterprise) >= $5",
            first,
            last,
            who.region[:CITY],
            wanted,
            least,
        )
        told.append((first, last, least, {row["department"]: Average(**row) for row in rows}))
    departments = {d for *_quarter, known in told for d in known} | ({wanted} if wanted else set())
    return {d: [Quarter(first, last, least, known.get(d)) for first, last, least, known in told] for d in sorted(departments)}

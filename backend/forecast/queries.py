"""Reads for forecasts: enterprises by stratum, officers, what is drawn already, norms, visits by stratum.

Strata and visits are counts without names; whose business a page's enterprises are is narrowed by ``region`` where they are listed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from backend.forecast.cap_rules import Caps, Visited
from backend.forecast.rules import CAMPAIGN, PLAN, Assigned, Drawn, Norm, Officer, PlannedRound, Stratum
from backend.inspections.rules import DISPATCHED, ON_SITE, OPEN, RECEIVED, RETURNED
from backend.kernel.scope import Scope
from backend.planning.rules import IN_FORCE
from backend.storage.engine import reader

PAGE = 50
# Still to be made by its officers.
_TO_DO = (DISPATCHED, RECEIVED, ON_SITE, RETURNED)


async def list_strata(counties: Sequence[str], industries: Sequence[str] = ()) -> list[Stratum]:
    """Active enterprises, counted. One pass over an index of their own (migration 0023), so that a million take a moment."""
    rows = await reader().fetch(
        "select region as county, industry, credit_class as class_code, count(*) as n from enterprise where status = 'active' and region = any($1)"
        " and (cardinality($2::text[]) = 0 or industry = any($2)) group by 1, 2, 3 order by 1, 2, 3",
        list(counties),
        list(industries),
    )
    return [Stratum(**row) for row in rows]


async def list_exempt_strata(department: str, counties: Sequence[str], on: date) -> list[Stratum]:
    """Of them, those that the department may not draw."""
    rows = await reader().fetch(
        "select e.region as county, e.industry, e.credit_class as class_code, count(distinct e.id) as n from exemption x"
        " join enterprise e on e.id = x.enterprise"
        " where x.department = $1 and x.ended_at is null and x.valid_from <= $3 and (x.valid_to is null or x.valid_to >= $3)"
        " and e.status = 'active' and e.region = any($2) group by 1, 2, 3",
        department,
        list(counties),
        on,
    )
    return [Stratum(**row) for row in rows]


async def list_officers(departments: Sequence[str], on: date) -> list[Officer]:
    """Valid officers with an account and a certificate that holds on a day: those whom a draw may take."""
    rows = await reader().fetch(
        "select id, name, department, qualifications, counties, certificate_expires_on as expires_on from inspector"
        " where department = any($1) and is_valid and account is not null and certificate_expires_on >= $2 order by department, name, id",
        list(departments),
        on,
    )
    return [Officer(**{**row, "qualifications": frozenset(row["qualifications"]), "counties": frozenset(row["counties"])}) for row in rows]


_CAMPAIGN = (
    "select id, name, department, partners, region, counties, industries, rate_mode, rates, officers_per_visit, due_on, yearly_cap, state,"
    " array(select item from campaign_item ci where ci.campaign = c.id order by item) as items from campaign c where c.kind = 'random'"
)


async def list_undrawn(departments: Sequence[str], today: date) -> list[tuple[PlannedRound, str]]:
    """(campaign, its state): drafts and announced ones that one of the departments leads or takes part in. Their window begins today."""
    rows = await reader().fetch(
        f"{_CAMPAIGN} and c.state in ('draft', 'announced') and (c.department = any($1) or c.partners && $1::varchar[]) order by c.due_on, c.number",
        list(departments),
    )
    return [(_round(row, today), row["state"]) for row in rows]


async def find_campaign_round(campaign: UUID, today: date) -> PlannedRound | None:
    """One campaign as a round, for a caller that has found it within a scope."""
    row = await reader().fetchrow(f"{_CAMPAIGN} and c.id = $1", campaign)
    return _round(row, today) if row else None


# Lines of plans in force of which no campaign was made.
_LINE = (
    "select l.line as id, l.name, p.department, l.partners, p.region, l.counties, l.industries, l.items, l.rate_mode, l.rates, l.officers_per_visit,"
    " l.first_on, l.due_on, l.yearly_cap from plan_line l join plan_edition e on e.id = l.edition join annual_plan p on p.id = e.plan"
    " where e.state = any($1) and not exists (select from plan_campaign c where c.plan = p.id and c.line = l.line)"
)


async def list_planned(departments: Sequence[str], today: date, last: date) -> list[PlannedRound]:
    """Rounds of plans in force that one of the departments leads or takes part in, no campaign yet, with a window that meets ``today`` .. ``last``."""
    rows = await reader().fetch(
        f"{_LINE} and (p.department = any($2) or l.partners && $2::varchar[]) and l.due_on >= $3 and l.first_on <= $4 order by l.first_on, l.name",
        sorted(IN_FORCE),
        list(departments),
        today,
        last,
    )
    return [_round(row, row["first_on"], PLAN) for row in rows]


async def find_planned(line: UUID, scope: Scope) -> PlannedRound | None:
    """One of them, for its own department within the region, or for whoever sees all departments."""
    row = await reader().fetchrow(
        f"{_LINE} and l.line = $2 and ($3::text is null or p.department = $3) and (starts_with(p.region, $4) or starts_with($4, p.region))",
        sorted(IN_FORCE),
        line,
        scope.department,
        scope.region,
    )
    return _round(row, row["first_on"], PLAN) if row else None


def _round(row: Mapping[str, Any], first: date, kind: str = CAMPAIGN) -> PlannedRound:
    rates = {k: tuple(v) if isinstance(v, list) else int(v) for k, v in json.loads(row["rates"]).items()}
    return PlannedRound(
        key=str(row["id"]),
        name=row["name"],
        kind=kind,
        departments=(row["department"], *row["partners"]),
        region=row["region"],
        counties=tuple(row["counties"]),
        industries=tuple(row["industries"]),
        items=tuple(row["items"]),
        rate_mode=row["rate_mode"],
        rates=rates,
        officers_per_visit=row["officers_per_visit"],
        first=first,
        last=row["due_on"],
        cap=row["yearly_cap"],
    )


async def list_assigned(departments: Sequence[str]) -> list[Assigned]:
    """What officers of the departments hold and have yet to do, also visits that were not drawn."""
    rows = await reader().fetch(
        "select o.inspector as officer, i.county, i.campaign::text as round, i.due_on, count(*) as n from inspection i"
        " join inspection_officer o on o.inspection = i.id where i.state = any($2) and o.department = any($1) group by 1, 2, 3, 4",
        list(departments),
        list(_TO_DO),
    )
    return [Assigned(**row) for row in rows]


async def list_drawn(departments: Sequence[str]) -> list[Drawn]:
    """Visits that officers of the departments have yet to make, by campaign, department and county; the first due first."""
    rows = await reader().fetch(
        "select c.id, c.name, c.number, c.department as lead, c.region, o.department, i.county, i.due_on, count(distinct i.id) as n from inspection i"
        " join inspection_officer o on o.inspection = i.id join campaign c on c.id = i.campaign where i.state = any($2) and o.department = any($1)"
        " group by c.id, o.department, i.county, i.due_on order by i.due_on, c.number",
        list(departments),
        list(_TO_DO),
    )
    return [Drawn(**{**row, "id": str(row["id"])}) for row in rows]


async def list_qualifications(items: Sequence[str]) -> dict[str, dict[str, str]]:
    """Department -> item -> the qualification that it asks for, of the items that ask for one."""
    rows = await reader().fetch(
        "select department, code, qualification from check_item where code = any($1) and qualification is not null order by code", list(set(items))
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["department"], {})[row["code"]] = row["qualification"]
    return found


async def find_norms(departments: Sequence[str], on: date) -> dict[str, Norm]:
    """The norm of each department on a day: its own row before the one for all."""
    rows = await reader().fetch(
        "select distinct on (d.code) d.code, n.usual, n.most, n.source from unnest($1::text[]) as d(code)"
        " join workload_norm n on n.department is null or n.department = d.code"
        " where n.valid_from <= $2 and (n.valid_to is null or n.valid_to > $2) order by d.code, n.department is null, n.valid_from desc",
        list(departments),
        on,
    )
    return {row["code"]: Norm(row["usual"], row["most"], row["source"]) for row in rows}


# Of a visit i: it counts for the year that begins on $2. An open one counts for the year in which it will be made: that of its deadline, or this
# one where that is over.
_COUNTS = "(i.completed_on >= $2 or (i.completed_on is null and i.state = any({open}) and greatest(i.due_on, {today}) >= $2))"
# Of an enterprise e: the department $1 may draw it.
_NOT_EXEMPT = (
    "not exists (select from exemption x where x.enterprise = e.id and x.department = $1 and x.ended_at is null"
    " and x.valid_from <= {today} and (x.valid_to is null or x.valid_to >= {today}))"
)
# $1 department, $2 the year's first day, $3 whether the level is the county's, $4 states of open visits, $5 counties, $6 today.
_VISITS = (
    "visit as (select i.enterprise, count(*) filter (where i.completed_on is not null and w.here) as done, count(*) filter (where i.completed_on is not null)"
    " as done_both, count(*) filter (where i.completed_on is null and w.here) as open, count(*) filter (where i.completed_on is null) as open_both"
    " from inspection i join campaign c on c.id = i.campaign and c.kind = 'random' cross join lateral (select (length(c.region) > 4) = $3 as here) w"
    f" where i.department = $1 and {_COUNTS.format(open='$4', today='$6')} and i.county = any($5) group by 1),"
    " seen as (select v.*, e.id, e.code, e.name, e.region, e.industry, e.credit_class from visit v join enterprise e on e.id = v.enterprise"
    f" where e.status = 'active' and {_NOT_EXEMPT.format(today='$6')})"
)


def _visit_values(department: str, is_county: bool, counties: Sequence[str], today: date, year: int) -> list[Any]:
    return [department, date(year, 1, 1), is_county, sorted(OPEN), list(counties), today]


async def list_visited(department: str, *, is_county: bool, counties: Sequence[str], today: date, year: int) -> list[Visited]:
    """Those who have had a drawn visit of the department in a year or wait for one, counted by stratum and number of visits."""
    rows = await reader().fetch(
        f"with {_VISITS} select region as county, industry, credit_class as class_code, done, done_both, open, open_both, count(*) as n"
        " from seen group by 1, 2, 3, 4, 5, 6, 7",
        *_visit_values(department, is_county, counties, today, year),
    )
    return [Visited(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class OverRow:
    """An enterprise that has reached a cap or is expected to go over one. ``expected``: visits of the year at both levels, with what is planned."""

    id: UUID
    code: str
    name: str
    county: str
    class_code: str
    done: int
    done_both: int
    open_both: int
    expected: float
    is_reached: bool


Chances = Sequence[tuple[str, str, str, float, float]]  # county, industry, class, sum of the level's chances, of both levels'


async def list_over(
    department: str,
    *,
    is_county: bool,
    counties: Sequence[str],
    caps: Caps,
    chances: Chances,
    today: date,
    year: int,
    after: str = "",
    limit: int = PAGE,
) -> list[OverRow]:
    """By code, those beyond ``after``: who has reached a cap, or whose visits and chances together exceed one."""
    values = _visit_values(department, is_county, counties, today, year)
    columns = [[c[n] for c in chances] for n in range(5)]
    planned = "planned as (select * from unnest($7::text[], $8::text[], $9::text[], $10::float8[], $11::float8[]) p (county, industry, class, here, whole))"
    over = "(s.done + s.open + p.here > $12::int or s.done_both + s.open_both + p.whole > $13::int)"
    reached = "(coalesce(s.done >= $12::int, false) or coalesce(s.done_both >= $13::int, false))"
    rows = await reader().fetch(
        f"with {_VISITS}, {planned} select s.id, s.code, s.name, s.region as county, s.credit_class as class_code, s.done, s.done_both, s.open_both,"
        f" s.done_both + s.open_both + p.whole as expected, {reached} as is_reached from seen s"
        " join planned p on p.county = s.region and p.industry = s.industry and p.class = s.credit_class"
        f" where s.code > $14 and ({reached} or coalesce({over}, false)) order by s.code limit $15",
        *values,
        *columns,
        caps.level,
        caps.together,
        after,
        limit,
    )
    found = [OverRow(**row) for row in rows]
    # Whoever was not visited yet can only be over where the plans alone exceed a cap.
    bare = [c for c in chances if (caps.level is not None and c[3] > caps.level) or (caps.together is not None and c[4] > caps.together)]
    if bare:
        found += await _list_unvisited(department, values, bare, after, limit)
    return sorted(found, key=lambda r: r.code)[:limit]


async def _list_unvisited(department: str, values: Sequence[Any], chances: Chances, after: str, limit: int) -> list[OverRow]:
    rows = await reader().fetch(
        "select e.id, e.code, e.name, e.region as county, e.credit_class as class_code, 0 as done, 0 as done_both, 0 as open_both, p.whole as expected,"
        " false as is_reached from unnest($4::text[], $5::text[], $6::text[], $7::float8[]) p (county, industry, class, whole)"
        " join enterprise e on e.region = p.county and e.industry = p.industry and e.credit_class = p.class and e.status = 'active'"
        " where e.code > $8 and not exists (select from inspection i join campaign c on c.id = i.campaign and c.kind = 'random' where i.enterprise = e.id"
        f" and i.department = $1 and {_COUNTS.format(open='$3', today='$9')}) and {_NOT_EXEMPT.format(today='$9')} order by e.code limit $10",
        department,
        values[1],
        values[3],
        *([c[n] for c in chances] for n in (0, 1, 2, 4)),
        after,
        values[5],
        limit,
    )
    return [OverRow(**row) for row in rows]

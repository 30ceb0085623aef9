"""How often enterprises were inspected this year, as the yearly caps count it: by department and level, and at both levels together.

Drawn visits with a record count, a joint one once, for the department that led it; those after a complaint, a referral or an order do not
(国办发〔2024〕54号). The level is that of the campaign's region: a county's office or the city's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.kernel import clock
from backend.rulebook.queries import find_limits
from backend.storage.engine import reader

_IS_COUNTY = "length({}.region) > 4"  # as rulebook.rules.level_of


@dataclass(frozen=True, slots=True)
class Reached:
    """A cap that leaves no room for one more visit. ``together``: the one for both levels."""

    used: int
    most: int
    together: bool


def _year() -> date:
    return date(clock.today().year, 1, 1)


async def count_visits(department: str, level: str) -> dict[UUID, tuple[int, int]]:
    """Enterprise -> (visits at the level, at both levels) of this year by one department."""
    rows = await reader().fetch(
        f"select i.enterprise, count(*) filter (where ({_IS_COUNTY.format('c')}) = $3) as here, count(*) as both from inspection i"
        " join campaign c on c.id = i.campaign where i.department = $1 and i.completed_on >= $2 and c.kind = 'random' group by 1",
        department,
        _year(),
        level == "county",
    )
    return {row["enterprise"]: (row["here"], row["both"]) for row in rows}


async def count_of_enterprise(enterprise: UUID) -> list[tuple[str, str, str, int]]:
    """(department, level, kind, n): the visits of this year with a record, drawn and others. What a visit is counted for, see above."""
    rows = await reader().fetch(
        f"select i.department, case when {_IS_COUNTY.format('c')} then 'county' else 'city' end as level, c.kind, count(*) as n from inspection i"
        " join campaign c on c.id = i.campaign where i.enterprise = $1 and i.completed_on >= $2 group by 1, 2, 3 order by 1, 2, 3",
        enterprise,
        _year(),
    )
    return [(row["department"], row["level"], row["kind"], row["n"]) for row in rows]


def judge(visits: Mapping[UUID, tuple[int, int]], cap: int | None, together: int | None) -> dict[UUID, Reached]:
    """The enterprises that may not be visited once more, with the cap that says so."""
    found = {}
    for enterprise, (here, both) in visits.items():
        if cap is not None and here >= cap:
            found[enterprise] = Reached(here, cap, False)
        elif together is not None and both >= together:
            found[enterprise] = Reached(both, together, True)
    return found


async def find_caps(departments: Sequence[str], region: str) -> tuple[int | None, int | None]:
    """(the level's, for both levels together) as the rulebook has them today."""
    limits = await find_limits(departments, region, clock.today())
    return limits.cap.most if limits.cap else None, limits.together.most if limits.together else None


async def list_reached(inspections: Sequence[UUID]) -> dict[UUID, Reached]:
    """Of drawn visits that have not begun: those whose enterprise has had its number meanwhile, by another campaign."""
    rows = await reader().fetch(
        f"select i.id, i.department, c.region, c.yearly_cap, count(*) filter (where ({_IS_COUNTY.format('w')}) = ({_IS_COUNTY.format('c')})) as here,"
        " count(*) as both from inspection i join campaign c on c.id = i.campaign"
        " join inspection v on v.enterprise = i.enterprise and v.department = i.department and v.id <> i.id and v.completed_on >= $2"
        " join campaign w on w.id = v.campaign and w.kind = 'random'"
        " where i.id = any($1) and c.kind = 'random' and i.state in ('dispatched', 'received') group by i.id, c.id",
        list(inspections),
        _year(),
    )
    found: dict[UUID, Reached] = {}
    caps: dict[tuple[str, str], int | None] = {}
    for row in rows:
        place = (row["department"], row["region"])
        if place not in caps:
            caps[place] = (await find_caps([row["department"]], row["region"]))[1]
        found |= judge({row["id"]: (row["here"], row["both"])}, row["yearly_cap"], caps[place])
    return found


async def find_beyond(inspection: UUID) -> Reached | None:
    """Of a drawn visit that has a record: the cap that was used up by other visits before it. The phone had no signal, or did not know."""
    row = await reader().fetchrow(
        f"select i.department, c.region, c.yearly_cap, count(*) filter (where ({_IS_COUNTY.format('w')}) = ({_IS_COUNTY.format('c')})) as here,"
        " count(*) as both from inspection i join campaign c on c.id = i.campaign"
        " join inspection v on v.enterprise = i.enterprise and v.department = i.department and v.id <> i.id"
        " and v.completed_on between date_trunc('year', i.completed_on)::date and i.completed_on"
        " and (v.completed_on < i.completed_on or coalesce(v.submitted_at < i.submitted_at, true))"
        " join campaign w on w.id = v.campaign and w.kind = 'random'"
        " where i.id = $1 and c.kind = 'random' group by i.id, c.id",
        inspection,
    )
    if row is None:
        return None
    together = (await find_caps([row["department"]], row["region"]))[1]
    return judge({inspection: (row["here"], row["both"])}, row["yearly_cap"], together).get(inspection)

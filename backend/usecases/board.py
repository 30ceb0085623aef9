"""Inspections and campaigns with their lamps: as a list, as columns by state, and as counts. Reads only, within the person's ``Scope``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from backend.deadlines.rules import Book, Lamp
from backend.inspections.rules import DISPATCHED, ON_SITE, PUBLISHED, RECEIVED, RETURNED, SUBMITTED, UNDER_REVIEW
from backend.kernel.scope import Scope
from backend.storage.engine import reader
from backend.usecases import lamps
from backend.usecases.lamps import BOUNDS, LAMP, Conditions

PAGE: Final = 50
IN_COLUMN: Final = 12
IN_ONE_COLUMN: Final = 100
# Column -> the states that it holds. A published result stays in sight while something of it is open.
COLUMNS: Final = {
    "waiting": (DISPATCHED, RECEIVED),
    "on_site": (ON_SITE,),
    "returned": (RETURNED,),
    "review": (SUBMITTED, UNDER_REVIEW),
    "after": (PUBLISHED,),
    "done": (PUBLISHED,),
}


@dataclass(frozen=True, slots=True)
class InspectionRow:
    """``lamps``: all clocks that run, the most pressing first. ``submission``: its latest record. ``reviewer``: the name of who is to judge it."""

    id: UUID
    enterprise: UUID
    enterprise_name: str
    enterprise_code: str
    campaign_name: str
    department: str
    county: str
    state: str
    due_on: date
    is_drawn: bool
    officers: Sequence[str]
    submission: UUID | None
    reviewer: str | None
    lamps: Sequence[Lamp]

    @property
    def lamp(self) -> str:
        """The most pressing colour, empty where no clock runs."""
        return self.lamps[0].colour if self.lamps else ""


@dataclass(frozen=True, slots=True)
class InspectionFilter:
    """``lamp``: red | yellow | green by the most pressing clock. ``clock``: which one runs. ``reviewer``: whose records to judge."""

    campaign: UUID | None = None
    enterprise: UUID | None = None
    state: str = ""
    county: str = ""
    lamp: str = ""
    column: str = ""
    clock: str = ""
    reviewer: UUID | None = None


_ROW: Final = (
    "select i.id, i.enterprise, i.enterprise_name, i.enterprise_code, c.name as campaign_name, i.department, i.county, i.state, i.due_on,"
    " i.draw is not null as is_drawn, array(select p.name from inspection_officer o join inspector p on p.id = o.inspector"
    " where o.inspection = i.id order by o.slot) as officers,"
    " (select s.id from submission s where s.inspection = i.id order by s.received_at desc limit 1) as submission,"
    " (select a.name from account a where a.id = i.reviewer) as reviewer, l.clocks, l.since"
)
_FROM: Final = f" from inspection i join campaign c on c.id = i.campaign cross join {LAMP}"


def _narrow(wanted: Conditions, by: InspectionFilter) -> None:
    for column, value in (("campaign", by.campaign), ("enterprise", by.enterprise), ("state", by.state), ("county", by.county), ("reviewer", by.reviewer)):
        if value:
            wanted.add(f"i.{column} = {{}}", value)
    if by.column in COLUMNS:
        wanted.add("i.state = any({})", list(COLUMNS[by.column]))
        if by.column in ("after", "done"):
            wanted.add("l.rank is not null" if by.column == "after" else "l.rank is null")
    if by.lamp in lamps.RANKS:
        wanted.add("l.rank = {}", lamps.RANKS[by.lamp])
    if by.clock:
        wanted.add("{} = any(l.clocks)", by.clock)


def _rows(rows: Sequence[Mapping[str, Any]], book: Book, today: date) -> list[InspectionRow]:
    return [
        InspectionRow(
            **{k: v for k, v in row.items() if k in InspectionRow.__dataclass_fields__}, lamps=lamps.lamps_of(row["clocks"], row["since"], book, today)
        )
        for row in rows
    ]


async def list_inspections(
    scope: Scope, by: InspectionFilter, *, after: tuple[date, UUID] | None = None, limit: int = PAGE
) -> tuple[list[InspectionRow], tuple[date, UUID] | None]:
    """Inspections by due date, and where the next page begins."""
    book, today, values = await lamps.load()
    wanted = Conditions(list(values))
    wanted.visible(scope)
    _narrow(wanted, by)
    if after:
        wanted.add("(i.due_on, i.id) > ({}, {})", *after)
    rows = await reader().fetch(f"with {BOUNDS} {_ROW}{_FROM} where {wanted} order by i.due_on, i.id limit {limit + 1}", *wanted.values)
    found = _rows([dict(r) for r in rows[:limit]], book, today)
    return found, (found[-1].due_on, found[-1].id) if len(rows) > limit else None


async def list_by_id(scope: Scope, ids: Sequence[UUID]) -> list[InspectionRow]:
    """Those of the inspections that the scope covers, in the order of ``ids``."""
    book, today, values = await lamps.load()
    wanted = Conditions(list(values))
    wanted.visible(scope)
    wanted.add("i.id = any({})", list(ids))
    rows = await reader().fetch(f"with {BOUNDS} {_ROW}{_FROM} where {wanted}", *wanted.values)
    found = {r.id: r for r in _rows([dict(r) for r in rows], book, today)}
    return [found[i] for i in dict.fromkeys(ids) if i in found]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the board: how many, by lamp, and the most pressing of them."""

    key: str
    total: int
    by_lamp: Mapping[str, int]
    rows: Sequence[InspectionRow]


_COLUMN_OF: Final = (
    "case when i.state in ('dispatched', 'received') then 'waiting' when i.state in ('submitted', 'under_review') then 'review'"
    " when i.state = 'published' then case when l.rank is null then 'done' else 'after' end else i.state end"
)


async def load_board(scope: Scope, by: InspectionFilter) -> list[Column]:
    """All columns in the order of an inspection's life; in each the most pressing first, finished ones by their last change.

    ``by.column`` leaves the other columns without rows and shows more of its own; the counts are of all.
    """
    _book, _today, values = await lamps.load()
    wanted = Conditions(list(values))
    wanted.visible(scope)
    _narrow(wanted, replace(by, column=""))
    wanted.add("i.state not in ('replaced', 'voided')")
    place = "row_number() over (partition by place order by case when place = 'done' then -extract(epoch from updated_at) end, rank desc, first_since, id)"
    most = IN_ONE_COLUMN if by.column else IN_COLUMN
    rows = await reader().fetch(
        f"with {BOUNDS}, seen as materialized (select i.id, i.updated_at, l.rank, (select min(s) from unnest(l.since) s) as first_since, {_COLUMN_OF} as place"
        f"{_FROM} where {wanted}), ranked as (select id, place, {place} as at from seen)"
        f", counted as (select place, coalesce(rank, 0) as rank, count(*) as n from seen group by 1, 2)"
        f" select null::uuid as id, place, rank, n from counted union all select id, place, 0, at from ranked where at <= {most}"
        f" and (${len(wanted.values) + 1} in ('', place))",
        *wanted.values,
        by.column,
    )
    counts: dict[str, dict[int, int]] = {}
    order: dict[str, list[tuple[int, UUID]]] = {}
    for row in rows:
        if row["id"] is None:
            counts.setdefault(row["place"], {})[row["rank"]] = row["n"]
        else:
            order.setdefault(row["place"], []).append((row["n"], row["id"]))
    shown = {r.id: r for r in await list_by_id(scope, [i for ids in order.values() for _, i in ids])}
    return [
        Column(
            key,
            sum(counts.get(key, {}).values()),
            {colour: counts.get(key, {}).get(rank, 0) for colour, rank in lamps.RANKS.items()},
            [shown[i] for _, i in sorted(order.get(key, [])) if i in shown],
        )
        for key in COLUMNS
    ]


@dataclass(frozen=True, slots=True)
class LampCount:
    """Inspections of one county by their most pressing lamp."""

    county: str
    by_lamp: Mapping[str, int]


async def count_lamps(scope: Scope) -> list[LampCount]:
    """Per county in which any clock runs."""
    _book, _today, values = await lamps.load()
    wanted = Conditions(list(values))
    wanted.visible(scope)
    wanted.add("i.state not in ('replaced', 'voided')")
    rows = await reader().fetch(
        f"with {BOUNDS} select i.county, l.rank, count(*) as n from inspection i cross join {LAMP} where {wanted} and l.rank is not null"
        " group by i.county, l.rank order by i.county",
        *wanted.values,
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["county"], dict.fromkeys(lamps.RANKS, 0))[lamps.COLOURS[row["rank"]]] = row["n"]
    return [LampCount(county, by_lamp) for county, by_lamp in found.items()]


@dataclass(frozen=True, slots=True)
class CampaignCard:
    """A campaign with how far it has come and how its inspections' lamps stand. ``lamp``: of its own date, empty once all is handed in."""

    id: UUID
    number: str
    name: str
    kind: str
    state: str
    department: str
    due_on: date
    total: int
    handed_in: int
    published: int
    by_lamp: Mapping[str, int]
    lamp: Lamp | None


CAMPAIGN_COLUMNS: Final = ("draft", "announced", "drawn", "closed")


async def load_campaign_board(scope: Scope, county: str = "") -> dict[str, list[CampaignCard]]:
    """state -> campaigns, the one that is due next first; of closed ones the latest twenty."""
    book, today, values = await lamps.load()
    wanted = Conditions(list(values))
    wanted.visible(scope)
    wanted.add("i.state not in ('replaced', 'voided')")
    if county:
        wanted.add("i.county = {}", county)
    seen = str(wanted)
    mine = Conditions(wanted.values)
    mine.add("(starts_with(c.region, {}) or starts_with({}, c.region))", scope.region, scope.region)
    if scope.department is not None:
        mine.add("(c.department = {} or {} = any(c.partners))", scope.department, scope.department)
    if county:
        mine.add("{} = any(c.counties)", county)
    rows = await reader().fetch(
        f"with {BOUNDS} select c.id, c.number, c.name, c.kind, c.state, c.department, c.due_on, n.* from campaign c cross join lateral (select"
        " count(*) as total, count(*) filter (where i.state in ('submitted', 'under_review', 'published')) as handed_in,"
        " count(*) filter (where i.state = 'published') as published, count(*) filter (where l.rank = 3) as red,"
        " count(*) filter (where l.rank = 2) as yellow, count(*) filter (where l.rank = 1) as green"
        f" from inspection i cross join {LAMP} where i.campaign = c.id and {seen}) n"
        f" where c.state <> 'voided' and {mine} order by c.due_on, c.number",
        *mine.values,
    )
    found: dict[str, list[CampaignCard]] = {state: [] for state in CAMPAIGN_COLUMNS}
    for row in rows:
        fields = dict(row)
        by_lamp = {colour: fields.pop(colour) for colour in lamps.RANKS}
        is_open = row["state"] in ("draft", "announced") or (row["state"] == "drawn" and row["handed_in"] < row["total"])
        lamp = lamps.lamps_of(["visit"], [row["due_on"]], book, today)[0] if is_open else None
        found[row["state"]].append(CampaignCard(**fields, by_lamp=by_lamp, lamp=lamp))
    found["closed"] = found["closed"][:-21:-1]
    return found

"""The page behind the code on an enterprise's door: what a code leads to, and what a passer-by may know (docs/decisions/0030-codes-on-doors.md)

Nothing here tells that a visit is coming: only visits whose officers have scanned in, those with a record, and what is published.
Proving tests: tests/usecases/test_door.py, tests/web/public/test_enterprise.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from backend.facts.covering import mask_persons
from backend.facts.queries import Facts, list_public_facts
from backend.facts.rules import PLAIN
from backend.inspections import caps
from backend.inspections.rules import RANDOM
from backend.kernel import clock
from backend.placards import queries as placards
from backend.placards import rules, signing
from backend.placards.queries import PlacardView
from backend.publicity import queries as publicity
from backend.publicity.queries import PublicationView
from backend.rectification import rules as rectification
from backend.registry import history
from backend.registry import queries as registry
from backend.registry.history import ListingView
from backend.registry.queries import EnterpriseView
from backend.rulebook import queries as rulebook
from backend.rulebook.rules import Cap
from backend.storage.engine import reader
from backend.usecases.arrival import Arrival, list_arrivals

OPEN, MOVED, STOPPED, UNKNOWN, FORGED = "open", "moved", "stopped", "unknown", "forged"
RECORDS = 30  # the latest, whose signers' names are covered in texts
RESULTS, FACTS, ORDERS = 10, 6, 10  # how many of each the page shows; the rest is one link away
ALL_YEARS: Final = date(1949, 10, 1)


@dataclass(frozen=True, slots=True)
class Door:
    """What a code leads to. ``state``: ``OPEN``, the page; ``MOVED``, the page under ``current``; ``STOPPED``, revoked for abuse; ``UNKNOWN``, of
    the right form and nobody's; ``FORGED``, not made by this installation, or mistyped.

    ``is_old``: a card from before codes were signed. ``placard`` is the signed one, where there is one.
    """

    state: str
    enterprise: EnterpriseView | None = None
    placard: PlacardView | None = None
    current: str = ""
    is_old: bool = False


@dataclass(frozen=True, slots=True)
class YearOfDepartment:
    """Drawn visits of one authority this year, by level, with the caps in force; ``others``: those that no cap counts, by kind."""

    department: str
    used: Mapping[str, int]  # city, county, together
    most: Mapping[str, Cap]
    others: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PublicOrder:
    """An order to correct behind a published result. ``state`` as in ``rectification.rules``; ``is_over``: its day has passed and it stands."""

    number: str
    result: str
    department: str
    demand: str
    due_on: date
    state: str
    closed_on: date | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class DoorPage:
    enterprise: EnterpriseView
    legal_rep: str  # masked
    arrivals: Sequence[Arrival]
    results: Sequence[PublicationView]
    has_more_results: bool
    orders: Mapping[str, Sequence[PublicOrder]]  # by number of the result
    year: int
    years: Sequence[YearOfDepartment]
    general: Mapping[str, Cap]  # by level, where no authority has a cap of its own
    listings: Sequence[ListingView]
    facts: Facts
    penalties_since: date | None


async def open_door(code: str) -> Door:
    """What stands behind the code of an address. Not scoped: it hangs on a door, for everyone."""
    verdict, token = signing.read(code)
    if verdict == rules.FORGED:
        return Door(FORGED)
    if verdict == rules.UNSIGNED:
        return await _open_old_card(token)
    placard = await placards.find_by_token(token)
    enterprise = await registry.find_public(placard.enterprise) if placard else None
    if placard is None or enterprise is None:
        return Door(UNKNOWN)
    if placard.ground == rules.ABUSE:
        return Door(STOPPED, enterprise, placard)
    if placard.ground:
        current = await placards.find_current(enterprise.id)
        return Door(MOVED, enterprise, placard, current.code if current else enterprise.qr_token)
    return Door(OPEN, enterprise, placard, code)


async def _open_old_card(token: str) -> Door:
    enterprise = await registry.find_by_token(token)
    if enterprise is None:
        return Door(UNKNOWN)
    current = await placards.find_current(enterprise.id)
    if current is None:
        return Door(OPEN, enterprise, None, token, is_old=True)
    return Door(MOVED, enterprise, None, current.code, is_old=True)


async def load_door_page(enterprise: EnterpriseView) -> DoorPage:
    today = clock.today()
    results = await publicity.list_of_enterprise(enterprise.id, RESULTS + 1)
    kept = await rulebook.find_retention("penalty", today)
    since = today - timedelta(days=kept) if kept is not None else None
    years, general = await load_year(enterprise.id)
    names = await list_names_near(enterprise)
    return DoorPage(
        enterprise=enterprise,
        legal_rep=mask_persons(enterprise.legal_rep, [enterprise.legal_rep]),
        arrivals=await list_arrivals(enterprise.id),
        results=results[:RESULTS],
        has_more_results=len(results) > RESULTS,
        orders=await list_public_orders(enterprise, names),
        year=today.year,
        years=years,
        general=general,
        listings=[x for x in await history.list_listings(enterprise.id) if x.removed_on is None],
        facts=_masked(await list_public_facts(enterprise.id, penalties_since=since or ALL_YEARS, limit=FACTS), names),
        penalties_since=since,
    )


async def list_names_near(enterprise: EnterpriseView) -> set[str]:
    """The persons whom a text about an enterprise may name: its representative, the officers of its visits, whoever signed
    a record there or was named in it as a witness, and the officials who ordered it to correct something."""
    rows = await reader().fetch(
        "select name from inspector where id in (select o.inspector from inspection_officer o join inspection i on i.id = o.inspection where i.enterprise = $1)"
        " union select s ->> k from (select b.record from submission b join inspection i on i.id = b.inspection where i.enterprise = $1"
        " order by b.received_at desc limit $2) r, jsonb_array_elements(convert_from(r.record, 'UTF8')::jsonb -> 'signers') s,"
        " unnest(array['name', 'witness']) k"
        " union select a.name from account a where a.id in (select ordered_by from rectification_order where enterprise = $1)",
        enterprise.id,
        RECORDS,
    )
    return {enterprise.legal_rep, *(row["name"] for row in rows if row["name"])}


def _masked(facts: Facts, names: Collection[str]) -> Facts:
    """Without what names a person; the source files stay inside the office. An individual business is named for what it does, its keeper by the
    licence alone."""

    def cover(text: str) -> str:
        return mask_persons(text, names)

    def said(state: str) -> str:
        return "" if state == PLAIN else state

    return Facts(
        [
            replace(p, title=cover(p.title), facts=cover(p.facts), result=cover(p.result), party="", remark="", source="", state=said(p.state))
            for p in facts.penalties
        ],
        [replace(p, title=cover(p.title), content=cover(p.content), party="", remark="", source="", state=said(p.state)) for p in facts.permits],
    )


async def load_year(enterprise: UUID) -> tuple[list[YearOfDepartment], dict[str, Cap]]:
    """This year's visits against the caps, by authority; and the caps that hold for any authority."""
    drawn: dict[str, dict[str, int]] = defaultdict(lambda: {"city": 0, "county": 0, "together": 0})
    others: dict[str, dict[str, int]] = defaultdict(dict)
    for department, level, kind, n in await caps.count_of_enterprise(enterprise):
        counted = drawn[department]
        if kind == RANDOM:
            counted[level] += n
            counted["together"] += n
        else:
            others[department][kind] = others[department].get(kind, 0) + n
    limits = await rulebook.list_caps([*drawn, ""], clock.today())

    def of(department: str) -> dict[str, Cap]:
        return {level: cap for (d, level), cap in limits.items() if d == department}

    return [YearOfDepartment(d, drawn[d], of(d), others[d]) for d in sorted(drawn)], of("")


async def list_public_orders(enterprise: EnterpriseView, names: Collection[str] | None = None) -> dict[str, list[PublicOrder]]:
    """Orders to correct whose first visit has a result that stands in public, by the result's number. What follows up is not told before it is done."""
    rows = await reader().fetch(
        "select o.number, p.number as result, o.department, o.demand, o.due_on, o.state, o.closed_at from rectification_order o"
        " join lateral (select number, status from publication where inspection = o.inspection order by version desc limit 1) p on p.status <> 'withdrawn'"
        " where o.enterprise = $1 order by o.ordered_at desc limit $2",
        enterprise.id,
        ORDERS,
    )
    covered = await list_names_near(enterprise) if names is None else names
    found: dict[str, list[PublicOrder]] = {}
    for row in rows:
        is_over = row["state"] in rectification.STANDING and row["due_on"] < clock.today()
        order = PublicOrder(
            row["number"],
            row["result"],
            row["department"],
            mask_persons(row["demand"], covered),
            row["due_on"],
            row["state"],
            clock.day_of(row["closed_at"]) if row["closed_at"] else None,
            is_over,
        )
        found.setdefault(order.result, []).append(order)
    return found

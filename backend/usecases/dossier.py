"""一户一档 All that is known of one enterprise, each fact with its source and the day for which that vouches, and the order of events.

Reads only, for one person: what the person's scope does not cover is not in it. Proving test: tests/usecases/test_dossier.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.facts.queries import Facts, list_facts
from backend.inspections.rules import COMPLAINT, REFERRAL
from backend.kernel import clock
from backend.kernel.scope import Scope
from backend.people.officer_queries import list_account_names
from backend.people.rules import Principal
from backend.registry import history
from backend.registry.exemptions import ExemptionView, list_of
from backend.registry.history import ChangeView, ListingView, Origin
from backend.registry.queries import EnterpriseView, find_enterprise
from backend.storage.engine import reader
from backend.usecases.board import InspectionFilter, InspectionRow, list_inspections
from backend.usecases.overview import PublishedResult, list_results_of

HIDDEN = frozenset({"code_kind", "override_reason", "lat_e7", "lon_e7"})


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint or a referral that led to a visit."""

    inspection: UUID
    kind: str
    reference: str
    department: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``kind`` says what ``thing`` is: arrived, changed, listed, delisted, penalty, permit, complaint, visited, published."""

    on: date
    kind: str
    thing: Any


@dataclass(frozen=True, slots=True)
class Dossier:
    """``files`` and ``people``: names behind the origins of changes."""

    enterprise: EnterpriseView
    arrival: Origin
    changes: Sequence[ChangeView]
    listings: Sequence[ListingView]
    exemptions: Sequence[ExemptionView]
    facts: Facts
    complaints: Sequence[Complaint]
    inspections: Sequence[InspectionRow]
    results: Sequence[PublishedResult]
    files: Mapping[UUID, str]
    people: Mapping[UUID, str]
    events: Sequence[Event]


async def load_dossier(enterprise: UUID, who: Principal) -> Dossier:
    """Raises ``NotFound`` outside the scope."""
    scope = who.scope
    found = await find_enterprise(enterprise, scope)
    arrival, changes = await history.find_arrival(enterprise), [_seen_by(c, who) for c in await history.list_changes(enterprise)]
    origins = [arrival, *(c.origin for c in changes)]
    inspections, _rest = await list_inspections(scope, InspectionFilter(enterprise=enterprise))
    dossier = Dossier(
        found,
        arrival,
        [c for c in changes if c.now],
        await history.list_listings(enterprise),
        await list_of(enterprise),
        await list_facts(enterprise, scope),
        await _list_complaints(enterprise, scope),
        inspections,
        await list_results_of(enterprise),
        await _list_files([o.source for o in origins if o.source]),
        await list_account_names([o.account for o in origins if o.account]),
        [],
    )
    return _with_events(dossier)


def _seen_by(change: ChangeView, who: Principal) -> ChangeView:
    """Without fields that are not shown, and without the class for whom it is no business of."""
    hidden = HIDDEN if who.sees_class else HIDDEN | {"credit_class"}
    was, now = ({k: v for k, v in side.items() if k not in hidden} for side in (change.was, change.now))
    return ChangeView(change.version, change.at, change.origin, change.reason, was, now)


def _day(at: datetime) -> date:
    return at.astimezone(clock.BEIJING).date()


def _with_events(d: Dossier) -> Dossier:
    events = [Event(_day(d.enterprise.created_at), "arrived", d.arrival)]
    events += [Event(_day(c.at), "changed", c) for c in d.changes]
    events += [Event(x.listed_on, "listed", x) for x in d.listings]
    events += [Event(x.removed_on, "delisted", x) for x in d.listings if x.removed_on]
    events += [Event(p.decided_on, "penalty", p) for p in d.facts.penalties if p.decided_on]
    events += [Event(p.decided_on, "permit", p) for p in d.facts.permits if p.decided_on]
    events += [Event(_day(c.at), "complaint", c) for c in d.complaints]
    events += [Event(r.completed_on, "visited", r) for r in d.results]
    events += [Event(_day(r.published_at), "published", r) for r in d.results]
    return Dossier(**{name: getattr(d, name) for name in d.__dataclass_fields__ if name != "events"}, events=sorted(events, key=lambda e: e.on, reverse=True))


async def _list_complaints(enterprise: UUID, scope: Scope) -> list[Complaint]:
    rows = await reader().fetch(
        "select i.id as inspection, c.kind, c.source_ref as reference, c.department, i.state, c.created_at as at from inspection i"
        " join campaign c on c.id = i.campaign where i.enterprise = $1 and c.kind = any($2) and starts_with(i.county, $3)"
        " and ($4::text is null or i.department = $4) order by c.created_at desc limit 100",
        enterprise,
        [COMPLAINT, REFERRAL],
        scope.region,
        scope.department,
    )
    return [Complaint(**row) for row in rows]


async def _list_files(batches: Sequence[UUID]) -> dict[UUID, str]:
    rows = await reader().fetch("select id, filename from import_batch where id = any($1)", list(batches))
    return {row["id"]: row["filename"] for row in rows}

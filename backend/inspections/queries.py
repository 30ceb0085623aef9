"""Reads on campaigns and inspections. Every one on behalf of a person takes the person's ``Scope``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.inspections.rules import OPEN
from backend.items.queries import ItemView
from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign with how far it has come: ``total`` inspections, ``received``, ``submitted`` or later, ``published``."""

    id: UUID
    number: str
    name: str
    plan_name: str
    state: str
    department: str
    partners: tuple[str, ...]
    region: str
    counties: tuple[str, ...]
    industries: tuple[str, ...]
    rate_mode: str
    rates: dict[str, Any]
    officers_per_visit: int
    due_on: date
    yearly_cap: int | None
    created_at: datetime
    version: int
    kind: str
    source_ref: str
    total: int
    received: int
    submitted: int
    published: int

    @property
    def departments(self) -> tuple[str, ...]:
        return (self.department, *self.partners)


_CAMPAIGN = (
    "select c.id, c.number, c.name, c.plan_name, c.state, c.department, c.partners, c.region, c.counties, c.industries, c.rate_mode, c.rates,"
    " c.officers_per_visit, c.due_on, c.yearly_cap, c.created_at, c.version, c.kind, c.source_ref,"
    " coalesce(n.total, 0) as total, coalesce(n.received, 0) as received, coalesce(n.submitted, 0) as submitted, coalesce(n.published, 0) as published"
    " from campaign c left join lateral ("
    "select count(*) as total, count(*) filter (where state <> 'dispatched') as received,"
    " count(*) filter (where state in ('submitted', 'under_review', 'returned', 'published')) as submitted,"
    " count(*) filter (where state = 'published') as published from inspection where campaign = c.id and state <> 'voided') n on true"
)
# A person sees the campaigns that their department leads or takes part in, within their region.
_MINE = "($1::text is null or c.department = $1 or $1 = any(c.partners)) and (c.region like $2 || '%' or $2 like c.region || '%')"


def _campaign(row: Any) -> CampaignView:
    fields = dict(row)
    fields["rates"] = json.loads(fields["rates"])
    for name in ("partners", "counties", "industries"):
        fields[name] = tuple(fields[name])
    return CampaignView(**fields)


async def list_campaigns(scope: Scope, *, after: UUID | None = None, limit: int | None = None) -> list[CampaignView]:
    """Newest first. ``after``: the campaign behind which the page begins."""
    rows = await reader().fetch(
        f"{_CAMPAIGN} where {_MINE} and ($3::uuid is null or (c.created_at, c.id) < (select created_at, id from campaign where id = $3))"
        " order by c.created_at desc, c.id desc limit $4",
        scope.department,
        scope.region,
        after,
        limit,
    )
    return [_campaign(row) for row in rows]


async def find_campaign(campaign_id: UUID, scope: Scope) -> CampaignView:
    """Raises ``NotFound`` for a campaign outside the scope as for one that is not there."""
    row = await reader().fetchrow(f"{_CAMPAIGN} where c.id = $3 and {_MINE}", scope.department, scope.region, campaign_id)
    if row is None:
        raise NotFound()
    return _campaign(row)


async def list_campaigns_by_id(campaigns: list[UUID]) -> dict[UUID, CampaignView]:
    """Not scoped: for a caller that has found what they belong to within a scope."""
    rows = await reader().fetch(f"{_CAMPAIGN} where c.id = any($1)", campaigns)
    return {row["id"]: _campaign(row) for row in rows}


async def list_pinned_items(campaigns: list[UUID]) -> dict[UUID, dict[str, ItemView]]:
    """By campaign and code: the items as they were planned, with the checklist and in the edition that were pinned."""
    rows = await reader().fetch(
        "select ci.campaign, i.code, i.department, e.name_zh, e.name_en, e.category, e.legal_basis, e.method, e.qualification, ci.checklist, e.id as edition"
        " from campaign_item ci join check_item i on i.code = ci.item"
        " join lateral (select * from check_item_edition where item = i.code and (ci.edition is null or id = ci.edition)"
        " order by valid_from, created_at limit 1) e on true where ci.campaign = any($1) order by i.code",
        campaigns,
    )
    found: dict[UUID, dict[str, ItemView]] = {campaign: {} for campaign in campaigns}
    for row in rows:
        fields = dict(row)
        campaign = fields.pop("campaign")
        found[campaign][row["code"]] = ItemView(**fields)
    return found


async def list_campaign_items(campaign_id: UUID) -> list[ItemView]:
    """The campaign's items by code, as they were planned."""
    return list((await list_pinned_items([campaign_id]))[campaign_id].values())


async def list_open_enterprises() -> set[UUID]:
    """Enterprises that are in an open inspection."""
    rows = await reader().fetch("select distinct enterprise from inspection where state = any($1)", list(OPEN))
    return {row["enterprise"] for row in rows}


async def count_visits_this_year(department: str) -> dict[UUID, int]:
    """Finished visits of this year per enterprise by one department; a joint visit counts once."""
    return await _count_visits(department, "true")


async def count_visits_of(department: str, enterprises: list[UUID]) -> dict[UUID, int]:
    """The same for some enterprises."""
    return await _count_visits(department, "enterprise = any($3)", enterprises)


async def count_capped_visits(department: str) -> dict[UUID, int]:
    """The same without those after a complaint or a referral, which no yearly cap counts (国办发〔2024〕54号)."""
    return await _count_visits(department, "campaign in (select id from campaign where kind = 'random')")


async def _count_visits(department: str, which: str, *more: object) -> dict[UUID, int]:
    year = clock.now().astimezone(clock.BEIJING).year
    rows = await reader().fetch(
        f"select enterprise, count(*) as n from inspection where department = $1 and completed_on >= $2 and {which} group by enterprise",
        department,
        date(year, 1, 1),
        *more,
    )
    return {row["enterprise"]: row["n"] for row in rows}


async def count_open_by_inspector() -> dict[UUID, int]:
    """Open inspections per officer: the loads that a pool is frozen with."""
    rows = await reader().fetch(
        "select o.inspector, count(*) as n from inspection_officer o join inspection i on i.id = o.inspection where i.state = any($1) group by 1",
        list(OPEN),
    )
    return {row["inspector"]: row["n"] for row in rows}


async def list_recusals(inspectors: list[UUID]) -> list[tuple[UUID, UUID]]:
    """(inspector, enterprise) pairs in force. The reasons are not read here."""
    rows = await reader().fetch("select inspector, enterprise from recusal where ended_at is null and state = 'upheld' and inspector = any($1)", inspectors)
    return [(row["inspector"], row["enterprise"]) for row in rows]


async def list_recusals_of(enterprise: UUID, inspectors: list[UUID]) -> list[UUID]:
    """Those of the officers who may not visit the enterprise."""
    return [inspector for inspector, e in await list_recusals(inspectors) if e == enterprise]


async def list_under_way(enterprise: UUID) -> list[UUID]:
    """The enterprise's visits whose officers have arrived and whose result is not out yet: what it may know of by itself."""
    rows = await reader().fetch(
        "select id from inspection where enterprise = $1 and state in ('on_site', 'submitted', 'under_review', 'returned') order by dispatched_at", enterprise
    )
    return [row["id"] for row in rows]


@dataclass(frozen=True, slots=True)
class VisitView:
    """One drawn visit with its officers, as the campaign's page shows it."""

    id: UUID
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    county: str
    state: str
    due_on: date
    officers: tuple[UUID, ...]


async def list_visits(campaign_id: UUID, scope: Scope) -> list[VisitView]:
    rows = await reader().fetch(
        "select i.id, i.enterprise, i.enterprise_code, i.enterprise_name, i.county, i.state, i.due_on,"
        " array_agg(o.inspector order by o.slot) as officers from inspection i join inspection_officer o on o.inspection = i.id"
        " where i.campaign = $1 and i.state <> 'voided' and i.county like $2 || '%' group by i.id order by i.county, i.enterprise_code",
        campaign_id,
        scope.region,
    )
    return [VisitView(**{**dict(row), "officers": tuple(row["officers"])}) for row in rows]


@dataclass(frozen=True, slots=True)
class InspectionPlace:
    """One inspection as the office's verbs need it."""

    id: UUID
    campaign: UUID
    draw: UUID | None
    department: str
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    county: str
    state: str
    due_on: date
    officers: tuple[UUID, ...]


async def find_place(inspection_id: UUID, scope: Scope) -> InspectionPlace:
    """Raises ``NotFound`` outside the scope."""
    row = await reader().fetchrow(
        "select i.id, i.campaign, i.draw, i.department, i.enterprise, i.enterprise_code, i.enterprise_name, i.county, i.state, i.due_on,"
        " array(select inspector from inspection_officer o where o.inspection = i.id order by o.slot) as officers from inspection i"
        " where i.id = $1 and i.county like $2 || '%' and ($3::varchar is null or i.department = $3)",
        inspection_id,
        scope.region,
        scope.department,
    )
    if row is None:
        raise NotFound()
    return InspectionPlace(**{**dict(row), "officers": tuple(row["officers"])})


async def list_visitors(enterprise: UUID) -> list[UUID]:
    """The officers who have signed for a visit of the enterprise that is not yet recorded."""
    rows = await reader().fetch(
        "select distinct o.inspector from inspection_officer o join inspection i on i.id = o.inspection"
        " where i.enterprise = $1 and i.state in ('received', 'on_site')",
        enterprise,
    )
    return [row["inspector"] for row in rows]


async def list_officers(inspection_id: UUID) -> list[UUID]:
    """The officers (inspector ids) of one inspection, by slot."""
    rows = await reader().fetch("select inspector from inspection_officer where inspection = $1 order by slot", inspection_id)
    return [row["inspector"] for row in rows]


@dataclass(frozen=True, slots=True)
class AdhocRow:
    """A visit that was not drawn, as everybody may know of it: nothing that names the enterprise."""

    number: str
    kind: str
    department: str
    county: str
    items: tuple[tuple[str, str], ...]  # (zh, en)
    opened_at: datetime
    due_on: date
    published_at: datetime | None


async def list_adhoc(limit: int = 50) -> list[AdhocRow]:
    """Newest first. Not scoped: for the public."""
    rows = await reader().fetch(
        "select c.number, c.kind, c.department, i.county, c.created_at as opened_at, c.due_on, i.published_at,"
        " (select array_agg(row(k.name_zh, k.name_en) order by k.code) from campaign_item ci join check_item k on k.code = ci.item"
        " where ci.campaign = c.id) as items from campaign c join inspection i on i.campaign = c.id where c.kind <> 'random'"
        " order by c.created_at desc, c.number desc limit $1",
        limit,
    )
    return [AdhocRow(**{**dict(row), "items": tuple(tuple(i) for i in row["items"])}) for row in rows]


async def count_by_kind() -> dict[str, int]:
    """Inspections opened per kind of campaign, voided ones left out. For the public: how many were drawn and how many were not."""
    rows = await reader().fetch(
        "select c.kind, count(*) as n from inspection i join campaign c on c.id = i.campaign where i.state <> 'voided' group by c.kind"
    )
    return {row["kind"]: row["n"] for row in rows}


async def find_adhoc(source_ref: str, enterprise: UUID) -> str | None:
    """The number of the campaign that visits the enterprise for this very complaint or referral."""
    number = await reader().fetchval(
        "select c.number from campaign c join inspection i on i.campaign = c.id where c.kind <> 'random' and c.source_ref = $1 and i.enterprise = $2",
        source_ref,
        enterprise,
    )
    return None if number is None else str(number)


async def is_draw_finished(draw: UUID) -> bool:
    """Whether every inspection of the draw has been published."""
    return bool(
        await reader().fetchval(
            "select count(*) > 0 and bool_and(state = 'published') from inspection where draw = $1 and state not in ('voided', 'replaced')", draw
        )
    )

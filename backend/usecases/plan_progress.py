"""How far a yearly plan has come: each line beside the campaign that was made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.inspections import queries as inspections
from backend.inspections.queries import CampaignView
from backend.inspections.rules import RANDOM, Plan
from backend.kernel import clock
from backend.kernel.scope import Scope
from backend.planning import queries, rules
from backend.planning.queries import EditionView, LineView


@dataclass(frozen=True, slots=True)
class LineProgress:
    """``campaign``: None before one was made. ``may_open``: whether the person may read it. ``deviations``: (field, planned, as it is)."""

    view: LineView
    status: str
    lateness: str
    campaign: CampaignView | None
    may_open: bool
    deviations: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """``gone``: campaigns of lines that the edition no longer has."""

    lines: tuple[LineProgress, ...]
    gone: tuple[CampaignView, ...]

    def count(self, status: str) -> int:
        return sum(p.status == status for p in self.lines)

    @property
    def inspections(self) -> tuple[int, int, int]:
        """(opened, submitted, published) over all campaigns of the plan's lines."""
        found = [p.campaign for p in self.lines if p.campaign]
        return sum(c.total for c in found), sum(c.submitted for c in found), sum(c.published for c in found)


def _may_open(scope: Scope, campaign: CampaignView) -> bool:
    near = campaign.region.startswith(scope.region) or scope.region.startswith(campaign.region)
    return near and (scope.department is None or scope.department in campaign.departments)


def as_plan(campaign: CampaignView, items: Sequence[str]) -> Plan:
    """A campaign as it was planned, to be held against its line."""
    return Plan(
        name=campaign.name,
        items=tuple(items),
        department=campaign.department,
        partners=campaign.partners,
        counties=campaign.counties,
        industries=campaign.industries,
        rate_mode=campaign.rate_mode,
        rates={name: tuple(v) if isinstance(v, list) else v for name, v in campaign.rates.items()},
        officers_per_visit=campaign.officers_per_visit,
        due_on=campaign.due_on,
        yearly_cap=campaign.yearly_cap,
    )


async def follow(editions: Sequence[EditionView], scope: Scope) -> Mapping[UUID, Followed]:
    """By edition. For a caller that has found the editions within ``scope``."""
    links = await queries.list_links([e.id for e in editions])
    made = [link.campaign for link in links.values()]
    campaigns = await inspections.list_campaigns_by_id(made)
    items = await inspections.list_pinned_items(made)
    lines = await queries.list_lines([e.edition_id for e in editions])
    plan_of = {e.edition_id: e.id for e in editions}
    today = clock.today()
    found = {}
    for edition, views in lines.items():
        rows = []
        for view in views:
            link = links.get(view.key)
            campaign = campaigns[link.campaign] if link else None
            status = rules.status_of(campaign.state if campaign else None)
            rows.append(
                LineProgress(
                    view,
                    status,
                    rules.lateness(view.line, status, today),
                    campaign,
                    campaign is not None and _may_open(scope, campaign),
                    rules.deviations(view.line, as_plan(campaign, list(items[campaign.id]))) if campaign else (),
                )
            )
        kept = {view.key for view in views}
        gone = [campaigns[link.campaign] for key, link in links.items() if key not in kept and link.plan == plan_of[edition]]
        found[edition] = Followed(tuple(rows), tuple(gone))
    return found


async def list_unplanned(scope: Scope, year: int) -> list[CampaignView]:
    """Drawn campaigns of a year that came from no plan, the earliest deadline first."""
    found = [c for c in await inspections.list_campaigns(scope) if c.kind == RANDOM and year in (clock.day_of(c.created_at).year, c.due_on.year)]
    planned = await queries.list_planned([c.id for c in found])
    return sorted((c for c in found if c.id not in planned), key=lambda c: c.due_on)

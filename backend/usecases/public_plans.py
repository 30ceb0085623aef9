"""年度抽查工作计划 Yearly plans as the public reads them: what was published, how far each line has come. No names of people, no notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.draws.queries import list_ids_of_campaigns
from backend.items.queries import list_register
from backend.kernel.errors import NotFound
from backend.kernel.scope import EVERYTHING
from backend.planning import queries
from backend.planning.queries import EditionView
from backend.planning.rules import DONE, NOT_BEGUN
from backend.usecases.plan_progress import LineProgress, follow


@dataclass(frozen=True, slots=True)
class PublicPlan:
    """One published edition with its lines. ``editions``: the published ones, the newest first. ``draws``: campaign -> the id of its draw.

    ``items``: code -> (zh, en).
    """

    edition: EditionView
    editions: Sequence[EditionView]
    lines: Sequence[LineProgress]
    draws: Mapping[UUID, str]
    items: Mapping[str, tuple[str, str]]

    @property
    def done(self) -> int:
        return sum(line.status == DONE for line in self.lines)

    @property
    def begun(self) -> int:
        return sum(line.status not in (DONE, NOT_BEGUN) for line in self.lines)


async def list_published(year: int | None = None) -> list[EditionView]:
    """The newest published edition of each plan, by year and department."""
    found: dict[UUID, EditionView] = {}
    for edition in await queries.list_editions(EVERYTHING, year=year):
        if edition.published_at is not None:
            found.setdefault(edition.id, edition)
    return list(found.values())


async def show_plan(number: str, edition: int | None = None) -> PublicPlan:
    """Raises ``NotFound`` for what was never published."""
    editions = [e for e in await queries.list_editions(EVERYTHING) if e.number == number and e.published_at is not None]
    chosen = next((e for e in editions if edition in (None, e.edition)), None)
    if chosen is None:
        raise NotFound()
    lines = (await follow([chosen], EVERYTHING))[chosen.edition_id].lines
    campaigns = [line.campaign.id for line in lines if line.campaign]
    return PublicPlan(
        chosen, editions, lines, await list_ids_of_campaigns(campaigns), {i.code: (i.name_zh, i.name_en) for i in await list_register()}
    )

"""开放数据 What leaves in bulk: results, draws, campaigns, lists and counts, each as one flat record with names of persons masked.

Officers are in none of it; representatives of enterprises neither. Names of individual businesses are masked by ``publicity.masking``. Files
and interface read the same records from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from msgspec import Struct

from backend.draws.queries import DrawRow
from backend.kernel.settings import settings
from backend.publicity.masking import open_name
from backend.publicity.queries import PublicationView
from backend.registry.listings import PublicListing, list_keepers
from backend.storage.engine import reader
from backend.usecases.draw_counters import Account, account_for


class Coded(Struct, frozen=True):
    """A code with its name in both languages."""

    code: str
    zh: str
    en: str


class OpenResult(Struct, frozen=True):
    """One version of a published result."""

    number: str
    version: int
    status: str
    enterprise_code: str
    enterprise_name: str
    is_masked: bool
    county: str
    department: str
    authority_zh: str
    authority_en: str
    kind: str
    plan: str
    campaign_number: str
    campaign_name: str
    draw_id: str | None
    items: list[Coded]
    outcomes: list[Coded]
    completed_on: date
    published_at: datetime
    reason: str
    href: str


class OpenDraw(Struct, frozen=True):
    """One public draw and what became of what it drew."""

    draw_id: str
    state: str
    title: str
    region: str
    frame: int
    announced_at: datetime
    drawn_at: datetime | None
    reveal_by: datetime
    revealed_at: datetime | None
    drawn: int
    published: int
    inspected: int
    replaced: int
    open: int
    without_team: int
    given_up: int
    alternates: int
    withheld: int
    late: int
    href: str


class OpenCampaign(Struct, frozen=True):
    """One campaign that was announced, or one visit that was opened without a draw (never with the enterprise)."""

    campaign_number: str
    name: str | None
    kind: str
    plan: str
    department: str
    partners: list[str]
    counties: list[str]
    items: list[Coded]
    due_on: date
    draw_id: str | None


class OpenListing(Struct, frozen=True):
    """One entry in force on a list."""

    list: str
    enterprise_code: str
    enterprise_name: str
    is_masked: bool
    county: str
    ground: str
    authority: str
    document: str
    listed_on: date


class OpenCount(Struct, frozen=True):
    """How many results of one month, county, department and kind stand."""

    month: date
    county: str
    department: str
    kind: str
    results: int
    clean: int


RECORDS: Final[tuple[type[Struct], ...]] = (Coded, OpenResult, OpenDraw, OpenCampaign, OpenListing, OpenCount)
"""What their fields mean stands in ``open_fields.FIELDS``, for files and interface alike."""


def _coded(things: Sequence[Mapping[str, str]]) -> list[Coded]:
    return [Coded(t["code"], t["zh"], t["en"]) for t in things]


async def open_results(found: Sequence[PublicationView]) -> list[OpenResult]:
    """Published results as open data, in their order."""
    keepers = await list_keepers([p.enterprise for p in found])
    rows = []
    for p in found:
        kind, keeper = keepers.get(p.enterprise, ("", ""))
        name = open_name(p.enterprise_name, kind=kind, code=p.enterprise_code, keeper=keeper)
        s = p.snapshot
        rows.append(
            OpenResult(
                number=p.number,
                version=p.version,
                status=p.status,
                enterprise_code=p.enterprise_code,
                enterprise_name=name,
                is_masked=name != p.enterprise_name,
                county=p.county,
                department=p.department,
                authority_zh=s["authority"]["zh"],
                authority_en=s["authority"]["en"],
                kind=s["kind"],
                plan=s["plan"],
                campaign_number=s["campaign"]["number"],
                # The name of a visit that was not drawn is made of the enterprise's.
                campaign_name=s["campaign"]["name"].replace(p.enterprise_name, name),
                draw_id=p.draw_id or None,
                items=_coded(s["items"]),
                outcomes=_coded(s["outcomes"]),
                completed_on=p.completed_on,
                published_at=p.published_at,
                reason=p.reason.replace(keeper, open_name(keeper, kind=kind, code=p.enterprise_code, keeper=keeper)) if keeper else p.reason,
                href=f"{settings().base_url}/results/{p.number}",
            )
        )
    return rows


async def open_draws(found: Sequence[DrawRow]) -> list[OpenDraw]:
    accounts = await account_for([d.draw_id for d in found])
    return [_draw(d, accounts[d.draw_id]) for d in found]


def _draw(d: DrawRow, a: Account) -> OpenDraw:
    return OpenDraw(
        draw_id=d.draw_id,
        state=d.state,
        title=d.title,
        region=d.region,
        frame=d.n_frame,
        announced_at=d.announced_at,
        drawn_at=d.drawn_at,
        reveal_by=d.reveal_by,
        revealed_at=d.revealed_at,
        drawn=a.drawn,
        published=a.own.published,
        inspected=a.own.inspected,
        replaced=a.own.replaced,
        open=a.own.open,
        without_team=a.without_team,
        given_up=a.own.given_up,
        alternates=a.alternates.total,
        withheld=a.withheld,
        late=a.own.late + a.alternates.late,
        href=f"{settings().base_url}/draws/{d.draw_id}",
    )


def open_listings(found: Sequence[PublicListing]) -> list[OpenListing]:
    rows = []
    for x in found:
        name = open_name(x.name, kind=x.kind, code=x.code, keeper=x.keeper)
        rows.append(OpenListing(x.list, x.code, name, name != x.name, x.region, x.ground, x.authority, x.document, x.listed_on))
    return rows


_CAMPAIGNS = (
    "select c.number as campaign_number, case when c.kind = 'random' then c.name end as name, c.kind, c.plan_name as plan, c.department, c.partners,"
    " c.counties, c.due_on, d.draw_id, coalesce((select array_agg(row(k.code, k.name_zh, k.name_en) order by k.code) from campaign_item ci"
    " join check_item k on k.code = ci.item where ci.campaign = c.id), '{}') as items"
    " from campaign c left join lateral (select draw_id from draw where campaign = c.id order by announced_at desc limit 1) d on true"
    # A campaign is public from the announcement of its draw on, a visit without a draw from its opening on.
    " where (d.draw_id is not null or c.kind <> 'random') and ($1 = '' or c.number < $1) order by c.number desc limit $2"
)


async def list_campaigns(*, before: str = "", limit: int) -> list[OpenCampaign]:
    """By number, the highest first; ``before`` is the last number of the page before."""
    rows = await reader().fetch(_CAMPAIGNS, before, limit)
    return [
        OpenCampaign(**{**dict(r), "partners": list(r["partners"]), "counties": list(r["counties"]), "items": [Coded(*map(str, i)) for i in r["items"]]})
        for r in rows
    ]


_COUNTS = (
    "with result as (select county, department, date_trunc('month', completed_on)::date as month, snapshot->>'kind' as kind, snapshot->'outcomes' as outcomes"
    " from publication p where not exists (select from publication n where n.number = p.number and n.version > p.version) and status <> 'withdrawn'"
    " and completed_on between $1 and $2) select month, county, department, kind, count(*) as results,"
    " count(*) filter (where jsonb_array_length(outcomes) = 1 and outcomes->0->>'code' = '1') as clean from result group by 1, 2, 3, 4 order by 1, 2, 3, 4"
)


async def list_counts(first: date, last: date) -> list[OpenCount]:
    return [OpenCount(**row) for row in await reader().fetch(_COUNTS, first, last)]

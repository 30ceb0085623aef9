"""What may be asked, version 1. Every list is paged by a cursor: pass ``next`` of one page as ``cursor`` of the following one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, get
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta, Struct

from backend.draws import queries as draws
from backend.items.queries import list_outcomes, list_register
from backend.kernel.errors import NotFound
from backend.people.queries import list_departments
from backend.publicity import queries as publicity
from backend.publicity.search import search_results
from backend.publicity.search_rules import ResultFilter
from backend.registry import listings
from backend.registry.listings import ListingFilter
from backend.registry.queries import list_regions
from backend.usecases import open_changes, open_data
from backend.usecases.adhoc import KINDS
from backend.usecases.open_changes import Change
from backend.usecases.open_data import Coded, OpenCampaign, OpenCount, OpenDraw, OpenListing, OpenResult
from backend.web.api.answers import answer
from backend.web.api.problems import ALWAYS, MAY_MISS

FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)
_NUMBER: Final = r"^[A-Za-z0-9-]{1,60}$"
Event = Literal[
    "all",
    "result.published",
    "result.corrected",
    "result.withdrawn",
    "draw.announced",
    "draw.performed",
    "draw.revealed",
    "draw.voided",
    "draw.overdue",
    "plan.published",
    "campaign.adhoc",
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many at most")]
Text = Annotated[str, QueryParameter(name="q", max_length=60, description="Part of the name, or the beginning of the code")]
County = Annotated[str, QueryParameter(pattern=r"^([0-9A-Z]{6})?$", description="County, GB/T 2260; empty: all")]
Department = Annotated[str, QueryParameter(pattern=r"^[a-z0-9_-]{0,20}$", description="Code of the department; empty: all")]
Code = Annotated[str, QueryParameter(pattern=r"^[A-Za-z0-9_-]{0,20}$", description="Code of /api/v1/codes; empty: all")]
Cursor = Annotated[str, QueryParameter(pattern=r"^[A-Za-z0-9_=-]{0,120}$", description="next of the page before; empty: the first page")]
Next = Annotated[str | None, Meta(description="cursor of the following page; null at the end")]


class ResultPage(Struct, frozen=True):
    items: list[OpenResult]
    next: Next


class DrawPage(Struct, frozen=True):
    items: list[OpenDraw]
    next: Next


class CampaignPage(Struct, frozen=True):
    items: list[OpenCampaign]
    next: Next


class ListingPage(Struct, frozen=True):
    items: list[OpenListing]
    next: Next


class ChangePage(Struct, frozen=True):
    items: list[Change]
    read_to: Annotated[int, Meta(description="Ask next with after = this; the page may be empty where the log goes on")]


class Counts(Struct, frozen=True):
    year: int
    items: list[OpenCount]


class Codes(Struct, frozen=True):
    """All codes that the data use."""

    counties: list[Coded]
    departments: list[Coded]
    items: list[Coded]
    outcomes: list[Coded]
    kinds: list[Coded]


@get("/results", responses=ALWAYS, summary="Published results, the newest first", operation_id="list_results")
async def list_results(
    request: Request[Any, Any, Any],
    text: Text = "",
    county: County = "",
    department: Department = "",
    item: Code = "",
    outcome: Code = "",
    draw: Annotated[str, QueryParameter(pattern=r"^[A-Za-z0-9-]{0,40}$", description="Id of a draw; empty: all")] = "",
    campaign: Annotated[str, QueryParameter(pattern=r"^[A-Za-z0-9-]{0,40}$", description="Number of a campaign; empty: all")] = "",
    first: Annotated[date, QueryParameter(name="from", description="Completed on this day or later")] = FIRST,
    last: Annotated[date, QueryParameter(name="to", description="Completed on this day or earlier")] = LAST,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response[ResultPage]:
    by = ResultFilter(text, county, department, item, outcome, draw, campaign, None if first == FIRST else first, None if last == LAST else last)
    found = await search_results(by, before=cursor, limit=limit)
    return answer(request, ResultPage(await open_data.open_results(found), found[-1].number if len(found) == limit else None))


@get("/results/{number:str}", responses=MAY_MISS, summary="One result: the version that stands", operation_id="get_result")
async def show_result(request: Request[Any, Any, Any], number: Annotated[str, PathParameter(pattern=_NUMBER)]) -> Response[OpenResult]:
    return answer(request, (await open_data.open_results([await publicity.find_publication(number)]))[0])


@get("/results/{number:str}/versions", responses=MAY_MISS, summary="All versions of a result, the first one first", operation_id="list_versions")
async def list_versions(request: Request[Any, Any, Any], number: Annotated[str, PathParameter(pattern=_NUMBER)]) -> Response[list[OpenResult]]:
    found = await publicity.list_versions(number)
    if not found:
        raise NotFound()
    return answer(request, await open_data.open_results(found))


@get("/draws", responses=ALWAYS, summary="Public draws, the latest first, with what became of what they drew", operation_id="list_draws")
async def list_draws(request: Request[Any, Any, Any], cursor: Cursor = "", limit: Limit = 50) -> Response[DrawPage]:
    found = await draws.list_draws(limit, cursor)
    return answer(request, DrawPage(await open_data.open_draws(found), found[-1].draw_id if len(found) == limit else None))


@get("/campaigns", responses=ALWAYS, summary="Announced campaigns, and visits that were opened without a draw", operation_id="list_campaigns")
async def list_campaigns(request: Request[Any, Any, Any], cursor: Cursor = "", limit: Limit = 50) -> Response[CampaignPage]:
    found = await open_data.list_campaigns(before=cursor, limit=limit)
    return answer(request, CampaignPage(found, found[-1].campaign_number if len(found) == limit else None))


@get("/lists", responses=ALWAYS, summary="Entries in force on the lists, the latest first", operation_id="list_listings")
async def list_listings(
    request: Request[Any, Any, Any],
    which: Annotated[Literal["all", "abnormal", "serious"], QueryParameter(name="list", description="Which list")] = "all",
    text: Text = "",
    county: County = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response[ListingPage]:
    by = ListingFilter("" if which == "all" else which, text, county)
    found = await listings.list_in_force(by, after=cursor, limit=limit)
    return answer(request, ListingPage(open_data.open_listings(found), listings.cursor_of(found[-1]) if len(found) == limit else None))


@get("/statistics/{year:int}", responses=MAY_MISS, summary="Counts of the results completed in a year", operation_id="get_statistics")
async def show_statistics(
    request: Request[Any, Any, Any], year: Annotated[int, PathParameter(ge=2020, le=2100, description="Four digits")]
) -> Response[Counts]:
    return answer(request, Counts(year, await open_data.list_counts(date(year, 1, 1), date(year, 12, 31))))


@get("/changes", responses=ALWAYS, summary="What happened in public, in the order of the log", operation_id="list_changes")
async def list_changes(
    request: Request[Any, Any, Any],
    after: Annotated[int, QueryParameter(ge=-1, le=2**53, description="Index of the log up to which you know everything; -1: from the beginning")] = -1,
    event: Annotated[Event, QueryParameter(name="type", description="Only this event")] = "all",
    limit: Limit = 50,
) -> Response[ChangePage]:
    found, read_to = await open_changes.list_after(after, types=[] if event == "all" else [event], limit=limit)
    return answer(request, ChangePage(found, read_to))


@get("/codes", responses=ALWAYS, summary="The codes that the data use", operation_id="get_codes")
async def show_codes(request: Request[Any, Any, Any]) -> Response[Codes]:
    return answer(
        request,
        Codes(
            [Coded(r.code, r.name_zh, r.name_en) for r in await list_regions()],
            [Coded(d.code, d.name_zh, d.name_en) for d in await list_departments()],
            [Coded(i.code, i.name_zh, i.name_en) for i in await list_register()],
            [Coded(o.code, o.zh, o.en) for o in await list_outcomes(since=date(2020, 1, 1))],
            [Coded(kind, zh, en) for kind, (zh, en) in KINDS.items()],
        ),
    )


HANDLERS = [list_results, show_result, list_versions, list_draws, list_campaigns, list_listings, show_statistics, list_changes, show_codes]

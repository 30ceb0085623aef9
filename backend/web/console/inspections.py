"""检查进度: every inspection with its state, its lamps and its officers, as a list or as columns."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from backend.deadlines.rules import ACKNOWLEDGE, WITHDRAW
from backend.inspections.queries import find_campaign
from backend.kernel.errors import NotFound
from backend.people.rules import REVIEWER, Principal
from backend.usecases import board, overview
from backend.usecases.board import InspectionFilter
from backend.web.console import bulk, labels, lamps, reviews
from backend.web.console.enterprises import wants_partial
from backend.web.shared.i18n import _
from backend.web.shared.pages import page


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _place(after: str) -> tuple[date, UUID] | None:
    day, _underscore, last = after.partition("_")
    try:
        return date.fromisoformat(day), UUID(last)
    except ValueError:
        return None


def columns() -> dict[str, str]:
    """Column of the board -> its name."""
    return {
        "waiting": _("待检查"),
        "on_site": _("现场检查"),
        "returned": _("退回修改"),
        "review": _("待审核"),
        "after": _("公示后续"),
        "done": _("已公示"),
    }


def _filter(who: Principal, given: dict[str, str]) -> InspectionFilter:
    return InspectionFilter(
        campaign=_uuid(given["campaign"]),
        state=given["state"],
        county=given["county"],
        lamp=given["lamp"],
        column=given["column"],
        clock=given["clock"],
        reviewer=who.account_id if given["mine"] else None,
    )


async def _choices(who: Principal, chosen: UUID | None = None) -> dict[str, Any]:
    """What the filters of both views offer; of campaigns the open ones, and ``chosen``."""
    campaigns = [(c.id, c.name) for c in await overview.list_open_campaigns(who.scope)]
    if chosen is not None and chosen not in dict(campaigns):
        with suppress(NotFound):
            campaigns.append((chosen, (await find_campaign(chosen, who.scope)).name))
    return {
        "clocks_of_visits": [(key, name) for key, name in lamps.clocks().items() if key not in (WITHDRAW, ACKNOWLEDGE)],
        "campaigns": campaigns,
        "counties": await labels.county_choices(who.scope),
        "is_reviewer": who.role == REVIEWER,
    }


def _shown(who: Principal, places: labels.Places) -> dict[str, Any]:
    """How both views say what they show, and what of it the person may open."""
    return {
        "states": labels.inspection_states(),
        "columns": columns(),
        "lamps": lamps.colours(),
        "say": lamps.say,
        "places": places,
        "my_department": who.scope.department,
        "reads_records": who.role in reviews.READERS["access"],
    }


@get("/inspections")
async def list_inspections(
    request: Request[Any, Any, Any],
    campaign: FromQuery[str] = "",
    in_state: Annotated[str, QueryParameter(name="state")] = "",
    county: FromQuery[str] = "",
    lamp: FromQuery[str] = "",
    column: FromQuery[str] = "",
    clock: FromQuery[str] = "",
    mine: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    who: Principal = request.user
    given = {"campaign": campaign, "state": in_state, "county": county, "lamp": lamp, "column": column, "clock": clock, "mine": mine}
    by = _filter(who, given)
    rows, following = await board.list_inspections(who.scope, by, after=_place(after))
    wanted = given | {"after": f"{following[0]}_{following[1]}" if following else ""}
    context: dict[str, Any] = {
        "rows": rows,
        "next_href": "/console/inspections?" + urlencode({k: v for k, v in wanted.items() if v}) if following else None,
        **await bulk.choices(who),
        **_shown(who, await labels.load_places()),
    }
    if wants_partial(request):
        return page("console/_inspections.html", **context)
    return page("console/inspections.html", by=by, given=given, counts=await overview.count_by_state(who.scope), **await _choices(who, by.campaign), **context)


@get("/board")
async def show_board(
    request: Request[Any, Any, Any],
    campaign: FromQuery[str] = "",
    county: FromQuery[str] = "",
    lamp: FromQuery[str] = "",
    column: FromQuery[str] = "",
    mine: FromQuery[str] = "",
) -> Template:
    who: Principal = request.user
    given = {"campaign": campaign, "county": county, "lamp": lamp, "column": column, "mine": mine}
    by = _filter(who, given | {"state": "", "clock": ""})
    found = await board.load_board(who.scope, by)
    context: dict[str, Any] = {
        "board": [c for c in found if c.key == column] or found,
        "all_columns": {c.key: c.total for c in found},
        "list_href": lambda **more: "/console/inspections?" + urlencode({k: v for k, v in (given | more).items() if v}),
        "board_href": lambda **more: "/console/board?" + urlencode({k: v for k, v in (given | more).items() if v}),
        "given": given,
        **_shown(who, await labels.load_places()),
    }
    if wants_partial(request):
        return page("console/_board.html", **context)
    return page("console/board.html", by=by, **await _choices(who, by.campaign), **context)


@get("/board/campaigns")
async def show_campaign_board(request: Request[Any, Any, Any], county: FromQuery[str] = "") -> Template:
    who: Principal = request.user
    context: dict[str, Any] = {
        "board": await board.load_campaign_board(who.scope, county),
        "county": county,
        "campaign_states": labels.campaign_states(),
        "kinds": labels.adhoc_kinds(),
        **_shown(who, await labels.load_places()),
    }
    if wants_partial(request):
        return page("console/_board_campaigns.html", **context)
    return page("console/board_campaigns.html", **await _choices(who), **context)


HANDLERS = [list_inspections, show_board, show_campaign_board]

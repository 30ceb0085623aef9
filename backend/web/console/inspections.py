"""检查进度: every inspection with its state, its due lamp and its officers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from backend.usecases import overview
from backend.usecases.overview import InspectionFilter
from backend.web.console import labels
from backend.web.console.enterprises import wants_partial
from backend.web.shared.pages import page


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _place(after: str) -> tuple[date, UUID] | None:
    day, _, last = after.partition("_")
    try:
        return date.fromisoformat(day), UUID(last)
    except ValueError:
        return None


@get("/inspections")
async def list_inspections(
    request: Request[Any, Any, Any],
    campaign: FromQuery[str] = "",
    in_state: Annotated[str, QueryParameter(name="state")] = "",
    county: FromQuery[str] = "",
    lamp: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    scope = request.user.scope
    by = InspectionFilter(campaign=_uuid(campaign), state=in_state, county=county, lamp=lamp)
    rows, following = await overview.list_inspections(scope, by, after=_place(after))
    wanted = {"campaign": str(by.campaign or ""), "state": in_state, "county": county, "lamp": lamp}
    wanted |= {"after": f"{following[0]}_{following[1]}" if following else ""}
    context: dict[str, Any] = {
        "rows": rows,
        "next_href": "/console/inspections?" + urlencode({k: v for k, v in wanted.items() if v}) if following else None,
        "states": labels.inspection_states(),
        "lamps": labels.lamps(),
        "places": await labels.load_places(),
    }
    if wants_partial(request):
        return page("console/_inspections.html", **context)
    return page(
        "console/inspections.html",
        by=by,
        counts=await overview.count_by_state(scope),
        campaigns=await overview.list_open_campaigns(scope),
        counties=await labels.county_choices(scope),
        **context,
    )


HANDLERS = [list_inspections]

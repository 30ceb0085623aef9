"""名单: who is on the list of abnormal operation or of serious breaches today."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from backend.kernel.errors import Invalid
from backend.publicity.search_rules import read_day
from backend.registry import listings
from backend.registry.listings import LISTS, ListingFilter
from backend.web.public import made_of
from backend.web.public.places import load_counties
from backend.web.shared import kept, limits
from backend.web.shared.i18n import _, get_locale, words
from backend.web.shared.kept import SAME_FOR_ALL
from backend.web.shared.pages import page


@get("/lists", opt={**SAME_FOR_ALL, "limit": limits.searching("q", "list", "county", "since")})
async def show_lists(
    request: Request[Any, Any, Any],
    which: Annotated[str, QueryParameter(name="list")] = "",
    q: FromQuery[str] = "",
    county: FromQuery[str] = "",
    since: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template | Response[bytes]:
    q, county, since = (value.replace("\x00", "").strip() for value in (q, county, since))
    which = which if which in LISTS else ""
    if not set(request.query_params) - {"lang"}:
        return await kept.overview(request, made_of.LISTS, lambda: _show(which, q, county, since, after))
    return await _show(which, q, county, since, after)


async def _show(which: str, q: str, county: str, since: str, after: str) -> Template:
    error, rows = "", []
    try:
        rows = await listings.list_in_force(ListingFilter(which, q, county, read_day(since, _("列入日期"))), after=after)
    except Invalid as e:
        error = e.message(get_locale())
    more = {"list": which, "q": q, "county": county, "since": since, "after": listings.cursor_of(rows[-1]) if len(rows) == listings.PAGE else ""}
    return page(
        "public/lists.html",
        status_code=422 if error else 200,
        error=error,
        rows=rows,
        which=which,
        q=q,
        county=county,
        since=since,
        counts=await listings.count_in_force(),
        lists=words(LISTS),
        counties=await load_counties(),
        next_href="/lists?" + urlencode({k: v for k, v in more.items() if v}) if more["after"] else None,
    )


HANDLERS = [show_lists]

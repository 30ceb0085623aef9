"""检查对象: the list with its filters, and sheets of QR cards to print."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Template

from backend.people.rules import Principal
from backend.registry import queries, search
from backend.registry.queries import Count, Filter
from backend.registry.rules import KINDS, STATUSES
from backend.web.console import labels
from backend.web.shared import qr
from backend.web.shared.i18n import _, pick
from backend.web.shared.pages import page

CARDS = 24


PARTS = {"q": "text", "county": "county", "industry": "industry", "kind": "kind", "status": "status", "class": "credit_class"}
"""The names of a filter's parts in an address."""


def read_filter(values: Mapping[str, str], who: Principal) -> Filter:
    """What an address asks for. A class asked for by somebody whose business it is not is not asked for."""
    parts = {name: values.get(key, "").replace("\x00", "")[:100] for key, name in PARTS.items()}
    return Filter(**parts | ({} if who.sees_class else {"credit_class": ""}))


def write_filter(by: Filter, **more: str) -> str:
    """The filter as a query string, without its empty parts."""
    return urlencode({k: v for k, v in ({key: getattr(by, name) for key, name in PARTS.items()} | more).items() if v})


def say_count(count: Count) -> str:
    return _("共 %(n)s 户", n=f"{count.n:,}") if count.is_exact else _("约 %(n)s 户", n=f"{count.n:,}")


def wants_partial(request: Request[Any, Any, Any]) -> bool:
    """Whether htmx asks for the list only; going back in the browser's history needs the whole page."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


@get("/enterprises")
async def list_enterprises(request: Request[Any, Any, Any], after: FromQuery[str] = "") -> Template:
    who: Principal = request.user
    scope, by = who.scope, read_filter(request.query_params, who)
    found = await search.search_enterprises(scope, by, after=after)
    industries = await queries.list_industries()
    context: dict[str, Any] = {
        "rows": found.rows,
        "total": say_count(found.count),
        "unindexed": await search.count_unindexed(),
        "is_cut": found.is_cut,
        "next_href": f"/console/enterprises?{write_filter(by, after=found.next)}" if found.next else None,
        "sheet_href": f"/console/enterprises/qr-sheet?{write_filter(by)}",
        "sees_class": who.sees_class,
        "places": await labels.load_places(),
        "industry_names": {i.code: pick(i, "name") for i in industries},
        "labels": labels,
    }
    if wants_partial(request):
        return page("console/_enterprises.html", **context)
    return page(
        "console/enterprises.html",
        by=by,
        counties=await labels.county_choices(scope),
        industries=[(i.code, pick(i, "name")) for i in industries],
        statuses=[(key, pick(label, "")) for key, label in STATUSES.items()],
        kinds=[(key, pick(label, "")) for key, label in KINDS.items()],
        **context,
    )


@get("/enterprises/qr-sheet")
async def show_qr_sheet(request: Request[Any, Any, Any], after: FromQuery[str] = "") -> Template:
    by = read_filter(request.query_params, request.user)
    found = await search.search_enterprises(request.user.scope, by, after=after, limit=CARDS)

    def draw() -> list[tuple[queries.EnterpriseView, int, str]]:
        return [(e, *qr.path(qr.address(e.qr_token))) for e in found.rows]

    return page(
        "console/qr_sheet.html",
        cards=await asyncio.to_thread(draw),
        total=f"{found.count.n:,}",
        next_href=f"/console/enterprises/qr-sheet?{write_filter(by, after=found.next)}" if found.next else None,
        back_href=f"/console/enterprises?{write_filter(by)}",
        places=await labels.load_places(),
    )


HANDLERS = [list_enterprises, show_qr_sheet]

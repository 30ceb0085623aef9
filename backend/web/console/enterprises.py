"""检查对象: the list with its filters, one enterprise's dossier, its QR card and sheets of cards to print."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.exchange import queries as exchange
from backend.people.rules import MANAGER
from backend.registry import queries
from backend.registry.exemptions import list_of as list_exemptions
from backend.registry.queries import Filter
from backend.registry.rules import FIELDS, KINDS, STATUSES
from backend.usecases import overview
from backend.usecases.board import InspectionFilter, list_inspections
from backend.web.console import labels, lamps
from backend.web.shared import qr
from backend.web.shared.i18n import pick
from backend.web.shared.pages import page

CARDS = 24


def _query(by: Filter, **more: str) -> str:
    """The filter as a query string, without its empty parts."""
    parts = {"q": by.text, "county": by.county, "industry": by.industry, "status": by.status, **more}
    return urlencode({k: v for k, v in parts.items() if v})


def wants_partial(request: Request[Any, Any, Any]) -> bool:
    """Whether htmx asks for the list only; going back in the browser's history needs the whole page."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


@get("/enterprises")
async def list_enterprises(
    request: Request[Any, Any, Any],
    q: FromQuery[str] = "",
    county: FromQuery[str] = "",
    industry: FromQuery[str] = "",
    status: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    scope, by = request.user.scope, Filter(text=q[:100], county=county, industry=industry, status=status)
    found = await queries.search_enterprises(scope, by, after=after)
    industries = await queries.list_industries()
    context: dict[str, Any] = {
        "rows": found.rows,
        "total": await queries.count_enterprises(scope, by),
        "next_href": f"/console/enterprises?{_query(by, after=found.next)}" if found.next else None,
        "sheet_href": f"/console/enterprises/qr-sheet?{_query(by)}",
        "is_first": not after,
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
        **context,
    )


@get("/enterprises/qr-sheet")
async def show_qr_sheet(
    request: Request[Any, Any, Any],
    q: FromQuery[str] = "",
    county: FromQuery[str] = "",
    industry: FromQuery[str] = "",
    status: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    by = Filter(text=q[:100], county=county, industry=industry, status=status)
    found = await queries.search_enterprises(request.user.scope, by, after=after, limit=CARDS)

    def draw() -> list[tuple[queries.EnterpriseView, int, str]]:
        return [(e, *qr.path(qr.address(e.qr_token))) for e in found.rows]

    return page(
        "console/qr_sheet.html",
        cards=await asyncio.to_thread(draw),
        total=await queries.count_enterprises(request.user.scope, by),
        next_href=f"/console/enterprises/qr-sheet?{_query(by, after=found.next)}" if found.next else None,
        back_href=f"/console/enterprises?{_query(by)}",
        places=await labels.load_places(),
    )


@get("/enterprises/{enterprise_id:uuid}")
async def show_enterprise(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Template:
    scope = request.user.scope
    e = await queries.find_enterprise(enterprise_id, scope)
    places = await labels.load_places()
    industries = {i.code: pick(i, "name") for i in await queries.list_industries()}
    imports = await exchange.list_imports_of(e.code)
    inspections, _next = await list_inspections(scope, InspectionFilter(enterprise=e.id))
    facts = [
        ("code", e.code),
        ("name", e.name),
        ("region", places(e.region)),
        ("industry", f"{e.industry} {industries.get(e.industry, '')}"),
        ("kind", labels.kind_name(e.kind) if e.kind in KINDS else e.kind),
        ("status", labels.status_name(e.status)),
        ("address", e.address),
        ("legal_rep", e.legal_rep),
        ("phone", e.phone),
        ("established_on", e.established_on.isoformat() if e.established_on else ""),
    ]
    return page(
        "console/enterprise.html",
        e=e,
        facts=[(pick(FIELDS[name], ""), value) for name, value in facts],
        public_address=qr.address(e.qr_token),
        imports=imports,
        exemptions=await list_exemptions(e.id),
        may_exempt=request.user.role == MANAGER,
        my_department=request.user.department,
        inspections=inspections,
        results=await overview.list_results_of(e.id),
        states=labels.inspection_states(),
        lamps=lamps.colours(),
        places=places,
        labels=labels,
    )


@get("/enterprises/{enterprise_id:uuid}/qr.png", media_type="image/png")
async def show_qr(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Response[bytes]:
    e = await queries.find_enterprise(enterprise_id, request.user.scope)
    image = await asyncio.to_thread(qr.png, qr.address(e.qr_token))
    return Response(image, media_type="image/png")


HANDLERS = [list_enterprises, show_qr_sheet, show_enterprise, show_qr]

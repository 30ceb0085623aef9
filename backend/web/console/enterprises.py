"""检查对象: the list with its filters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import IO, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream, Template

from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.people.rules import MANAGER, Principal
from backend.registry import queries, saved_filters, search
from backend.registry.queries import Count, Filter
from backend.registry.rules import FIELDS, KINDS, STATUSES
from backend.storage.engine import transaction
from backend.usecases.export_register import Wording, export_enterprises
from backend.web.console import labels
from backend.web.console.editing import clean
from backend.web.shared.downloads import XLSX, attachment
from backend.web.shared.i18n import _, pick
from backend.web.shared.pages import page

PAGE = "enterprises"


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
        "placards_href": f"/console/placards/new?{write_filter(by)}",
        "may_issue": who.role == MANAGER,
        "sees_class": who.sees_class,
        "query": write_filter(by),
        "parts": {key: getattr(by, name) for key, name in PARTS.items()},
        "may_share": who.department is not None,
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
        saved=await saved_filters.list_saved(PAGE, account=who.account_id, department=who.department),
        kinds=[(key, pick(label, "")) for key, label in KINDS.items()],
        **context,
    )


@post("/enterprises/filters", status_code=303)
async def save_filter(request: Request[Any, Any, Any]) -> Redirect:
    who: Principal = request.user
    form = await request.form()
    query = write_filter(read_filter({key: str(form.get(key, "")) for key in PARTS}, who))
    share_with = who.department if form.get("share") else None
    try:
        async with transaction():
            await saved_filters.save(PAGE, clean(form.get("name")), query, account=who.account_id, share_with=share_with)
    except Invalid as e:
        raise Invalid(**{**e.fields, "field": _("名称")}) from e
    return Redirect(f"/console/enterprises?{query}", status_code=303)


@post("/enterprises/filters/{filter_id:uuid}/delete", status_code=303)
async def delete_filter(request: Request[Any, Any, Any], filter_id: FromPath[UUID]) -> Redirect:
    async with transaction():
        await saved_filters.delete(filter_id, account=request.user.account_id)
    return Redirect("/console/enterprises", status_code=303)


@post("/enterprises/export", status_code=200)
async def export(request: Request[Any, Any, Any]) -> Stream:
    who: Principal = request.user
    form = await request.form()
    kind = "xlsx" if form.get("format") == "xlsx" else "csv"
    industries = {i.code: f"{i.code} {pick(i, 'name')}" for i in await queries.list_industries()}
    names = {
        "region": {r.code: pick(r, "name") for r in await queries.list_regions()},
        "industry": industries,
        "kind": {key: pick(label, "") for key, label in KINDS.items()},
        "status": {key: pick(label, "") for key, label in STATUSES.items()},
    }
    by = read_filter({key: str(form.get(key, "")) for key in PARTS}, who)
    wording = Wording({name: pick(label, "") for name, label in FIELDS.items()}, names)
    file = await export_enterprises(by, kind, wording, who=who)
    title = f"{_('检查对象名录')}-{clock.today().isoformat()}.{kind}"
    return Stream(_sent(file), media_type=XLSX if kind == "xlsx" else "text/csv", headers=attachment(title))


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := await asyncio.to_thread(file.read, 1 << 16):
            yield chunk


HANDLERS = [list_enterprises, save_filter, delete_filter, export]

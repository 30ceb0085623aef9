"""开放数据: what there is, in which form, under which licence; the files themselves; the feed."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream, Template

from backend.kernel import clock
from backend.kernel.settings import settings
from backend.publicity.search import list_months
from backend.usecases.open_files import DATASETS, FORMATS, find_file, schema_of, write
from backend.web.public import feed, made_of
from backend.web.shared import kept, limits
from backend.web.shared.cached import OPEN, etag_of, is_known, squeezed, takes_gzip
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.kept import SAME_FOR_ALL
from backend.web.shared.pages import page

KEEP = "public, max-age=300"
FIRST_YEAR = 2020


def changes_of_the_data() -> list[tuple[str, str]]:
    """(day, what was changed): the changelog of the data's form, the latest first."""
    return [("2026-11-26", _("首次开放：公示结果、公开抽取、抽查任务、名单和统计，CSV 与 NDJSON；接口第 1 版；Atom 订阅。"))]


@get("/data", opt=SAME_FOR_ALL)
async def show_data(request: Request[Any, Any, Any]) -> Response[bytes]:
    async def make() -> Template:
        months = await list_months()
        years = [str(y) for y in range(clock.today().year, FIRST_YEAR - 1, -1)[:3]]
        files = {"month": [m.strftime("%Y-%m") for m in months[:12]], "year": years, "": [""]}
        return page(
            "public/data.html",
            sets=[(d, pick({"zh": d.zh, "en": d.en}, ""), files[d.period], schema_of(d)) for d in DATASETS.values()],
            formats=FORMATS,
            licence=settings().data_licence,
            changes=changes_of_the_data(),
            oldest=months[-1].strftime("%Y-%m") if months else "",
        )

    return await kept.overview(request, made_of.DATA, make)


@get("/data/{name:str}", opt={"exclude_from_csrf": True, "limit": limits.HEAVY})
async def send_file(request: Request[Any, Any, Any], name: FromPath[str], bom: FromQuery[str] = "1") -> Response[Any]:
    """``results-2026-11.csv`` and the like. Spreadsheets want a mark of UTF-8 at the beginning of CSV; ``bom=0`` leaves it out."""
    file = await find_file(name)
    has_bom, is_squeezed = bom != "0", takes_gzip(request)
    headers = {**OPEN, "cache-control": KEEP, "vary": "accept-encoding", "content-disposition": f'attachment; filename="{name}"'}
    if file.mark is None:
        body = b"".join([chunk async for chunk in write(file, bom=has_bom)])
        etag, chunks = f"W/{etag_of(body)}", _one(body)
    else:
        etag, chunks = f'W/"{hashlib.sha256(f"{file.mark} {name} {has_bom}".encode()).hexdigest()[:32]}"', write(file, bom=has_bom)
    headers["etag"] = etag
    if is_known(request, etag):
        return Response(None, status_code=304, headers=headers)
    if is_squeezed:
        headers["content-encoding"] = "gzip"
    return Stream(squeezed(chunks) if is_squeezed else chunks, media_type=file.media_type, headers=headers)


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body


@get("/feed.atom", exclude_from_csrf=True)
async def send_feed(request: Request[Any, Any, Any]) -> Response[bytes]:
    body = await feed.write(get_locale())
    headers = {**OPEN, "etag": etag_of(body), "cache-control": KEEP, "vary": "cookie"}
    if is_known(request, headers["etag"]):
        return Response(b"", status_code=304, headers=headers)
    return Response(body, media_type="application/atom+xml; charset=utf-8", headers=headers)


HANDLERS = [show_data, send_file, send_feed]

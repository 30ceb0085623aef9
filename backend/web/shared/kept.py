"""Public pages that are the same for every reader of a language: built once, given out until what they show has changed (room ``kept``).

Such a page has no form, for a form carries the reader's own token, and no word of who is signed in. Its route says ``opt=SAME_FOR_ALL``: no cookie
is set with it. A browser that names the page's ETag gets 304 without a body (RFC 9110, 13.1.2).
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from litestar import Request, Response
from litestar.enums import MediaType
from litestar.response import Template

from backend.kept import service as kept
from backend.kept.service import Kept
from backend.kernel import clock
from backend.kernel.settings import settings
from backend.web.shared import headers, i18n, pages

SAME_FOR_ALL: Final = {"exclude_from_csrf": True}
# How long a line of text may be that a stranger can make us keep.
_LONGEST_KEY = 200
# The subject of pages that are ended by their tables alone.
OVERVIEW: Final = "overview"
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_building: dict[str, asyncio.Lock] = {}
# The day and the stamp of what stands on every page, while one is being built.
_common: ContextVar[str | None] = ContextVar("common", default=None)
_once: dict[str, tuple[str, Mapping[str, str]]] = {}
_PLACEHOLDER: Final = "nonce-of-the-page"
_SCRIPTED: Final = '-s"'
_HEADERS = {"cache-control": "no-cache", "vary": "accept-encoding, cookie"}


@cache
def _build() -> str:
    """Changes with whatever a page is made of: another release never gives out the last one's pages."""
    s = settings()
    made_of = hashlib.sha256(repr((pages.static(""), s.base_url, s.data_licence)).encode())
    for path in sorted([*Path(pages.WEB).rglob("*.html"), *Path(pages.WEB).rglob("*.py"), *i18n.CATALOGUES.rglob("*.po")]):
        made_of.update(path.read_bytes())
    return made_of.hexdigest()[:16]


def _key(request: Request[Any, Any, Any], asked: Mapping[str, str]) -> str | None:
    """None where the page is not to be kept: the address has a query (but for the language and what the page has read of it), or is nobody's."""
    key = " ".join((i18n.get_locale(), _build(), request.scope["path"], *(f"{name}={value}" for name, value in asked.items())))
    return key if len(key) <= _LONGEST_KEY and not (request.scope["query_string"] and set(request.query_params) - {"lang", *asked}) else None


async def find(request: Request[Any, Any, Any], asked: Mapping[str, str] = _NOTHING) -> Response[bytes] | None:
    """The page of this address, if it is kept and true. ``asked``: parts of its query that choose among a few pages, as they were understood."""
    key = _key(request, asked)
    page = await kept.find_kept(key) if key else None
    return _answer(request, page) if page else None


async def build(
    request: Request[Any, Any, Any],
    subject: str,
    make: Callable[[], Awaitable[Template]],
    *,
    tables: Sequence[str] = (),
    asked: Mapping[str, str] = _NOTHING,
) -> Response[bytes]:
    """Make the page of this address and keep it under ``subject`` until something is noted there or of one of the ``tables``.

    ``make`` reads all that the page shows, for a change before it began is taken for seen. Its template may say in its context ``lasting=False``:
    shown once and not kept; or ``until``: the moment from which it says something else.
    """
    key = _key(request, asked)
    if key is None:
        return _answer(request, (await _make(request, make))[0])
    lock = _building.setdefault(key, asyncio.Lock())
    waits = lock.locked()
    try:
        async with lock:
            # Of many who ask at once for a page that has just ended, one builds it.
            if waits and (ready := await kept.find_kept(key)):
                return _answer(request, ready)
            stamp, common = await kept.find_stamps(subject, tables)
            token = _common.set(f"{clock.today()} {common}")
            try:
                page, context = await _make(request, make)
            finally:
                _common.reset(token)
            if context.get("lasting", True):
                await kept.keep(key, subject, stamp, page, tables=tables, until=context.get("until"))
            return _answer(request, page)
    finally:
        if not lock.locked():
            _building.pop(key, None)


async def once(name: str, load: Callable[[], Awaitable[Mapping[str, str]]]) -> Mapping[str, str]:
    """What stands on every page, such as names of places: read once in this process until one of its tables notes a change for all pages
    (migration 0032), in each language. Read anew where no page is being built that would be kept."""
    if (stamp := _common.get()) is None:
        return await load()
    key = f"{i18n.get_locale()} {name}"
    known = _once.get(key)
    if known is None or known[0] != stamp:
        known = _once[key] = (stamp, await load())
    return known[1]


async def overview(
    request: Request[Any, Any, Any], tables: Sequence[str], make: Callable[[], Awaitable[Template]], asked: Mapping[str, str] = _NOTHING
) -> Response[bytes]:
    """A page that adds up whole tables: the one that is kept, or a new one."""
    return await find(request, asked) or await build(request, OVERVIEW, make, tables=tables, asked=asked)


async def _make(request: Request[Any, Any, Any], make: Callable[[], Awaitable[Template]]) -> tuple[Kept, dict[str, Any]]:
    template = await make()
    context = dict(template.context or {})
    assert template.template_name is not None
    engine: Any = request.app.template_engine
    headers.use_nonce(_PLACEHOLDER)
    return _fill(engine.get_template(template.template_name).render(**context)), context


def _answer(request: Request[Any, Any, Any], page: Kept) -> Response[bytes]:
    headers.use_nonce(headers.nonce_of(page.etag) if page.etag.endswith(_SCRIPTED) else "")
    told = {**_HEADERS, "etag": page.etag}
    if page.etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=told)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(page.body, media_type=MediaType.HTML, headers={**told, "content-encoding": "gzip"})
    return Response(gzip.decompress(page.body), media_type=MediaType.HTML, headers=told)


def _fill(text: str) -> kept.Kept:
    """Put the nonce of its scripts into a page: it comes from the content, so that the same content is the same page, and its ETag says it has one."""
    page = kept.pack(text)
    if _PLACEHOLDER not in text:
        return page
    etag = page.etag[:-1] + _SCRIPTED
    return kept.Kept(etag, kept.pack(text.replace(_PLACEHOLDER, headers.nonce_of(etag))).body)

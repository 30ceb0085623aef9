"""Public pages that are the same for every reader of a language: built once, given out until what they show has changed (room ``kept``).

Such a page has no form, for a form carries the reader's own token, and no word of who is signed in. Its route says ``opt=SAME_FOR_ALL``: no cookie
is set with it. A browser that names the page's ETag gets 304 without a body (RFC 9110, 13.1.2).
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response
from litestar.enums import MediaType
from litestar.response import Template

from backend.kept import service as kept
from backend.kept.service import Kept
from backend.web.shared import headers, i18n, pages

SAME_FOR_ALL: Final = {"exclude_from_csrf": True}
# How long a line of text may be that a stranger can make us keep.
_LONGEST_KEY = 200
_PLACEHOLDER: Final = "nonce-of-the-page"
_SCRIPTED: Final = '-s"'
_HEADERS = {"cache-control": "no-cache", "vary": "accept-encoding, cookie"}


@cache
def _build() -> str:
    """Changes with whatever a page is made of: another release never gives out the last one's pages."""
    made_of = hashlib.sha256(pages.static("").encode())
    for path in sorted([*Path(pages.WEB).rglob("*.html"), *Path(pages.WEB).rglob("*.py"), *i18n.CATALOGUES.rglob("*.po")]):
        made_of.update(path.read_bytes())
    return made_of.hexdigest()[:16]


def _key(request: Request[Any, Any, Any]) -> str | None:
    """None where the page is not to be kept: the address has a query (but for the language), or is nobody's."""
    key = f"{i18n.get_locale()} {_build()} {request.scope['path']}"
    return key if len(key) <= _LONGEST_KEY and not (request.scope["query_string"] and set(request.query_params) - {"lang"}) else None


async def find(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """The page of this address, if it is kept and true."""
    key = _key(request)
    page = await kept.find_kept(key) if key else None
    return _answer(request, page) if page else None


async def build(request: Request[Any, Any, Any], subject: str, make: Callable[[], Awaitable[Template]]) -> Response[bytes]:
    """Make the page of this address and keep it under ``subject`` until something is noted there.

    ``make`` reads all that the page shows, for a change before it began is taken for seen. Its template may say in its context ``lasting=False``:
    shown once and not kept.
    """
    key, stamp = _key(request), await kept.find_stamp(subject)
    template = await make()
    context = template.context or {}
    assert template.template_name is not None
    engine: Any = request.app.template_engine
    headers.use_nonce(_PLACEHOLDER)
    page = _fill(engine.get_template(template.template_name).render(**context))
    if key and context.get("lasting", True):
        await kept.keep(key, subject, stamp, page)
    return _answer(request, page)


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

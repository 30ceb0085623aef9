"""The built files (backend/cli/assets.py), as a phone on a thin line wants them: small, and only when they have changed."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path, PurePath
from typing import Any

from litestar import Request, Router, get, head
from litestar.exceptions import NotFoundException
from litestar.file_system import BaseLocalFileSystem
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.response.file import ASGIFileResponse, create_etag_for_file
from litestar.static_files.base import StaticFiles

from backend.web.shared.headers import nonce


def file_router(path: str, folder: Path, *, index: bool = False, **handler: Any) -> Router:
    """Serve ``folder`` under ``path``; with ``index``, its index.html stands for the folder itself.

    A text goes out as the gzip that lies beside it when the browser takes one. Every file carries an ETag, and a browser that
    names it gets 304 without a body. The index's scripts get this answer's nonce.
    """
    files = StaticFiles(is_html_mode=False, directories=[folder], file_system=BaseLocalFileSystem())

    async def find(name: str, *, squeezed: bool, is_head: bool) -> ASGIFileResponse | None:
        try:
            # The gzip of a gzip is nobody's: it would be announced as what it is not.
            found = await files.handle(f"{name}.gz" if squeezed else name, is_head)
        except NotFoundException:
            return None
        del found.headers["content-disposition"]
        return found

    async def choose(request: Request[Any, Any, Any], name: str, *, is_head: bool = False) -> ASGIFileResponse:
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        found = (await find(name, squeezed=True, is_head=is_head) if takes_gzip else None) or await find(name, squeezed=False, is_head=is_head)
        if found is None:
            raise NotFoundException
        info: Any = found.file_info
        found.headers["etag"] = create_etag_for_file(found.file_path, info["mtime"], info["size"])
        found.headers["vary"] = "accept-encoding"
        return found

    async def answer(request: Request[Any, Any, Any], name: str) -> ASGIResponse:
        found = await choose(request, name)
        if request.headers.get("if-none-match") == found.headers["etag"]:
            return ASGIResponse(status_code=304, headers={name: found.headers[name] for name in ("etag", "vary")})
        return found

    @get("{file_path:path}", **handler)
    async def send(request: Request[Any, Any, Any], file_path: FromPath[PurePath]) -> ASGIResponse:
        return await answer(request, file_path.as_posix())

    @head("/{file_path:path}", **handler)
    async def describe(request: Request[Any, Any, Any], file_path: FromPath[PurePath]) -> ASGIFileResponse:
        return await choose(request, file_path.as_posix(), is_head=True)

    @get("/", **handler)
    async def front(request: Request[Any, Any, Any]) -> ASGIResponse:
        # Not by its ETag: the nonce of its scripts is another each time. The service worker keeps answer and policy together.
        body = (await asyncio.to_thread((folder / "index.html").read_bytes)).replace(b"__NONCE__", nonce().encode())
        headers = {"vary": "accept-encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["content-encoding"] = gzip.compress(body), "gzip"
        return ASGIResponse(body=body, headers=headers, media_type="text/html; charset=utf-8")

    return Router(path, route_handlers=[send, describe, *([front] if index else [])])

"""Answers that caches and other sites' pages may use: known by an ETag, kept for a time, squeezed on the way."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request

# Public data may be read by pages of other origins; nothing here depends on who asks.
OPEN: Final = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_known(request: Request[Any, Any, Any], etag: str) -> bool:
    """Whether ``If-None-Match`` names what would be said (RFC 9110, 13.1.2: weakly compared)."""
    named = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return "*" in named or etag.removeprefix("W/") in named


def takes_gzip(request: Request[Any, Any, Any]) -> bool:
    return any(part.split(";")[0].strip() == "gzip" and "q=0" not in part.replace(" ", "").split(";")[1:] for part in
               request.headers.get("accept-encoding", "").split(","))  # fmt: skip


async def squeezed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks as one gzip, each sent on as soon as there is something of it."""
    press = zlib.compressobj(6, zlib.DEFLATED, 31)
    async for chunk in chunks:
        if out := press.compress(chunk):
            yield out
    yield press.flush()

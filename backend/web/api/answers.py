"""What the interface says, as caches and pages of other origins may use it."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, Response

from backend.web.shared.cached import OPEN, etag_of, is_known

T = TypeVar("T")
KEEP_SECONDS: Final = 60


def answer(request: Request[Any, Any, Any], said: T) -> Response[T]:
    body: Any = msgspec.json.encode(said)
    etag = etag_of(body)
    headers = {**OPEN, "etag": etag, "cache-control": f"public, max-age={KEEP_SECONDS}", "vary": "accept-encoding"}
    if is_known(request, etag):
        nothing: Any = None
        return Response(nothing, status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)

"""A stored file as an answer: from the disk, by the proxy in front (nginx ``X-Accel-Redirect``) where ACCEL_PREFIX is set, or from the store."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.response import File, Stream

from backend.evidence.store import store
from backend.kernel.errors import NotFound
from backend.kernel.settings import settings

HEADERS = {"Cache-Control": "private, max-age=31536000, immutable"}


async def send_evidence(key: str, media_type: str) -> Response[Any]:
    """``key``: a hash, or a thumbnail's. Whether the reader may see it is for the caller to know. Raises ``NotFound``, ``StoreAway``."""
    here = store()
    if await here.size(key) is None:
        raise NotFound()
    if (path := here.local(key)) is None:
        return Stream(here.stream(key), media_type=media_type, headers=HEADERS)
    if (prefix := settings().accel_prefix) is not None:
        return Response(b"", media_type=media_type, headers={**HEADERS, "X-Accel-Redirect": f"{prefix}/{path.parent.name}/{path.name}"})
    return File(path, media_type=media_type, content_disposition_type="inline", headers=HEADERS)

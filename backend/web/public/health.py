"""For load balancers, containers and monitoring: is it alive, may it be given work, how does it do."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import Any

from litestar import MediaType, Request, Response, get

from backend.kernel.errors import Forbidden
from backend.kernel.settings import settings
from backend.vitals import exposition, service
from backend.vitals.rules import READY

# A proxy on this machine asks from its address, too: whoever was sent on by one is not from here.
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


@get("/healthz")
async def healthz() -> dict[str, str]:
    """This process answers. It asks no database: one that is away is no reason to kill us."""
    return {"status": "ok"}


@get("/readyz")
async def readyz() -> Response[dict[str, Any]]:
    """Whether to send requests here, with each point by its name and no more: anyone may ask."""
    found = await service.read_readiness()
    return Response({"status": found.status, "checks": found.points}, status_code=200 if found.status == READY else 503)


def _may_read(request: Request[Any, Any, Any]) -> bool:
    if (token := settings().metrics_token) is not None:
        return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())
    if settings().production or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


@get("/metrics")
async def show_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus's text. Only with METRICS_TOKEN, or from this machine itself where none is set and this is no production."""
    if not _may_read(request):
        raise Forbidden()
    return Response(await exposition.write(), media_type=MediaType.TEXT, headers={"content-type": exposition.CONTENT_TYPE})


HANDLERS = [healthz, readyz, show_metrics]

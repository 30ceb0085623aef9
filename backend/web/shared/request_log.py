"""Around every request, known address or not: its id, its line in the log, its place in the metrics.

The log names the route, never the address with what stands in it, no query, no body, and the account only by its pseudonym in the ledger.
Proven by tests/web/public/test_request_log.py.
"""

from __future__ import annotations

import re
import time
from functools import cache
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from backend.kernel import logs, meters
from backend.kernel.settings import settings
from backend.ledger.keys import pseudonym
from backend.storage.engine import pool_use

ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Asked every few seconds by machines, or files that a cache has.
QUIET = ("/healthz", "/readyz", "/metrics", "/static", "/field/{file_path")
log = structlog.get_logger("request")


def _id_of(scope: Scope) -> str:
    """The proxy's id where one is trusted; a stranger's never, or it could pose as another request in the log."""
    if settings().trusted_proxies:
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        if ID.fullmatch(given):
            return given
    return logs.new_request_id()


def watch_requests(app: ASGIApp) -> ASGIApp:
    """The application with its requests numbered, logged and counted."""

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        number, began, status = _id_of(scope), time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", number.encode())]
            await send(message)

        meters.IN_FLIGHT.inc()
        try:
            with logs.working_for(number):
                await app(scope, receive, send_with_id)
        finally:
            meters.IN_FLIGHT.dec()
            _note(scope, number, status, time.perf_counter() - began)

    return watched


@cache  # as many as there are routes
def _meters_of(route: str, method: str, status: str) -> tuple[Counter, Histogram]:
    return meters.REQUESTS.labels(route, method, status), meters.REQUEST_SECONDS.labels(route, method)


_pool_noted = 0.0


def _note_pool() -> None:
    """Once a second: nobody reads it more often."""
    global _pool_noted
    if (now := time.monotonic()) < _pool_noted + 1:
        return
    _pool_noted = now
    busy, idle = pool_use()
    meters.POOL.labels("busy").set(busy)
    meters.POOL.labels("idle").set(idle)


def _note(scope: Scope, number: str, status: int, seconds: float) -> None:
    values: dict[str, Any] = dict(scope)
    route, method = values.get("path_template") or "-", values["method"]
    if method not in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        method = "-"  # a stranger's word is no label
    counter, histogram = _meters_of(route, method, str(status or "cut"))
    counter.inc()
    histogram.observe(seconds)
    _note_pool()
    if not settings().access_log or (route.startswith(QUIET) and 0 < status < 400):
        return
    user = values.get("user")
    log.info(
        "request",
        request_id=number,
        method=method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        account=pseudonym(user.account_id) if user is not None else None,
    )

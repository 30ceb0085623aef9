"""The worker's own /metrics and /healthz, on ``METRICS_HOST``:``WORKER_METRICS_PORT``. In a thread, so that they answer while a job is in hand."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from backend.kernel import meters
from backend.kernel.settings import settings

GRACE_S = 300.0  # the longest that one round of a loop may take: a stretch of a large import
_beats: dict[str, float] = {}  # by loop: when it must have begun its next round


def beat(work: str, idle: float) -> None:
    _beats[work] = time.monotonic() + idle + GRACE_S


def list_stuck() -> list[str]:
    """Loops that have not begun a round for longer than any takes."""
    return sorted(work for work, limit in _beats.items() if limit < time.monotonic())


def _answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    def send(status: str, body: bytes, kind: str = "text/plain; charset=utf-8") -> list[bytes]:
        start(status, [("content-type", kind), ("content-length", str(len(body)))])
        return [body]

    if environ["PATH_INFO"] == "/healthz":
        stuck = list_stuck()
        return send("503 Service Unavailable" if stuck else "200 OK", (f"stuck: {', '.join(stuck)}\n" if stuck else "ok\n").encode())
    if environ["PATH_INFO"] != "/metrics":
        return send("404 Not Found", b"")
    token = settings().metrics_token
    if token is not None and not hmac.compare_digest(environ.get("HTTP_AUTHORIZATION", "").encode(), f"Bearer {token}".encode()):
        return send("403 Forbidden", b"")
    if token is None and not settings().metrics_host.startswith("127."):
        return send("403 Forbidden", b"METRICS_TOKEN is needed where others can reach this port\n")
    return send("200 OK", generate_latest(meters.registry()), CONTENT_TYPE_LATEST)


class _Silent(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        return


@asynccontextmanager
async def serving() -> AsyncIterator[None]:
    """Answer while the worker works; nothing happens without ``WORKER_METRICS_PORT``."""
    s = settings()
    if s.worker_metrics_port is None:
        yield
        return
    server = make_server(s.metrics_host, s.worker_metrics_port, _answer, handler_class=_Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()

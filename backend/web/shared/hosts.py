"""A request for another host's pages is none of ours: what it was sent for (``Host``) is never believed, and in service not even answered.

No link is made from it anyway (``BASE_URL`` is the only source), so at a desk, without https, any name will do. Health checks name no host.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.kernel.settings import settings

OPEN = frozenset({"/healthz", "/readyz", "/metrics"})


def host_of(header: str) -> str:
    """The name in a ``Host`` header, in lower case, without its port; "" for what is no name."""
    try:
        return (urlsplit(f"//{header}").hostname or "") if header.isascii() and not set(header) & set("/@\\?# ") else ""
    except ValueError:
        return ""


def only_ours(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        s = settings()
        if scope["type"] != ScopeType.HTTP or not s.secure_cookies or scope["path"] in OPEN:
            await app(scope, receive, send)
            return
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(named) == 1 and host_of(named[0]) in {urlsplit(s.base_url).hostname, *s.more_hosts}:
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 421, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
        await send({"type": "http.response.body", "body": b"421 Misdirected Request\n", "more_body": False})

    return middleware

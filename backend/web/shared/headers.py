"""Security headers on every answer (OWASP Secure Headers), decided by path and nothing else."""

from __future__ import annotations

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backend.kernel.settings import settings

_BASE = (
    "default-src 'none'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; font-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
)
PAGES = _BASE + "script-src 'self'"
# The office listens to voice notes.
CONSOLE = _BASE + "script-src 'self'; media-src 'self'"
# A draw is verified in a worker; the code at the door is read by the phone app's scanner.
DRAWS = _BASE + "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"
# The scanner is WebAssembly; the phone app has a worker, a manifest and a viewfinder.
FIELD = _BASE + "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:"

POLICIES = (("/field", FIELD), ("/draws/", DRAWS), ("/console", CONSOLE))


def security_headers(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        path = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                headers["content-security-policy"] = next((policy for start, policy in POLICIES if path.startswith(start)), PAGES)
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "same-origin"
                headers["cross-origin-opener-policy"] = "same-origin"
                headers["permissions-policy"] = "camera=(self), geolocation=(self), microphone=(self), payment=()"
                if settings().secure_cookies:
                    headers["strict-transport-security"] = "max-age=31536000"
                if path.startswith("/static/") and b"v=" in scope["query_string"]:
                    headers["cache-control"] = "public, max-age=31536000, immutable"
                elif path.startswith(("/static/", "/field")) and not path.startswith("/field/api"):
                    headers["cache-control"] = "no-cache"
                else:
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await app(scope, receive, send_with_headers)

    return middleware

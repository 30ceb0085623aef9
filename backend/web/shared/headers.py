"""Security headers on every answer (OWASP Secure Headers), decided by the path and by whether the page has a script.

A page that runs no script gets no ``script-src``, so that none can run. One that does asks for a nonce (``nonce()`` in its template),
which is good for this one answer; what such a script loads may run too, nothing else. There is no inline script or style anywhere.
Proven by tests/web/test_headers.py, which walks every page and gives every policy to Google's csp_evaluator.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextvars import ContextVar

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backend.kernel.settings import settings
from backend.storage.keys import secret

_BASE = (
    "default-src 'none'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; font-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# What is no page runs nothing, wherever it is opened.
NOTHING = "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# A worker's rights come with its own file. The scanner's loads its reader, which is WebAssembly, when it is first needed.
WORKERS = "default-src 'none'; connect-src 'self'; script-src 'strict-dynamic' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
# Beside the nonce, by the page's path. The office listens to voice notes. A draw is verified in a worker, and the code at the door is
# read by the phone app's scanner, which is WebAssembly. The phone app has a manifest and a viewfinder too.
_MORE = (
    ("/field", " 'wasm-unsafe-eval'", "; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:"),
    ("/draws/", " 'wasm-unsafe-eval'", "; worker-src 'self'"),
    ("/console", "", "; media-src 'self'"),
    # An enterprise's people may choose alerts, which a worker shows.
    ("/my", "", "; worker-src 'self'"),
)

_OFF = (
    "accelerometer", "autoplay", "bluetooth", "browsing-topics", "display-capture", "encrypted-media", "fullscreen", "gyroscope", "hid", "idle-detection",
    "local-fonts", "magnetometer", "midi", "payment", "picture-in-picture", "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock",
    "serial", "usb", "web-share", "xr-spatial-tracking", "camera", "geolocation", "microphone",
)  # fmt: skip
# The phone app takes photos, positions and voice notes, and signs in with a fingerprint; a draw's page reads a code.
_ON = {
    "/field": ("camera", "geolocation", "microphone", "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "autoplay"),
    "/draws/": ("camera",),
    "/my": ("publickey-credentials-create", "publickey-credentials-get"),
}


class _Nonce:
    value = ""


_current: ContextVar[_Nonce] = ContextVar("nonce")


def nonce() -> str:
    """The nonce of this answer's scripts; whoever asks for it gets a ``script-src``. For templates."""
    here = _current.get()
    here.value = here.value or secrets.token_urlsafe(18)
    return here.value


def use_nonce(value: str) -> None:
    """For a page that was rendered before: the nonce that stands in it."""
    _current.get().value = value


def nonce_of(etag: str) -> str:
    """The nonce of a page that is given out until it changes: unpredictable from its content, and another for any other content."""
    return hmac.digest(secret("nonce").encode(), etag.encode(), hashlib.sha256).hex()[:32]


def policy(path: str, media_type: str, nonce: str) -> str:
    """The Content-Security-Policy of one answer. ``nonce``: empty where the page has no script."""
    if not media_type.startswith("text/html"):
        return WORKERS if "javascript" in media_type else NOTHING
    more = next(((scripts, rest) for start, scripts, rest in _MORE if path.startswith(start)), ("", ""))
    if not nonce:
        return _BASE + more[1].replace("; worker-src 'self'", "")
    return f"{_BASE}; script-src 'nonce-{nonce}' 'strict-dynamic'{more[0]}{more[1]}"


def permissions(path: str) -> str:
    on = next((names for start, names in _ON.items() if path.startswith(start)), ())
    return ", ".join(f"{name}=({'self' if name in on else ''})" for name in _OFF)


def security_headers(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        path = scope["path"]
        here = _Nonce()
        token = _current.set(here)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                # The browser keeps the page that it has, and with it the policy whose nonce stands in that page.
                if message["status"] != 304:
                    headers.setdefault("content-security-policy", policy(path, headers.get("content-type", ""), here.value))
                headers["x-content-type-options"] = "nosniff"
                headers["x-frame-options"] = "DENY"
                headers["referrer-policy"] = "same-origin"
                headers["cross-origin-opener-policy"] = "same-origin"
                headers.setdefault("cross-origin-resource-policy", "same-origin")
                headers["origin-agent-cluster"] = "?1"
                headers["x-permitted-cross-domain-policies"] = "none"
                headers["permissions-policy"] = permissions(path)
                if settings().secure_cookies:
                    headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
                if path.startswith("/static/") and b"v=" in scope["query_string"]:
                    headers["cache-control"] = "public, max-age=31536000, immutable"
                elif path.startswith(("/static/", "/field")) and not path.startswith("/field/api"):
                    headers["cache-control"] = "no-cache"
                else:
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            await app(scope, receive, send_with_headers)
        finally:
            _current.reset(token)

    return middleware

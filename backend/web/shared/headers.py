"""Security headers on every answer (OWASP Secure Headers), decided by the path and by whether the page has a script.

A page that runs no script gets no ``script-src``, so that none can run. One that does asks for a nonce (``nonce()`` in its template),
which is good for this one answer; what such a script loads may run too, nothing else. There is no inline script or style anywhere.
Proven by tests/web/test_headers.py, which walks every page and gives every policy to Google's csp_evaluator.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Final

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

# Where all scripts are ours and none makes HTML out of text, a text cannot become HTML or a script at all (Trusted Types). Named are the makers
# that there are: lit's of its templates, and the one that lets our own workers start; the scanner's and the draw's page each bring theirs.
# The office's pages get their parts as HTML from the server (htmx) and are without.
_TRUSTED = (
    ("/field", "lit-html sunlot"),
    ("/draws/", "sunlot 'allow-duplicates'"),
    ("/my", "sunlot"),
    ("/results/", "'none'"),
    ("/log/entries/", "'none'"),
    ("/visit", "'none'"),
)

_OFF = (
    "accelerometer", "autoplay", "bluetooth", "browsing-topics", "display-capture", "encrypted-media", "fullscreen", "gyroscope", "hid", "idle-detection",
    "local-fonts", "magnetometer", "midi", "payment", "picture-in-picture", "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock",
    "serial", "usb", "web-share", "xr-spatial-tracking", "camera", "geolocation", "microphone",
)  # fmt: skip
# The phone app takes photos, positions and voice notes; it, the office and enterprises sign in with a passkey; a draw's page reads a code.
_ON = {
    "/field": ("camera", "geolocation", "microphone", "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "autoplay"),
    "/draws/": ("camera",),
    "/console": ("publickey-credentials-create", "publickey-credentials-get"),
    "/my": ("publickey-credentials-create", "publickey-credentials-get"),
}


Headers = Iterable[tuple[bytes, bytes]]


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


@cache
def _nonce_key() -> bytes:
    return secret("nonce").encode()


@lru_cache(4096)
def nonce_of(etag: str) -> str:
    """The nonce of a page that is given out until it changes: unpredictable from its content, and another for any other content."""
    return hmac.digest(_nonce_key(), etag.encode(), hashlib.sha256).hex()[:32]


def policy(path: str, media_type: str, nonce: str) -> str:
    """The Content-Security-Policy of one answer. ``nonce``: empty where the page has no script."""
    if not media_type.startswith("text/html"):
        return WORKERS if "javascript" in media_type else NOTHING
    more = next(((scripts, rest) for start, scripts, rest in _MORE if path.startswith(start)), ("", ""))
    if not nonce:
        return _BASE + more[1].replace("; worker-src 'self'", "")
    makers = next((names for start, names in _TRUSTED if path.startswith(start)), "")
    trusted = f"; require-trusted-types-for 'script'; trusted-types {makers}" if makers else ""
    return f"{_BASE}; script-src 'nonce-{nonce}' 'strict-dynamic'{more[0]}{more[1]}{trusted}"


@cache
def _permissions(start: str) -> bytes:
    on = _ON.get(start, ())
    return ", ".join(f"{name}=({'self' if name in on else ''})" for name in _OFF).encode()


def permissions(path: str) -> bytes:
    return _permissions(next((start for start in _ON if path.startswith(start)), ""))


_ALWAYS: Final = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"origin-agent-cluster": b"?1",
    b"x-permitted-cross-domain-policies": b"none",
}


def _complete(scope: Scope, status: int, given: Headers, nonce: str) -> Headers:
    """The headers of one answer: what a handler may not change, then what it left open."""
    path = scope["path"]
    always = {**_ALWAYS, b"permissions-policy": permissions(path)}
    otherwise = {b"cross-origin-resource-policy": b"same-origin"}
    if settings().secure_cookies:
        always[b"strict-transport-security"] = b"max-age=31536000; includeSubDomains"
    if path.startswith("/static/") and b"v=" in scope["query_string"]:
        always[b"cache-control"] = b"public, max-age=31536000, immutable"
    elif path.startswith(("/static/", "/field")) and not path.startswith("/field/api"):
        always[b"cache-control"] = b"no-cache"
    else:
        otherwise[b"cache-control"] = b"no-store"
    kept = [(name.lower(), value) for name, value in given if name.lower() not in always]
    have = dict(kept)
    # The browser keeps the page that it has, and with it the policy whose nonce stands in that page.
    if status != 304:
        otherwise[b"content-security-policy"] = policy(path, have.get(b"content-type", b"").decode("latin-1"), nonce).encode()
    return [*kept, *always.items(), *(header for header in otherwise.items() if header[0] not in have)]


def security_headers(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        here = _Nonce()
        token = _current.set(here)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _complete(scope, message["status"], message.get("headers", ()), here.value)
            await send(message)

        try:
            await app(scope, receive, send_with_headers)
        finally:
            _current.reset(token)

    return middleware

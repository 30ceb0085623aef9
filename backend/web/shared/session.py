"""Who is asking: the session cookie, the language, and signing in and out."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Message, Scope

from backend.kernel.errors import DomainError
from backend.kernel.settings import settings
from backend.people import passkeys, queries, rules, service
from backend.storage.engine import transaction
from backend.web.shared import i18n

COOKIE = "sid"
LANGUAGE_COOKIE = "lang"


def _language(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Chinese unless a person chose otherwise; the phone's app says its language with each request."""
    if (wanted := connection.query_params.get("lang")) in i18n.LOCALES:
        return str(wanted)
    if connection.scope["path"].startswith("/field/api"):
        return "en" if connection.headers.get("accept-language", "").startswith("en") else "zh"
    return str(connection.cookies.get(LANGUAGE_COOKIE, "zh"))


class SessionMiddleware(AbstractAuthenticationMiddleware):
    """Looks the cookie up in the database on every request, so that ending a session takes effect at once."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        i18n.set_locale(_language(connection))
        cookie = connection.cookies.get(COOKIE)
        if not cookie:
            return AuthenticationResult(user=None, auth=None)
        async with transaction():
            return AuthenticationResult(user=await queries.find_principal(cookie), auth=None)


async def remember_language(message: Message, scope: Scope) -> None:
    """Keep the language that ``?lang=`` asked for. A before-send hook."""
    if message["type"] != "http.response.start":
        return
    wanted = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
    if wanted in i18n.LOCALES:
        cookie = Cookie(LANGUAGE_COOKIE, value=wanted, max_age=31536000, path="/", samesite="lax", secure=settings().secure_cookies)
        MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))


def client_address(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The visitor's address, believing ``X-Forwarded-For`` only as far as TRUSTED_PROXIES reaches."""
    direct = request.client.host if request.client else "?"
    hops = [h.strip() for h in request.headers.get("x-forwarded-for", "").split(",") if h.strip()]
    depth = settings().trusted_proxies
    return hops[-depth] if depth and len(hops) >= depth else direct


async def _enter(request: Request[Any, Any, Any], found: UUID | DomainError) -> tuple[rules.Principal, Cookie] | DomainError:
    """A fresh session for an account that has proved itself; a refusal is handed on, for its traces must be committed."""
    if isinstance(found, DomainError):
        return found
    key = await service.open_session(found, replaces=request.cookies.get(COOKIE))
    principal = await queries.find_principal(key)
    assert principal is not None
    cookie = Cookie(
        COOKIE, value=key, max_age=int(rules.SESSION_LIFETIME.total_seconds()), path="/", httponly=True, samesite="lax", secure=settings().secure_cookies
    )
    return principal, cookie


async def sign_in(request: Request[Any, Any, Any], username: str, password: str) -> tuple[rules.Principal, Cookie]:
    """Check the password and open a fresh session. Raises ``BadCredentials`` or ``TooManyAttempts``."""
    async with transaction():
        entered = await _enter(request, await service.check_password(username.strip(), password, client_address(request)))
    if isinstance(entered, DomainError):
        raise entered
    return entered


async def sign_in_by_passkey(request: Request[Any, Any, Any], ceremony: UUID, credential: dict[str, Any]) -> tuple[rules.Principal, Cookie]:
    """Check the answer to a passkey's challenge and open a fresh session. Raises ``BadPasskey``, ``StaleChallenge``, ``TooManyAttempts``."""
    async with transaction():
        entered = await _enter(request, await passkeys.check(ceremony, credential, client_address(request)))
    if isinstance(entered, DomainError):
        raise entered
    return entered


async def sign_out(request: Request[Any, Any, Any], response: Response[Any]) -> None:
    if key := request.cookies.get(COOKIE):
        async with transaction():
            await service.close_session(key)
    response.delete_cookie(COOKIE, path="/")

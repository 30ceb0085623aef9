"""Who is asking: the session cookie, the language, and signing in and out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Message, Scope

from backend.claims.queries import find_session
from backend.factors.rules import STEP_LIFETIME
from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.kernel.settings import settings
from backend.limits.rules import visitor
from backend.people import passkeys, queries, rules, service
from backend.storage.engine import transaction
from backend.usecases import own_account, second_factor
from backend.web.shared import i18n

_COOKIE = "sid"
# Of an enterprise's own people, who are asked for nowhere but under /my: neither cookie opens what is the other's.
_MY_COOKIE = "eid"
# Of a sign-in whose password was right and whose second factor is awaited. It opens nothing.
_STEP_COOKIE = "step"
LANGUAGE_COOKIE = "lang"


def _prefixed(name: str) -> str:
    """With https the prefix that keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2)."""
    return "__Host-" + name if settings().secure_cookies else name


def cookie_name() -> str:
    return _prefixed(_COOKIE)


def _secret_cookie(name: str, value: str, lifetime: timedelta) -> Cookie:
    """A key that no script sees; an empty value ends it."""
    age = int(lifetime.total_seconds()) if value else 0
    return Cookie(_prefixed(name), value=value, max_age=age, path="/", httponly=True, samesite="lax", secure=settings().secure_cookies)


def my_cookie(value: str) -> Cookie:
    """The cookie of an enterprise's person; an empty value ends it."""
    return _secret_cookie(_MY_COOKIE, value, rules.SESSION_LIFETIME)


def my_session_key(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return str(connection.cookies.get(_prefixed(_MY_COOKIE), ""))


def step_cookie(value: str) -> Cookie:
    """The cookie of a sign-in that waits for its second factor; an empty value ends it."""
    return _secret_cookie(_STEP_COOKIE, value, STEP_LIFETIME)


def step_key(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return str(connection.cookies.get(_prefixed(_STEP_COOKIE), ""))


def session_key(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The visitor's session cookie, empty without one."""
    return str(connection.cookies.get(cookie_name(), ""))


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Chinese unless a person chose otherwise; the phone's app says its language with each request."""
    if connection.scope["query_string"] and (wanted := connection.query_params.get("lang")) in i18n.LOCALES:
        return str(wanted)
    if connection.scope["path"].startswith("/field/api"):
        return "en" if connection.headers.get("accept-language", "").startswith("en") else "zh"
    return str(connection.cookies.get(LANGUAGE_COOKIE, "zh"))


def is_my(path: str) -> bool:
    """Whether an address is of the enterprises' own pages."""
    return path == "/my" or path.startswith("/my/")


class SessionMiddleware(AbstractAuthenticationMiddleware):
    """Looks the cookie up in the database on every request, so that ending a session takes effect at once."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        i18n.set_locale(language_of(connection))
        if is_my(connection.scope["path"]):
            cookie = my_session_key(connection)
            if not cookie:
                return AuthenticationResult(user=None, auth=None)
            async with transaction():
                return AuthenticationResult(user=await find_session(cookie), auth=None)
        cookie = session_key(connection)
        if not cookie:
            return AuthenticationResult(user=None, auth=None)
        async with transaction():
            user = await queries.find_principal(cookie)
            if user is not None and user.seen_at is not None and user.seen_at < clock.now() - rules.SEEN_EVERY:
                await service.note_seen(cookie)
            return AuthenticationResult(user=user, auth=None)


async def remember_language(message: Message, scope: Scope) -> None:
    """Keep the language that ``?lang=`` asked for. A before-send hook."""
    if message["type"] != "http.response.start" or not scope["query_string"]:
        return
    wanted = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
    if wanted in i18n.LOCALES:
        cookie = Cookie(LANGUAGE_COOKIE, value=wanted, max_age=31536000, path="/", samesite="lax", secure=settings().secure_cookies)
        MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))


# What stands in ``User-Agent`` -> what it is; the first that fits.
_BROWSERS = {
    "MicroMessenger": "微信", "wxwork": "企业微信", "DingTalk": "钉钉", "Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari",
}  # fmt: skip
_SYSTEMS = {name: name for name in ("HarmonyOS", "Android", "iPhone", "iPad", "Windows")} | {"Mac OS X": "macOS", "Linux": "Linux"}


def agent_of(text: str) -> str:
    """Browser and system out of ``User-Agent``, in our own words: what a stranger writes there goes no further."""
    return " · ".join(next((name for sign, name in known.items() if sign in text), "?") for known in (_BROWSERS, _SYSTEMS))


def client_address(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The visitor's address, believing ``X-Forwarded-For`` only as far as TRUSTED_PROXIES reaches."""
    return visitor(request.client.host if request.client else "?", request.headers.getall("x-forwarded-for", []), settings().trusted_proxies)


async def _enter(request: Request[Any, Any, Any], found: UUID | DomainError) -> tuple[rules.Principal, Cookie] | DomainError:
    """A fresh session for an account that has proved itself; a refusal is handed on, for its traces must be committed."""
    if isinstance(found, DomainError):
        return found
    key = await service.open_session(found, replaces=session_key(request) or None, agent=agent_of(request.headers.get("user-agent", "")))
    principal = await queries.find_principal(key)
    assert principal is not None
    return principal, _secret_cookie(_COOKIE, key, rules.SESSION_LIFETIME)


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The password was right, and is not enough: the second factor is awaited under this cookie."""

    key: str

    @property
    def cookie(self) -> Cookie:
        return step_cookie(self.key)


async def sign_in(request: Request[Any, Any, Any], username: str, password: str) -> tuple[rules.Principal, Cookie] | HalfWay:
    """Check the password and open a fresh session, or say that a second factor is awaited. Raises ``BadCredentials`` or ``TooManyAttempts``."""
    async with transaction():
        found = await own_account.check_password(username.strip(), password, client_address(request))
        step = None if isinstance(found, DomainError) else await second_factor.begin(found)
        entered: tuple[rules.Principal, Cookie] | HalfWay | DomainError = HalfWay(step) if step else await _enter(request, found)
    if isinstance(entered, DomainError):
        raise entered
    return entered


async def sign_in_by_code(request: Request[Any, Any, Any], typed: str) -> tuple[rules.Principal, Cookie]:
    """Check the code after the password and open a fresh session. Raises ``BadFactor``, ``StepOver``, ``TooManyAttempts``."""
    async with transaction():
        entered = await _enter(request, await second_factor.check_code(step_key(request), typed, client_address(request)))
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
    if key := session_key(request):
        async with transaction():
            await service.close_session(key)
    response.set_cookie(_secret_cookie(_COOKIE, "", rules.SESSION_LIFETIME))

"""Signing in and out of the office: by password and, where the account has one, a second factor; or by passkey."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery, JSONBody
from litestar.response import Redirect, Template

from backend.factors.rules import BadFactor, StepOver
from backend.kernel.settings import settings
from backend.ledger.queries import has_event
from backend.people import passkeys
from backend.people.rules import INSPECTOR, Principal, relying_party
from backend.people.service import BadCredentials, TooManyAttempts
from backend.storage.engine import transaction
from backend.usecases import second_factor
from backend.web.shared import limits
from backend.web.shared.access import PUBLIC, SIGNED_IN
from backend.web.shared.i18n import get_locale
from backend.web.shared.pages import page
from backend.web.shared.passkeys import PasskeyAnswer, say_asked
from backend.web.shared.reading import MAX_FORM
from backend.web.shared.session import HalfWay, sign_in, sign_in_by_code, sign_in_by_passkey, sign_out, step_cookie, step_key


class LoginForm(msgspec.Struct):
    username: str = ""
    password: str = ""
    next: str = ""


def local_path(target: str) -> str:
    """Where to go after signing in: a path of ours, or the office's front page. Never another site."""
    # urlsplit passes over control characters, and so do browsers: "/\t/evil" is another site.
    if not target.startswith("/") or not target.isprintable() or "\\" in target:
        return "/console"
    parts = urlsplit(target)
    ours = not parts.scheme and not parts.netloc and (parts.path == "/console" or parts.path.startswith("/console/")) and "//" not in parts.path
    return target if ours and parts.path != "/console/login" else "/console"


class CodeForm(msgspec.Struct):
    code: str = ""
    next: str = ""


def _destination(principal: Principal, target: str) -> str:
    if principal.must_change:
        return "/console/me"
    return "/field/" if principal.role == INSPECTOR else local_path(target)


def passkeys_at() -> str:
    """The origin whose pages may ask for a passkey; empty where there are none."""
    party = relying_party(settings().base_url)
    return party.origin if party else ""


async def _login(target: str, *, username: str = "", error: str = "", status_code: int = 200) -> Template:
    demo = await has_event("demo.loaded")
    return page("console/login.html", status_code=status_code, next=target, username=username, error=error, demo=demo, passkeys_at=passkeys_at())


@get("/login", opt={"access": PUBLIC})
async def show_login(next: FromQuery[str] = "", over: FromQuery[str] = "") -> Template:  # noqa: A002 - the query's own name
    """``over``: a sign-in waited too long for its second factor."""
    return await _login(next, error=StepOver().message(get_locale()) if over else "")


@post("/login", opt={"access": PUBLIC, "limit": limits.SIGN_IN}, status_code=200, request_max_body_size=MAX_FORM)
async def log_in(
    request: Request[Any, Any, Any], data: Annotated[LoginForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    try:
        entered = await sign_in(request, data.username, data.password)
    except (BadCredentials, TooManyAttempts) as e:
        return await _login(data.next, username=data.username, error=e.message(get_locale()), status_code=e.status)
    if isinstance(entered, HalfWay):
        return Redirect("/console/login/code?next=" + quote(local_path(data.next), safe=""), status_code=303, cookies=[entered.cookie])
    principal, cookie = entered
    return Redirect(_destination(principal, data.next), status_code=303, cookies=[cookie])


async def _code(request: Request[Any, Any, Any], target: str, *, error: str = "", status_code: int = 200) -> Template | Redirect:
    waiting = await second_factor.find_waiting(step_key(request))
    if waiting is None and error:
        return await _login(target, error=error, status_code=status_code)
    if waiting is None:
        return Redirect("/console/login?over=1&next=" + quote(local_path(target), safe=""), status_code=303, cookies=[step_cookie("")])
    return page("console/login_code.html", status_code=status_code, waiting=waiting, next=local_path(target), error=error, passkeys_at=passkeys_at())


@get("/login/code", opt={"access": PUBLIC})
async def show_code(request: Request[Any, Any, Any], next: FromQuery[str] = "") -> Template | Redirect:  # noqa: A002 - the query's own name
    return await _code(request, next)


@post("/login/code", opt={"access": PUBLIC, "limit": limits.SIGN_IN}, status_code=200, request_max_body_size=MAX_FORM)
async def give_code(
    request: Request[Any, Any, Any], data: Annotated[CodeForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    try:
        principal, cookie = await sign_in_by_code(request, data.code)
    except StepOver:
        return await _code(request, data.next)
    except (BadFactor, TooManyAttempts) as e:
        return await _code(request, data.next, error=e.message(get_locale()), status_code=e.status)
    return Redirect(_destination(principal, data.next), status_code=303, cookies=[cookie, step_cookie("")])


@post("/login/passkey/challenge", opt={"access": PUBLIC, "limit": limits.PASSKEY}, status_code=200, request_max_body_size=MAX_FORM)
async def ask_for_passkey(request: Request[Any, Any, Any]) -> dict[str, Any]:
    async with transaction():
        asked = await passkeys.ask_to_sign_in()
    return say_asked(asked)


@post("/login/passkey", opt={"access": PUBLIC, "limit": limits.SIGN_IN}, status_code=200, request_max_body_size=MAX_FORM)
async def log_in_by_passkey(request: Request[Any, Any, Any], data: JSONBody[PasskeyAnswer]) -> Response[dict[str, str]]:
    principal, cookie = await sign_in_by_passkey(request, data.ceremony, data.credential)
    return Response({"next": _destination(principal, data.next)}, cookies=[cookie, step_cookie("")])


@post("/logout", opt={"access": SIGNED_IN, "before_password": True, "before_factor": True}, status_code=303)
async def log_out(request: Request[Any, Any, Any]) -> Redirect:
    response = Redirect("/console/login", status_code=303)
    await sign_out(request, response)
    return response


HANDLERS = [show_login, log_in, show_code, give_code, ask_for_passkey, log_in_by_passkey, log_out]

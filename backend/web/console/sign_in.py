"""Signing in and out of the office."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.response import Redirect, Template

from backend.ledger.queries import has_event
from backend.people.rules import INSPECTOR
from backend.people.service import BadCredentials, TooManyAttempts
from backend.web.shared import limits
from backend.web.shared.access import PUBLIC, SIGNED_IN
from backend.web.shared.i18n import get_locale
from backend.web.shared.pages import page
from backend.web.shared.session import sign_in, sign_out


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


@get("/login", opt={"access": PUBLIC})
async def show_login(request: Request[Any, Any, Any], next: FromQuery[str] = "") -> Template:  # noqa: A002 - the query's own name
    return page("console/login.html", next=next, username="", error="", demo=await has_event("demo.loaded"))


@post("/login", opt={"access": PUBLIC, "limit": limits.SIGN_IN}, status_code=200)
async def log_in(
    request: Request[Any, Any, Any], data: Annotated[LoginForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    try:
        principal, cookie = await sign_in(request, data.username, data.password)
    except (BadCredentials, TooManyAttempts) as e:
        return page(
            "console/login.html",
            status_code=e.status,
            next=data.next,
            username=data.username,
            error=e.message(get_locale()),
            demo=await has_event("demo.loaded"),
        )
    if principal.must_change:
        return Redirect("/console/me", status_code=303, cookies=[cookie])
    return Redirect("/field/" if principal.role == INSPECTOR else local_path(data.next), status_code=303, cookies=[cookie])


@post("/logout", opt={"access": SIGNED_IN, "before_password": True}, status_code=303)
async def log_out(request: Request[Any, Any, Any]) -> Redirect:
    response = Redirect("/console/login", status_code=303)
    await sign_out(request, response)
    return response


HANDLERS = [show_login, log_in, log_out]

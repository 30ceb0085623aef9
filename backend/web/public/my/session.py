"""Coming in by a code, signing in by password or passkey, signing out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery, JSONBody
from litestar.response import Redirect, Template

from backend.claims import passkeys, sessions
from backend.claims.queries import find_earliest_claim
from backend.claims.sealing import Person
from backend.kernel.errors import DomainError
from backend.ledger.queries import has_event
from backend.storage.engine import transaction
from backend.usecases import claiming
from backend.web.public.my.forms import read_text, told
from backend.web.shared import limits
from backend.web.shared.access import ENTERPRISE, PUBLIC
from backend.web.shared.i18n import get_locale
from backend.web.shared.pages import page
from backend.web.shared.passkeys import PasskeyAnswer, say_asked
from backend.web.shared.session import client_address, is_my, my_cookie, my_session_key

OPEN: dict[str, Any] = {"access": PUBLIC}


def _next(target: str) -> str:
    """Only an address of these pages: a link to the sign-in must lead nowhere else."""
    return target if is_my(target) and not target.startswith("/my/log") and "\\" not in target else "/my"


async def _enter(request: Request[Any, Any, Any], member: UUID) -> Cookie:
    key = await sessions.open_session(member, replaces=my_session_key(request) or None)
    return my_cookie(key)


@get("/login", opt=OPEN)
async def show_login(next: FromQuery[str] = "", code: FromQuery[str] = "") -> Template:  # noqa: A002 - the address's own name for it
    return await _login(_next(next), {"code": code[:40]})


async def _login(target: str, typed: dict[str, str], *, error: str = "", status: int = 200) -> Template:
    demo = await find_earliest_claim() if await has_event("demo.loaded") else ""
    return page("public/my/login.html", status_code=status, next=target, typed=typed, error=error, demo=demo)


@post("/login", opt=OPEN | {"limit": limits.SIGN_IN}, status_code=200)
async def log_in(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    typed = {name: read_text(form, name, 100) for name in ("code", "phone")}
    target = _next(read_text(form, "next", 300))
    async with transaction():
        found = await sessions.check_password(typed["code"], typed["phone"], read_text(form, "password", 300), client_address(request))
        cookie = await _enter(request, found) if isinstance(found, UUID) else None
    if isinstance(found, DomainError) or cookie is None:
        assert isinstance(found, DomainError)
        return await _login(target, typed, error=found.message(get_locale()), status=found.status)
    return Redirect(target, status_code=303, cookies=[cookie])


@post("/login/passkey/challenge", opt=OPEN | {"limit": limits.PASSKEY}, status_code=200)
async def ask_to_sign_in(request: Request[Any, Any, Any]) -> dict[str, Any]:
    async with transaction():
        asked = await passkeys.ask_to_sign_in()
    return say_asked(asked)


@post("/login/passkey", opt=OPEN | {"limit": limits.PASSKEY}, status_code=200)
async def log_in_by_passkey(request: Request[Any, Any, Any], data: JSONBody[PasskeyAnswer]) -> Response[dict[str, str]]:
    async with transaction():
        found = await passkeys.check(data.ceremony, data.credential, client_address(request))
        cookie = await _enter(request, found) if isinstance(found, UUID) else None
    if isinstance(found, DomainError) or cookie is None:
        assert isinstance(found, DomainError)
        raise found
    return Response({"next": "/my"}, cookies=[cookie])


@post("/logout", opt={"access": ENTERPRISE}, status_code=303)
async def log_out(request: Request[Any, Any, Any]) -> Redirect:
    if key := my_session_key(request):
        async with transaction():
            await sessions.close_session(key)
    return Redirect("/my/login", status_code=303, cookies=[my_cookie("")])


@get("/claim", opt=OPEN)
async def show_claim(at: FromQuery[str] = "") -> Template:
    """``at``: the part of a code by which it is found, from the letter's own code; what proves it is typed."""
    start = at.strip().upper()[:6]
    return page("public/my/claim.html", enterprise=None, is_taken=False, is_invited=False, typed={"code": f"{start}-" if start else ""}, error="")


@post("/claim", opt=OPEN | {"limit": limits.SIGN_IN}, status_code=200)
async def claim(request: Request[Any, Any, Any]) -> Template | Redirect:
    """First the code alone, which shows whose it is; then who comes in, and with which password."""
    form, address = await request.form(), client_address(request)
    typed = {name: read_text(form, name, 200) for name in ("code", "person", "position", "phone")}
    error, status = "", 200
    if "person" in form:
        try:
            member = await claiming.claim(typed["code"], Person(typed["person"], typed["position"], typed["phone"]), read_text(form, "password", 300), address)
            async with transaction():
                cookie = await _enter(request, member)
            return Redirect("/my", status_code=303, cookies=[cookie])
        except DomainError as e:
            error, status = told(e), e.status
    try:
        opened, enterprise = await claiming.read_code(typed["code"], address)
    except DomainError as e:
        return page(
            "public/my/claim.html", status_code=e.status, enterprise=None, is_taken=False, is_invited=False, typed=typed, error=e.message(get_locale())
        )
    return page(
        "public/my/claim.html",
        status_code=status,
        enterprise=enterprise,
        is_taken=opened.is_taken,
        is_invited=opened.kind == "invite",
        typed=typed,
        error=error,
    )


HANDLERS = [show_login, log_in, ask_to_sign_in, log_in_by_passkey, log_out, show_claim, claim]

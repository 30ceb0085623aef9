"""我的账号 · 第二验证: one's own authenticator app, passkeys and recovery codes; open to whoever must set one up before anything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody
from litestar.response import Redirect, Template

from backend.factors import rules
from backend.factors.queries import find_standing
from backend.people import queries
from backend.people.rules import PHONE_ONLY, Principal
from backend.people.service import TooManyAttempts
from backend.people.sessions import WrongPassword, is_fresh
from backend.usecases import second_factor
from backend.web.console.sign_in import passkeys_at
from backend.web.shared import limits, qr
from backend.web.shared.access import SIGNED_IN
from backend.web.shared.i18n import get_locale
from backend.web.shared.pages import page
from backend.web.shared.passkeys import PasskeyAnswer, say_asked
from backend.web.shared.session import session_key

OPEN = {"access": SIGNED_IN, "before_factor": True}
CHANGES = {**OPEN, "limit": limits.SIGN_IN}
PAGE = "/console/me/factor"


class ProofForm(msgspec.Struct):
    password: str = ""


class CodeForm(msgspec.Struct):
    code: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, and in which part of the page: passkeys | app | codes."""

    part: str = ""
    text: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class Scan:
    """A secret to be scanned or copied: ``side`` and ``path`` of its QR code."""

    side: int
    path: str
    text: str


async def _scan(who: Principal, session: str) -> Scan | None:
    secret = await second_factor.find_pending(by=who, session=session)
    if secret is None:
        return None
    side, path = qr.draw(rules.address(secret, who.username), on_screen=True)
    return Scan(side, path, rules.grouped(secret))


async def _show(request: Request[Any, Any, Any], trouble: Trouble | None = None, *, codes: list[str] | None = None, done: str = "") -> Template:
    """``codes``: recovery codes that were just made and are shown this once."""
    trouble = trouble or Trouble()
    session = session_key(request)
    # What was just done may have changed who this is.
    who = await queries.find_principal(session) or request.user
    return page(
        "console/second_factor.html",
        status_code=trouble.status,
        who=who,
        is_inspector=who.role in PHONE_ONLY,
        standing=await find_standing(who.account_id),
        passkeys=await queries.list_passkeys(who.account_id),
        passkeys_at=passkeys_at(),
        scan=await _scan(who, session),
        needs_password=not (who.lacks_factor and await is_fresh(session)),
        trouble=trouble,
        codes=codes or [],
        done=done,
    )


@get("/me/factor", opt=OPEN)
async def show_factors(request: Request[Any, Any, Any], done: FromQuery[str] = "") -> Template:
    return await _show(request, done=done)


@post("/me/factor/app", opt=CHANGES, status_code=303)
async def begin_app(
    request: Request[Any, Any, Any], data: Annotated[ProofForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    try:
        await second_factor.begin_app(data.password, by=request.user, session=session_key(request))
    except (WrongPassword, TooManyAttempts) as e:
        return await _show(request, Trouble("app", e.message(get_locale()), e.status))
    return Redirect(f"{PAGE}#app", status_code=303)


@post("/me/factor/app/confirm", opt=CHANGES, status_code=200)
async def confirm_app(
    request: Request[Any, Any, Any], data: Annotated[CodeForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    """The app's first code. Where it is the first factor the recovery codes are shown, once."""
    try:
        codes = await second_factor.confirm_app(data.code, by=request.user, session=session_key(request))
    except (rules.BadFactor, rules.NothingPending, second_factor.ProveFirst) as e:
        return await _show(request, Trouble("app", e.message(get_locale()), e.status))
    return await _show(request, codes=codes, done="app") if codes else Redirect(f"{PAGE}?done=app", status_code=303)


@post("/me/factor/app/remove", opt=CHANGES, status_code=303)
async def remove_app(
    request: Request[Any, Any, Any], data: Annotated[ProofForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    try:
        await second_factor.remove_app(password=data.password, by=request.user, session=session_key(request))
    except (WrongPassword, TooManyAttempts) as e:
        return await _show(request, Trouble("app", e.message(get_locale()), e.status))
    return Redirect(f"{PAGE}?done=removed", status_code=303)


@post("/me/factor/codes", opt=CHANGES, status_code=200)
async def issue_codes(request: Request[Any, Any, Any], data: Annotated[ProofForm, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> Template:
    try:
        codes = await second_factor.issue_codes(data.password, by=request.user, session=session_key(request))
    except (WrongPassword, TooManyAttempts) as e:
        return await _show(request, Trouble("codes", e.message(get_locale()), e.status))
    return await _show(request, codes=codes, done="codes")


@post("/me/factor/passkeys/challenge", opt=CHANGES, status_code=200)
async def ask_passkey(request: Request[Any, Any, Any], data: JSONBody[ProofForm]) -> dict[str, Any]:
    asked = await second_factor.ask_passkey(data.password, by=request.user, session=session_key(request))
    return say_asked(asked)


@post("/me/factor/passkeys", opt=CHANGES, status_code=201)
async def add_passkey(request: Request[Any, Any, Any], data: JSONBody[PasskeyAnswer]) -> dict[str, bool]:
    """``codes_due``: it is the first factor, so recovery codes are made next."""
    due = await second_factor.add_passkey(data.ceremony, data.credential, data.name, by=request.user, session=session_key(request))
    return {"codes_due": due}


@post("/me/factor/passkeys/{passkey_id:uuid}/remove", opt=CHANGES, status_code=303)
async def remove_passkey(
    request: Request[Any, Any, Any], passkey_id: FromPath[UUID], data: Annotated[ProofForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    try:
        await second_factor.remove_passkey(passkey_id, password=data.password, by=request.user, session=session_key(request))
    except (WrongPassword, TooManyAttempts) as e:
        return await _show(request, Trouble("passkeys", e.message(get_locale()), e.status))
    return Redirect(f"{PAGE}?done=removed", status_code=303)


HANDLERS = [show_factors, begin_app, confirm_app, remove_app, issue_codes, ask_passkey, add_passkey, remove_passkey]

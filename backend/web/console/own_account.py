"""我的账号: one's own password and sessions; open to every role, and to whoever must change a password before anything else."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect, Template

from backend.factors.queries import find_standing
from backend.kernel.errors import DomainError, Invalid
from backend.people import queries
from backend.people.account_queries import list_sessions
from backend.people.password_rules import LONGEST, SHORTEST
from backend.people.rules import INSPECTOR, Principal
from backend.people.service import TooManyAttempts
from backend.people.sessions import WrongPassword
from backend.usecases import own_account
from backend.web.shared import limits
from backend.web.shared.access import SIGNED_IN
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page
from backend.web.shared.session import session_key

OPEN = {"access": SIGNED_IN, "before_password": True}
CHANGES = {**OPEN, "limit": limits.SIGN_IN}


class PasswordForm(msgspec.Struct):
    current: str = ""
    new: str = ""
    again: str = ""


class ProofForm(msgspec.Struct):
    password: str = ""


async def _show(request: Request[Any, Any, Any], *, error: str = "", trouble: str = "", status_code: int = 200) -> Template:
    """``error``: of the password's form; ``trouble``: of the sessions'."""
    who: Principal = request.user
    return page(
        "console/own_account.html",
        status_code=status_code,
        sessions=await list_sessions(who.account_id, who.role, session_key(request)),
        passkeys=await queries.list_passkeys(who.account_id),
        factors=await find_standing(who.account_id),
        must_change=who.must_change,
        is_inspector=who.role == INSPECTOR,
        shortest=SHORTEST,
        longest=LONGEST,
        error=error,
        trouble=trouble,
        done=request.query_params.get("done", ""),
    )


@get("/me", opt=OPEN)
async def show_own_account(request: Request[Any, Any, Any]) -> Template:
    return await _show(request)


@post("/me/password", opt=CHANGES, status_code=303)
async def change_password(
    request: Request[Any, Any, Any], data: Annotated[PasswordForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    try:
        if data.new != data.again:
            raise Invalid(field=_("新密码"), why_zh="两次输入不一致", why_en="the two entries differ")
        await own_account.change_password(data.current, data.new, by=request.user, keeps=session_key(request))
    except (Invalid, WrongPassword, TooManyAttempts) as e:
        return await _show(request, error=_words(e), status_code=e.status)
    return Redirect("/console/me?done=password", status_code=303)


def _words(e: DomainError) -> str:
    if isinstance(e, Invalid) and e.fields["field"] == "password":
        return Invalid(**{**e.fields, "field": _("新密码")}).message(get_locale())
    return e.message(get_locale())


@post("/me/sessions/end", opt=CHANGES, status_code=303)
async def end_other_sessions(
    request: Request[Any, Any, Any], data: Annotated[ProofForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    try:
        await own_account.end_others(password=data.password, keeps=session_key(request), by=request.user)
    except (WrongPassword, TooManyAttempts) as e:
        return await _show(request, trouble=e.message(get_locale()), status_code=e.status)
    return Redirect("/console/me?done=sessions", status_code=303)


@post("/me/sessions/{session_id:uuid}/end", opt=CHANGES, status_code=303)
async def end_session(
    request: Request[Any, Any, Any], session_id: FromPath[UUID], data: Annotated[ProofForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    try:
        await own_account.end_session(session_id, password=data.password, by=request.user)
    except (WrongPassword, TooManyAttempts) as e:
        return await _show(request, trouble=e.message(get_locale()), status_code=e.status)
    return Redirect("/console/me?done=sessions", status_code=303)


HANDLERS = [show_own_account, change_password, end_other_sessions, end_session]

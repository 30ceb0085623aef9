"""一个人的手机: which phones sign for a person, which passkeys let them in; a lost one is reported here."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.factors.queries import find_standing
from backend.kernel.errors import Invalid
from backend.people import queries
from backend.people.rules import ADMIN, AUDITOR, MANAGER, PHONE_ONLY, Principal
from backend.people.service import TooManyAttempts
from backend.people.sessions import WrongPassword
from backend.usecases import devices, own_account, second_factor
from backend.web.console import labels
from backend.web.shared import limits
from backend.web.shared.i18n import get_locale
from backend.web.shared.pages import page

READERS = frozenset({ADMIN, MANAGER, AUDITOR})
MAY_REVOKE = frozenset({ADMIN, MANAGER})


@get("/accounts/{account_id:uuid}/devices", opt={"access": READERS})
async def show_devices(request: Request[Any, Any, Any], account_id: FromPath[UUID], done: FromQuery[str] = "") -> Template:
    return await _show(request.user, account_id, done=done)


async def _show(who: Principal, account_id: UUID, *, error: str = "", reason: str = "", done: str = "", status_code: int = 200) -> Template:
    account = await queries.find_account(account_id, who.scope)
    phones = await queries.list_devices([account_id])
    return page(
        "console/devices.html",
        status_code=status_code,
        error=error,
        reason=reason,
        done=done,
        account=account,
        devices=phones,
        names={d.id: d.name for d in phones},
        passkeys=await queries.list_passkeys(account_id),
        factors=await find_standing(account_id),
        may_revoke=who.role in MAY_REVOKE,
        may_remove=who.role in MAY_REVOKE and account.role in PHONE_ONLY,
        is_admin=who.role == ADMIN,
        is_own=account_id == who.account_id,
        places=await labels.load_places(),
    )


class SignInForm(msgspec.Struct):
    """``own``: the administrator's password; ``new``: a password for one sign-in; ``standing``: stop | start, with its reason; ``factor``: off, likewise."""

    own: str = ""
    new: str = ""
    standing: str = ""
    factor: str = ""
    reason: str = ""


@post("/accounts/{account_id:uuid}/sign-in", opt={"access": frozenset({ADMIN}), "limit": limits.SIGN_IN}, status_code=303)
async def change_sign_in(
    request: Request[Any, Any, Any], account_id: FromPath[UUID], data: Annotated[SignInForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    """Give somebody a password for one sign-in, take their second factor off, stop the account, or let it in again."""
    try:
        if data.factor:
            await second_factor.take_off(account_id, reason=data.reason, own=data.own, by=request.user)
        elif data.standing:
            await own_account.set_standing(account_id, active=data.standing == "start", reason=data.reason, own=data.own, by=request.user)
        else:
            await own_account.give_password(account_id, data.new, own=data.own, by=request.user)
    except (Invalid, WrongPassword, TooManyAttempts) as e:
        return await _show(request.user, account_id, error=e.message(get_locale()), reason=data.reason, status_code=e.status)
    done = "factor" if data.factor else data.standing or "password"
    return Redirect(f"/console/accounts/{account_id}/devices?done={done}#sign-in", status_code=303)


@post("/devices/{device_id:uuid}/revoke", opt={"access": MAY_REVOKE}, status_code=303)
async def revoke_device(request: Request[Any, Any, Any], device_id: FromPath[UUID]) -> Redirect:
    owner = await devices.revoke_device(device_id, by=request.user)
    return Redirect(f"/console/accounts/{owner}/devices", status_code=303)


@post("/accounts/{account_id:uuid}/passkeys/{passkey_id:uuid}/remove", opt={"access": MAY_REVOKE}, status_code=303)
async def remove_passkey(request: Request[Any, Any, Any], account_id: FromPath[UUID], passkey_id: FromPath[UUID]) -> Redirect:
    await devices.remove_passkey(passkey_id, account_id, by=request.user)
    return Redirect(f"/console/accounts/{account_id}/devices", status_code=303)


HANDLERS = [show_devices, change_sign_in, revoke_device, remove_passkey]

"""一个人的手机: which phones sign for a person, which passkeys let them in; a lost one is reported here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.people import queries
from backend.people.rules import ADMIN, AUDITOR, MANAGER, Principal
from backend.usecases import devices
from backend.web.console import labels
from backend.web.shared.pages import page

READERS = frozenset({ADMIN, MANAGER, AUDITOR})
MAY_REVOKE = frozenset({ADMIN, MANAGER})


@get("/accounts/{account_id:uuid}/devices", opt={"access": READERS})
async def show_devices(request: Request[Any, Any, Any], account_id: FromPath[UUID]) -> Template:
    who: Principal = request.user
    account = await queries.find_account(account_id, who.scope)
    phones = await queries.list_devices([account_id])
    return page(
        "console/devices.html",
        account=account,
        devices=phones,
        names={d.id: d.name for d in phones},
        passkeys=await queries.list_passkeys(account_id),
        may_revoke=who.role in MAY_REVOKE,
        is_admin=who.role == ADMIN,
        places=await labels.load_places(),
    )


@post("/devices/{device_id:uuid}/revoke", opt={"access": MAY_REVOKE}, status_code=303)
async def revoke_device(request: Request[Any, Any, Any], device_id: FromPath[UUID]) -> Redirect:
    owner = await devices.revoke_device(device_id, by=request.user)
    return Redirect(f"/console/accounts/{owner}/devices", status_code=303)


@post("/accounts/{account_id:uuid}/passkeys/{passkey_id:uuid}/remove", opt={"access": MAY_REVOKE}, status_code=303)
async def remove_passkey(request: Request[Any, Any, Any], account_id: FromPath[UUID], passkey_id: FromPath[UUID]) -> Redirect:
    await devices.remove_passkey(passkey_id, account_id, by=request.user)
    return Redirect(f"/console/accounts/{account_id}/devices", status_code=303)


HANDLERS = [show_devices, revoke_device, remove_passkey]

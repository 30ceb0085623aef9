"""账号设备: who may sign in, which phones sign records; adding an account."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.response import Redirect, Template

from backend.kernel.errors import Conflict, Forbidden, Invalid
from backend.people import officers, queries, service
from backend.people.account_queries import PAGE, AccountFilter, count_accounts, list_with_factor, search_accounts
from backend.people.officer_queries import find_officer, list_without_account
from backend.people.rules import ADMIN, ALL_DEPARTMENTS, INSPECTOR, ROLES, Principal
from backend.registry import queries as registry
from backend.storage.engine import transaction
from backend.web.console import labels
from backend.web.console.paging import cut, read_place
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.pages import page

ADMIN_ONLY = {"access": frozenset({ADMIN})}
OFFICERS = 12
EVERYBODY = AccountFilter()


class AccountForm(msgspec.Struct):
    username: str = ""
    name: str = ""
    password: str = ""
    role: str = ""
    department: str = ""
    region: str = ""
    inspector: str = ""
    officer: str = ""  # what the officer was looked for by


def states() -> list[tuple[str, str]]:
    return [("", _("全部")), ("active", _("启用")), ("stopped", _("停用")), ("no-factor", _("没有第二验证"))]


async def _officers(who: Principal, text: str, chosen: str) -> dict[str, Any]:
    """Officers without an account who fit the text, and the one who was chosen; never all of them."""
    found = await list_without_account(who.scope, text, chosen=read_place(chosen), limit=OFFICERS + 1)
    return {"officers": found[:OFFICERS], "is_cut": len(found) > OFFICERS, "chosen": chosen, "places": await labels.load_places()}


async def _show(who: Principal, form: AccountForm, error: str = "", status_code: int = 200, by: AccountFilter = EVERYBODY, after: str = "") -> Template:
    found = await search_accounts(who.region, by, after=read_place(after), limit=PAGE + 1)
    asked = {"q": by.text, "role": by.role, "department": by.department, "standing": by.state}
    accounts, next_href = cut(found, PAGE, "/console/accounts", **asked)
    regions = [r for r in await registry.list_regions() if labels.prefix(r.code).startswith(who.region)]
    return page(
        "console/accounts.html",
        status_code=status_code,
        accounts=accounts,
        next_href=next_href,
        total=await count_accounts(who.region, by),
        by=by,
        states=states(),
        with_factor=await list_with_factor([a.id for a in accounts]),
        phones=Counter(d.account for d in await queries.list_devices([a.id for a in accounts]) if d.revoked_at is None),
        departments=[(d.code, pick(d, "name")) for d in await queries.list_open_departments()],
        regions=[(labels.prefix(r.code), pick(r, "name")) for r in regions],
        roles={key: zh for key, (zh, _en) in ROLES.items()},
        form=form,
        error=error,
        **await _officers(who, form.officer, form.inspector),
    )


@get("/accounts", opt=ADMIN_ONLY)
async def list_accounts(
    request: Request[Any, Any, Any],
    inspector: FromQuery[UUID | None] = None,
    q: FromQuery[str] = "",
    role: FromQuery[str] = "",
    department: FromQuery[str] = "",
    standing: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    """``inspector``: the officer for whom an account is wanted; the form is then filled in as far as the register knows."""
    form = AccountForm(region=request.user.region)
    if inspector is not None:
        officer = await find_officer(inspector, request.user.scope)
        form = AccountForm(name=officer.name, role=INSPECTOR, department=officer.department, region=request.user.region, inspector=str(officer.id))
    return await _show(request.user, form, by=AccountFilter(q.strip()[:60], role, department, standing), after=after)


@get("/accounts/officers", opt=ADMIN_ONLY)
async def list_officers(request: Request[Any, Any, Any], officer: FromQuery[str] = "", inspector: FromQuery[str] = "") -> Template:
    return page("console/_account_officers.html", **await _officers(request.user, officer[:60], inspector))


def _check(form: AccountForm, who: Principal) -> None:
    if not who.scope.covers(None, form.region):
        raise Forbidden()
    if not (form.username.strip() and form.name.strip()):
        raise Invalid(field=_("账号"), why_zh="账号和姓名都要填写", why_en="the account name and the person's name are both needed")
    if form.role not in ALL_DEPARTMENTS and not form.department:
        raise Invalid(field=_("部门"), why_zh="这个角色须属于一个部门", why_en="this role belongs to a department")
    if form.role == INSPECTOR and not form.inspector:
        raise Invalid(field=_("执法人员"), why_zh="请选择名录库中的执法人员", why_en="choose the officer from the register")


@post("/accounts", opt=ADMIN_ONLY)
async def create_account(
    request: Request[Any, Any, Any], data: Annotated[AccountForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Template | Redirect:
    who: Principal = request.user
    try:
        _check(data, who)
        async with transaction():
            account_id = await service.create_account(
                username=data.username.strip(),
                password=data.password,
                name=data.name.strip(),
                role=data.role,
                department=data.department or None,
                region=data.region,
                by=who.account_id,
                must_change=True,
            )
            if data.role == INSPECTOR:
                await officers.give_account(UUID(data.inspector), account_id, department=data.department, by=who.account_id)
    except Conflict:
        return await _show(who, data, _("账号名已被使用，或该执法人员已有账号"), 409)
    except Invalid as e:
        return await _show(who, data, e.message(get_locale()), e.status)
    return Redirect("/console/accounts", status_code=303)


HANDLERS = [list_accounts, list_officers, create_account]

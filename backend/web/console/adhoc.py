"""非抽取检查: a visit after a complaint or a referral, to one enterprise by chosen officers."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from backend.inspections.rules import RECHECK, AdhocPlan
from backend.items.queries import list_items
from backend.kernel.errors import Invalid
from backend.people.rules import MANAGER, Principal
from backend.usecases.adhoc import find_enterprise, offer_officers, open_adhoc
from backend.web.console import labels
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}
OFFICERS = 24


def _uuids(values: list[Any]) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(str(v)) for v in values)
    except ValueError as e:
        raise Invalid(field=_("检查人员"), why_zh="请从名单中选择", why_en="choose from the list") from e


def _plan(form: FormMultiDict) -> AdhocPlan:
    try:
        due_on = date.fromisoformat(str(form.get("due_on", "")))
    except ValueError as e:
        raise Invalid(field=_("完成期限"), why_zh="请选择日期", why_en="choose a date") from e
    return AdhocPlan(
        kind=str(form.get("kind", "")),
        source_ref=str(form.get("source_ref", ""))[:120],
        enterprise_code=str(form.get("enterprise_code", "")),
        items=tuple(map(str, form.getall("items", []))),
        officers=_uuids(form.getall("officers", [])),
        due_on=due_on,
        name=str(form.get("name", ""))[:160],
    )


async def _target(code: str, text: str, officers: list[Any], who: Principal) -> dict[str, Any]:
    """The enterprise that a code names, and of the officers who may go there those that fit ``text``; who is chosen already stays."""
    chosen = set(map(str, officers))
    enterprise = await find_enterprise(code, who) if code.strip() else None
    return {
        "typed_code": code.strip(),
        "enterprise": enterprise,
        "offer": await offer_officers(who, enterprise.region if enterprise else "", text=text[:60], chosen=chosen, limit=OFFICERS),
        "officer": text,
        "chosen_officers": chosen,
        "places": await labels.load_places(),
        "labels": labels,
    }


async def _show(who: Principal, form: FormMultiDict, error: str = "", status: int = 200) -> Template:
    return page(
        "console/adhoc.html",
        status_code=status,
        error=error,
        form=form,
        chosen_items=set(form.getall("items", [])),
        items=await list_items([who.department or ""]),
        kinds={k: name for k, name in labels.adhoc_kinds().items() if k != RECHECK},
        **await _target(str(form.get("enterprise_code", "")), str(form.get("officer", "")), form.getall("officers", []), who),
    )


@get("/campaigns/adhoc", opt=MANAGERS)
async def show_adhoc_form(request: Request[Any, Any, Any], enterprise_code: FromQuery[str] = "") -> Template:
    return await _show(request.user, FormMultiDict({"kind": "complaint", "enterprise_code": enterprise_code}))


@get("/campaigns/adhoc/enterprise", opt=MANAGERS)
async def show_target(request: Request[Any, Any, Any], enterprise_code: FromQuery[str] = "", officer: FromQuery[str] = "") -> Template:
    chosen = request.query_params.getall("officers", [])
    return page("console/_adhoc_target.html", **await _target(enterprise_code, officer, chosen, request.user))


@get("/campaigns/adhoc/officers", opt=MANAGERS)
async def show_officers(request: Request[Any, Any, Any], enterprise_code: FromQuery[str] = "", officer: FromQuery[str] = "") -> Template:
    chosen = request.query_params.getall("officers", [])
    return page("console/_adhoc_officers.html", **await _target(enterprise_code, officer, chosen, request.user))


@post("/campaigns/adhoc", opt=MANAGERS, status_code=200)
async def open_visit(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    try:
        campaign = await open_adhoc(_plan(form), by=request.user)
    except Invalid as e:
        return await _show(request.user, form, e.message(get_locale()), e.status)
    return Redirect(f"/console/campaigns/{campaign}", status_code=303)


HANDLERS = [show_adhoc_form, show_target, show_officers, open_visit]

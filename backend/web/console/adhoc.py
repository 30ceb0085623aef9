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
from backend.kernel.errors import Conflict, Invalid
from backend.people.rules import MANAGER, Principal
from backend.tips.queries import TipView, find_tip
from backend.tips.rules import NotOpen
from backend.usecases.adhoc import find_enterprise, offer_officers, open_adhoc
from backend.usecases.tips import open_visit as open_visit_of_tip
from backend.web.console import labels
from backend.web.console.case import read_seen
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


async def _tip(written: str, who: Principal) -> TipView | None:
    """The complaint or tip that the visit is opened for, None without one. Raises ``NotFound`` outside what the person sees."""
    try:
        return await find_tip(UUID(written), who) if written else None
    except ValueError:
        return None


async def _show(who: Principal, form: FormMultiDict, error: str = "", status: int = 200) -> Template:
    tip = await _tip(str(form.get("tip", "")), who)
    return page(
        "console/adhoc.html",
        status_code=status,
        error=error,
        form=form,
        tip=tip,
        chosen_items=set(form.getall("items", [])),
        items=await list_items([who.department or ""]),
        kinds={k: name for k, name in labels.adhoc_kinds().items() if k != RECHECK},
        **await _target(str(form.get("enterprise_code", "")), str(form.get("officer", "")), form.getall("officers", []), who),
    )


@get("/campaigns/adhoc", opt=MANAGERS)
async def show_adhoc_form(request: Request[Any, Any, Any], enterprise_code: FromQuery[str] = "", tip: FromQuery[str] = "") -> Template:
    """``tip``: opened from a complaint or tip, whose number it is on file under."""
    given = {"kind": "complaint", "enterprise_code": enterprise_code}
    if found := await _tip(tip, request.user):
        given |= {"tip": str(found.id), "seen": str(found.version), "source_ref": found.number, "enterprise_code": found.enterprise_code or enterprise_code}
    return await _show(request.user, FormMultiDict(given))


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
        tip = await _tip(str(form.get("tip", "")), request.user)
        if tip is not None:
            campaign = await open_visit_of_tip(tip.id, _plan(form), version=read_seen(form.get("seen")), by=request.user)
        else:
            campaign = await open_adhoc(_plan(form), by=request.user)
    except (Invalid, Conflict, NotOpen) as e:
        return await _show(request.user, form, e.message(get_locale()), e.status)
    return Redirect(f"/console/campaigns/{campaign}", status_code=303)


HANDLERS = [show_adhoc_form, show_target, show_officers, open_visit]

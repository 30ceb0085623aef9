"""一户一档: one enterprise's page, the form that changes it, its entries on lists, its QR card."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.history.rules import ChangedByOther
from backend.kernel import clock
from backend.kernel.errors import Conflict, DomainError, Invalid
from backend.people.rules import MANAGER, Principal
from backend.placards import queries as placards
from backend.placards.rules import GROUNDS
from backend.registry import editing as verbs
from backend.registry import queries
from backend.registry.queries import EnterpriseView
from backend.registry.rules import FIELDS, KINDS, STATUSES
from backend.storage.engine import transaction
from backend.usecases.dossier import load_dossier
from backend.web.console import claims, editing, labels, lamps, reviews
from backend.web.console.editing import Box, Difference, Typed
from backend.web.shared import qr
from backend.web.shared.i18n import _, pick, words
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}


async def _boxes(who: Principal) -> list[Box]:
    def label(name: str) -> str:
        return pick(FIELDS[name], "")

    return [
        Box("name", label("name"), required=True, attrs={"maxlength": "200"}),
        Box("region", label("region"), "choice", choices=await labels.county_choices(who.scope)),
        Box("industry", label("industry"), "choice", choices=[(i.code, f"{i.code} {pick(i, 'name')}") for i in await queries.list_industries()]),
        Box("kind", label("kind"), "choice", choices=[(key, pick(KINDS[key], "")) for key in KINDS]),
        Box("status", label("status"), "choice", choices=[(key, pick(STATUSES[key], "")) for key in STATUSES]),
        Box("address", label("address"), attrs={"maxlength": "300"}),
        Box("legal_rep", label("legal_rep"), attrs={"maxlength": "80"}),
        Box("phone", label("phone"), attrs={"maxlength": "40", "inputmode": "tel"}),
        Box("established_on", label("established_on"), "day"),
        Box("credit_class", label("credit_class"), "choice", choices=[(c, c) for c in "ABCD"], hint=_("仅供内部确定抽查比例，不予公示")),
    ]


def list_names() -> dict[str, str]:
    return words(verbs.LISTS)


async def _address_of(e: EnterpriseView) -> str:
    """By the newest code that holds; by the bare token where none was issued yet."""
    current = await placards.find_current(e.id)
    return qr.address(current.code if current else e.qr_token)


async def _show(who: Principal, enterprise_id: UUID, *, typed: Mapping[str, str] | None = None, error: str = "", status: int = 200) -> Template:
    d = await load_dossier(enterprise_id, who)
    e, places = d.enterprise, await labels.load_places()
    boxes = {b.name: b for b in await _boxes(who)}
    names = dict(boxes["industry"].choices)
    facts = [
        ("code", e.code),
        ("name", e.name),
        ("region", places(e.region)),
        ("industry", names.get(e.industry, e.industry)),
        ("kind", labels.kind_name(e.kind)),
        ("status", labels.status_name(e.status)),
        ("address", e.address),
        ("legal_rep", e.legal_rep),
        ("phone", e.phone),
        ("established_on", e.established_on.isoformat() if e.established_on else ""),
    ]

    def say(field: str, value: str | None) -> str:
        if field == "region":
            return places(value) or "-"
        return editing.say(boxes[field], value) if field in boxes else value or "-"

    return page(
        "console/enterprise.html",
        status_code=status,
        d=d,
        e=e,
        facts=[(pick(FIELDS[name], ""), value) for name, value in facts],
        field_names={name: pick(label, "") for name, label in FIELDS.items()},
        say=say,
        lists=list_names(),
        typed=typed or {},
        error=error,
        public_address=await _address_of(e),
        placards=await placards.list_of_enterprise(e.id, limit=8),
        grounds=words(GROUNDS),
        may_exempt=who.role == MANAGER,
        my_department=who.department,
        my_scope=who.scope.department,
        reads_records=who.role in reviews.READERS["access"],
        sees_class=who.sees_class,
        states=labels.inspection_states(),
        lamps=lamps.colours(),
        complaint_kinds=labels.adhoc_kinds(),
        today=clock.today(),
        claim=await claims.load(e.id, who),
        places=places,
        labels=labels,
    )


@get("/enterprises/{enterprise_id:uuid}")
async def show_enterprise(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Template:
    return await _show(request.user, enterprise_id)


@get("/enterprises/{enterprise_id:uuid}/qr.png", media_type="image/png")
async def show_qr(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Response[bytes]:
    e = await queries.find_enterprise(enterprise_id, request.user.scope)
    image = await asyncio.to_thread(qr.png, await _address_of(e))
    return Response(image, media_type="image/png")


def _form(
    boxes: list[Box],
    e: EnterpriseView,
    values: Typed,
    *,
    version: int,
    reason: str = "",
    error: tuple[str, str] = ("", ""),
    differences: list[Difference] | None = None,
    status: int = 200,
) -> Template:
    return page(
        "console/enterprise_edit.html",
        status_code=status,
        boxes=boxes,
        e=e,
        values=values,
        version=version,
        reason=reason,
        wrong=error[0],
        error=error[1],
        differences=differences,
    )


def _stored(e: EnterpriseView, boxes: list[Box]) -> Typed:
    return editing.stored({b.name: getattr(e, b.name) for b in boxes}, boxes)


@get("/enterprises/{enterprise_id:uuid}/edit", opt=MANAGERS)
async def show_form(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Template:
    e, boxes = await queries.find_enterprise(enterprise_id, request.user.scope), await _boxes(request.user)
    return _form(boxes, e, _stored(e, boxes), version=e.version)


@post("/enterprises/{enterprise_id:uuid}/edit", opt=MANAGERS, status_code=303)
async def change(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Template | Redirect:
    who: Principal = request.user
    e, boxes, form = await queries.find_enterprise(enterprise_id, who.scope), await _boxes(who), await request.form()
    values, reason = editing.typed(form, boxes), editing.clean(form.get("reason"))
    # What the form was opened with goes back with it: a save after a mistake is still a save against that version.
    version = int(v) if (v := str(form.get("version", ""))).isdigit() and len(v) < 9 else 0
    try:
        texts = {name: str(value) for name, value in values.items()}
        async with transaction():
            await verbs.change_enterprise(enterprise_id, texts, version=version, reason=reason, scope=who.scope, by=who.account_id)
    except ChangedByOther as error:
        differences = editing.compare(error, values, boxes)
        return _form(boxes, e, values, version=error.version, reason=reason, error=editing.message(error, boxes), differences=differences, status=error.status)
    except Invalid as error:
        told = editing.message(error, [*boxes, Box("reason", _("理由"))])
        return _form(boxes, e, values, version=version, reason=reason, error=told, status=error.status)
    return Redirect(f"/console/enterprises/{enterprise_id}", status_code=303)


@post("/enterprises/{enterprise_id:uuid}/listings", opt=MANAGERS, status_code=303)
async def put_on_list(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Template | Redirect:
    who, form = request.user, await request.form()
    typed = {name: editing.clean(form.get(name)) for name in ("list", "ground", "authority", "document", "listed_on", "source")}
    titles = [Box("ground", _("列入事由")), Box("authority", _("决定机关")), Box("source", _("来源")), Box("listed_on", _("列入日期"))]
    try:
        listed_on = editing.read_day(typed["listed_on"], "listed_on")
        async with transaction():
            texts = {name: typed[name] for name in ("ground", "authority", "document", "source")}
            await verbs.put_on_list(enterprise_id, which=typed["list"], **texts, listed_on=listed_on or clock.today(), scope=who.scope, by=who.account_id)
    except (Invalid, Conflict) as error:
        return await _show(who, enterprise_id, typed=typed, error=_told(error, titles), status=error.status)
    return Redirect(f"/console/enterprises/{enterprise_id}#lists", status_code=303)


@post("/enterprises/{enterprise_id:uuid}/listings/{listing_id:uuid}/end", opt=MANAGERS, status_code=303)
async def take_off_list(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID], listing_id: FromPath[UUID]) -> Template | Redirect:
    who, form = request.user, await request.form()
    titles = [Box("removed_on", _("移出日期")), Box("reason", _("移出理由"))]
    try:
        removed_on = editing.read_day(editing.clean(form.get("removed_on")), "removed_on")
        async with transaction():
            removal = editing.clean(form.get("removal"))
            await verbs.take_off_list(listing_id, removed_on=removed_on or clock.today(), removal=removal, scope=who.scope, by=who.account_id)
    except Invalid as error:
        return await _show(who, enterprise_id, error=_told(error, titles), status=error.status)
    return Redirect(f"/console/enterprises/{enterprise_id}#lists", status_code=303)


def _told(error: DomainError, titles: list[Box]) -> str:
    return editing.message(error, titles)[1]


HANDLERS = [show_enterprise, show_qr, show_form, change, put_on_list, take_off_list]

"""执法人员: who may inspect, until when, what and where, and how much each has in hand; added, changed, suspended, reinstated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.history.rules import ChangedByOther
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid
from backend.people import officer_queries, officers, queries
from backend.people.officer_queries import OfficerFilter
from backend.people.officer_rules import LATER, QUALIFICATIONS, OfficerDraft
from backend.people.queries import InspectorView
from backend.people.rules import ADMIN, MANAGER, Principal, is_fit
from backend.registry import queries as registry
from backend.storage.engine import transaction
from backend.usecases import overview
from backend.web.console import editing, labels
from backend.web.console.devices import READERS
from backend.web.console.editing import Box, Difference, Typed
from backend.web.shared.i18n import _, pick
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}


@dataclass(frozen=True, slots=True)
class OfficerRow:
    officer: InspectorView
    load: int
    mark: str  # the kind of the badge
    says: str
    is_everywhere: bool


def judge(officer: InspectorView, on: date) -> tuple[str, str]:
    """The badge of an officer: whether a draw may take them, and the certificate's end when it is near."""
    if not officer.is_valid:
        return "bad", _("已停用，不参加抽取")
    if not is_fit(officer.is_valid, officer.certificate_expires_on, on):
        return "bad", _("执法证已过期，不参加抽取")
    if officer.certificate_expires_on <= on + LATER:
        return "warn", _("执法证 %(n)s 天后到期", n=(officer.certificate_expires_on - on).days)
    return "good", _("有效")


def endings() -> list[tuple[str, str]]:
    return [("", _("全部")), ("expired", _("已过期")), ("30", _("30 天内到期")), ("60", _("60 天内到期"))]


def states() -> list[tuple[str, str]]:
    return [("", _("全部")), ("valid", _("有效")), ("suspended", _("已停用"))]


@get("/inspectors")
async def list_inspectors(
    request: Request[Any, Any, Any],
    q: FromQuery[str] = "",
    department: FromQuery[str] = "",
    county: FromQuery[str] = "",
    certificate: FromQuery[str] = "",
    standing: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    scope, on = request.user.scope, clock.today()
    by = OfficerFilter(q, department, county, certificate, standing)
    found = await officer_queries.search_officers(scope, by, on=on, after=after)
    loads = await overview.count_loads([o.id for o in found.rows])
    counties = await labels.county_choices(scope)
    everywhere = {code for code, _name in counties}
    rows = [OfficerRow(o, loads.get(o.id, 0), *judge(o, on), everywhere <= set(o.counties)) for o in found.rows]
    asked = {k: v for k, v in (("q", q), ("department", department), ("county", county), ("certificate", certificate), ("standing", standing)) if v}
    return page(
        "console/inspectors.html",
        rows=rows,
        total=await officer_queries.count_officers(scope, by, on=on),
        next_href="/console/inspectors?" + urlencode(asked | {"after": found.next}) if found.next else None,
        warned=await officer_queries.count_endings(scope, on=on),
        may_see_phones=request.user.role in READERS,
        may_edit=request.user.role == MANAGER,
        heaviest=max((r.load for r in rows), default=0),
        by=by,
        endings=endings(),
        states=states(),
        departments=[(d.code, pick(d, "name")) for d in await queries.list_departments() if scope.department in (None, d.code)],
        counties=counties,
        places=await labels.load_places(),
        labels=labels,
    )


async def _boxes(who: Principal) -> list[Box]:
    return [
        Box("name", _("姓名"), required=True, attrs={"maxlength": "60"}),
        Box("certificate_no", _("执法证号"), required=True, attrs={"maxlength": "40"}),
        Box("certificate_expires_on", _("有效期至"), "day", required=True),
        Box("phone", _("联系电话"), attrs={"maxlength": "40", "inputmode": "tel"}),
        Box("qualifications", _("岗位资质"), "many", choices=[(q, labels.qualification_name(q)) for q in QUALIFICATIONS]),
        Box("counties", _("检查区域"), "many", choices=await labels.county_choices(who.scope)),
    ]


def _all_boxes(boxes: list[Box]) -> list[Box]:
    """What a history may speak of beside the form's fields."""
    return [*boxes, Box("is_valid", _("状态"), "flag", choices=[("yes", _("有效")), ("no", _("已停用"))])]


def _draft(values: Mapping[str, str | list[str]]) -> OfficerDraft:
    return OfficerDraft(
        name=str(values["name"]),
        certificate_no=str(values["certificate_no"]),
        certificate_expires_on=editing.read_day(values["certificate_expires_on"], "certificate_expires_on") or clock.today(),
        qualifications=tuple(values["qualifications"]),
        counties=tuple(values["counties"]),
        phone=str(values["phone"]),
    )


async def _codes() -> frozenset[str]:
    return frozenset(r.code for r in await registry.list_regions())


async def _show_form(
    who: Principal,
    boxes: list[Box],
    values: Typed,
    *,
    officer: InspectorView | None = None,
    version: int = 0,
    error: tuple[str, str] = ("", ""),
    differences: list[Difference] | None = None,
    reason: str = "",
    status: int = 200,
) -> Template:
    on = clock.today()
    return page(
        "console/inspector.html",
        status_code=status,
        boxes=boxes,
        values=values,
        officer=officer,
        version=version or (officer.version if officer else 0),
        wrong=error[0],
        error=error[1],
        differences=differences,
        reason=reason,
        badge_of=judge(officer, on) if officer else ("", ""),
        load=(await overview.count_loads([officer.id])).get(officer.id, 0) if officer else 0,
        history=await editing.load_history("inspector", officer.id, _all_boxes(boxes)) if officer else [],
        may_edit=who.role == MANAGER,
        may_give_account=who.role == ADMIN,
        may_see_phones=who.role in READERS,
        say=editing.say,
        places=await labels.load_places(),
    )


@get("/inspectors/new", opt=MANAGERS)
async def show_new(request: Request[Any, Any, Any]) -> Template:
    boxes = await _boxes(request.user)
    return await _show_form(request.user, boxes, editing.stored({"qualifications": ["law"]}, boxes))


@post("/inspectors/new", opt=MANAGERS, status_code=303)
async def add(request: Request[Any, Any, Any]) -> Template | Redirect:
    who: Principal = request.user
    boxes = await _boxes(who)
    values = editing.typed(await request.form(), boxes)
    try:
        async with transaction():
            made = await officers.add_officer(_draft(values), department=who.department or "", counties=await _codes(), scope=who.scope, by=who.account_id)
    except Invalid as e:
        return await _show_form(who, boxes, values, error=editing.message(e, boxes), status=e.status)
    return Redirect(f"/console/inspectors/{made}", status_code=303)


@get("/inspectors/{officer_id:uuid}")
async def show(request: Request[Any, Any, Any], officer_id: FromPath[UUID]) -> Template:
    officer = await officer_queries.find_officer(officer_id, request.user.scope)
    boxes = await _boxes(request.user)
    return await _show_form(request.user, boxes, editing.stored(asdict(officer), boxes), officer=officer)


@post("/inspectors/{officer_id:uuid}", opt=MANAGERS, status_code=303)
async def change(request: Request[Any, Any, Any], officer_id: FromPath[UUID]) -> Template | Redirect:
    who: Principal = request.user
    officer = await officer_queries.find_officer(officer_id, who.scope)
    boxes = await _boxes(who)
    form = await request.form()
    values = editing.typed(form, boxes)
    try:
        version = editing.version_of(form)
        async with transaction():
            await officers.change_officer(officer_id, _draft(values), version=version, counties=await _codes(), scope=who.scope, by=who.account_id)
    except ChangedByOther as e:
        officer = await officer_queries.find_officer(officer_id, who.scope)
        differences = editing.compare(e, values, boxes)
        return await _show_form(
            who, boxes, values, officer=officer, version=e.version, error=editing.message(e, boxes), differences=differences, status=e.status
        )
    except Invalid as e:
        return await _show_form(who, boxes, values, officer=officer, error=editing.message(e, boxes), status=e.status)
    return Redirect(f"/console/inspectors/{officer_id}", status_code=303)


@post(["/inspectors/{officer_id:uuid}/suspend", "/inspectors/{officer_id:uuid}/reinstate"], opt=MANAGERS, status_code=303)
async def set_valid(request: Request[Any, Any, Any], officer_id: FromPath[UUID]) -> Template | Redirect:
    who: Principal = request.user
    form = await request.form()
    verb = officers.suspend_officer if request.url.path.endswith("/suspend") else officers.reinstate_officer
    reason = editing.clean(form.get("reason"))
    try:
        async with transaction():
            await verb(officer_id, reason, version=editing.version_of(form), scope=who.scope, by=who.account_id)
    except (Invalid, ChangedByOther) as e:
        return await _refused(who, officer_id, e, reason)
    return Redirect(f"/console/inspectors/{officer_id}", status_code=303)


async def _refused(who: Principal, officer_id: UUID, e: DomainError, reason: str) -> Template:
    officer = await officer_queries.find_officer(officer_id, who.scope)
    boxes = await _boxes(who)
    error = editing.message(e, [*boxes, Box("reason", _("原因"))])
    return await _show_form(who, boxes, editing.stored(asdict(officer), boxes), officer=officer, error=error, reason=reason, status=e.status)


HANDLERS = [list_inspectors, show_new, add, show, change, set_valid]

"""企业码牌: batches of codes for doors, the form that issues one, its files for the printer, one code's revocation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.kernel.errors import DomainError, Invalid, NotFound
from backend.kernel.ids import new_id
from backend.people.rules import MANAGER, Principal
from backend.placards import queries, rules
from backend.registry import queries as registry
from backend.registry import search
from backend.registry.queries import Filter
from backend.registry.rules import KINDS, STATUSES
from backend.usecases import placards as verbs
from backend.usecases.placards import Choice
from backend.web.console import labels
from backend.web.console.editing import Box, clean, message
from backend.web.console.enterprises import say_count, wants_partial
from backend.web.console.paging import cut, read_place
from backend.web.shared.i18n import _, pick, words
from backend.web.shared.pages import page
from backend.web.shared.papers import as_file

MANAGERS = {"access": frozenset({MANAGER})}
# A class is nobody's business who sees the batch: codes are never chosen by it.
PARTS = {"q": "text", "county": "county", "industry": "industry", "kind": "kind"}


def formats() -> list[tuple[str, str]]:
    return [(key, pick({"zh": f.zh, "en": f.en}, "")) for key, f in rules.FORMATS.items()]


def grounds() -> dict[str, str]:
    return words(rules.GROUNDS)


def _read_filter(values: Any) -> Filter:
    """Only active enterprises get a code."""
    return Filter(**{name: str(values.get(key, "")).replace("\x00", "")[:100] for key, name in PARTS.items()}, status="active")


@get("/placards")
async def list_batches(request: Request[Any, Any, Any], after: FromQuery[str] = "", serial: FromQuery[str] = "") -> Template | Redirect:
    who: Principal = request.user
    found = await queries.find_by_serial(serial, who.scope) if serial.strip() else None
    if found:
        return Redirect(f"/console/placards/codes/{found.id}", status_code=303)
    rows, next_href = cut(
        await queries.list_batches(who.scope, after=read_place(after), limit=queries.PAGE + 1), queries.PAGE, "/console/placards", serial=serial
    )
    return page(
        "console/placards.html",
        rows=rows,
        next_href=next_href,
        serial=serial,
        is_missed=bool(serial.strip()),
        may_issue=who.role == MANAGER,
        formats=dict(formats()),
        places=await labels.load_places(),
    )


async def _form(
    who: Principal,
    *,
    batch: UUID,
    by: Filter,
    codes: str,
    form: str,
    is_reissue: bool,
    by_list: bool,
    error: tuple[str, str] = ("", ""),
    status: int = 200,
) -> Template:
    industries = await registry.list_industries()
    return page(
        "console/placard_new.html",
        status_code=status,
        batch=batch,
        by=by,
        codes=codes,
        form=form if form in rules.FORMATS else "sticker",
        is_reissue=is_reissue,
        by_list=by_list,
        total=say_count(await search.count_enterprises(who.scope, by)),
        formats=formats(),
        counties=await labels.county_choices(who.scope),
        industries=[(i.code, pick(i, "name")) for i in industries],
        kinds=[(key, pick(label, "")) for key, label in KINDS.items()],
        most=rules.LARGEST,
        wrong=error[0],
        error=error[1],
    )


@get("/placards/new", opt=MANAGERS)
async def show_form(request: Request[Any, Any, Any], codes: FromQuery[str] = "", format: FromQuery[str] = "", reissue: FromQuery[str] = "") -> Template:  # noqa: A002 - the field's name
    by = _read_filter(request.query_params)
    if wants_partial(request):
        return page("console/_placard_count.html", total=say_count(await search.count_enterprises(request.user.scope, by)))
    by_list = request.query_params.get("by") == "list"
    return await _form(request.user, batch=new_id(), by=by, codes=codes[:120_000], form=format, is_reissue=bool(reissue), by_list=by_list)


@post("/placards", opt=MANAGERS, status_code=303)
async def issue(request: Request[Any, Any, Any]) -> Template | Redirect:
    who, form = request.user, await request.form()
    by, codes, is_reissue = _read_filter(form), clean(form.get("codes")), bool(form.get("reissue"))
    try:
        batch = UUID(str(form.get("id", "")))
    except ValueError as e:
        raise Invalid(field=_("编号"), why_zh="页面已过期，请重新打开", why_en="the page is out of date: open it again") from e
    by_list = form.get("by") == "list"
    choice = Choice(str(form.get("format", "")), by, codes if by_list else "", is_reissue)
    try:
        if by_list and not codes:
            raise Invalid(field="codes", why_zh="请每行填写一个统一社会信用代码", why_en="give one credit code a line")
        await verbs.issue_placards(batch, choice, by=who)
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        told = message(error, [Box("codes", _("代码清单")), Box("format", _("规格"))])
        return await _form(who, batch=batch, by=by, codes=codes, form=choice.format, is_reissue=is_reissue, by_list=by_list, error=told, status=error.status)
    return Redirect(f"/console/placards/{batch}", status_code=303)


@get("/placards/{batch_id:uuid}")
async def show_batch(request: Request[Any, Any, Any], batch_id: FromPath[UUID], after: FromQuery[int] = 0) -> Template:
    who: Principal = request.user
    batch = await queries.find_batch(batch_id, who.scope)
    rows = await queries.list_of_batch(batch_id, after=min(max(after, 0), rules.LARGEST), limit=queries.PAGE + 1)
    more = f"/console/placards/{batch_id}?after={rows[queries.PAGE - 1].position}" if len(rows) > queries.PAGE else None
    return page(
        "console/placard_batch.html",
        batch=batch,
        sheets=await queries.list_sheets(batch_id),
        rows=rows[: queries.PAGE],
        next_href=more,
        may_issue=who.role == MANAGER,
        formats=dict(formats()),
        grounds=grounds(),
        asked=await _say_asked(batch.asked),
        places=await labels.load_places(),
    )


async def _say_asked(asked: Any) -> list[str]:
    """For whom a batch was asked, in words."""
    places = await labels.load_places()
    said = [_("按清单 %(n)s 户", n=asked["codes"])] if "codes" in asked else []
    for key, value in asked.get("filter", {}).items():
        if key == "county":
            said.append(places(value))
        elif key == "industry":
            said.append(next((f"{i.code} {pick(i, 'name')}" for i in await registry.list_industries() if i.code == value), value))
        elif key == "kind":
            said.append(labels.kind_name(value))
        elif key == "status":
            said.append(pick(STATUSES[value], ""))
        else:
            said.append(f"“{value}”")
    return said


@post("/placards/{batch_id:uuid}/files/{part:int}", opt=MANAGERS, status_code=200)
async def print_file(request: Request[Any, Any, Any], batch_id: FromPath[UUID], part: FromPath[int]) -> Response[bytes] | Redirect:
    """The PDF, counted as printed; the page again while it is being made."""
    found = await verbs.print_file(batch_id, min(part, 32_000), by=request.user)
    return as_file(*found) if found else Redirect(f"/console/placards/{batch_id}", status_code=303)


@post("/placards/{batch_id:uuid}/files", opt=MANAGERS, status_code=303)
async def make_again(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Redirect:
    await verbs.make_files_again(batch_id, by=request.user)
    return Redirect(f"/console/placards/{batch_id}", status_code=303)


async def _show_code(
    who: Principal, placard_id: UUID, *, typed: dict[str, str] | None = None, error: tuple[str, str] = ("", ""), status: int = 200
) -> Template:
    placard = await queries.find_placard(placard_id, who.scope)
    return page(
        "console/placard.html",
        status_code=status,
        p=placard,
        batch=await queries.find_batch_of(placard_id, who.scope),
        typed=typed or {},
        wrong=error[0],
        error=error[1],
        may_issue=who.role == MANAGER,
        grounds=grounds(),
        choices=[(key, name) for key, name in grounds().items() if key != rules.REPLACED],
        kinds={"sticker": _("贴纸"), "poster": _("海报")},
        places=await labels.load_places(),
    )


@get("/placards/codes/{placard_id:uuid}")
async def show_code(request: Request[Any, Any, Any], placard_id: FromPath[UUID]) -> Template:
    return await _show_code(request.user, placard_id)


@post("/placards/codes/{placard_id:uuid}/revoke", opt=MANAGERS, status_code=303)
async def revoke(request: Request[Any, Any, Any], placard_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed = {name: clean(form.get(name)) for name in ("ground", "reason")}
    try:
        await verbs.revoke_placard(placard_id, ground=typed["ground"], reason=typed["reason"], by=request.user)
    except NotFound:
        raise
    except DomainError as error:
        told = message(error, [Box("ground", _("停用原因")), Box("reason", _("情况说明"))])
        return await _show_code(request.user, placard_id, typed=typed, error=told, status=error.status)
    return Redirect(f"/console/placards/codes/{placard_id}", status_code=303)


HANDLERS = [list_batches, show_form, issue, show_batch, print_file, make_again, show_code, revoke]

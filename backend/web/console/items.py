"""抽查事项: the item list, one item with its editions and checklist, ending one; a spreadsheet of items with its dry run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.exchange import writers
from backend.history.rules import ChangedByOther, standing
from backend.items import imports, queries
from backend.items.import_rules import NAMES
from backend.items.item_rules import CATEGORIES, METHODS, ItemDraft
from backend.items.queries import RegisterRow
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid
from backend.people import queries as people
from backend.people.officer_queries import list_account_names
from backend.people.officer_rules import QUALIFICATIONS
from backend.people.rules import MANAGER, Principal
from backend.usecases import edit_items
from backend.web.console import editing, labels
from backend.web.console.editing import Box, Difference, Typed
from backend.web.shared.downloads import XLSX, attachment
from backend.web.shared.i18n import _, get_locale, pick, words
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}
PAGE = 50


def _choices(names: Any) -> list[tuple[str, str]]:
    return list(words(names).items())


def _boxes(*, is_new: bool) -> list[Box]:
    day = Box("effective_from", _("生效日期"), "day", required=True, hint=_("自该日起按新内容制定任务，此前的任务不变"))
    return [
        *([Box("code", _("事项编号"), required=True, hint=_("大写字母、数字、连字符"))] if is_new else []),
        Box("name_zh", _("中文名称"), required=True),
        Box("name_en", _("英文名称"), required=True),
        Box("category", _("事项类别"), "choice", choices=_choices(CATEGORIES), hint=_("一般事项的抽查比例受限，重点事项不设上限")),
        Box("method", _("检查方式"), "choice", choices=_choices(METHODS)),
        Box("qualification", _("所需资质"), "choice", choices=[("", _("不要求")), *((q, labels.qualification_name(q)) for q in QUALIFICATIONS)]),
        Box("valid_from", _("启用日期"), "day", required=True) if is_new else day,
        Box("legal_basis", _("检查依据"), "area", required=True),
    ]


def _told(boxes: list[Box]) -> list[Box]:
    """What a history may speak of beside the form's fields."""
    return [*boxes, Box("valid_to", _("停用日期"), "day"), Box("valid_from", _("启用日期"), "day")]


def _draft(values: Typed) -> ItemDraft:
    return ItemDraft(
        name_zh=str(values["name_zh"]),
        name_en=str(values["name_en"]),
        category=str(values["category"]),
        legal_basis=str(values["legal_basis"]),
        method=str(values["method"]),
        qualification=str(values["qualification"]) or None,
    )


def badge_of(item: RegisterRow) -> tuple[str, str]:
    state = standing(item.valid_from, item.valid_to, clock.today())
    return {"ahead": (_("未启用"), "accent"), "holds": (_("有效"), "good"), "over": (_("已失效"), "bad")}[state]


async def _list(who: Principal, *, q: str = "", department: str = "", after: str = "", error: str = "", status: int = 200) -> Template:
    rows = await queries.list_register(department=department, text=q, after=after, limit=PAGE + 1)
    asked = {k: v for k, v in (("q", q), ("department", department)) if v}
    return page(
        "console/items.html",
        status_code=status,
        rows=[(r, badge_of(r)) for r in rows[:PAGE]],
        total=await queries.count_register(department=department, text=q),
        next_href="/console/items?" + urlencode(asked | {"after": rows[PAGE - 1].code}) if len(rows) > PAGE else None,
        q=q,
        department=department,
        departments=[(d.code, pick(d, "name")) for d in await people.list_departments()],
        categories=dict(_choices(CATEGORIES)),
        methods=dict(_choices(METHODS)),
        may_add=who.role == MANAGER,
        error=error,
        today=clock.today(),
        places=await labels.load_places(),
    )


@get("/items")
async def list_items(
    request: Request[Any, Any, Any], q: FromQuery[str] = "", department: FromQuery[str] = "", after: FromQuery[str] = ""
) -> Template:
    return await _list(request.user, q=q.strip()[:60], department=department, after=after)


async def _form(
    who: Principal,
    values: Typed,
    *,
    item: RegisterRow | None = None,
    version: int = 0,
    error: tuple[str, str] = ("", ""),
    differences: list[Difference] | None = None,
    ending: Typed | None = None,
    status: int = 200,
) -> Template:
    boxes = _boxes(is_new=item is None)
    versions = await queries.list_versions(item.code) if item else []
    return page(
        "console/item.html",
        status_code=status,
        item=item,
        boxes=boxes,
        values=values,
        version=version or (item.version if item else 0),
        wrong=error[0],
        error=error[1],
        differences=differences,
        ending=ending or {"valid_to": "", "reason": ""},
        badge_of=badge_of(item) if item else ("", ""),
        versions=versions,
        publishers=await list_account_names([v.published_by for v in versions if v.published_by]),
        history=await editing.load_history("checkitem", item.code, _told(boxes)) if item else [],
        may_edit=edit_items.may_edit(who, item.department) if item else True,
        say=editing.say,
        places=await labels.load_places(),
    )


@get("/items/new", opt=MANAGERS)
async def show_new(request: Request[Any, Any, Any]) -> Template:
    return await _form(request.user, editing.stored({"valid_from": clock.today(), "category": "general", "method": "onsite"}, _boxes(is_new=True)))


@post("/items/new", opt=MANAGERS, status_code=303)
async def add(request: Request[Any, Any, Any]) -> Template | Redirect:
    boxes = _boxes(is_new=True)
    values = editing.typed(await request.form(), boxes)
    code = str(values["code"]).upper()
    try:
        day = editing.read_day(values["valid_from"], "valid_from") or clock.today()
        await edit_items.add_item(code, _draft(values), valid_from=day, by=request.user)
    except Invalid as e:
        return await _form(request.user, values, error=editing.message(e, boxes), status=e.status)
    return Redirect(f"/console/items/{code}", status_code=303)


def _values(item: RegisterRow) -> Typed:
    return editing.stored(asdict(item) | {"effective_from": clock.today()}, _boxes(is_new=False))


@get("/items/{code:str}")
async def show_item(request: Request[Any, Any, Any], code: FromPath[str]) -> Template:
    item = await queries.find_item(code)
    return await _form(request.user, _values(item), item=item)


@post("/items/{code:str}", opt=MANAGERS, status_code=303)
async def change(request: Request[Any, Any, Any], code: FromPath[str]) -> Template | Redirect:
    who: Principal = request.user
    item = await queries.find_item(code)
    boxes = _boxes(is_new=False)
    form = await request.form()
    values = editing.typed(form, boxes)
    try:
        day = editing.read_day(values["effective_from"], "effective_from") or clock.today()
        await edit_items.change_item(code, _draft(values), effective_from=day, version=editing.version_of(form), by=who)
    except ChangedByOther as e:
        item = await queries.find_item(code)
        differences = editing.compare(e, values, [b for b in boxes if b.name != "effective_from"])
        return await _form(who, values, item=item, version=e.version, error=editing.message(e, boxes), differences=differences, status=e.status)
    except Invalid as e:
        return await _form(who, values, item=item, error=editing.message(e, boxes), status=e.status)
    return Redirect(f"/console/items/{code}", status_code=303)


@post("/items/{code:str}/end", opt=MANAGERS, status_code=303)
async def end(request: Request[Any, Any, Any], code: FromPath[str]) -> Template | Redirect:
    item = await queries.find_item(code)
    form = await request.form()
    ending: Typed = {name: editing.clean(form.get(name)) for name in ("valid_to", "reason")}
    try:
        day = editing.read_day(ending["valid_to"], "valid_to") or clock.today()
        await edit_items.end_item(code, valid_to=day, reason=str(ending["reason"]), version=editing.version_of(form), by=request.user)
    except (Invalid, ChangedByOther) as e:
        error = editing.message(e, [Box("valid_to", _("停用日期")), Box("reason", _("原因"))])
        item = await queries.find_item(code)
        return await _form(request.user, _values(item), item=item, error=error, ending=ending, status=e.status)
    return Redirect(f"/console/items/{code}", status_code=303)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(1 << 18):
        yield chunk


@post("/items/imports", opt=MANAGERS, status_code=303)
async def upload(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    file = form.get("file")
    boxes = [Box("effective_from", _("生效日期")), Box("file", _("文件"))]
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid(field="file", why_zh="请选择文件", why_en="choose a file")
        day = editing.read_day(editing.clean(form.get("valid_from")), "effective_from") or clock.today()
        made = await edit_items.read_item_file(_chunks(file), filename=file.filename, valid_from=day, by=request.user)
    except DomainError as e:
        return await _list(request.user, error=editing.message(e, boxes)[1], status=e.status)
    return Redirect(f"/console/items/imports/{made}", status_code=303)


@get("/items/imports/template.xlsx", opt=MANAGERS)
async def download_template(request: Request[Any, Any, Any]) -> Response[bytes]:
    titles = [f.aliases[0] for f in edit_items.ITEMS.fields]
    sample = ["SC99", "示例：计量监督检查", "Example: measuring instruments", "一般", "《中华人民共和国计量法》第十八条", "实地检查", "行政执法"]
    data = await asyncio.to_thread(writers.write_xlsx, titles, [sample], "抽查事项")
    return Response(data, media_type=XLSX, headers=attachment("抽查事项模板.xlsx"))


async def _preview(who: Principal, import_id: UUID, error: str = "", status: int = 200, after: int = 0) -> Template:
    view = await imports.find_import(import_id, who.department or "")
    counts = view.counts
    verdicts = {"bad": (_("有误"), "bad"), "new": (_("新增"), "good"), "changed": (_("变更"), "accent"), "same": (_("无变化"), "")}
    place = list(verdicts)
    rows = sorted(view.rows, key=lambda r: (place.index(r["verdict"]), r["row_no"]))
    following = max(after, 0) + PAGE
    return page(
        "console/item_import.html",
        status_code=status,
        view=view,
        counts=[(name, counts[key], kind) for key, (name, kind) in verdicts.items()],
        rows=rows[following - PAGE : following],
        next_href=f"/console/items/imports/{import_id}?after={following}" if len(rows) > following else None,
        verdicts=verdicts,
        may_apply=view.state == "previewed" and not counts["bad"] and counts["new"] + counts["changed"] > 0,
        titles=words(NAMES),
        words={"category": dict(_choices(CATEGORIES)), "method": dict(_choices(METHODS))},
        error=error,
        locale_key=get_locale(),
    )


@get("/items/imports/{import_id:uuid}", opt=MANAGERS)
async def show_import(request: Request[Any, Any, Any], import_id: FromPath[UUID], after: FromQuery[int] = 0) -> Template:
    return await _preview(request.user, import_id, after=after)


@post("/items/imports/{import_id:uuid}/apply", opt=MANAGERS, status_code=303)
async def apply(request: Request[Any, Any, Any], import_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await edit_items.apply_items(import_id, by=request.user)
    except (imports.RowsAreBad, imports.NothingNew, imports.ListMovedOn, Invalid) as e:
        return await _preview(request.user, import_id, e.message(get_locale()), e.status)
    return Redirect(f"/console/items/imports/{import_id}", status_code=303)


@post("/items/imports/{import_id:uuid}/cancel", opt=MANAGERS, status_code=303)
async def cancel(request: Request[Any, Any, Any], import_id: FromPath[UUID]) -> Redirect:
    await edit_items.cancel_items(import_id, by=request.user)
    return Redirect("/console/items", status_code=303)


HANDLERS = [list_items, show_new, add, show_item, change, end, upload, download_template, show_import, apply, cancel]

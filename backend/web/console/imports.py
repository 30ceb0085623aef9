"""名录导入: upload, watch, say what columns mean, preview, override, apply, cancel or undo; the error report to mend and upload again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream, Template

from backend.exchange import queries, rules, writers
from backend.exchange.queries import BatchView
from backend.exchange.readers import MAX_BYTES
from backend.exchange.service import FileEmpty, FileTooLarge, NothingToApply, NotPreviewed, TooLateToUndo
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid, NotFound
from backend.kernel.settings import settings
from backend.people.queries import find_account_name
from backend.people.rules import ADMIN, MANAGER
from backend.scanning.rules import NotScanned
from backend.usecases import import_registry, import_reports
from backend.usecases.import_registry import ColumnsMissing
from backend.web.console import labels
from backend.web.console.paging import cut, read_place
from backend.web.shared.downloads import XLSX, attachment
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.pages import page

SEE = {"access": frozenset({MANAGER, ADMIN})}
WRITE = {"access": frozenset({MANAGER})}
BATCHES = 30
VERDICTS = ("bad", "new", "changed", "same")
FORM_OVERHEAD = 1 << 20


def kinds() -> dict[str, str]:
    """The kinds of file that can be imported, in the order of the form."""
    return {"register": _("检查对象名录"), "penalties": _("双公示行政处罚"), "permits": _("双公示行政许可")}


def samples() -> dict[str, tuple[str, str]]:
    """The files that may be tried, if the installation has them: name -> title, explanation."""
    found = {
        "xlsx_mixed": ("sample-mixed.xlsx", _("含十处常见错误的名录（XLSX）")),
        "xlsx_titled": ("sample-titled.xlsx", _("带标题行和案例行的名录（XLSX）")),
        "gbk_csv": ("sample-gbk.csv", _("Excel 另存的 GBK 编码名录（CSV）")),
        "penalties": ("sample-penalties.csv", _("双公示行政处罚，CF 列名（CSV）")),
        "permits": ("sample-permits.xlsx", _("双公示行政许可，中文列名（XLSX）")),
    }
    return {key: entry for key, entry in found.items() if (settings().data_dir / "samples" / entry[0]).is_file()}


async def _list(request: Request[Any, Any, Any], error: str = "", status_code: int = 200, kind: str = "register") -> Template:
    place = read_place(request.query_params.get("after", ""))
    batches, next_href = cut(await queries.list_batches(request.user.scope, BATCHES + 1, after=place), BATCHES, "/console/imports")
    return page(
        "console/imports.html",
        status_code=status_code,
        batches=batches,
        next_href=next_href,
        states=labels.batch_states(),
        samples=samples(),
        kinds=kinds(),
        kind=kind,
        limit_mb=MAX_BYTES >> 20,
        may_write=request.user.role == MANAGER,
        error=error,
        places=await labels.load_places(),
    )


@get("/imports", opt=SEE)
async def list_imports(request: Request[Any, Any, Any]) -> Template:
    return await _list(request)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(1 << 18):
        yield chunk


@post("/imports", opt=WRITE, status_code=303, request_max_body_size=MAX_BYTES + FORM_OVERHEAD)
async def upload(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    file, kind = form.get("file"), str(form.get("kind") or "register")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise FileEmpty()
        batch_id = await import_registry.upload(_chunks(file), filename=file.filename, by=request.user, kind=kind)
    except (FileEmpty, FileTooLarge, Invalid, NotScanned) as e:
        return await _list(request, e.message(get_locale()), e.status, kind)
    return Redirect(f"/console/imports/{batch_id}", status_code=303)


@get(["/imports/template.xlsx", "/imports/templates/{kind:str}"], opt=SEE)
async def download_template(request: Request[Any, Any, Any], kind: FromPath[str] = "register") -> Response[bytes]:
    if kind not in kinds():
        raise NotFound()
    data = await asyncio.to_thread(writers.write_xlsx, [label.zh for label in rules.titles_of(kind).values()], [], "数据")
    names = {"register": "检查对象名录模板.xlsx", "penalties": "行政处罚模板.xlsx", "permits": "行政许可模板.xlsx"}
    return _file(data, names[kind], XLSX)


@get("/imports/samples/{name:str}", opt=SEE)
async def download_sample(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    entry = samples().get(name)
    if entry is None:
        raise NotFound()
    data = await asyncio.to_thread((settings().data_dir / "samples" / entry[0]).read_bytes)
    return _file(data, entry[0], XLSX if entry[0].endswith("x") else "text/csv")


def _file(data: bytes, filename: str, media_type: str) -> Response[bytes]:
    return Response(data, media_type=media_type, headers=attachment(filename))


async def _preview(
    request: Request[Any, Any, Any], batch: BatchView, verdict: str = "", after: int = 0, error: str = "", status_code: int = 200
) -> Template:
    counts = {"bad": batch.bad, "new": batch.new, "changed": batch.changed, "same": batch.same}
    has_kept = bool(batch.undo and batch.undo["kept"])
    verdict = verdict if verdict in VERDICTS or (verdict == "kept" and has_kept) else next((v for v in VERDICTS if counts[v]), "new")
    if has_kept and batch.undo:
        counts["kept"] = batch.undo["kept"]
    rows: list[queries.RowView] = []
    if verdict == "kept":
        rows = await queries.list_kept(batch.id, after=after, limit=queries.PAGE + 1)
    elif not batch.is_working and batch.state != "mapping" and counts[verdict]:
        rows = await queries.list_rows(batch.id, verdict, after=after, limit=queries.PAGE + 1)
    following = rows[queries.PAGE - 1].row_no if len(rows) > queries.PAGE else None
    titles = rules.titles_of(batch.kind)
    may_write = request.user.role == MANAGER
    return page(
        "console/import.html",
        status_code=status_code,
        batch=batch,
        kind_name=kinds()[batch.kind],
        verdict=verdict,
        verdicts={
            "bad": (_("有误"), "bad"),
            "new": (_("新增"), "good"),
            "changed": (_("变更"), "accent"),
            "same": (_("无变化"), ""),
            **({"kept": (_("未能撤销"), "warn")} if has_kept else {}),
        },
        counts=counts,
        rows=rows[: queries.PAGE],
        next_href=f"/console/imports/{batch.id}?verdict={verdict}&after={following}" if following else None,
        overridable=await queries.list_numbers_that_can_be_overridden(batch.id) if batch.state == "previewed" and batch.bad else [],
        may_write=may_write,
        may_undo=may_write and batch.can_be_undone(clock.now()),
        uploader=await find_account_name(batch.account),
        applier=await find_account_name(batch.applied_by) if batch.applied_by else None,
        undoer=await find_account_name(batch.undone_by) if batch.undone_by else None,
        error=error,
        states=labels.batch_states(),
        field_names={name: pick(label, "") for name, label in titles.items()},
        required={f.name for f in rules.LAYOUTS[batch.kind].fields if f.is_required},
        shown=("name", "region", "industry", "kind", "status") if batch.kind == "register" else ("document_no", "party", "title", "decided_on"),
        is_remembered=await _is_remembered(batch),
        places=await labels.load_places(),
        labels=labels,
    )


async def _is_remembered(batch: BatchView) -> bool:
    """Whether the columns are read as somebody of the department once said."""
    if batch.is_mapped or not batch.headers_sha256:
        return False
    return await queries.find_mapping(batch.department, batch.kind, batch.headers_sha256) is not None


@get("/imports/{batch_id:uuid}", opt=SEE)
async def show_import(
    request: Request[Any, Any, Any], batch_id: FromPath[UUID], verdict: FromQuery[str] = "", after: FromQuery[int] = 0
) -> Template:
    return await _preview(request, await queries.find_batch(batch_id, request.user.scope), verdict, after)


@get("/imports/{batch_id:uuid}/progress", opt=SEE)
async def show_progress(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Template:
    """What htmx asks for every second; the page is loaded anew once there is something to see."""
    batch = await queries.find_batch(batch_id, request.user.scope)
    headers = {} if batch.is_working else {"HX-Refresh": "true"}
    return page("console/_import_progress.html", headers=headers, batch=batch, labels=labels)


@post("/imports/{batch_id:uuid}/columns", opt=WRITE, status_code=303)
async def map_columns(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    chosen = {int(name[1:]): str(value) for name, value in form.items() if name[:1] == "c" and name[1:].isdigit()}
    try:
        await import_registry.map_columns(batch_id, chosen, by=request.user)
    except (ColumnsMissing, Invalid) as e:
        return await _act(request, batch_id, e)
    return Redirect(f"/console/imports/{batch_id}", status_code=303)


@post("/imports/{batch_id:uuid}/override", opt=WRITE, status_code=303)
async def override(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    numbers = [int(text) for text in form.getall("row", []) if str(text).isdigit()]
    try:
        if not numbers:
            raise Invalid(field=_("行"), why_zh="请至少勾选一行", why_en="tick at least one row")
        await import_registry.override(batch_id, numbers, str(form.get("reason", "")), by=request.user)
    except Invalid as e:
        batch = await queries.find_batch(batch_id, request.user.scope)
        return await _preview(request, batch, "bad", error=e.message(get_locale()), status_code=e.status)
    return Redirect(f"/console/imports/{batch_id}?verdict=bad", status_code=303)


async def _act(request: Request[Any, Any, Any], batch_id: UUID, error: DomainError) -> Template:
    batch = await queries.find_batch(batch_id, request.user.scope)
    return await _preview(request, batch, error=error.message(get_locale()), status_code=error.status)


@post("/imports/{batch_id:uuid}/apply", opt=WRITE, status_code=303)
async def apply(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await import_registry.ask_apply(batch_id, by=request.user)
    except NothingToApply as e:
        return await _act(request, batch_id, e)
    return Redirect(f"/console/imports/{batch_id}", status_code=303)


@post("/imports/{batch_id:uuid}/undo", opt=WRITE, status_code=303)
async def undo(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await import_registry.ask_undo(batch_id, by=request.user)
    except (TooLateToUndo, NotPreviewed) as e:
        return await _act(request, batch_id, e)
    return Redirect(f"/console/imports/{batch_id}", status_code=303)


@post("/imports/{batch_id:uuid}/cancel", opt=WRITE, status_code=303)
async def cancel(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await import_registry.cancel(batch_id, scope=request.user.scope)
    except NotPreviewed as e:
        return await _act(request, batch_id, e)
    return Redirect(f"/console/imports/{batch_id}", status_code=303)


@get(["/imports/{batch_id:uuid}/errors.xlsx", "/imports/{batch_id:uuid}/errors.csv"], opt=SEE)
async def download_errors(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Stream:
    batch = await queries.find_batch(batch_id, request.user.scope)
    kind = request.url.path.rsplit(".", 1)[1]
    write = import_reports.error_report_xlsx if kind == "xlsx" else import_reports.error_report_csv
    name = batch.filename.rsplit(".", 1)[0] + f"-待更正.{kind}"
    return Stream(write(batch), media_type=XLSX if kind == "xlsx" else "text/csv; charset=utf-8", headers=attachment(name))


HANDLERS = [
    list_imports,
    upload,
    download_template,
    download_sample,
    show_import,
    show_progress,
    map_columns,
    override,
    apply,
    undo,
    cancel,
    download_errors,
]

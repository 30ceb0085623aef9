"""名录导入: upload, watch, preview, override, apply or cancel; the error report to mend and upload again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.exchange import queries, writers
from backend.exchange.queries import BatchView, RowView
from backend.exchange.service import FileEmpty, FileTooLarge, NothingToApply
from backend.kernel.errors import DomainError, Invalid, NotFound
from backend.kernel.settings import settings
from backend.people.queries import find_account_name
from backend.people.rules import ADMIN, MANAGER
from backend.registry.rules import FIELDS
from backend.usecases import import_registry
from backend.web.console import labels
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.pages import page

SEE = {"access": frozenset({MANAGER, ADMIN})}
WRITE = {"access": frozenset({MANAGER})}
VERDICTS = ("bad", "new", "changed", "same")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def samples() -> dict[str, tuple[str, str]]:
    """The files that may be tried, if the installation has them: name -> title, explanation."""
    found = {
        "xlsx_mixed": ("sample-mixed.xlsx", _("含十处常见错误的名录（XLSX）")),
        "xlsx_titled": ("sample-titled.xlsx", _("带标题行和案例行的名录（XLSX）")),
        "gbk_csv": ("sample-gbk.csv", _("Excel 另存的 GBK 编码名录（CSV）")),
    }
    return {key: entry for key, entry in found.items() if (settings().data_dir / "samples" / entry[0]).is_file()}


async def _list(request: Request[Any, Any, Any], error: str = "", status_code: int = 200) -> Template:
    return page(
        "console/imports.html",
        status_code=status_code,
        batches=await queries.list_batches(request.user.scope),
        states=labels.batch_states(),
        samples=samples(),
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


@post("/imports", opt=WRITE, status_code=303)
async def upload(request: Request[Any, Any, Any]) -> Template | Redirect:
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise FileEmpty()
        batch_id = await import_registry.upload(_chunks(file), filename=file.filename, by=request.user)
    except (FileEmpty, FileTooLarge) as e:
        return await _list(request, e.message(get_locale()), e.status)
    return Redirect(f"/console/imports/{batch_id}", status_code=303)


@get("/imports/template.xlsx", opt=SEE)
async def download_template(request: Request[Any, Any, Any]) -> Response[bytes]:
    data = await asyncio.to_thread(writers.write_xlsx, [label.zh for label in FIELDS.values()], [], "检查对象名录")
    return _file(data, "检查对象名录模板.xlsx", XLSX)


@get("/imports/samples/{name:str}", opt=SEE)
async def download_sample(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    entry = samples().get(name)
    if entry is None:
        raise NotFound()
    data = await asyncio.to_thread((settings().data_dir / "samples" / entry[0]).read_bytes)
    return _file(data, entry[0], XLSX if entry[0].endswith("x") else "text/csv")


def _file(data: bytes, filename: str, media_type: str) -> Response[bytes]:
    # RFC 6266: the name in UTF-8, for it is Chinese.
    return Response(data, media_type=media_type, headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(filename)}"})


async def _preview(
    request: Request[Any, Any, Any], batch: BatchView, verdict: str = "", after: int = 0, error: str = "", status_code: int = 200
) -> Template:
    counts = {"bad": batch.bad, "new": batch.new, "changed": batch.changed, "same": batch.same}
    verdict = verdict if verdict in VERDICTS else next((v for v in VERDICTS if counts[v]), "new")
    rows = await queries.list_rows(batch.id, verdict, after=after, limit=queries.PAGE + 1) if not batch.is_working else []
    following = rows[queries.PAGE - 1].row_no if len(rows) > queries.PAGE else None
    return page(
        "console/import.html",
        status_code=status_code,
        batch=batch,
        verdict=verdict,
        verdicts={
            "bad": (_("有误"), "bad"),
            "new": (_("新增"), "good"),
            "changed": (_("变更"), "accent"),
            "same": (_("无变化"), ""),
        },
        counts=counts,
        rows=rows[: queries.PAGE],
        next_href=f"/console/imports/{batch.id}?verdict={verdict}&after={following}" if following else None,
        overridable=await queries.list_numbers_that_can_be_overridden(batch.id) if batch.state == "previewed" else [],
        may_write=request.user.role == MANAGER,
        uploader=await find_account_name(batch.account),
        error=error,
        states=labels.batch_states(),
        field_names={name: pick(label, "") for name, label in FIELDS.items()},
        shown=("code", "name", "region", "industry", "kind", "status"),
        columns_shown=[c for c in batch.columns if c["header"]],
        places=await labels.load_places(),
        labels=labels,
    )


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
    return page("console/_import_progress.html", headers=headers, batch=batch)


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


@post("/imports/{batch_id:uuid}/cancel", opt=WRITE, status_code=303)
async def cancel(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Redirect:
    await import_registry.cancel(batch_id, scope=request.user.scope)
    return Redirect(f"/console/imports/{batch_id}", status_code=303)


async def _bad_rows(batch: BatchView) -> list[writers.BadRow]:
    def as_bad(row: RowView) -> writers.BadRow:
        return writers.BadRow(row.row_no, row.cells, [e["zh"] for e in row.errors], [e["en"] for e in row.errors])

    return [as_bad(row) for row in await queries.list_rows(batch.id, "bad", limit=200_000)]


@get(["/imports/{batch_id:uuid}/errors.xlsx", "/imports/{batch_id:uuid}/errors.csv"], opt=SEE)
async def download_errors(request: Request[Any, Any, Any], batch_id: FromPath[UUID]) -> Response[bytes]:
    batch = await queries.find_batch(batch_id, request.user.scope)
    kind = request.url.path.rsplit(".", 1)[1]
    write = writers.error_report_xlsx if kind == "xlsx" else writers.error_report_csv
    rows = await _bad_rows(batch)
    data = await asyncio.to_thread(write, [c["header"] for c in batch.columns], rows)
    name = batch.filename.rsplit(".", 1)[0] + f"-待更正.{kind}"
    return _file(data, name, XLSX if kind == "xlsx" else "text/csv; charset=utf-8")


HANDLERS = [
    list_imports,
    upload,
    download_template,
    download_sample,
    show_import,
    show_progress,
    override,
    apply,
    cancel,
    download_errors,
]

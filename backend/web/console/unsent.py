"""补传手机备份: upload a phone's backup, watch, and read what became of each record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.exchange.service import FileEmpty, FileTooLarge
from backend.exchange.unsent import MAX_BYTES, NotABackup, list_imports
from backend.ledger.queries import find_receipt
from backend.people.queries import find_account_name
from backend.people.rules import ADMIN, MANAGER
from backend.scanning.rules import NotScanned
from backend.usecases import import_unsent
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.pages import page

WRITE = {"access": frozenset({MANAGER, ADMIN})}
FORM_OVERHEAD = 1 << 20


async def _list(request: Request[Any, Any, Any], error: str = "", status: int = 200) -> Template:
    found = await list_imports(request.user.scope)
    return page("console/unsent.html", status_code=status, imports=found, error=error, limit_mb=MAX_BYTES >> 20)


@get("/unsent", opt=WRITE)
async def list_unsent(request: Request[Any, Any, Any]) -> Template:
    return await _list(request)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(1 << 18):
        yield chunk


@post("/unsent", opt=WRITE, status_code=303, request_max_body_size=MAX_BYTES + FORM_OVERHEAD)
async def upload(request: Request[Any, Any, Any]) -> Template | Redirect:
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise FileEmpty()
        import_id = await import_unsent.upload(_chunks(file), filename=file.filename, by=request.user)
    except (FileEmpty, FileTooLarge, NotABackup, NotScanned) as e:
        return await _list(request, e.message(get_locale()), e.status)
    return Redirect(f"/console/unsent/{import_id}", status_code=303)


@get("/unsent/{import_id:uuid}", opt=WRITE)
async def show_unsent(request: Request[Any, Any, Any], import_id: FromPath[UUID]) -> Template:
    batch, records = await import_unsent.load_import(import_id, by=request.user)
    receipts = {r.id: await find_receipt(r.entry_id) for r in records if r.entry_id}
    return page(
        "console/unsent_import.html",
        batch=batch,
        records=records,
        numbers={key: found.index for key, found in receipts.items() if found and found.index is not None},
        outcomes={
            "waiting": (_("等待处理"), "accent"),
            "accepted": (_("已接收"), "good"),
            "duplicate": (_("已有，未重复接收"), ""),
            "refused": (_("未接收"), "bad"),
        },
        why=lambda r: pick({"zh": r.why_zh, "en": r.why_en}, ""),
        bringer=await find_account_name(batch.account),
        changed=lambda ms: datetime.fromtimestamp(ms / 1000, UTC),
    )


@get("/unsent/{import_id:uuid}/progress", opt=WRITE)
async def show_progress(request: Request[Any, Any, Any], import_id: FromPath[UUID]) -> Template:
    """What htmx asks for every second; the page is loaded anew once there is something to see."""
    batch, records = await import_unsent.load_import(import_id, by=request.user)
    headers = {} if batch.state == "waiting" else {"HX-Refresh": "true"}
    return page("console/_unsent_progress.html", headers=headers, batch=batch, total=len(records))


@post("/unsent/{import_id:uuid}/again", opt=WRITE, status_code=303)
async def try_again(request: Request[Any, Any, Any], import_id: FromPath[UUID]) -> Redirect:
    await import_unsent.try_again(import_id, by=request.user)
    return Redirect(f"/console/unsent/{import_id}", status_code=303)


HANDLERS = [list_unsent, upload, show_unsent, show_progress, try_again]

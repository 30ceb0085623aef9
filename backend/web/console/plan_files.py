"""A yearly plan as a spreadsheet, in and out, and as a paper."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.exchange import writers
from backend.kernel.errors import DomainError, Forbidden, Invalid, NotFound
from backend.people.rules import MANAGER, REVIEWER
from backend.planning import queries
from backend.planning.import_rules import BAD, CHANGED, NEW, SAME
from backend.usecases import annual_plans, plan_files
from backend.usecases.plan_progress import follow
from backend.web.console import editing, plans
from backend.web.console.editing import Box
from backend.web.console.plan_calendar import statuses
from backend.web.shared.downloads import XLSX, attachment
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}
# One cell a column of ``plan_files.titles``.
SAMPLE = [
    *("示例", "SC01", "麒麟区；沾益区", "6210；6220", "", "20户", "2", "2", "2027-03-01", "2027-04-30", "食品监管科"),
    "事项、区县、行业、部门填名称或代码，多个用分号隔开；抽取数量或比例如 20户、5% 或 A 2% B 10% C 30% D 80%",
]


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(1 << 18):
        yield chunk


@post("/plans/{plan_id:uuid}/import", opt=MANAGERS, status_code=200)
async def import_lines(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Template:
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid(field="file", why_zh="请选择文件", why_en="choose a file")
        judged = await plan_files.import_lines(plan_id, _chunks(file), filename=file.filename, by=request.user)
    except (NotFound, Forbidden):
        raise
    except DomainError as e:
        return await plans.show(plan_id, request.user, error=editing.message(e, [Box("file", _("文件"))])[1], status=e.status)
    counts = Counter(j.verdict for j in judged)
    verdicts = {BAD: (_("有误"), "bad"), NEW: (_("新增"), "good"), CHANGED: (_("变更"), "accent"), SAME: (_("无变化"), "")}
    place = list(verdicts)
    return page(
        "console/plan_import.html",
        status_code=422 if counts[BAD] else 200,
        plan=await annual_plans.find_own(plan_id, request.user),
        filename=file.filename,
        counts=[(name, counts[key], kind) for key, (name, kind) in verdicts.items()],
        rows=sorted(judged, key=lambda j: (place.index(j.verdict), j.row_no)),
        bad=counts[BAD],
        verdicts=verdicts,
        locale_key=get_locale(),
    )


@get("/plans/{plan_id:uuid}/template.xlsx", opt=MANAGERS)
async def download_template(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Response[bytes]:
    await annual_plans.find_own(plan_id, request.user)
    data = await asyncio.to_thread(writers.write_xlsx, plan_files.titles(), [SAMPLE], "计划项目")
    return Response(data, media_type=XLSX, headers=attachment("年度抽查工作计划模板.xlsx"))


@get("/plans/{plan_id:uuid}/plan.xlsx")
async def export(request: Request[Any, Any, Any], plan_id: FromPath[UUID], edition: FromQuery[int] = 0) -> Response[bytes]:
    """The lines as they are read in again, with how far each has come."""
    plan = await queries.find_edition(plan_id, request.user.scope, edition or None)
    lines = (await follow([plan], request.user.scope))[plan.edition_id].lines
    names = statuses()
    done = [
        [names[p.status][0], p.campaign.number if p.campaign else "", f"{p.campaign.submitted}/{p.campaign.total}" if p.campaign else ""] for p in lines
    ]
    cells = [[*row, *more] for row, more in zip(await plan_files.list_cells(plan), done, strict=True)]
    headers = [*plan_files.titles(), _("进度"), _("任务编号"), _("已提交 / 全部")]
    data = await asyncio.to_thread(writers.write_xlsx, headers, cells, "计划项目")
    return Response(data, media_type=XLSX, headers=attachment(f"{plan.name}（{plan.number}-{plan.edition}）.xlsx"))


@post("/plans/{plan_id:uuid}/paper", opt={"access": frozenset({MANAGER, REVIEWER})}, status_code=303)
async def issue_paper(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Redirect:
    text = str((await request.form()).get("edition", ""))
    edition = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
    return Redirect(f"/console/papers/{await plan_files.issue_paper(plan_id, edition, by=request.user)}.pdf", status_code=303)


HANDLERS = [import_lines, download_template, export, issue_paper]

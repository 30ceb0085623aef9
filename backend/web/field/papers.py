"""The papers of an officer's own visits as PDF, where there is a signal; the phone shows the same as pages without one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from backend.usecases.papers import load_notice, load_record
from backend.web.shared.papers import as_file, notice_pdf, record_pdf


@get("/inspections/{inspection_id:uuid}/notice.pdf")
async def show_notice(request: Request[Any, Any, Any], inspection_id: FromPath[UUID]) -> Response[bytes]:
    facts = await load_notice(inspection_id, by=request.user)
    assert facts.notice is not None
    return as_file(await notice_pdf(facts), facts.notice.number)


@get("/submissions/{submission_id:uuid}/record.pdf")
async def show_record(request: Request[Any, Any, Any], submission_id: FromPath[UUID]) -> Response[bytes]:
    return as_file(await record_pdf(await load_record(submission_id, by=request.user)), str(submission_id))


HANDLERS = [show_notice, show_record]

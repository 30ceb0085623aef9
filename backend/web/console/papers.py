"""The papers of a visit as PDF, for the office."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from backend.people.rules import ADMIN, AUDITOR, MANAGER, REVIEWER
from backend.usecases.papers import load_notice, load_record
from backend.web.shared.papers import as_file, notice_pdf, record_pdf


@get("/visits/{visit_id:uuid}/notice.pdf", opt={"access": frozenset({MANAGER, REVIEWER})})
async def download_notice(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Response[bytes]:
    facts = await load_notice(visit_id, by=request.user)
    assert facts.notice is not None
    return as_file(await notice_pdf(facts), facts.notice.number)


@get("/reviews/{submission:uuid}/record.pdf", opt={"access": frozenset({REVIEWER, ADMIN, AUDITOR})})
async def download_record(request: Request[Any, Any, Any], submission: FromPath[UUID]) -> Response[bytes]:
    return as_file(await record_pdf(await load_record(submission, by=request.user)), str(submission))


HANDLERS = [download_notice, download_record]

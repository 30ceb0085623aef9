"""The papers of a visit as PDF, for the office."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from backend.kernel.errors import NotFound
from backend.notices.queries import find_paper
from backend.people.rules import ADMIN, AUDITOR, MANAGER, REVIEWER
from backend.usecases.issue_paper import issue_of_campaign, issue_of_handover, issue_of_objection, issue_of_order, read_letter
from backend.usecases.papers import load_notice, load_record
from backend.web.console import labels
from backend.web.shared.office_papers import paper_pdf
from backend.web.shared.papers import as_file, notice_pdf, record_pdf


@get("/visits/{visit_id:uuid}/notice.pdf", opt={"access": frozenset({MANAGER, REVIEWER, ADMIN, AUDITOR})})
async def download_notice(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Response[bytes]:
    facts = await load_notice(visit_id, by=request.user)
    assert facts.notice is not None
    return as_file(await notice_pdf(facts), facts.notice.number)


@get("/reviews/{submission:uuid}/record.pdf", opt={"access": frozenset({REVIEWER, ADMIN, AUDITOR})})
async def download_record(request: Request[Any, Any, Any], submission: FromPath[UUID]) -> Response[bytes]:
    return as_file(await record_pdf(await load_record(submission, by=request.user)), str(submission))


DECIDERS = {"access": frozenset({MANAGER, REVIEWER})}


@post("/campaigns/{campaign_id:uuid}/papers", opt=DECIDERS, status_code=303)
async def issue_campaign_paper(request: Request[Any, Any, Any], campaign_id: FromPath[UUID]) -> Redirect:
    """检查审批表 or 结果公示名单: issued now, or the one that says the same already."""
    paper = await issue_of_campaign(campaign_id, str((await request.form()).get("kind", "")), by=request.user)
    return Redirect(f"/console/papers/{paper}.pdf", status_code=303)


@post("/rectifications/{order_id:uuid}/paper", opt=DECIDERS, status_code=303)
async def issue_order_paper(request: Request[Any, Any, Any], order_id: FromPath[UUID]) -> Redirect:
    return Redirect(f"/console/papers/{await issue_of_order(order_id, by=request.user)}.pdf", status_code=303)


@post("/objections/{objection_id:uuid}/paper", opt=DECIDERS, status_code=303)
async def issue_reply(request: Request[Any, Any, Any], objection_id: FromPath[UUID]) -> Redirect:
    return Redirect(f"/console/papers/{await issue_of_objection(objection_id, by=request.user)}.pdf", status_code=303)


@post("/handovers/{handover_id:uuid}/paper", opt=DECIDERS, status_code=303)
async def issue_letter(request: Request[Any, Any, Any], handover_id: FromPath[UUID]) -> Redirect:
    return Redirect(f"/console/papers/{await issue_of_handover(handover_id, by=request.user)}.pdf", status_code=303)


@get("/handovers/{handover_id:uuid}/letter.pdf", opt={"access": frozenset({MANAGER, REVIEWER, ADMIN, AUDITOR})})
async def download_letter(request: Request[Any, Any, Any], handover_id: FromPath[UUID]) -> Response[bytes]:
    """For both departments, who each see the matter on their list."""
    paper = await read_letter(handover_id, by=request.user)
    return as_file(await paper_pdf(paper, (await labels.load_places()).names), paper.number)


@get("/papers/{name:str}", opt={"access": frozenset({MANAGER, REVIEWER, ADMIN, AUDITOR})})
async def download_paper(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """``<id>.pdf``: the paper as it was issued."""
    try:
        paper = await find_paper(UUID(name.removesuffix(".pdf")), request.user.scope)
    except ValueError as e:
        raise NotFound() from e
    return as_file(await paper_pdf(paper, (await labels.load_places()).names), paper.number)


HANDLERS = [
    issue_campaign_paper,
    issue_order_paper,
    issue_reply,
    issue_letter,
    download_letter,
    download_paper,
    download_notice,
    download_record,
]

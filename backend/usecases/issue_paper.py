"""Papers of the office: gathered, numbered and kept as issued, so that the same paper comes out again whatever changes later."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.handovers.queries import HandoverView, find_handover
from backend.inspections import queries as inspections
from backend.inspections.queries import CampaignView
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.kernel.scope import EVERYTHING
from backend.notices import service as notices
from backend.notices.queries import PaperView, list_papers_of
from backend.notices.rules import APPROVAL, ORDER, REPLY, RESULTS
from backend.objections.queries import ObjectionView, find_objection
from backend.objections.rules import KEPT
from backend.people import queries as people
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.publicity import queries as publicity
from backend.publicity.rules import WITHDRAWN
from backend.rectification.queries import find_order
from backend.storage.engine import transaction


def _require(by: Principal, department: str) -> None:
    if by.role not in (MANAGER, REVIEWER) or by.department != department:
        raise Forbidden()


async def issue_of_campaign(campaign: UUID, kind: str, *, by: Principal) -> UUID:
    """The approval sheet of a campaign whose visits are dispatched, or the list of its results as they stand. Returns the paper.

    Raises ``NotFound`` outside the scope, ``Forbidden`` for another department than the lead, ``Invalid`` where there is nothing to list.
    """
    # Read committed: the number is the one after the last that was committed when the lock was got.
    async with transaction():
        view = await inspections.find_campaign(campaign, by.scope)
        _require(by, view.department)
        if kind == APPROVAL:
            content = await _approval(view)
        elif kind == RESULTS:
            content = await _results(view)
        else:
            raise Invalid(field="kind", why_zh="没有这种文书", why_en="there is no such paper")
        return await notices.issue_paper(kind, subject=campaign, department=view.department, content=content, by=by.account_id)


def _head(view: CampaignView) -> dict[str, Any]:
    return {"campaign": view.number, "name": view.name, "plan": view.plan_name, "departments": list(view.departments)}


async def _approval(view: CampaignView) -> dict[str, Any]:
    # The whole campaign, for its papers are the lead's whoever prints them.
    visits = await inspections.list_visits(view.id, EVERYTHING)
    if not visits:
        raise Invalid(field="kind", why_zh="抽取之后才能制作检查审批表", why_en="the approval sheet is made after the draw")
    officers = await people.list_inspectors_by_id(sorted({o for v in visits for o in v.officers}))
    items = await inspections.list_campaign_items(view.id)
    return _head(view) | {
        "kind": view.kind,
        "counties": list(view.counties),
        "due_on": view.due_on.isoformat(),
        "planned_at": clock.rfc3339(view.created_at),
        "items": [{"code": i.code, "zh": i.name_zh, "en": i.name_en, "basis": i.legal_basis} for i in items],
        "visits": [
            {"code": v.enterprise_code, "name": v.enterprise_name, "county": v.county, "officers": [officers[o].name for o in v.officers]}
            for v in visits
            if v.state != "replaced"
        ],
    }


async def _results(view: CampaignView) -> dict[str, Any]:
    visits = await inspections.list_visits(view.id, EVERYTHING)
    found = [p for p in await publicity.list_of_inspections([v.id for v in visits]) if p.status != WITHDRAWN]
    if not found:
        raise Invalid(field="kind", why_zh="还没有公示的结果", why_en="no result has been published yet")
    return _head(view) | {
        "total": len(visits),
        "results": [
            {
                "number": p.number,
                "version": p.version,
                "code": p.enterprise_code,
                "name": p.enterprise_name,
                "county": p.county,
                "completed_on": p.completed_on.isoformat(),
                "outcomes": [{"zh": o["zh"], "en": o["en"]} for o in p.snapshot["outcomes"]],
            }
            for p in found
        ],
    }


async def issue_of_order(order: UUID, *, by: Principal) -> UUID:
    """责令改正通知书 under the order's own number. Returns the paper. Raises ``NotFound``, ``Forbidden``."""
    # Read committed: the number is the one after the last that was committed when the lock was got.
    async with transaction():
        view = await find_order(order, by.scope)
        _require(by, view.department)
        content = {
            "number": view.number,
            "code": view.enterprise_code,
            "name": view.enterprise_name,
            "demand": view.demand,
            "legal_basis": view.legal_basis,
            "due_on": view.due_on.isoformat(),
            "ordered_at": clock.rfc3339(view.ordered_at),
        }
        return await notices.issue_paper(ORDER, subject=order, department=view.department, content=content, by=by.account_id, number=view.number)


async def issue_of_objection(objection: UUID, *, by: Principal) -> UUID:
    """异议答复书 of a decided objection, numbered in a series of its own. Returns the paper.

    Raises ``NotFound``, ``Forbidden``, ``Invalid`` before the decision.
    """
    async with transaction():
        view = await find_objection(objection, by.scope)
        _require(by, view.department)
        return await reply_within(view, by=by.account_id)


async def reply_within(view: ObjectionView, *, by: UUID) -> UUID:
    """Inside the caller's transaction, which may be the decision's own."""
    if view.decided_at is None:
        raise Invalid(field="kind", why_zh="作出决定之后才能制作异议答复书", why_en="the reply is made after the decision")
    versions = await publicity.list_versions(view.result) if view.decision != KEPT else []
    # The decision and the version that follows from it are of one transaction.
    after = next((v for v in versions if v.version > view.result_version and v.published_at >= view.decided_at), None)
    content = {
        "objection": view.number,
        "code": view.enterprise_code,
        "name": view.enterprise_name,
        "objector": view.objector,
        "filed_on": view.filed_on.isoformat(),
        "grounds": view.grounds,
        "result": view.result,
        "version": view.result_version,
        "decision": view.decision,
        "reason": view.decision_reason,
        "decided_at": clock.rfc3339(view.decided_at),
        "outcomes": [{"zh": o["zh"], "en": o["en"]} for o in after.snapshot["outcomes"]] if after else [],
    }
    return await notices.issue_paper(REPLY, subject=view.id, department=view.department, content=content, by=by)


async def issue_of_handover(handover: UUID, *, by: Principal) -> UUID:
    """抄告函 or 移送函 under the matter's own number, by the department that sent it. Returns the paper. Raises ``NotFound``, ``Forbidden``."""
    async with transaction():
        view = await find_handover(handover, by.scope)
        _require(by, view.department)
        return await letter_within(view, by=by.account_id)


async def letter_within(view: HandoverView, *, by: UUID) -> UUID:
    """Inside the caller's transaction, which may be the sending's own."""
    content = {
        "number": view.number,
        "code": view.enterprise_code,
        "name": view.enterprise_name,
        "county": view.county,
        "to": view.to_department or view.to_unit,
        "matter": view.matter,
        "sent_at": clock.rfc3339(view.sent_at),
    }
    return await notices.issue_paper(view.kind, subject=view.id, department=view.department, content=content, by=by, number=view.number)


async def read_letter(handover: UUID, *, by: Principal) -> PaperView:
    """The letter as issued, also for the department that it was sent to. Raises ``NotFound``."""
    view = await find_handover(handover, by.scope)
    papers = await list_papers_of(view.id)
    if not papers:
        raise NotFound()
    return papers[0]

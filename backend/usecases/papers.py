"""What a visit's papers say: gathered for one person within their scope, in neither language yet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.draws import queries as draws
from backend.evidence import service as evidence
from backend.inspections import queries, record_rules, submission_queries
from backend.inspections.submission_queries import ChecklistView, FieldInspection, RecordView
from backend.items.queries import ItemView, OutcomeView, list_outcomes
from backend.kernel.errors import NotFound
from backend.kernel.scope import EVERYTHING
from backend.ledger import queries as ledger
from backend.notices.queries import NoticeView, list_notices
from backend.people import queries as people
from backend.people.queries import DepartmentView, InspectorView
from backend.people.rules import INSPECTOR, Principal
from backend.registry import queries as registry
from backend.registry.queries import EnterpriseView
from backend.storage.engine import transaction
from backend.usecases.record_team import Team, read_team
from backend.usecases.visit_proof import ShownProof, prove_visit


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """What both papers say of the visit. ``officers`` by slot; ``draw``: (draw id, when), None where it was not drawn."""

    visit: FieldInspection
    enterprise: EnterpriseView
    authority: DepartmentView
    notice: NoticeView | None
    officers: tuple[tuple[InspectorView, DepartmentView], ...]
    items: dict[str, ItemView]
    draw: tuple[str, datetime] | None
    proof: ShownProof


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """One record as signed. ``strokes``: what each signer drew; ``files``: photos' bytes by hash, of the copies that are shown.

    ``team``: what the other officers' phones said, signed and decided."""

    facts: VisitFacts
    view: RecordView
    content_sha256: str
    checklists: dict[str, ChecklistView]
    outcomes: dict[str, OutcomeView]
    strokes: dict[str, dict[str, Any]]
    files: dict[str, bytes]
    index: int | None
    team: Team


async def load_facts(visit: FieldInspection) -> VisitFacts:
    """Inside the caller's transaction, for whoever has found the visit within a scope."""
    draw = await draws.find_draw_by_id(visit.draw) if visit.draw else None
    departments = {d.code: d for d in await people.list_departments()}
    officers = await people.list_inspectors_by_id([inspector for inspector, _, _ in visit.officers])
    return VisitFacts(
        visit=visit,
        enterprise=await registry.find_enterprise(visit.enterprise, EVERYTHING),
        authority=departments[visit.department],
        notice=(await list_notices([visit.id])).get(visit.id),
        officers=tuple((officers[inspector], departments[department]) for inspector, _, department in visit.officers),
        items={i.code: i for i in await queries.list_campaign_items(visit.campaign)},
        draw=(draw.draw_id, draw.drawn_at) if draw and draw.drawn_at else None,
        proof=await prove_visit(visit, draw.head if draw else None),
    )


async def _require_own(inspection: UUID, by: Principal) -> FieldInspection:
    """An officer gets the papers of the visits they are on; raises ``NotFound`` for any other."""
    if by.inspector_id is None:
        raise NotFound()
    return await submission_queries.find_for_inspector(inspection, by.inspector_id)


async def load_notice(inspection: UUID, *, by: Principal) -> VisitFacts:
    """Raises ``NotFound`` outside the person's scope, and for a visit without a notice."""
    async with transaction(isolation="repeatable_read"):
        if by.role == INSPECTOR:
            visit = await _require_own(inspection, by)
        else:
            await queries.find_place(inspection, by.scope)
            visit = await submission_queries.find_for_team(inspection)
        facts = await load_facts(visit)
    if facts.notice is None:
        raise NotFound()
    return facts


async def load_record(submission: UUID, *, by: Principal) -> RecordFacts:
    """Raises ``NotFound`` outside the person's scope."""
    async with transaction(isolation="repeatable_read"):
        view = await submission_queries.find_record(submission, by.scope)
        if by.role == INSPECTOR:
            await _require_own(view.inspection, by)
        return await gather_record(view)


async def gather_record(view: RecordView) -> RecordFacts:
    """Inside the caller's transaction, for whoever has found the record within a scope."""
    record = view.record
    receipt = await ledger.find_receipt(view.entry_id)
    checklists = await submission_queries.list_checklists([UUID(i["checklist"]) for i in record["items"]])
    facts = await load_facts(await submission_queries.find_for_team(view.inspection))
    outcomes = {o.code: o for o in await list_outcomes(since=date.min)}
    team = await read_team(view)
    shown = {p.get("marked") or p["sha256"] for p in record["photos"]}
    return RecordFacts(
        facts=facts,
        view=view,
        content_sha256=record_rules.content_hash(record),
        checklists={str(c.id): c for c in checklists},
        outcomes=outcomes,
        strokes={signer: json.loads(await evidence.read(sha256)) for signer, sha256 in record["strokes_sha256"].items()},
        files={sha256: await evidence.read(sha256) for sha256 in sorted(shown) if await evidence.is_here(sha256)},
        index=receipt.index if receipt else None,
        team=team,
    )

"""Everything that an officer's phone needs, in one answer."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.bundles import service as told
from backend.deadlines.queries import list_periods
from backend.deadlines.rules import SCAN
from backend.draws import queries as draws
from backend.inspections import caps, part_queries, queries, submission_queries
from backend.inspections.parts_rules import Outstanding
from backend.items.queries import list_outcomes
from backend.kernel.errors import Forbidden
from backend.ledger.queries import list_places
from backend.notices.queries import list_notices
from backend.notify import queries as notify
from backend.people import queries as people
from backend.people.rules import Principal
from backend.placards import queries as placards
from backend.publicity import queries as publicity
from backend.registry import queries as registry
from backend.storage.engine import transaction
from backend.usecases.close_record import list_outstanding
from backend.usecases.officer_code import make_token
from backend.usecases.visit_proof import log_keys, prove_visits


def millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _hash(thing: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(thing, order="sorted")).hexdigest()


async def tell_phone(*, by: Principal, device: UUID | None, since: str, takes_part: bool) -> dict[str, Any]:
    """What is new to a phone that holds the bundle ``since`` (empty: none): ``unchanged``, or the bundle.

    A phone that ``takes_part`` of one and was told ``since`` lately gets the visits that are others than in that one, with their checklists, and in
    ``gone`` the ids of those that are no more; ``delta`` is the bundle that this is to be added to.
    """
    bundle, marks = await _build(by, device)
    if since == bundle["cursor"]:
        return {"unchanged": True, "cursor": since}
    if not takes_part:
        return bundle
    known = await told.find_marks(by.account_id, device, since) if since else None
    await told.remember(by.account_id, device, bundle["cursor"], marks, holds=since)
    if known is None:
        return bundle
    new = [i for i in bundle["inspections"] if known.get(i["id"]) != marks[i["id"]]]
    needed = {item["checklist"] for i in new for item in i["items"]}
    return {
        **bundle,
        "delta": since,
        "inspections": new,
        "gone": sorted(known.keys() - marks.keys()),
        "checklists": {id_: c for id_, c in bundle["checklists"].items() if id_ in needed},
    }


async def build_field_bundle(*, by: Principal, device: UUID | None = None) -> dict[str, Any]:
    """The officer's open inspections with checklists, enterprise cards, colleagues' parts and inbox. ``cursor`` names this very content.

    ``device``: the asking phone, which needs no parts of its own.
    """
    return (await _build(by, device))[0]


async def _build(by: Principal, device: UUID | None) -> tuple[dict[str, Any], dict[str, str]]:
    """(the bundle, visit -> hash of what it says of it)."""
    if by.inspector_id is None:
        raise Forbidden()
    async with transaction(isolation="repeatable_read"):
        mine = await submission_queries.list_for_inspector(by.inspector_id)
        bundle: dict[str, Any] = {
            "inspections": await _inspections(mine, by, device),
            "log": {"vkey": str(log_keys()[0]), "witnesses": [str(w) for w in log_keys()[1]]},
            "checklists": {
                str(c.id): {
                    "id": str(c.id),
                    "item": c.item,
                    "version": c.version,
                    "title_zh": c.title_zh,
                    "title_en": c.title_en,
                    "questions": c.questions,
                }
                for c in await submission_queries.list_checklists(sorted({c for i in mine for _, c in i.items}))
            },
            # How long a scan may be owed, so that a phone without a network tells the last day as the office will.
            "scan_periods": [
                {"days": p.amount, "unit": p.unit, "from": p.valid_from.isoformat(), "to": p.valid_to.isoformat() if p.valid_to else None}
                for p in await list_periods()
                if p.clock == SCAN
            ],
            "outcome_codes": [{"code": o.code, "zh": o.zh, "en": o.en, "parent": o.parent} for o in await list_outcomes()],
            "inbox": [
                {
                    "id": str(e.id),
                    "kind": e.kind,
                    "inspection": str(e.inspection) if e.inspection else None,
                    "params": e.params,
                    "created_at_ms": millis(e.created_at),
                    "read": e.is_read,
                }
                for e in await notify.list_inbox(by.account_id)
            ],
        }
    marks = {i["id"]: _hash(i)[:16] for i in bundle["inspections"]}
    return {**bundle, "cursor": _hash({**bundle, "inspections": marks})[:32]}, marks


async def _inspections(mine: list[submission_queries.FieldInspection], by: Principal, device: UUID | None) -> list[dict[str, Any]]:
    enterprises = await registry.list_by_codes([i.enterprise_code for i in mine])
    regions = {r.code: r for r in await registry.list_regions()}
    industries = {i.code: i for i in await registry.list_industries()}
    departments = {d.code: d for d in await people.list_departments()}
    officers = await people.list_inspectors_by_id(list({o for i in mine for o, _, _ in i.officers}))
    pinned = await queries.list_pinned_items(list({i.campaign for i in mine}))
    visits = await queries.count_visits_of(by.department or "", [i.enterprise for i in mine])
    reached = await caps.list_reached([i.id for i in mine])
    earlier = await publicity.list_latest_of([i.enterprise for i in mine])
    drawn = await draws.list_heads_of_campaigns(list({i.campaign for i in mine}))
    proofs = await prove_visits((i, drawn.get(i.campaign)) for i in mine)
    places = await list_places([i.submission_entry for i in mine if i.submission_entry])
    codes = await placards.list_codes([e.id for e in enterprises.values()])
    parts = await part_queries.list_segments([i.id for i in mine])
    notices = await list_notices([i.id for i in mine])
    standing = await part_queries.list_standing([i.id for i in mine])
    outstanding = await list_outstanding(list(standing.values()))
    handed_in = [i.submission for i in mine if i.submission]
    cosigned, decided = await part_queries.list_cosignatures(handed_in), await part_queries.list_decisions(handed_in)
    found = []
    for i in mine:
        e, draw, items, proof = enterprises[i.enterprise_code], drawn.get(i.campaign), pinned[i.campaign], proofs[i.id]
        region, industry = regions.get(e.region), industries.get(e.industry)
        found.append(
            {
                "id": str(i.id),
                "state": i.state,
                "version": i.version,
                "due_on": i.due_on.isoformat(),
                "scan_due_on": i.scan_due_on.isoformat() if i.scan_due_on else None,
                "dispatched_at_ms": millis(i.dispatched_at),
                "campaign": {
                    "id": str(i.campaign),
                    "number": i.campaign_number,
                    "name": i.campaign_name,
                    "kind": i.campaign_kind,
                    "legal_basis": "；".join(dict.fromkeys(items[code].legal_basis for code, _ in i.items)),
                },
                "draw": {"draw_id": draw.draw_id, "drawn_at_ms": millis(draw.drawn_at)} if draw and draw.drawn_at else None,
                "sealed_entry": i.sealed_entry,
                "proof": {"state": proof.state, "text": proof.text, "drawn": list(proof.drawn)},
                "authority_zh": departments[i.department].name_zh,
                "authority_en": departments[i.department].name_en,
                "notice": {
                    "number": notices[i.id].number,
                    "issued_at_ms": millis(notices[i.id].issued_at),
                    "visits_before": notices[i.id].visits_before,
                }
                if i.id in notices
                else None,
                "enterprise": {
                    "id": str(e.id),
                    "code": e.code,
                    "name": e.name,
                    "address": e.address,
                    "region": e.region,
                    "region_zh": region.name_zh if region else e.region,
                    "region_en": region.name_en if region else e.region,
                    "legal_rep": e.legal_rep,
                    "phone": e.phone,
                    "industry_zh": industry.name_zh if industry else e.industry,
                    "industry_en": industry.name_en if industry else e.industry,
                    "lat_e7": e.lat_e7,
                    "lon_e7": e.lon_e7,
                    "qr_token": e.qr_token,
                    "placards": [{"code": code, "ground": ground} for code, ground in codes.get(e.id, [])],
                    "visits_this_year": visits.get(e.id, 0),
                },
                "cap": {"used": reached[i.id].used, "most": reached[i.id].most} if i.id in reached else None,
                "earlier": [
                    {
                        "number": p.number,
                        "completed_on": p.completed_on.isoformat(),
                        "authority": p.snapshot["authority"],
                        "outcomes": [{"zh": o["zh"], "en": o["en"]} for o in p.snapshot["outcomes"]],
                    }
                    for p in earlier.get(i.enterprise, [])
                ],
                "officers": [
                    {
                        "inspector_id": str(inspector),
                        "slot": slot,
                        "dept": department,
                        "dept_zh": departments[department].name_zh,
                        "dept_en": departments[department].name_en,
                        "name": officers[inspector].name,
                        "certificate_no": officers[inspector].certificate_no,
                        "phone": officers[inspector].phone,
                        "me": inspector == by.inspector_id,
                    }
                    for inspector, slot, department in i.officers
                ],
                "items": [
                    {
                        "code": code,
                        "name_zh": items[code].name_zh,
                        "name_en": items[code].name_en,
                        "method": items[code].method,
                        "legal_basis": items[code].legal_basis,
                        "checklist": str(checklist),
                    }
                    for code, checklist in i.items
                ],
                "code_token": next(make_token(i.id, slot, inspector) for inspector, slot, _ in i.officers if inspector == by.inspector_id),
                "parts": [
                    {"device": p.device, "inspector": p.inspector, "seq": p.seq, "sha256": p.sha256, "revs": p.body["revs"]}
                    for p in parts.get(i.id, [])
                    if p.device != str(device)
                ],
                "return_comment": i.return_comment,
                "submission": {
                    "id": str(i.submission),
                    "state": i.submission_state,
                    "received_at_ms": millis(i.submission_received_at),
                    "ledger_index": places.get(i.submission_entry) if i.submission_entry else None,
                    **_said(cosigned.get(i.submission, []), decided.get(i.submission, [])),
                    **_waiting(standing.get(i.id), outstanding, by),
                }
                if i.submission and i.submission_received_at
                else None,
            }
        )
    return found


def _said(cosigned: list[part_queries.Signed], decided: list[part_queries.Signed]) -> dict[str, Any]:
    """What officers' phones signed beside a record, for the phone's own page of it."""
    return {
        "cosigned": [{"inspector": str(c.inspector), "t_dev": c.body["t_dev"]} for c in cosigned],
        "decided": [
            {"inspector": str(d.inspector), "t_dev": d.body["t_dev"], "key": c["key"], "value": c["value"], "reason": c["reason"]}
            for d in decided
            for c in d.body["choices"]
        ],
    }


def _waiting(standing: part_queries.StandingRecord | None, outstanding: dict[UUID, Outstanding], by: Principal) -> dict[str, Any]:
    """What a record that arrived still waits for, as the officers' phones show it."""
    if standing is None:
        return {}
    found = outstanding[standing.id]
    return {
        "record_sha256": standing.record_sha256,
        "mine": standing.account == by.account_id,
        "outstanding": {
            "parts": list(found.parts),
            "photos": len(found.photos),
            "cosignatures": list(found.cosignatures),
            "differences": [
                {
                    "key": d.key,
                    "recorded": d.recorded,
                    "over": list(d.over),
                    "rivals": [{"value": r.value, "said": [{"by": s.inspector, "t_dev": s.t_dev} for s in r.said]} for r in d.rivals],
                }
                for d in found.differences
            ],
        },
    }

"""Verbs on campaigns and inspections, in life-cycle order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.inspections import caps, rules
from backend.items.queries import list_items
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.kernel.ids import new_id
from backend.kernel.scope import Scope
from backend.ledger import service as ledger
from backend.rulebook.queries import find_limits
from backend.storage.engine import connection

NUMBERING = 7262319  # advisory lock: numbers without gaps or doubles


async def pin_forms(items: Sequence[str], departments: Sequence[str]) -> list[tuple[str, UUID, UUID]]:
    """(item, newest checklist, today's edition). Raises ``Invalid`` for an item that is not in force or belongs to none of the departments."""
    forms = [item for item in await list_items() if item.code in items]
    if len(forms) != len(set(items)):
        raise Invalid(field="items", why_zh="所选事项不在事项清单中", why_en="an item is not on the item list")
    for form in forms:
        if form.department not in departments:
            raise Invalid(field="items", why_zh=f"事项 {form.code} 不属于参与部门", why_en=f"item {form.code} belongs to no department taking part")
    return [(form.code, form.checklist, form.edition) for form in forms]


async def _store_campaign(forms: Sequence[tuple[str, UUID, UUID]], **values: Any) -> tuple[UUID, str]:
    """The row under the next number, with its pinned checklists. Returns (id, number)."""
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)
    year = clock.now().astimezone(clock.BEIJING).year
    count = await connection().fetchval("select count(*) from campaign where number like $1", f"QJCC-{year}-%")
    campaign_id, number = new_id(), f"QJCC-{year}-{count + 1:04d}"
    row = {"id": campaign_id, "number": number, "created_at": clock.now(), "version": 1, **values}
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection().execute(f"insert into campaign ({', '.join(row)}) values ({places})", *row.values())
    await connection().executemany(
        "insert into campaign_item (campaign, item, checklist, edition) values ($1, $2, $3, $4)", [(campaign_id, *form) for form in forms]
    )
    return campaign_id, number


async def create_campaign(plan: rules.Plan, *, by: UUID, scope: Scope) -> UUID:
    """Plan a campaign; its checklists are pinned in their newest version. Where it names no cap, the rulebook's holds.

    Raises ``Invalid`` naming the field.
    """
    limits = await find_limits(plan.departments, scope.region, clock.today())
    rules.check_plan(plan, scope, clock.today(), limits)
    campaign_id, number = await _store_campaign(
        await pin_forms(plan.items, plan.departments),
        name=plan.name.strip(),
        plan_name=plan.plan_name.strip(),
        state="draft",
        department=plan.department,
        partners=list(plan.departments[1:]),
        region=scope.region,
        counties=list(plan.counties),
        industries=list(plan.industries),
        rate_mode=plan.rate_mode,
        rates=json.dumps(plan.rates),
        officers_per_visit=plan.officers_per_visit,
        due_on=plan.due_on,
        yearly_cap=limits.cap.most if plan.yearly_cap is None and limits.cap else plan.yearly_cap,
        created_by=by,
    )
    await ledger.record(
        "campaign.created",
        actor=by,
        subject=number,
        payload={"number": number, "name": plan.name.strip(), "items": sorted(plan.items), "departments": list(plan.departments)},
    )
    return campaign_id


async def create_adhoc(plan: rules.AdhocPlan, *, department: str, county: str, industry: str, by: UUID, scope: Scope) -> UUID:
    """A campaign of one visit that is not drawn. Its public entry says so without naming the enterprise, which must not be warned.

    Raises ``Invalid`` naming the field.
    """
    rules.check_adhoc(plan, clock.today())
    name = plan.name.strip() or rules.KINDS[plan.kind][0]
    campaign_id, number = await _store_campaign(
        await pin_forms(plan.items, (department,)),
        kind=plan.kind,
        source_ref=plan.source_ref.strip(),
        name=name,
        plan_name="",
        state="drawn",
        department=department,
        partners=[],
        region=scope.region,
        counties=[county],
        industries=[industry],
        rate_mode="fixed",
        rates=json.dumps({"n": 1}),
        officers_per_visit=len(plan.officers),
        due_on=plan.due_on,
        yearly_cap=None,
        created_by=by,
    )
    about = {"number": number, "kind": plan.kind, "department": department, "county": county, "items": sorted(plan.items), "due_on": plan.due_on.isoformat()}
    await ledger.record("campaign.created", actor=by, subject=number, payload={**about, "name": name, "source_ref": plan.source_ref.strip()})
    await ledger.record("campaign.adhoc", actor=by, subject=number, payload={**about, "officers": len(plan.officers)}, public=True)
    return campaign_id


async def move_campaign(campaign_id: UUID, *, expected: Sequence[str], to: str) -> None:
    """Set a campaign's state under a row lock. Raises ``WrongState`` when it is in none of the expected ones."""
    state = await connection().fetchval("select state from campaign where id = $1 for update", campaign_id)
    if state is None:
        raise NotFound()
    if state not in expected:
        raise rules.WrongState(state=state)
    await connection().execute("update campaign set state = $2, version = version + 1 where id = $1", campaign_id, to)


@dataclass(frozen=True, slots=True)
class Visit:
    """One inspection to open: the enterprise, its sealed place in the draw (nothing where it was not drawn), and the officers by slot."""

    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    county: str
    sealed_salt: bytes | None
    sealed_leaf: bytes | None
    sealed_index: int | None
    officers: tuple[tuple[UUID, str], ...]  # (inspector, department)


async def open_inspections(
    visits: Iterable[Visit], *, campaign_id: UUID, department: str, draw: UUID | None, draw_id: str | None, due_on: date, by: UUID
) -> list[UUID]:
    """Dispatch the visits to their officers. Returns the inspections in the order of ``visits``."""
    now = clock.now()
    all_visits = list(visits)
    opened = [new_id() for _ in all_visits]
    # Two statements for all: a draw opens a hundred thousand, and what listens to the table is told once a statement.
    await connection().copy_records_to_table(
        "inspection",
        columns=(
            "id", "campaign", "draw", "enterprise", "enterprise_code", "enterprise_name", "department", "county", "state", "sealed_salt",
            "sealed_leaf", "sealed_index", "due_on", "dispatched_at", "version", "updated_at",
        ),
        records=[
            (
                inspection_id, campaign_id, draw, v.enterprise, v.enterprise_code, v.enterprise_name, department, v.county, "dispatched", v.sealed_salt,
                v.sealed_leaf, v.sealed_index, due_on, now, 1, now,
            )
            for inspection_id, v in zip(opened, all_visits, strict=True)
        ],
    )  # fmt: skip
    await connection().copy_records_to_table(
        "inspection_officer",
        columns=("inspection", "inspector", "slot", "department"),
        records=[
            (inspection_id, inspector, slot, of)
            for inspection_id, v in zip(opened, all_visits, strict=True)
            for slot, (inspector, of) in enumerate(v.officers)
        ],
    )
    for inspection_id, visit in zip(opened, all_visits, strict=True):
        await ledger.record(
            "inspection.dispatched",
            actor=by,
            subject=str(inspection_id),
            payload={
                "draw_id": draw_id,
                "sealed_index": visit.sealed_index,
                "enterprise": visit.enterprise_code,
                "officers": [str(inspector) for inspector, _ in visit.officers],
            },
        )
    return opened


async def cancel_untouched(draw: UUID) -> int:
    """For a voided draw: inspections that nobody has signed for yet become 'voided'. Raises ``WrongState`` if one was touched."""
    touched = await connection().fetchval("select state from inspection where draw = $1 and state <> 'dispatched' limit 1", draw)
    if touched:
        raise rules.WrongState(state=touched)
    done = await connection().execute("update inspection set state = 'voided', version = version + 1, updated_at = $2 where draw = $1", draw, clock.now())
    return int(done.split()[-1])


def require_untouched_by_record(state: str) -> None:
    """Raise ``WrongState`` once a record was submitted, or where the visit is over."""
    rules.require_move(state, rules.REPLACED)


async def retire(inspection_id: UUID, state: str) -> None:
    """The enterprise is gone: the visit ends as replaced and stays in the count."""
    rules.require_move(state, rules.REPLACED)
    await connection().execute(
        "update inspection set state = $2, version = version + 1, updated_at = $3 where id = $1", inspection_id, rules.REPLACED, clock.now()
    )


async def hand_over(inspection_id: UUID, *, slot: int, to: UUID, department: str, draw_id: str | None, reason: str, by: UUID) -> None:
    """Another officer takes a place of the team and has to sign for the visit. ``reason``: why, or on which ground; private."""
    before = await connection().fetchval(
        "select inspector from inspection_officer where inspection = $1 and slot = $2 for update", inspection_id, slot
    )
    await connection().execute(
        "update inspection_officer set inspector = $3, department = $4, received_at = null, received_t_dev = null where inspection = $1 and slot = $2",
        inspection_id,
        slot,
        to,
        department,
    )
    await connection().execute("update inspection set version = version + 1, updated_at = $2 where id = $1", inspection_id, clock.now())
    await ledger.record(
        "inspection.reassigned",
        actor=by,
        subject=str(inspection_id),
        payload={"draw_id": draw_id, "slot": slot, "from": str(before), "to": str(to), "reason": reason},
    )


async def receive(inspection_id: UUID, *, inspector: UUID, account: UUID, t_dev: datetime | None) -> tuple[str, int]:
    """签收: the officer signs for the inspection. Idempotent. Returns (state, version)."""
    row = await connection().fetchrow("select state, version from inspection where id = $1 for update", inspection_id)
    place = await connection().fetchrow(
        "select id, received_at from inspection_officer where inspection = $1 and inspector = $2", inspection_id, inspector
    )
    if row is None or row["state"] == rules.VOIDED:
        raise NotFound()
    if place is None:
        raise Forbidden()
    if place["received_at"] is not None:
        return row["state"], row["version"]
    now = clock.now()
    await connection().execute("update inspection_officer set received_at = $2, received_t_dev = $3 where id = $1", place["id"], now, t_dev)
    state = rules.RECEIVED if row["state"] == rules.DISPATCHED else row["state"]
    version = await connection().fetchval(
        "update inspection set state = $2, received_at = coalesce(received_at, $3), version = version + 1, updated_at = $3 where id = $1 returning version",
        inspection_id,
        state,
        now,
    )
    await ledger.record("inspection.received", actor=account, subject=str(inspection_id), payload={"inspector": str(inspector)})
    return state, version


async def arrive(inspection_id: UUID, *, inspector: UUID, account: UUID, how: str, t_dev: datetime | None) -> tuple[str, int]:
    """扫码入企: the officer stands at the right door. Idempotent. Returns (state, version).

    Once a colleague was first, or a record is in, nothing changes. Raises ``NotFound``, ``Forbidden`` for whoever is not on the team, and
    ``CapReached`` where the year's inspections were used up since the draw.
    """
    row = await connection().fetchrow("select state, version from inspection where id = $1 for update", inspection_id)
    if row is None or row["state"] in (rules.VOIDED, rules.REPLACED):
        raise NotFound()
    if not await connection().fetchval("select exists (select 1 from inspection_officer where inspection = $1 and inspector = $2)", inspection_id, inspector):
        raise Forbidden()
    if row["state"] not in (rules.DISPATCHED, rules.RECEIVED):
        return row["state"], row["version"]
    if reached := (await caps.list_reached([inspection_id])).get(inspection_id):
        raise rules.CapReached(used=reached.used, most=reached.most)
    version = await connection().fetchval(
        "update inspection set state = $2, arrived_at = $3, version = version + 1, updated_at = $3 where id = $1 returning version",
        inspection_id,
        rules.ON_SITE,
        clock.now(),
    )
    payload = {"inspector": str(inspector), "how": how, "t_dev": clock.rfc3339(t_dev) if t_dev else None}
    await ledger.record("inspection.arrived", actor=account, subject=str(inspection_id), payload=payload)
    return rules.ON_SITE, version

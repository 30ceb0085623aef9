"""Reads on records, for the phone and for the reviewer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.inspections.rules import OPEN
from backend.kernel import merkle
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class FieldInspection:
    """An inspection as its officers' phones need it. ``sealed_entry`` is the hash of its leaf in the draw's sealed list, empty where it was not drawn."""

    id: UUID
    state: str
    version: int
    due_on: date
    dispatched_at: datetime
    campaign: UUID
    campaign_number: str
    campaign_name: str
    campaign_kind: str
    draw: UUID | None
    department: str
    enterprise: UUID
    enterprise_code: str
    sealed_entry: str
    sealed_index: int | None  # None also for an enterprise that took the place of a drawn one
    officers: tuple[tuple[UUID, int, str], ...]  # (inspector, slot, department)
    items: tuple[tuple[str, UUID], ...]  # (item code, checklist)
    return_comment: str | None
    submission: UUID | None
    submission_state: str | None
    submission_received_at: datetime | None
    submission_entry: UUID | None
    scan_due_on: date | None


@dataclass(frozen=True, slots=True)
class ChecklistView:
    id: UUID
    item: str
    version: int
    title_zh: str
    title_en: str
    questions: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record as the office reads it."""

    id: UUID
    inspection: UUID
    state: str
    record: dict[str, Any]
    record_sha256: str
    clock_skew_ms: int
    received_at: datetime
    entry_id: UUID
    submitted_by: UUID
    brought_by: UUID | None
    inspection_state: str
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    department: str
    county: str
    campaign: UUID
    due_on: date
    handed_in_by: UUID | None
    key_revoked_at: datetime | None
    backfill_due_on: date | None
    is_backfill_late: bool


@dataclass(frozen=True, slots=True)
class ReviewView:
    verdict: str
    comment: str
    decided_at: datetime
    reviewer: UUID


@dataclass(frozen=True, slots=True)
class QueueRow:
    id: UUID
    state: str
    enterprise_name: str
    enterprise_code: str
    county: str
    campaign_name: str
    received_at: datetime
    photos: int
    is_backfill_late: bool


_FIELD = (
    "select i.id, i.state, i.version, i.due_on, i.scan_due_on, i.dispatched_at, i.campaign, c.number as campaign_number, c.name as campaign_name,"
    " c.kind as campaign_kind, i.draw, i.department, i.enterprise, i.enterprise_code, i.sealed_leaf, i.sealed_index,"
    " (select array_agg(row(o.inspector, o.slot, o.department) order by o.slot) from inspection_officer o where o.inspection = i.id) as officers,"
    " (select array_agg(row(ci.item, ci.checklist) order by ci.item) from campaign_item ci where ci.campaign = i.campaign) as items,"
    " s.id as submission, s.state as submission_state, s.received_at as submission_received_at,"
    " s.entry_id as submission_entry, case when s.state = 'returned' then (select comment from review r where r.submission = s.id) end as return_comment"
    " from inspection i join campaign c on c.id = i.campaign left join lateral"
    " (select id, state, received_at, entry_id from submission where inspection = i.id order by received_at desc limit 1) s on true"
)


def _field(row: Any) -> FieldInspection:
    fields = dict(row)
    leaf = fields.pop("sealed_leaf")
    fields["sealed_entry"] = merkle.leaf_hash(leaf).hex() if leaf is not None else ""
    fields["officers"] = tuple(tuple(o) for o in fields["officers"])
    fields["items"] = tuple(tuple(i) for i in fields["items"])
    return FieldInspection(**fields)


async def list_for_inspector(inspector: UUID) -> list[FieldInspection]:
    """The officer's open inspections, by due date."""
    rows = await reader().fetch(
        f"{_FIELD} where i.state = any($2) and exists (select 1 from inspection_officer o where o.inspection = i.id and o.inspector = $1)"
        " order by i.due_on, i.id",
        inspector,
        list(OPEN),
    )
    return [_field(row) for row in rows]


async def find_for_inspector(inspection: UUID, inspector: UUID) -> FieldInspection:
    """Raises ``NotFound`` for an inspection that is not this officer's, as for one that is not there."""
    row = await reader().fetchrow(
        f"{_FIELD} where i.id = $1 and i.state <> 'voided' and exists (select 1 from inspection_officer o where o.inspection = i.id and o.inspector = $2)",
        inspection,
        inspector,
    )
    if row is None:
        raise NotFound()
    return _field(row)


async def find_for_team(inspection: UUID) -> FieldInspection:
    """For whoever holds a code of its team. Raises ``NotFound``."""
    row = await reader().fetchrow(f"{_FIELD} where i.id = $1 and i.state <> 'voided'", inspection)
    if row is None:
        raise NotFound()
    return _field(row)


async def find_inspection_of(submission: UUID) -> UUID:
    """Not scoped: for a caller that then asks for the inspection within a scope. Raises ``NotFound``."""
    found: UUID | None = await reader().fetchval("select inspection from submission where id = $1", submission)
    if found is None:
        raise NotFound()
    return found


async def list_checklists(ids: Sequence[UUID]) -> list[ChecklistView]:
    rows = await reader().fetch("select id, item, version, title_zh, title_en, questions from checklist where id = any($1)", list(ids))
    return [ChecklistView(**{**dict(row), "questions": json.loads(row["questions"])}) for row in rows]


QUEUE_PAGE = 50
# Whose record a person may read: their department leads it, or one of its officers is theirs; within their region.
_MINE = (
    "i.county like $2 || '%' and ($1::text is null or i.department = $1 or exists"
    " (select 1 from inspection_officer o where o.inspection = i.id and o.department = $1 offset 0))"
)


async def list_queue(scope: Scope, state: str = "submitted", *, after: UUID | None = None, limit: int = QUEUE_PAGE) -> list[QueueRow]:
    """Records in one state, the longest waiting first. ``after``: the record behind which the page begins."""
    rows = await reader().fetch(
        "select s.id, s.state, i.enterprise_name, i.enterprise_code, i.county, c.name as campaign_name, s.received_at, s.is_backfill_late,"
        " (select count(*) from submission_photo p where p.submission = s.id and p.role = 'photo') as photos"
        f" from submission s join inspection i on i.id = s.inspection join campaign c on c.id = i.campaign where s.state = $3 and {_MINE}"
        " and ($5::uuid is null or (s.received_at, s.id) > (select received_at, id from submission where id = $5)) order by s.received_at, s.id limit $4",
        scope.department,
        scope.region,
        state,
        limit,
        after,
    )
    return [QueueRow(**row) for row in rows]


async def find_neighbours(submission: UUID, scope: Scope) -> tuple[UUID | None, UUID | None]:
    """(the record before, the record after) in the queue of those in the same state."""
    found = [
        await reader().fetchval(
            "select s.id from submission here join submission s on s.state = here.state join inspection i on i.id = s.inspection"
            f" where here.id = $3 and (s.received_at, s.id) {side} (here.received_at, here.id) and {_MINE}"
            f" order by s.received_at {way}, s.id {way} limit 1",
            scope.department,
            scope.region,
            submission,
        )
        for side, way in (("<", "desc"), (">", "asc"))
    ]
    return found[0], found[1]


async def find_record(submission: UUID, scope: Scope) -> RecordView:
    row = await reader().fetchrow(
        "select s.id, s.inspection, s.state, s.record, s.record_sha256, s.clock_skew_ms, s.received_at, s.entry_id, s.account as submitted_by, s.brought_by,"
        " i.state as inspection_state, i.enterprise, i.enterprise_code, i.enterprise_name, i.department, i.county, i.campaign, i.due_on,"
        " s.handed_in_by, s.key_revoked_at, s.backfill_due_on, s.is_backfill_late"
        f" from submission s join inspection i on i.id = s.inspection where s.id = $3 and {_MINE}",
        scope.department,
        scope.region,
        submission,
    )
    if row is None:
        raise NotFound()
    return RecordView(**{**dict(row), "record": json.loads(row["record"])})


@dataclass(frozen=True, slots=True)
class SignedBytes:
    """A record as its phone signed it; ``signature`` is r || s."""

    record: bytes
    signature: bytes


async def find_signed(submission: UUID) -> SignedBytes:
    """Not scoped: for a caller that has found the record within a scope."""
    row = await reader().fetchrow("select record, signature from submission where id = $1", submission)
    if row is None:
        raise NotFound()
    return SignedBytes(**row)


async def find_review(submission: UUID) -> ReviewView | None:
    row = await reader().fetchrow("select verdict, comment, decided_at, reviewer from review where submission = $1", submission)
    return ReviewView(**row) if row else None


async def is_evidence_of(submission: UUID, sha256: str) -> bool:
    """Whether a record names this file: what keeps one record's reader from reading another's files."""
    return bool(
        await reader().fetchval("select exists (select 1 from submission_photo where submission = $1 and sha256 = $2)", submission, sha256)
    )


@dataclass(frozen=True, slots=True)
class DurableView:
    """A record that is stored for good, as its phone is told of it."""

    id: UUID
    inspection: UUID
    record_sha256: str
    received_at: datetime
    clock_skew_ms: int
    entry_id: UUID
    state: str
    inspection_state: str


async def list_durable(submissions: Sequence[UUID], account: UUID) -> list[DurableView]:
    """Those of the records that this account has handed in, or the office for it."""
    rows = await reader().fetch(
        "select s.id, s.inspection, s.record_sha256, s.received_at, s.clock_skew_ms, s.entry_id, s.state, i.state as inspection_state"
        " from submission s join inspection i on i.id = s.inspection where s.id = any($1) and s.account = $2",
        list(submissions),
        account,
    )
    return [DurableView(**row) for row in rows]


async def is_within(inspection: UUID, scope: Scope) -> bool:
    """Whether a person of this scope may read the inspection's records."""
    return bool(
        await reader().fetchval(f"select exists (select 1 from inspection i where i.id = $3 and {_MINE})", scope.department, scope.region, inspection)
    )


async def list_named_evidence(hashes: Sequence[str], account: UUID) -> set[str]:
    """Those of the files that a stored record names which this account handed in, or whose visit it is an officer of."""
    rows = await reader().fetch(
        "select distinct p.sha256 from submission_photo p join submission s on s.id = p.submission where p.sha256 = any($1)"
        " and (s.account = $2 or exists (select 1 from inspection_officer o join inspector i on i.id = o.inspector"
        " where o.inspection = s.inspection and i.account = $2))",
        list(hashes),
        account,
    )
    return {row["sha256"] for row in rows}

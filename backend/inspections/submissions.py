"""Verbs on records: accept, return, approve. Accepting is idempotent by id and bytes.

A part of this room's service with a file of its own, because the record's path is the longest story here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.inspections import record_rules, rules
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record as stored. ``is_new``: this call stored it."""

    submission: UUID
    inspection: UUID
    record_sha256: str
    received_at: datetime
    clock_skew_ms: int
    entry_id: UUID
    state: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """An inspection as a review finds it."""

    inspection: UUID
    campaign: UUID
    draw: UUID | None
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    department: str
    county: str
    state: str
    sealed_leaf: bytes | None
    completed_on: date


async def find_accepted(submission: UUID, record: bytes) -> Accepted | None:
    """The stored record under this id if it has these bytes. Raises ``OtherBytes`` where it has others."""
    row = await connection().fetchrow(
        "select id, inspection, record_sha256, received_at, clock_skew_ms, entry_id, state from submission where id = $1", submission
    )
    if row is None:
        return None
    if row["record_sha256"] != hashlib.sha256(record).hexdigest():
        raise record_rules.OtherBytes()
    return Accepted(
        row["id"], row["inspection"], row["record_sha256"], row["received_at"], row["clock_skew_ms"], row["entry_id"], row["state"], is_new=False
    )


async def lock_inspection(inspection: UUID) -> str:
    """Hold the inspection's row until the transaction ends; gives its state. Two phones that submit at once take turns here."""
    state = await connection().fetchval("select state from inspection where id = $1 for update", inspection)
    if state is None:
        raise NotFound()
    return str(state)


async def accept(
    submission: UUID,
    *,
    inspection: UUID,
    account: UUID,
    device: UUID,
    record: bytes,
    signature: bytes,
    evidence: Sequence[record_rules.Evidence],
    t_dev_ms: int,
    brought_by: UUID | None = None,
    handed_in_by: UUID | None = None,
    key_revoked_at: datetime | None = None,
    backfill: tuple[date, bool] | None = None,
) -> Accepted:
    """Store a checked record and move its inspection to submitted. The caller holds ``lock_inspection``.

    The act stays the officer's; ``brought_by`` is who handed it in from a backup of the phone. ``handed_in_by``: the officer's other phone
    that sent it, if it was another; ``key_revoked_at``: since when the one that signed it had been reported lost. All of these go into the
    log beside the record, and before the reviewer's eyes. ``backfill``: as judged by ``scanning``.

    Raises ``AlreadySubmitted`` when a colleague's record stands, ``WrongState`` when the inspection takes none now.
    """
    state = await lock_inspection(inspection)
    other = await connection().fetchval(
        "select a.name from submission s join account a on a.id = s.account where s.inspection = $1 and s.state in ('submitted', 'approved')", inspection
    )
    if other is not None:
        raise record_rules.AlreadySubmitted(by=other)
    rules.require_move(state, rules.SUBMITTED)
    now = clock.now()
    digest = hashlib.sha256(record).hexdigest()
    skew = round(now.timestamp() * 1000) - t_dev_ms
    skew = max(-(2**31), min(2**31 - 1, skew))  # a clock that is off by weeks is still told, not refused
    entry = await ledger.record(
        "inspection.submitted",
        actor=account,
        subject=str(inspection),
        payload={
            "submission": str(submission),
            "record_sha256": digest,
            "device": str(device),
            "evidence": sorted(e.sha256 for e in evidence),
            **({"brought_by": str(brought_by)} if brought_by else {}),
            **record_rules.way_of(handed_in_by, key_revoked_at),
        },
    )
    await connection().execute(
        "insert into submission (id, inspection, account, device, record, record_sha256, signature, state, clock_skew_ms, received_at, entry_id,"
        " brought_by, handed_in_by, key_revoked_at, backfill_due_on, is_backfill_late)"
        " values ($1, $2, $3, $4, $5, $6, $7, 'submitted', $8, $9, $10, $11, $12, $13, $14, $15)",
        submission,
        inspection,
        account,
        device,
        record,
        digest,
        signature,
        skew,
        now,
        entry,
        brought_by,
        handed_in_by,
        key_revoked_at,
        backfill[0] if backfill else None,
        backfill is not None and backfill[1],
    )
    await connection().executemany(
        "insert into submission_photo (submission, sha256, role, item, question, position) values ($1, $2, $3, $4, $5, $6)",
        [(submission, e.sha256, e.role, e.item, e.question, i) for i, e in enumerate(evidence)],
    )
    await connection().execute(
        "update inspection set state = 'submitted', submitted_at = $2, completed_on = $3, version = version + 1, updated_at = $2 where id = $1",
        inspection,
        now,
        clock.day_of(now),
    )
    return Accepted(submission, inspection, digest, now, skew, entry, "submitted", is_new=True)


async def decide(submission: UUID, *, verdict: str, comment: str, reviewer: UUID) -> Standing:
    """A reviewer's verdict on a standing record: "approved" or "returned" (with a comment).

    Raises ``Invalid`` for a return without a comment, ``WrongState`` for a record already decided, ``Forbidden`` for an
    officer of the visit (nobody reviews their own work).
    """
    if verdict == "returned" and not comment.strip():
        raise Invalid(field="comment", why_zh="退回须写明原因", why_en="say why it is returned")
    row = await connection().fetchrow(
        "select s.state as verdict_state, s.inspection, i.campaign, i.draw, i.enterprise, i.enterprise_code, i.enterprise_name, i.department, i.county,"
        " i.state, i.sealed_leaf, i.completed_on from submission s join inspection i on i.id = s.inspection where s.id = $1 for update",
        submission,
    )
    if row is None:
        raise NotFound()
    if row["verdict_state"] != "submitted":
        raise rules.WrongState(state=row["verdict_state"])
    to = rules.PUBLISHED if verdict == "approved" else rules.RETURNED
    rules.require_move(row["state"], to)
    is_own = await connection().fetchval(
        "select exists (select 1 from inspection_officer o join inspector p on p.id = o.inspector where o.inspection = $1 and p.account = $2)",
        row["inspection"],
        reviewer,
    )
    if is_own:
        raise Forbidden()
    now = clock.now()
    await connection().execute(
        "insert into review (id, submission, reviewer, verdict, comment, decided_at, is_first_of_record) values ($1, $2, $3, $4, $5, $6, true)",
        new_id(),
        submission,
        reviewer,
        verdict,
        comment.strip(),
        now,
    )
    await connection().execute("update submission set state = $2 where id = $1", submission, verdict)
    await connection().execute(
        "update inspection set state = $2::text, version = version + 1, updated_at = $3,"
        " published_at = case when $2::text = 'published' then $3::timestamptz end"
        " where id = $1",
        row["inspection"],
        to,
        now,
    )
    await ledger.record(
        f"inspection.{verdict}",
        actor=reviewer,
        subject=str(row["inspection"]),
        payload={"submission": str(submission), "comment": comment.strip()},
    )
    return Standing(**{k: v for k, v in dict(row).items() if k != "verdict_state"} | {"state": to})

"""Verbs on what several officers say of one visit: a part, a decision, a co-signature, a waiver. All append, nothing changes.

The callers hold the visit's row (``submissions.lock_inspection``), so that a repeat waits for its first try and then finds it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.inspections.parts_rules import COSIGNATURE, PART
from backend.inspections.record_rules import OtherBytes
from backend.kernel import clock, jcs
from backend.kernel.errors import Conflict, Invalid
from backend.ledger import service as ledger
from backend.storage.engine import connection


@dataclass(frozen=True, slots=True)
class Kept:
    """Something as stored. ``is_new``: this call stored it."""

    sha256: str
    received_at: datetime
    entry_id: UUID
    is_new: bool


def _known(row: Any, digest: str) -> Kept | None:
    if row is None:
        return None
    if row["sha256"] != digest:
        raise OtherBytes()
    return Kept(digest, row["received_at"], row["entry_id"], is_new=False)


async def find_part(inspection: UUID, device: UUID, seq: int, body: bytes) -> Kept | None:
    """The stored part under this number if it has these bytes. Raises ``OtherBytes`` where it has others."""
    row = await connection().fetchrow(
        "select sha256, received_at, entry_id from visit_part where inspection = $1 and device = $2 and seq = $3", inspection, device, seq
    )
    return _known(row, hashlib.sha256(body).hexdigest())


async def keep_part(inspection: UUID, *, device: UUID, inspector: UUID, account: UUID, seq: int, body: bytes) -> Kept:
    """Store a checked part."""
    digest, now = hashlib.sha256(body).hexdigest(), clock.now()
    entry = await ledger.record(
        "part.received", actor=account, subject=str(inspection), payload={"device": str(device), "inspector": str(inspector), "seq": seq, "sha256": digest}
    )
    await connection().execute(
        "insert into visit_part (inspection, device, inspector, account, seq, body, sha256, received_at, entry_id)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        inspection,
        device,
        inspector,
        account,
        seq,
        body,
        digest,
        now,
        entry,
    )
    return Kept(digest, now, entry, is_new=True)


async def find_decision(decision: UUID, body: bytes) -> Kept | None:
    """Raises ``OtherBytes`` where another decision is stored under this id."""
    row = await connection().fetchrow("select sha256, received_at, entry_id from record_decision where id = $1", decision)
    return _known(row, hashlib.sha256(body).hexdigest())


async def keep_decision(
    decision: UUID, *, submission: UUID, inspection: UUID, device: UUID, inspector: UUID, account: UUID, body: dict[str, Any], signature: bytes
) -> Kept:
    """Append a checked decision to a record, which stays as it was signed."""
    raw = jcs.encode(body)
    digest, now = hashlib.sha256(raw).hexdigest(), clock.now()
    entry = await ledger.record(
        "record.decided", actor=account, subject=str(inspection), payload={"submission": str(submission), "device": str(device), "sha256": digest}
    )
    await connection().execute(
        "insert into record_decision (id, submission, device, inspector, account, body, sha256, signature, received_at, entry_id)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        decision,
        submission,
        device,
        inspector,
        account,
        raw,
        digest,
        signature,
        now,
        entry,
    )
    return Kept(digest, now, entry, is_new=True)


async def find_cosignature(submission: UUID, device: UUID, body: bytes) -> Kept | None:
    """Raises ``OtherBytes`` where this device has signed something else under this record."""
    row = await connection().fetchrow(
        "select sha256, received_at, entry_id from record_cosignature where submission = $1 and device = $2", submission, device
    )
    return _known(row, hashlib.sha256(body).hexdigest())


async def keep_cosignature(
    submission: UUID, *, inspection: UUID, device: UUID, inspector: UUID, account: UUID, body: dict[str, Any], signature: bytes
) -> Kept:
    """A colleague's device signs the record too. ``body``: checked."""
    raw = jcs.encode(body)
    digest, now = hashlib.sha256(raw).hexdigest(), clock.now()
    entry = await ledger.record(
        "record.cosigned",
        actor=account,
        subject=str(inspection),
        payload={"submission": str(submission), "device": str(device), "record_sha256": body["cosigns"], "sha256": digest},
    )
    await connection().execute(
        "insert into record_cosignature (submission, device, inspector, account, body, sha256, signature, received_at, entry_id)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        submission,
        device,
        inspector,
        account,
        raw,
        digest,
        signature,
        now,
        entry,
    )
    return Kept(digest, now, entry, is_new=True)


async def waive(submission: UUID, *, inspection: UUID, inspector: UUID, what: str, reason: str, by: UUID) -> None:
    """What will never come is no longer waited for. Raises ``Invalid`` without a reason, ``Conflict`` where it was waived before."""
    if what not in (PART, COSIGNATURE):
        raise Invalid(field="what", why_zh="只能免除分部或联署", why_en="only a part or a co-signature can be waived")
    if not reason.strip():
        raise Invalid(field="reason", why_zh="免除须写明原因", why_en="say why it will never come")
    if await connection().fetchval(
        "select exists (select 1 from record_waiver where submission = $1 and inspector = $2 and what = $3)", submission, inspector, what
    ):
        raise Conflict()
    entry = await ledger.record(
        "record.waived",
        actor=by,
        subject=str(inspection),
        payload={"submission": str(submission), "inspector": str(inspector), "what": what, "reason": reason.strip()},
    )
    await connection().execute(
        "insert into record_waiver (submission, inspector, what, reason, waived_by, waived_at, entry_id) values ($1, $2, $3, $4, $5, $6, $7)",
        submission,
        inspector,
        what,
        reason.strip(),
        by,
        clock.now(),
        entry,
    )

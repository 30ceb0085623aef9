"""A phone hands in a signed record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.evidence.queries import list_blobs
from backend.inspections import parts_rules, record_rules, scanning, submission_queries, submissions
from backend.items.queries import list_outcomes
from backend.kernel import clock, jcs
from backend.kernel.errors import Invalid
from backend.people import service as people
from backend.people.rules import Principal
from backend.placards import queries as placards
from backend.registry.queries import list_by_codes
from backend.storage.engine import transaction
from backend.usecases.close_record import remind_officers


async def accept_submission(
    submission: UUID, *, record: dict[str, Any], signature: bytes, device: UUID, by: Principal
) -> submissions.Accepted:
    """Check and store a record in one transaction. The same bytes again give the same receipt, other bytes ``OtherBytes``.

    What a phone signed that was lost, or that another phone of the same officer brings, is taken by ``people.rules.may_hand_in`` and marked.
    Raises ``Invalid`` naming a field, ``BadSignature``, ``UnknownDevice``, ``DeviceRevoked``, ``MissingEvidence`` with the hashes that have
    not arrived, ``AlreadySubmitted`` when a colleague was first.
    """
    async with transaction():
        return await accept_within(submission, record=record, signature=signature, device=device, by=by)


def canonical_of(record: dict[str, Any]) -> tuple[bytes, UUID]:
    """(canonical bytes, inspection). Raises ``Invalid``."""
    try:
        return jcs.encode(record), UUID(str(record.get("inspection")))
    except (jcs.NotCanonical, ValueError) as e:
        raise Invalid(field="record", why_zh="记录格式不正确", why_en=str(e)) from e


async def accept_within(
    submission: UUID, *, record: dict[str, Any], signature: bytes, device: UUID, by: Principal, brought_by: UUID | None = None
) -> submissions.Accepted:
    """As ``accept_submission``, inside the caller's transaction. ``brought_by``: who hands it in for the officer, from a backup of the phone."""
    canonical, inspection = canonical_of(record)
    # The lock comes first, so that a retry overtaking its first try waits and then finds the stored record.
    await submissions.lock_inspection(inspection)
    if known := await submissions.find_accepted(submission, canonical):
        return known
    assert by.inspector_id is not None
    mine = await submission_queries.find_for_inspector(inspection, by.inspector_id)
    key = await people.find_signing_key(device, account_id=by.account_id, by=by.device)
    record_rules.verify_signature(canonical, signature, key.public_key)
    record_rules.check_record(record, await _expected(mine, submission, device))
    parts_rules.check_named(record, {str(inspector) for inspector, _, _ in mine.officers})
    evidence = record_rules.list_evidence(record)
    durable = await list_blobs([e.sha256 for e in evidence])
    # A colleague's phone sends its own files: the record is never lost for them, but is not closed without them.
    if missing := sorted({e.sha256 for e in evidence} - set(durable) - parts_rules.foreign_files(record)):
        raise record_rules.MissingEvidence(count=len(missing), missing=missing)
    record_rules.check_media([e for e in evidence if e.sha256 in durable], {sha256: blob.media_type for sha256, blob in durable.items()})
    accepted = await submissions.accept(
        submission,
        inspection=inspection,
        account=by.account_id,
        device=device,
        record=canonical,
        signature=signature,
        evidence=evidence,
        t_dev_ms=record["t_dev"],
        brought_by=brought_by,
        handed_in_by=by.device if by.device != device else None,
        key_revoked_at=key.revoked_at,
        backfill=await scanning.judge_backfill(inspection, record),
    )
    await remind_officers(inspection)
    return accepted


async def _expected(mine: submission_queries.FieldInspection, submission: UUID, device: UUID) -> record_rules.Expected:
    checklists = {c.id: c for c in await submission_queries.list_checklists([c for _, c in mine.items])}
    enterprise = (await list_by_codes([mine.enterprise_code]))[mine.enterprise_code]
    # Also the codes that were revoked: the officer stood at this door, whatever hangs there.
    codes = (await placards.list_codes([enterprise.id], each=1000)).get(enterprise.id, [])
    return record_rules.Expected(
        inspection=str(mine.id),
        submission=str(submission),
        device=str(device),
        sealed_entry=mine.sealed_entry,
        forms=[record_rules.Form(item, str(checklist), checklists[checklist].questions) for item, checklist in mine.items],
        outcome_codes=frozenset(o.code for o in await list_outcomes(since=clock.day_of(mine.dispatched_at))),
        officers=frozenset(str(inspector) for inspector, _, _ in mine.officers),
        enterprise_codes=frozenset({enterprise.qr_token, enterprise.code, *(code for code, _ground in codes)}),
    )

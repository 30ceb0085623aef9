"""A record of several officers closes: what is outstanding, their decisions, their co-signatures, a reviewer's waiver.

A co-signature is owed by every other officer of the visit who had a phone enrolled when the record arrived, or whose phone
took part in the visit: docs/decisions/0015-two-phones-one-record.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.evidence.queries import list_blobs
from backend.inspections import part_queries, parts, parts_rules, record_rules, submission_queries, submissions
from backend.inspections.part_queries import StandingRecord
from backend.inspections.parts_rules import Outstanding
from backend.kernel import jcs
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.notify import service as notify
from backend.people import queries as people_queries
from backend.people import service as people
from backend.people.rules import REVIEWER, Principal
from backend.people.service import require
from backend.storage.engine import transaction


async def list_outstanding(standing: Sequence[StandingRecord]) -> dict[UUID, Outstanding]:
    """submission -> what keeps it from closing."""
    ids = [s.id for s in standing]
    segments = await part_queries.list_segments([s.inspection for s in standing])
    decisions = await part_queries.list_decisions(ids)
    cosigned = await part_queries.list_cosignatures(ids)
    waivers = await part_queries.list_waivers(ids)
    sealing = await people_queries.list_inspectors_of_accounts([s.account for s in standing])
    named = {s.id: parts_rules.foreign_files(s.record) for s in standing}
    there = await list_blobs(sorted({h for hashes in named.values() for h in hashes}))
    equipped = await people_queries.list_equipped_since(list({o for s in standing for o in s.officers}))
    found = {}
    for s in standing:
        spoke = {x.inspector for x in segments.get(s.inspection, [])} | set(s.record.get("expects", []))
        owed = {
            str(o) for o in s.officers if o != sealing.get(s.account) and ((o in equipped and equipped[o] <= s.received_at) or str(o) in spoke)
        }
        found[s.id] = parts_rules.find_outstanding(
            s.record,
            segments.get(s.inspection, []),
            [d.body for d in decisions.get(s.id, [])],
            missing_photos=named[s.id] - set(there),
            owed=owed,
            cosigned={str(c.inspector) for c in cosigned.get(s.id, [])},
            waived={(str(w.inspector), w.what) for w in waivers.get(s.id, [])},
        )
    return found


async def require_closable(standing: StandingRecord) -> None:
    """Raises ``NotReady`` saying what is outstanding, ``Invalid`` where a file that came later is of the wrong kind."""
    outstanding = (await list_outstanding([standing]))[standing.id]
    if not outstanding.is_nothing:
        names = {str(i): v.name for i, v in (await people_queries.list_inspectors_by_id(list(standing.officers))).items()}
        zh, en = words_of(outstanding, names)
        raise parts_rules.NotReady(what_zh="；".join(zh), what_en="; ".join(en))
    evidence = record_rules.list_evidence(standing.record)
    durable = await list_blobs([e.sha256 for e in evidence])
    record_rules.check_media(evidence, {sha256: blob.media_type for sha256, blob in durable.items()})


async def remind_officers(inspection: UUID) -> None:
    """Tell the officers of a record that waits for them what each owes: a decision, or else a co-signature. Inside the caller's transaction."""
    standing = (await part_queries.list_standing([inspection])).get(inspection)
    if standing is None or len(standing.officers) < 2:
        return
    outstanding = (await list_outstanding([standing]))[standing.id]
    if not (outstanding.differences or outstanding.cosignatures):
        return
    params = {"enterprise": standing.enterprise_name}
    for officer in (await people_queries.list_inspectors_by_id(list(standing.officers))).values():
        if officer.account is None:
            continue
        if outstanding.differences:
            await notify.remind(officer.account, "record.decide", inspection=inspection, params=params)
        elif str(officer.id) in outstanding.cosignatures:
            await notify.remind(officer.account, "record.cosign", inspection=inspection, params=params)


def words_of(outstanding: Outstanding, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """What is outstanding, in Chinese and in English, one phrase each."""
    told = [(f"{names.get(i, i)}的填写内容尚未送达", f"the part of {names.get(i, i)} has not arrived") for i in outstanding.parts]
    if n := len(outstanding.photos):
        told.append((f"同事手机上还有 {n} 个照片或录音文件未送达", f"{n} photo or voice files are still on a colleague's phone"))
    if n := len(outstanding.differences):
        told.append((f"有 {n} 处后到的不同说法待执法人员裁定", f"{n} differences that came later await the officers' decision"))
    if n := len(outstanding.misread):
        told.append((f"有 {n} 处与各手机填写的内容不符，请退回重新核对签字", f"{n} fields say something else than the phones did: return the record"))
    if outstanding.resign:
        told.append(("检查结果已被裁定更改，请退回后重新签字", "the outcome was decided otherwise: return the record to be signed anew"))
    told += [(f"{names.get(i, i)}的手机尚未联署", f"the phone of {names.get(i, i)} has not co-signed") for i in outstanding.cosignatures]
    return [zh for zh, _ in told], [en for _, en in told]


async def _open(submission: UUID, by: Principal) -> StandingRecord:
    """The record under the lock of its visit, for an officer of it. Raises ``NotFound``, also once it was decided."""
    if by.inspector_id is None:
        raise Forbidden()
    inspection = await submission_queries.find_inspection_of(submission)
    await submissions.lock_inspection(inspection)
    await submission_queries.find_for_inspector(inspection, by.inspector_id)
    found = (await part_queries.list_standing([inspection])).get(inspection)
    if found is None or found.id != submission:
        raise NotFound()
    return found


async def show_to_colleague(submission: UUID, *, by: Principal) -> StandingRecord:
    """A record as an officer of its visit reads it before co-signing."""
    async with transaction():
        return await _open(submission, by)


def _canonical(body: dict[str, Any]) -> bytes:
    try:
        return jcs.encode(body)
    except jcs.NotCanonical as e:
        raise Invalid(field="body", why_zh="内容格式不正确", why_en=str(e)) from e


def _about(record: StandingRecord, device: UUID, by: Principal) -> dict[str, Any]:
    """What every signed word on a record names."""
    return {
        "submission": str(record.id),
        "inspection": str(record.inspection),
        "inspector": str(by.inspector_id),
        "device": str(device),
    }


async def cosign(submission: UUID, *, device: UUID, body: dict[str, Any], signature: bytes, by: Principal) -> parts.Kept:
    """A colleague's device signs the record. The same bytes again give the same receipt, other bytes ``OtherBytes``.

    Raises ``Invalid`` naming a field, ``PartsBehind`` while this device's part is not all here, ``BadSignature``, ``UnknownDevice``,
    ``NotFound`` for an officer of another visit, ``Forbidden`` for the one who handed the record in.
    """
    raw = _canonical(body)
    async with transaction():
        if known := await parts.find_cosignature(submission, device, raw):
            return known
        record = await _open(submission, by)
        if known := await parts.find_cosignature(submission, device, raw):
            return known
        if record.account == by.account_id:
            raise Forbidden()
        record_rules.verify_signature(raw, signature, await people.find_device_key(device, by.account_id))
        expected = _about(record, device, by) | {"cosigns": record.record_sha256}
        parts_rules.check_cosignature(body, expected, await part_queries.find_head(record.inspection, device))
        assert by.inspector_id is not None
        return await parts.keep_cosignature(
            submission,
            inspection=record.inspection,
            device=device,
            inspector=by.inspector_id,
            account=by.account_id,
            body=body,
            signature=signature,
        )


async def decide(submission: UUID, decision: UUID, *, device: UUID, body: dict[str, Any], signature: bytes, by: Principal) -> parts.Kept:
    """An officer of the visit decides, signed, on what came after the record, which itself stays as it was signed.

    Raises as ``cosign``; ``StaleDecision`` where more has come meanwhile, or a colleague was first.
    """
    raw = _canonical(body)
    async with transaction():
        if known := await parts.find_decision(decision, raw):
            return known
        record = await _open(submission, by)
        if known := await parts.find_decision(decision, raw):
            return known
        record_rules.verify_signature(raw, signature, await people.find_device_key(device, by.account_id))
        expected = _about(record, device, by) | {"decides": record.record_sha256, "decision": str(decision)}
        open_ = (await list_outstanding([record]))[record.id].differences
        parts_rules.check_decision(body, expected, open_)
        assert by.inspector_id is not None
        return await parts.keep_decision(
            decision,
            submission=submission,
            inspection=record.inspection,
            device=device,
            inspector=by.inspector_id,
            account=by.account_id,
            body=body,
            signature=signature,
        )


async def waive(submission: UUID, *, inspector: UUID, what: str, reason: str, by: Principal) -> None:
    """The reviewer's word that a part or a co-signature will never come. Raises ``Invalid`` where nothing of the kind is awaited."""
    require(by, REVIEWER)
    async with transaction():
        view = await submission_queries.find_record(submission, by.scope)
        await submissions.lock_inspection(view.inspection)
        record = (await part_queries.list_standing([view.inspection])).get(view.inspection)
        if record is None or record.id != submission:
            raise NotFound()
        if by.inspector_id in record.officers:
            raise Forbidden()
        outstanding = (await list_outstanding([record]))[record.id]
        awaited = {parts_rules.PART: outstanding.parts, parts_rules.COSIGNATURE: outstanding.cosignatures}
        if str(inspector) not in awaited.get(what, ()):
            raise Invalid(field="what", why_zh="没有等待中的分部或联署", why_en="nothing of the kind is awaited")
        await parts.waive(submission, inspection=record.inspection, inspector=inspector, what=what, reason=reason, by=by.account_id)

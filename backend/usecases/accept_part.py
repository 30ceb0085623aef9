"""One officer's phone hands in its part of a visit, long before anybody signs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.inspections import part_queries, parts, parts_rules, submission_queries, submissions
from backend.kernel import jcs
from backend.kernel.errors import Forbidden, Invalid
from backend.people import service as people
from backend.people.rules import Principal
from backend.storage.engine import transaction
from backend.usecases.close_record import remind_officers


async def accept_part(inspection: UUID, *, device: UUID, part: dict[str, Any], by: Principal) -> parts.Kept:
    """Store a part in one transaction. The same bytes again give the same receipt, other bytes under its number ``OtherBytes``.

    Raises ``Invalid`` naming a field, ``PartGap`` when an earlier one has not arrived, ``UnknownDevice``, ``DeviceRevoked``, ``NotFound`` for an
    officer who is not of this visit. A part that comes after the record is kept like any other.
    """
    if by.inspector_id is None:
        raise Forbidden()
    try:
        raw = jcs.encode(part)
    except jcs.NotCanonical as e:
        raise Invalid(field="part", why_zh="内容格式不正确", why_en=str(e)) from e
    seq = part.get("seq")
    if not isinstance(seq, int):
        raise Invalid(field="seq", why_zh="缺少序号", why_en="its number is missing")
    async with transaction():
        await submissions.lock_inspection(inspection)
        await submission_queries.find_for_inspector(inspection, by.inspector_id)
        await people.find_signing_key(device, account_id=by.account_id, by=by.device)
        if known := await parts.find_part(inspection, device, seq, raw):
            return known
        parts_rules.check_part(
            part,
            inspection=str(inspection),
            inspector=str(by.inspector_id),
            device=str(device),
            seq=seq,
            head=await part_queries.find_head(inspection, device),
        )
        kept = await parts.keep_part(inspection, device=device, inspector=by.inspector_id, account=by.account_id, seq=seq, body=raw)
        await remind_officers(inspection)
        return kept

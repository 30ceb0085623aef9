"""Verbs on requests to erase. What is erased, and where, is the use case's (``usecases.erasing``)."""

from __future__ import annotations

from uuid import UUID

from backend.erasure import rules
from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.ledger import service as ledger
from backend.storage.engine import connection


async def ask(request: UUID, *, kind: str, subject: UUID, number: str, region: str, ground: str, by: UUID) -> bool:
    """Idempotent by ``request``; returns whether it is new. Raises ``Invalid``, ``AlreadyAsked``."""
    rules.check_request(kind, ground)
    if await connection().fetchval("select 1 from erasure_request where id = $1", request):
        return False
    made = await connection().execute(
        "insert into erasure_request (id, kind, subject, number, region, ground, state, asked_by, asked_at, reason, tombstones)"
        " values ($1, $2, $3, $4, $5, $6, 'asked', $7, $8, '', 0) on conflict (kind, subject) where state = 'asked' do nothing",
        request,
        kind,
        subject,
        number,
        region,
        ground.strip(),
        by,
        clock.now(),
    )
    if made.endswith("0"):
        raise rules.AlreadyAsked()
    await ledger.record("erasure.requested", actor=by, subject=str(request), payload={"kind": kind, "number": number, "ground": ground.strip()})
    return True


async def decide(request: UUID, *, asked_by: UUID, approved: bool, reason: str, tombstones: int, by: UUID) -> None:
    """Raises ``SamePerson``, ``Invalid`` for a refusal without a reason, ``AlreadyDecided``."""
    rules.require_another(asked_by, by)
    if not approved and not reason.strip():
        raise Invalid(field="reason", why_zh="不予删除须说明理由", why_en="a refusal needs its reason")
    done = await connection().execute(
        "update erasure_request set state = $2, decided_by = $3, decided_at = $4, reason = $5, tombstones = $6 where id = $1 and state = 'asked'",
        request,
        rules.ERASED if approved else rules.REFUSED,
        by,
        clock.now(),
        reason.strip()[:300],
        tombstones,
    )
    if done.endswith("0"):
        raise rules.AlreadyDecided()
    await ledger.record(
        "erasure.decided", actor=by, subject=str(request), payload={"approved": approved, "reason": reason.strip()[:300], "tombstones": tombstones}
    )

"""回避: declared by the officer, by the enterprise on site or by the head; decided with a reason that stays private."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.inspections.rules import OPEN
from backend.kernel import clock
from backend.kernel.errors import Conflict, Invalid, NotFound
from backend.ledger import service as ledger
from backend.storage.engine import connection, reader

ORIGINS = {"officer": ("本人申请", "By the officer"), "enterprise": ("检查对象申请", "By the enterprise"), "head": ("负责人决定", "By the head")}


@dataclass(frozen=True, slots=True)
class RecusalView:
    """``reason`` and ``decision`` are for the deciding office alone. ``open_visits``: visits of the enterprise that the officer holds now."""

    id: UUID
    inspector: UUID
    enterprise: UUID
    reason: str
    state: str
    origin: str
    declared_at: datetime
    decided_at: datetime | None
    decision: str
    ended_at: datetime | None
    open_visits: tuple[UUID, ...]


_VIEW = (
    "select r.id, r.inspector, r.enterprise, r.reason, r.state, r.origin, r.declared_at, r.decided_at, r.decision, r.ended_at,"
    " array(select i.id from inspection i join inspection_officer o on o.inspection = i.id where i.enterprise = r.enterprise"
    " and o.inspector = r.inspector and i.state = any($1)) as open_visits from recusal r"
)


def _view(row: object) -> RecusalView:
    fields = dict(row)  # type: ignore[call-overload]
    return RecusalView(**{**fields, "open_visits": tuple(fields["open_visits"])})


async def list_of(inspectors: list[UUID]) -> list[RecusalView]:
    """What stands for these officers: undecided ones first, then the newest."""
    rows = await reader().fetch(
        f"{_VIEW} where r.inspector = any($2) and r.ended_at is null and r.state <> 'dismissed' order by r.state = 'declared' desc, r.declared_at desc",
        list(OPEN),
        inspectors,
    )
    return [_view(row) for row in rows]


async def find(recusal: UUID) -> RecusalView:
    """Raises ``NotFound``."""
    row = await reader().fetchrow(f"{_VIEW} where r.id = $2", list(OPEN), recusal)
    if row is None:
        raise NotFound()
    return _view(row)


async def declare(recusal: UUID, *, inspector: UUID, enterprise: UUID, reason: str, origin: str, by: UUID | None) -> bool:
    """Put a recusal before the office; the head's own takes effect at once. Returns False where one of this pair stands already.

    ``recusal`` is the declarer's id for it, so that a repeat changes nothing. Raises ``Invalid`` without a reason.
    """
    if not reason.strip():
        raise Invalid(field="reason", why_zh="请说明回避理由（仅供内部审查）", why_en="give the reason; only the deciding office reads it")
    is_head = origin == "head"
    now = clock.now()
    done = await connection().execute(
        "insert into recusal (id, inspector, enterprise, reason, state, origin, declared_by, declared_at, decided_by, decided_at, decision)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '') on conflict do nothing",
        recusal,
        inspector,
        enterprise,
        reason.strip()[:2000],
        "upheld" if is_head else "declared",
        origin,
        by,
        now,
        by if is_head else None,
        now if is_head else None,
    )
    if done.endswith("0"):
        return False
    await ledger.record(
        "recusal.declared", actor=by, subject=str(recusal), payload={"inspector": str(inspector), "enterprise": str(enterprise), "origin": origin}
    )
    return True


async def decide(recusal: UUID, *, upheld: bool, decision: str, by: UUID) -> RecusalView:
    """Uphold or dismiss. Raises ``Invalid`` without a reason, ``Conflict`` for one that is decided."""
    if not decision.strip():
        raise Invalid(field="decision", why_zh="请写明决定理由（不公开）", why_en="give the reason for the decision; it is not published")
    state = "upheld" if upheld else "dismissed"
    done = await connection().execute(
        "update recusal set state = $2, decision = $3, decided_by = $4, decided_at = $5 where id = $1 and state = 'declared'",
        recusal,
        state,
        decision.strip(),
        by,
        clock.now(),
    )
    if done == "UPDATE 0":
        raise Conflict()
    await ledger.record("recusal.decided", actor=by, subject=str(recusal), payload={"state": state, "decision": decision.strip()})
    return await find(recusal)


async def end(recusal: UUID, *, by: UUID) -> None:
    """The reason has passed: the officer may be drawn for the enterprise again. Raises ``NotFound`` where none stands."""
    done = await connection().execute("update recusal set ended_at = $2 where id = $1 and ended_at is null and state = 'upheld'", recusal, clock.now())
    if done == "UPDATE 0":
        raise NotFound()
    await ledger.record("recusal.ended", actor=by, subject=str(recusal), payload={})

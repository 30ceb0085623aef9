"""Verbs around a visit that the office may do over many at once: a longer deadline, whose record to judge. A part of this room's service."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.inspections import rules
from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.ledger import service as ledger
from backend.storage.engine import connection

TO_VISIT = frozenset({rules.DISPATCHED, rules.RECEIVED, rules.ON_SITE, rules.RETURNED})
TO_REVIEW = frozenset({rules.SUBMITTED, rules.UNDER_REVIEW})


async def extend(inspection: UUID, *, due_on: date, reason: str, by: UUID) -> tuple[date, UUID]:
    """延期. Returns (the deadline before, the ledger entry). The caller holds the inspection's row.

    Raises ``Invalid`` without a reason or for a day that is no later, ``WrongState`` once a record is in.
    """
    row = await connection().fetchrow("select state, due_on from inspection where id = $1", inspection)
    if row["state"] not in TO_VISIT:
        raise rules.WrongState(state=row["state"])
    before = date.fromisoformat(str(row["due_on"]))
    if len(reason.strip()) < 4:
        raise Invalid(field="reason", why_zh="请写明延期理由", why_en="give the reason for the extension")
    if due_on <= before or due_on < clock.today():
        raise Invalid(field="due_on", why_zh="新的期限须晚于原期限和今天", why_en="the new deadline must lie after the present one and not before today")
    await connection().execute("update inspection set due_on = $2, version = version + 1, updated_at = $3 where id = $1", inspection, due_on, clock.now())
    entry = await ledger.record(
        "inspection.extended",
        actor=by,
        subject=str(inspection),
        payload={"from": before.isoformat(), "to": due_on.isoformat(), "reason": reason.strip()},
    )
    return before, entry


async def assign_reviewer(inspection: UUID, *, reviewer: UUID, by: UUID) -> None:
    """Who is to judge its record. The caller holds the inspection's row. Raises ``WrongState`` unless one waits, ``Invalid`` for the same again."""
    row = await connection().fetchrow("select state, reviewer from inspection where id = $1", inspection)
    if row["state"] not in TO_REVIEW:
        raise rules.WrongState(state=row["state"])
    if row["reviewer"] == reviewer:
        raise Invalid(field="reviewer", why_zh="已由此人审核", why_en="this person is its reviewer already")
    await connection().execute("update inspection set reviewer = $2, version = version + 1, updated_at = $3 where id = $1", inspection, reviewer, clock.now())
    await ledger.record(
        "review.assigned",
        actor=by,
        subject=str(inspection),
        payload={"from": str(row["reviewer"]) if row["reviewer"] else None, "to": str(reviewer)},
    )

"""A visit that goes on without a scan: told by the phone, owed until a day that everyone sees. A verb with a file of its own."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.deadlines.queries import load_book
from backend.inspections import backfill_rules, rules
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.ledger import service as ledger
from backend.storage.engine import connection


async def go_on_unscanned(inspection: UUID, *, inspector: UUID, account: UUID, started_ms: int, reason: str) -> date:
    """未扫码先行检查. Idempotent: the first officer's word stands. Returns the last day for the scan or its reason.

    Raises ``Invalid`` without a reason, ``Forbidden`` for who is not of the visit, ``WrongState`` once a record is in.
    """
    if not reason.strip():
        raise Invalid(field="reason", why_zh="请写明暂不能扫码的原因", why_en="say why the scan is not possible now")
    row = await connection().fetchrow("select state, dispatched_at, scan_due_on from inspection where id = $1 for update", inspection)
    if row is None or row["state"] == rules.VOIDED:
        raise NotFound()
    if not await connection().fetchval(
        "select exists (select 1 from inspection_officer where inspection = $1 and inspector = $2)", inspection, inspector
    ):
        raise Forbidden()
    if row["scan_due_on"] is not None:
        return date.fromisoformat(str(row["scan_due_on"]))
    rules.require_move(row["state"], rules.SUBMITTED)
    now = clock.now()
    due_on = backfill_rules.due_of(started_ms, dispatched_at=row["dispatched_at"], now=now, book=await load_book())
    await connection().execute("update inspection set scan_due_on = $2, version = version + 1, updated_at = $3 where id = $1", inspection, due_on, now)
    await ledger.record(
        "inspection.unscanned",
        actor=account,
        subject=str(inspection),
        payload={"inspector": str(inspector), "reason": reason.strip(), "scan_due_on": due_on.isoformat()},
    )
    return due_on


async def judge_backfill(inspection: UUID, record: dict[str, object]) -> tuple[date, bool] | None:
    """(last day in time, late?) of a record about to be accepted; None where the enterprise was scanned at the door.

    A record that was returned and handed in again is judged by the day of its first coming.
    """
    if not backfill_rules.is_backfilled(record):
        return None
    row = await connection().fetchrow(
        "select i.dispatched_at, i.scan_due_on, (select min(received_at) from submission s where s.inspection = i.id and s.backfill_due_on is not null)"
        " as first_at from inspection i where i.id = $1",
        inspection,
    )
    received = row["first_at"] or clock.now()
    due_on = row["scan_due_on"] or backfill_rules.due_of(
        record.get("started_t_dev"), dispatched_at=row["dispatched_at"], now=received, book=await load_book()
    )
    return due_on, backfill_rules.is_late(due_on, received)

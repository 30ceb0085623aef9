"""Reads for monitoring: one statement, cheap enough for every fifteen seconds."""

from __future__ import annotations

from datetime import datetime

from backend.kernel import clock
from backend.storage.engine import reader
from backend.vitals.rules import Vitals

_ONE = (
    "select (select count(*) from outbox_job where gave_up_at is null) as waiting,"
    " (select count(*) from outbox_job where gave_up_at is null and available_at <= $1) as due,"
    " (select min(available_at) from outbox_job where gave_up_at is null and available_at <= $1) as oldest_due,"
    " (select count(*) from outbox_job where gave_up_at is not null) as given_up,"
    " (select count(*) from ledger_stage) as staged,"
    " (select min(e.at) from (select entry_id from ledger_stage order by id limit 1) s join ledger_entry e using (entry_id)) as oldest_staged,"
    " c.size as log_size, c.at as checkpoint_at,"
    " (select coalesce(max(size), 0) from ledger_cosignature) as cosigned,"
    " (select count(*) from blob) as files, (select coalesce(sum(bytes), 0) from blob) as bytes"
    " from (select 1) one left join lateral (select size, at from ledger_checkpoint order by size desc limit 1) c on true"
)


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max(0.0, (now - at).total_seconds())


async def read_vitals() -> Vitals:
    """What is now. Needs a database with the schema."""
    now = clock.now()
    row = await reader().fetchrow(_ONE, now)
    assert row is not None
    deliveries = await reader().fetch(
        "select channel, state, count(*) as n from notify_delivery group by 1, 2 union all select 'robot', state, count(*) from notify_robot_item group by 2"
    )
    imports = await reader().fetch("select state, count(*) as n from import_batch group by 1")
    return Vitals(
        jobs_waiting=row["waiting"],
        jobs_due=row["due"],
        oldest_due_s=_age(row["oldest_due"], now),
        jobs_given_up=row["given_up"],
        entries_staged=row["staged"],
        oldest_staged_s=_age(row["oldest_staged"], now),
        log_size=row["log_size"] or 0,
        checkpoint_age_s=_age(row["checkpoint_at"], now),
        cosigned_size=row["cosigned"],
        evidence_files=row["files"],
        evidence_bytes=int(row["bytes"]),
        deliveries={(r["channel"], r["state"]): r["n"] for r in deliveries},
        imports={r["state"]: r["n"] for r in imports},
    )


async def find_oldest_staged() -> float | None:
    """Seconds that the first entry which has no place yet has waited for it."""
    at = await reader().fetchval("select e.at from (select entry_id from ledger_stage order by id limit 1) s join ledger_entry e using (entry_id)")
    return _age(at, clock.now())

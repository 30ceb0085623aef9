"""The worker's part: the evaluations of each week that is over are fixed in the log."""

from __future__ import annotations

from datetime import timedelta

from backend.evaluations import rules, service
from backend.kernel import clock
from backend.storage.engine import connection, transaction


async def seal_what_is_over() -> int:
    """Seal every week from the one of the first unsealed evaluation to the last that is over. Idempotent. Returns how many were new."""
    this_week, n = rules.week_of(clock.today()), 0
    while True:
        async with transaction():
            week = await connection().fetchval(
                "select coalesce((select max(week) + 7 from evaluation_seal), (select date_trunc('week', min(day))::date from evaluation))"
            )
            if week is None or week + timedelta(days=7) > this_week:
                return n
            n += await service.seal_week(week)

"""What has run out is forgotten."""

from __future__ import annotations

from backend.kernel import clock
from backend.storage.engine import aside


async def sweep() -> int:
    """Delete the keys whose buckets are empty, at most a thousand. Returns how many."""
    done = await aside().execute(
        "delete from rate_limit where key in (select key from rate_limit where full_until < $1 limit 1000 for update skip locked)", clock.now()
    )
    return int(done.rpartition(" ")[2])

"""The worker's part: a digest every Monday morning, or as soon as there is a worker again."""

from __future__ import annotations

from datetime import timedelta

from backend.figures import service
from backend.kernel import clock

HOUR = 8  # in Beijing, on Mondays


async def make_digests_due() -> int:
    """Make last week's digests where the morning has come. Idempotent. Returns how many are new."""
    return await service.make_digests(service.last_week(clock.day_of(clock.now() - timedelta(hours=HOUR))))

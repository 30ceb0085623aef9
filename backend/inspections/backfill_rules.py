"""补录 Back-filling a scan: a visit that went on without one because network or system failed. Pure.

Guidance on 扫码入企: within so many days, with a reason; how many stands in the table of periods (clock ``scan``) as of the Beijing
day on which the visit began, which itself does not count. What counts is the day on which the server had it, for that is the only day an
office can prove; a record is accepted however late it comes, and only flagged (docs/decisions/0014-originals-copies-and-late-scans.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from backend.deadlines.rules import SCAN, Book
from backend.kernel import clock


def due_of(started_ms: object, *, dispatched_at: datetime, now: datetime, book: Book) -> date:
    """The last day in time. ``started_ms`` is the phone's clock, so it is held between the dispatch and now. Raises ``NoPeriod``."""
    try:
        started = datetime.fromtimestamp(int(str(started_ms)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        started = now  # a clock that tells no date takes nothing from the officer
    day = clock.day_of(min(max(started, dispatched_at), now))
    period = book.period(SCAN, day)
    return book.add(day, period.amount, period.unit)


def is_backfilled(record: Mapping[str, Any]) -> bool:
    """Without a scan, or scanned later with the reason why it could not be done at the door."""
    scan = record.get("scan") or {}
    return scan.get("how") == "backfill" or bool(str(scan.get("reason") or "").strip())


def is_late(due_on: date, received_at: datetime) -> bool:
    return clock.day_of(received_at) > due_on

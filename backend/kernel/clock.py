"""The time of day, in one place so that a test may hold it still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

# China keeps one time zone without summer time (GB/T 7408), so a fixed offset needs no tz database.
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")

_source: Callable[[], datetime] | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _source() if _source else datetime.now(UTC)


def day_of(moment: datetime) -> date:
    """The day in China on which ``moment`` lies: what statutory clocks count in."""
    return moment.astimezone(BEIJING).date()


def today() -> date:
    return day_of(now())


def hold(source: Callable[[], datetime] | None) -> None:
    """Let ``source`` tell the time from now on; ``None`` gives the real clock back. For tests and the demo loader."""
    global _source
    _source = source


def rfc3339(moment: datetime) -> str:
    """``2026-11-23T09:30:00Z``: UTC, whole seconds, as the draw and the ledger write times."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"

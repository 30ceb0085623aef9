"""Reads on periods and the calendar."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from backend.deadlines.rules import Book, Period
from backend.kernel import clock
from backend.kernel.workdays import CalendarUnknown, official_calendar
from backend.storage.engine import reader


async def list_periods() -> list[Period]:
    """All rows, also those that are over: a clock that began under one is counted by it."""
    rows = await reader().fetch(
        "select clock, amount, unit, warn, valid_from, valid_to, source from statutory_period order by clock, valid_from desc"
    )
    return [Period(**row) for row in rows]


def load_holidays() -> dict[date, bool]:
    """The announced calendars of last year, this year and the two that follow, as far as they are known."""
    year = clock.today().year
    found: dict[date, bool] = {}
    for y in range(year - 2, year + 3):
        with suppress(CalendarUnknown):
            found |= official_calendar(y)
    return found


async def load_book() -> Book:
    return Book(tuple(await list_periods()), load_holidays())

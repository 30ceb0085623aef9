"""Reads on periods and the calendar."""

from __future__ import annotations

from backend.deadlines.rules import Book, Period
<<<<<<< HEAD
=======
from backend.kernel import clock
from backend.rulebook.queries import load_holidays
>>>>>>> 8ecfec7 (Code tables and the rulebook, edited by their owners; working days read the holiday table, plans the caps and rates)
from backend.storage.engine import reader


async def list_periods() -> list[Period]:
    """All rows, also those that are over: a clock that began under one is counted by it."""
    rows = await reader().fetch(
        "select clock, amount, unit, warn, valid_from, valid_to, source from statutory_period order by clock, valid_from desc"
    )
    return [Period(**row) for row in rows]


async def load_book() -> Book:
<<<<<<< HEAD
    """All periods with the holidays as the rulebook has them today."""
    rows = await reader().fetch("select day, is_off from holiday")
    return Book(tuple(await list_periods()), {row["day"]: row["is_off"] for row in rows})
=======
    """With the holiday table of the two years before this one up to the second after it, as far as its owner has filled it in."""
    year = clock.today().year
    return Book(tuple(await list_periods()), await load_holidays(year - 2, year + 2))
>>>>>>> 8ecfec7 (Code tables and the rulebook, edited by their owners; working days read the holiday table, plans the caps and rates)

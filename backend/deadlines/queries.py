"""Reads on periods and the calendar."""

from __future__ import annotations

from backend.deadlines.rules import Book, Period
from backend.rulebook.queries import load_holidays
from backend.storage.engine import reader


async def list_periods() -> list[Period]:
    """All rows, also those that are over: a clock that began under one is counted by it."""
    rows = await reader().fetch(
        "select clock, amount, unit, warn, valid_from, valid_to, source from statutory_period order by clock, valid_from desc"
    )
    return [Period(**row) for row in rows]


async def load_book() -> Book:
    """All periods with the holidays as the rulebook has them today."""
    return Book(tuple(await list_periods()), await load_holidays())

"""Reads on periods and the calendar."""

from __future__ import annotations

from backend.deadlines.rules import Book, Period
from backend.storage.engine import reader


async def list_periods() -> list[Period]:
    """All rows, also those that are over: a clock that began under one is counted by it."""
    rows = await reader().fetch(
        "select clock, amount, unit, warn, valid_from, valid_to, source from statutory_period order by clock, valid_from desc"
    )
    return [Period(**row) for row in rows]


async def load_book() -> Book:
    """All periods with the holidays as the rulebook has them today."""
    rows = await reader().fetch("select day, is_off from holiday")
    return Book(tuple(await list_periods()), {row["day"]: row["is_off"] for row in rows})

"""Reads on the rulebook: the calendar for working days, the cap and the rates that hold for a plan, how long something is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from backend.rulebook.rules import Cap, Limits, Rate, level_of
from backend.storage.engine import reader


async def load_holidays(first: int = 0, last: int = 9999) -> dict[date, bool]:
    """The holiday table of the years ``first`` .. ``last``, as ``kernel.workdays`` takes it: True off, False worked."""
    rows = await reader().fetch("select day, is_off from holiday where extract(year from day) between $1 and $2 order by day", first, last)
    return {row["day"]: row["is_off"] for row in rows}


async def count_by_year() -> dict[int, int]:
    """Days in the holiday table, by year. A year that is not there is counted by its weekends alone."""
    rows = await reader().fetch("select extract(year from day)::int as year, count(*) as n from holiday group by 1 order by 1")
    return {row["year"]: row["n"] for row in rows}


async def find_limits(departments: Sequence[str], region: str, on: date) -> Limits:
    """What a plan of these departments (the lead first) may not go beyond on a day: the smallest cap of any, the lead's rates.

    A department's own row goes before the one for all departments.
    """
    caps = await reader().fetch(
        "select distinct on (d.code, c.level) d.code, c.level, c.most, c.source from unnest($1::text[]) as d(code)"
        " join visit_cap c on c.department is null or c.department = d.code"
        " where c.level in ($2, 'together') and c.valid_from <= $3 and (c.valid_to is null or c.valid_to > $3)"
        " order by d.code, c.level, c.department is null, c.valid_from desc",
        list(departments),
        level_of(region),
        on,
    )
    rates = await reader().fetch(
        "select distinct on (class_code) class_code, low, usual, high, source from class_rate where (department is null or department = $1)"
        " and valid_from <= $2 and (valid_to is null or valid_to > $2) order by class_code, department is null, valid_from desc",
        departments[0] if departments else "",
        on,
    )
    own = [Cap(row["most"], row["source"]) for row in caps if row["level"] != "together"]
    both = [Cap(row["most"], row["source"]) for row in caps if row["level"] == "together"]
    return Limits(
        cap=min(own, key=lambda c: c.most, default=None),
        together=min(both, key=lambda c: c.most, default=None),
        rates={row["class_code"]: Rate(row["low"], row["usual"], row["high"], row["source"]) for row in rates},
    )


async def list_caps(departments: Sequence[str], on: date) -> dict[tuple[str, str], Cap]:
    """(department, level) -> the cap in force on a day; "" as a department asks for what holds for all. Levels as in ``rules.LEVELS``."""
    rows = await reader().fetch(
        "select distinct on (d.code, c.level) d.code, c.level, c.most, c.source from unnest($1::text[]) as d(code)"
        " join visit_cap c on c.department is null or c.department = d.code where c.valid_from <= $2 and (c.valid_to is null or c.valid_to > $2)"
        " order by d.code, c.level, c.department is null, c.valid_from desc",
        list(departments),
        on,
    )
    return {(row["code"], row["level"]): Cap(row["most"], row["source"]) for row in rows}


async def list_days_off(year: int) -> list[tuple[date, str]]:
    """The days off that the holiday table names, with their names."""
    rows = await reader().fetch("select day, name from holiday where is_off and extract(year from day) = $1 order by day", year)
    return [(row["day"], row["name"]) for row in rows]


async def find_retention(what: str, on: date) -> int | None:
    """For how many days it is kept, by the row in force on a day; None: for as long as nobody removes it."""
    found = await reader().fetchval("select days from retention where what = $1 and valid_from <= $2 and (valid_to is null or valid_to > $2)", what, on)
    return None if found is None else int(found)

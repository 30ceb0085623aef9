"""The year as a drawing: where a window lies on it, its months and weeks, the days off. Pure. Units: days from 1 January.

Proven by tests/rules/test_planning.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from backend.kernel.workdays import is_working_day


@dataclass(frozen=True, slots=True)
class Bar:
    """``x`` and ``width`` in days. ``before``, ``after``: the window reaches out of the year on that side."""

    x: int
    width: int
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class Month:
    month: int
    days: int
    working_days: int


@dataclass(frozen=True, slots=True)
class Run:
    """Days off that the holiday table names, one after the other: 元旦 1-1 .. 1-3. ``x``, ``width`` in days."""

    name: str
    first: date
    last: date
    x: int
    width: int


def days_of(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def bar_of(first: date, last: date, year: int) -> Bar | None:
    """None for a window that has no day in the year."""
    begin, end = date(year, 1, 1), date(year, 12, 31)
    if first > end or last < begin:
        return None
    shown_first, shown_last = max(first, begin), min(last, end)
    return Bar((shown_first - begin).days, (shown_last - shown_first).days + 1, first < begin, last > end)


def count_working_days(first: date, last: date, holidays: Mapping[date, bool]) -> int:
    """Both ends count."""
    return sum(is_working_day(first + timedelta(days=n), holidays) for n in range((last - first).days + 1))


def months_of(year: int, holidays: Mapping[date, bool]) -> list[Month]:
    found = []
    for month in range(1, 13):
        first = date(year, month, 1)
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        found.append(Month(month, last.day, count_working_days(first, last, holidays)))
    return found


def weeks_of(year: int) -> list[tuple[int, int, int]]:
    """(ISO week, x, width) of every week that has a day in the year; the first and the last may be cut."""
    found: list[tuple[int, int, int]] = []
    day, end = date(year, 1, 1), date(year, 12, 31)
    while day <= end:
        last = min(end, day + timedelta(days=6 - day.weekday()))
        found.append((day.isocalendar().week, (day - date(year, 1, 1)).days, (last - day).days + 1))
        day = last + timedelta(days=1)
    return found


def runs_of(year: int, named: Iterable[tuple[date, str]]) -> list[Run]:
    """``named``: days off with their names, in any order."""
    begin = date(year, 1, 1)
    found: list[Run] = []
    for day, name in sorted(d for d in named if d[0].year == year):
        if found and found[-1].name == name and found[-1].last + timedelta(days=1) == day:
            last = found.pop()
            found.append(Run(name, last.first, day, last.x, last.width + 1))
        else:
            found.append(Run(name, day, day, (day - begin).days, 1))
    return found

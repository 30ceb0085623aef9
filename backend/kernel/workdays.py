"""Working days 工作日, counted with an editable table of holidays.

The table is a mapping ``date -> bool``: True is a day off that would be a working day (or is named by the State Council's
yearly notice), False is a Saturday or Sunday that is worked. Days without an entry follow the week. Proving test:
``tests/rules/test_workdays.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import chinese_calendar.constants as published

from backend.kernel.errors import DomainError


class CalendarUnknown(DomainError):
    """The State Council has not announced that year's holidays, or the library does not carry them."""

    code = "calendar-unknown"
    status = 422
    zh = "{year} 年的节假日安排尚未收录，请先在节假日表中维护"
    en = "The holidays of {year} are not known yet: enter them in the holiday table first"


def official_calendar(year: int) -> dict[date, bool]:
    """The announced days off (True) and worked weekends (False) of ``year``, to fill the holiday table from.

    Source: the State Council's yearly notices as carried by ``chinesecalendar``. Raises ``CalendarUnknown`` for other years.
    """
    days = {day: True for day in published.holidays if day.year == year}
    days.update({day: False for day in published.workdays if day.year == year})
    if not any(days.values()):
        raise CalendarUnknown(year=year)
    return dict(sorted(days.items()))


_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}


def official_name(day: date) -> str:
    """What a day of ``official_calendar`` is off, or worked, for."""
    name = published.holidays.get(day) or published.workdays.get(day) or ""
    return _NAMES.get(name, name)


def is_working_day(day: date, holidays: Mapping[date, bool]) -> bool:
    off = holidays.get(day)
    return day.weekday() < 5 if off is None else not off


def add_working_days(start: date, n: int, holidays: Mapping[date, bool]) -> date:
    """The ``n``-th working day after ``start``; the day itself does not count (行政处罚法 85: periods in working days)."""
    if n < 0:
        raise ValueError("a period has no negative length")
    day = start
    while n:
        day += timedelta(days=1)
        n -= is_working_day(day, holidays)
    return day


def is_provisional(start: date, end: date, holidays: Mapping[date, bool]) -> bool:
    """Whether a date counted from ``start`` to ``end`` passes through a year that the holiday table says nothing about."""
    known = {day.year for day in holidays}
    return any(year not in known for year in range(start.year, end.year + 1))

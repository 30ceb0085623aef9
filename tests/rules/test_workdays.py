from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.dates import is_open_end, read_date
from backend.kernel.workdays import CalendarUnknown, add_working_days, is_provisional, is_working_day, official_calendar

TABLE = {day: off for year in (2024, 2025, 2026) for day, off in official_calendar(year).items()}


@pytest.mark.parametrize(
    ("start", "end"),
    [(date(2024, 9, 13), date(2024, 10, 17)), (date(2025, 9, 26), date(2025, 10, 30)), (date(2026, 2, 10), date(2026, 3, 16))],
)
def test_twenty_working_days_across_the_long_holidays(start: date, end: date) -> None:
    assert add_working_days(start, 20, TABLE) == end


def test_an_edited_table_moves_the_deadline() -> None:
    assert add_working_days(date(2026, 3, 2), 1, TABLE) == date(2026, 3, 3)
    assert add_working_days(date(2026, 3, 2), 1, {**TABLE, date(2026, 3, 3): True}) == date(2026, 3, 4)
    assert add_working_days(date(2026, 3, 6), 1, {**TABLE, date(2026, 3, 7): False}) == date(2026, 3, 7)


def test_zero_days_is_the_day_itself_and_negative_is_refused() -> None:
    assert add_working_days(date(2026, 3, 7), 0, TABLE) == date(2026, 3, 7)
    with pytest.raises(ValueError, match="negative"):
        add_working_days(date(2026, 3, 7), -1, TABLE)


@given(st.dates(date(2024, 1, 1), date(2026, 10, 1)), st.integers(1, 40))
def test_exactly_n_working_days_lie_between(start: date, n: int) -> None:
    end = add_working_days(start, n, TABLE)
    days = [date.fromordinal(o) for o in range(start.toordinal() + 1, end.toordinal() + 1)]
    assert sum(is_working_day(day, TABLE) for day in days) == n
    assert is_working_day(end, TABLE)


def test_years_nobody_announced_are_named() -> None:
    with pytest.raises(CalendarUnknown, match="2027"):
        official_calendar(2027)
    with pytest.raises(CalendarUnknown):
        official_calendar(1999)
    assert not is_provisional(date(2026, 11, 23), date(2026, 12, 21), TABLE)
    assert is_provisional(date(2026, 12, 21), date(2027, 1, 19), TABLE)


@pytest.mark.parametrize(
    "text",
    ["2014-03-05", "2014/3/5", "2014.3.5", "2014年3月5日", "20140305", "41703", "41703.5", " ２０１４年３月５日 ", "2014-03-05 00:00:00"],
)
def test_dates_as_they_are_written(text: str) -> None:
    assert read_date(text) == date(2014, 3, 5)


@pytest.mark.parametrize("text", ["", "2014-13-05", "2014-02-30", "三月五日", "12", "999999", "长期", "2014-03-05 之后"])
def test_what_is_no_date(text: str) -> None:
    assert read_date(text) is None


def test_no_end() -> None:
    assert is_open_end("9999-09-09")
    assert is_open_end("长期")
    assert not is_open_end("2029-09-09")

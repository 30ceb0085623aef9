"""Lamps with working days: every clock, both sides of each edge, across the long holidays; counted at once as one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.deadlines import rules
from backend.deadlines.rules import Book, Lamp, NoPeriod, Period, bounds, chain, check_period, judge, judge_all
from backend.kernel.errors import Invalid
from backend.kernel.workdays import official_calendar

HOLIDAYS = {day: off for year in (2024, 2025, 2026) for day, off in official_calendar(year).items()}
START = date(2019, 1, 1)


def period(clock: str, amount: int, unit: str, warn: int, first: date = START, last: date | None = None) -> Period:
    return Period(clock, amount, unit, warn, first, last, "test")


PERIODS = (
    period("visit", 0, "working", 5),
    period("scan", 10, "natural", 3),
    period("publish", 20, "working", 5),
    period("review", 5, "working", 2),
    period("objection", 20, "working", 5),
    period("replacement", 3, "working", 1),
    period("rectify", 0, "working", 3),
    period("withdraw", 3, "working", 1),
    period("acknowledge", 5, "working", 2),
    period("invitation", 2, "working", 1),
)
BOOK = Book(PERIODS, HOLIDAYS)


def colour(clock: str, since: date, today: date) -> str:
    return judge(clock, since, BOOK, today).colour


@pytest.mark.parametrize(
    ("clock", "since", "last_green", "first_yellow", "due_on"),
    [
        # 20 working days over the National Day holiday of 2024 (two worked Saturdays), as the law counts them.
        ("publish", date(2024, 9, 13), date(2024, 10, 10), date(2024, 10, 11), date(2024, 10, 17)),
        ("publish", date(2026, 2, 10), date(2026, 3, 8), date(2026, 3, 9), date(2026, 3, 16)),
        ("objection", date(2025, 9, 26), date(2025, 10, 22), date(2025, 10, 23), date(2025, 10, 30)),
        ("review", date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 30)),
        # Friday: three working days are Monday to Wednesday.
        ("replacement", date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)),
        ("withdraw", date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)),
        ("acknowledge", date(2026, 11, 16), date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 23)),
        # Asked on a Friday: Monday and Tuesday; asked before the National Day holiday: the first two days after it.
        ("invitation", date(2026, 11, 20), date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 24)),
        # Stored days: the deadline itself, warned of five (three) working days or three natural days before.
        ("visit", date(2026, 11, 30), date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 30)),
        ("rectify", date(2026, 11, 30), date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 30)),
        ("scan", date(2026, 11, 30), date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)),
    ],
)
def test_each_clock_turns_yellow_then_red_on_the_right_day(clock, since, last_green, first_yellow, due_on):
    assert judge(clock, since, BOOK, since).due_on == due_on
    assert colour(clock, since, last_green) == "green"
    assert colour(clock, since, first_yellow) == "yellow"
    assert colour(clock, since, due_on) == "yellow", "the last day is still in time"
    assert colour(clock, since, due_on + timedelta(days=1)) == "red"


def test_what_is_left_is_told_in_the_clocks_own_days():
    lamp = judge("publish", date(2024, 9, 13), BOOK, date(2024, 9, 30))
    assert (lamp.left, lamp.unit, lamp.due_on) == (9, "working", date(2024, 10, 17))
    assert judge("publish", date(2024, 9, 13), BOOK, date(2024, 10, 17)).left == 0
    assert judge("publish", date(2024, 9, 13), BOOK, date(2024, 10, 21)).left == -2, "Friday and Monday; the weekend is not counted"
    assert judge("scan", date(2026, 11, 30), BOOK, date(2026, 12, 6)).left == -6, "natural days are"


def test_the_last_of_rolling_days_is_no_holiday():
    """市场监督管理投诉举报处理办法 45: a last day on a holiday is the first day after it. National Day of 2026 is off from the 1st to the 7th."""
    book = Book((period("tip_settle", 60, "rolling", 10),), HOLIDAYS)
    for since, due_on in (
        (date(2026, 8, 1), date(2026, 9, 30)),
        (date(2026, 8, 2), date(2026, 10, 8)),
        (date(2026, 8, 8), date(2026, 10, 8)),
        (date(2026, 8, 9), date(2026, 10, 8)),
        (date(2026, 8, 10), date(2026, 10, 9)),
        (date(2026, 5, 16), date(2026, 7, 15)),
    ):
        assert judge("tip_settle", since, book, since).due_on == due_on, since
    lamp = judge("tip_settle", date(2026, 8, 2), book, date(2026, 10, 8))
    assert (lamp.colour, lamp.left) == ("yellow", 0)
    assert judge("tip_settle", date(2026, 8, 2), book, date(2026, 10, 9)).colour == "red"


def test_a_year_without_an_announced_calendar_is_said():
    assert not judge("publish", date(2026, 11, 2), BOOK, date(2026, 11, 25)).is_provisional
    assert judge("publish", date(2026, 12, 21), BOOK, date(2026, 12, 22)).is_provisional
    assert not judge("scan", date(2027, 1, 3), BOOK, date(2026, 12, 30)).is_provisional, "natural days need no calendar"


def test_a_period_that_changed_counts_from_the_day_that_a_clock_began():
    changed = Book(
        (period("publish", 20, "working", 5, START, date(2026, 7, 1)), period("publish", 7, "working", 2, date(2026, 7, 1))), HOLIDAYS
    )
    assert judge("publish", date(2026, 6, 30), changed, date(2026, 7, 1)).due_on == date(2026, 7, 28)
    assert judge("publish", date(2026, 7, 1), changed, date(2026, 7, 1)).due_on == date(2026, 7, 10)
    with pytest.raises(NoPeriod, match="2018-12-31"):
        judge("publish", date(2018, 12, 31), changed, date(2026, 7, 1))


def test_the_most_pressing_lamp_comes_first():
    today = date(2026, 11, 25)
    running = [("visit", date(2026, 12, 30)), ("scan", date(2026, 11, 24)), ("replacement", date(2026, 11, 24)), ("objection", date(2026, 10, 1))]
    found = judge_all(running, BOOK, today)
    assert [(lamp.clock, lamp.colour) for lamp in found] == [("objection", "red"), ("scan", "red"), ("replacement", "green"), ("visit", "green")]
    assert judge_all([], BOOK, today) == []


def colour_by_bounds(book: Book, clock: str, since: date, today: date) -> str:
    """What the database does with the bounds."""
    (found,) = [b for b in bounds(book, today) if b.clock == clock and b.first <= since <= b.last]
    return "red" if since < found.red_before else "yellow" if since < found.yellow_before else "green"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(rules.CLOCKS),
    st.dates(date(2024, 1, 2), date(2026, 11, 1)),
    st.integers(-40, 60),
    st.integers(0, 30),
    st.sampled_from(["working", "natural", "rolling"]),
    st.integers(0, 8),
)
def test_bounds_say_what_judge_says(clock, today, offset, amount, unit, warn):
    since = today + timedelta(days=offset)
    split = today - timedelta(days=7)
    book = Book((period(clock, amount, unit, warn, START, split), period(clock, amount // 2, unit, warn, split)), HOLIDAYS)
    assert colour_by_bounds(book, clock, since, today) == judge(clock, since, book, today).colour


def test_an_edited_holiday_moves_the_lamp():
    today = date(2026, 3, 5)
    assert judge("withdraw", date(2026, 3, 2), BOOK, today).due_on == today
    closed = replace(BOOK, holidays={**HOLIDAYS, date(2026, 3, 3): True})
    assert judge("withdraw", date(2026, 3, 2), closed, today) == Lamp("withdraw", "yellow", date(2026, 3, 2), date(2026, 3, 6), 1, "working", False)


@given(
    clock=st.sampled_from([p.clock for p in PERIODS]),
    first=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    days=st.integers(0, 120),
    turn=st.integers(0, 120),
    amounts=st.tuples(st.integers(0, 30), st.integers(0, 30)),
    units=st.tuples(*[st.sampled_from(["working", "natural", "rolling"])] * 2),
)
@settings(max_examples=150, deadline=None)
def test_a_span_counted_at_once_ends_as_each_of_its_days(clock, first, days, turn, amounts, units):
    """The law changes within the span, after a gap of a day without any period."""
    change = first + timedelta(days=turn)
    old = period(clock, amounts[0], units[0], 1, START, change - timedelta(days=2))
    book = Book((period(clock, amounts[1], units[1], 1, change), old), HOLIDAYS)
    expected = {}
    for day in (first + timedelta(days=k) for k in range(days + 1)):
        try:
            expected[day] = book.due_of(clock, day)
        except NoPeriod:
            continue
    assert book.ends(clock, first, first + timedelta(days=days)) == expected


def test_each_row_ends_where_the_next_begins_and_no_day_is_left_out():
    a, b, c = date(2019, 1, 1), date(2026, 7, 1), date(2027, 1, 1)
    assert chain({"x": a}) == {"x": None}
    assert chain({"z": c, "x": a, "y": b}, a) == {"x": b, "y": c, "z": None}
    assert chain({"x": date(2018, 1, 1), "y": b}, a) == {"x": b, "y": None}, "the earliest may begin earlier"
    for wrong in ({"x": date(2020, 1, 1), "y": b}, {"x": a, "y": a}):
        with pytest.raises(Invalid) as refused:
            chain(wrong, a)
        assert refused.value.fields["field"] == "valid_from"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"clock": "lunch"}, "clock"),
        ({"unit": "weeks"}, "unit"),
        ({"clock": "visit"}, "amount"),
        ({"clock": "rectify"}, "amount"),
        ({"clock": "scan", "amount": 0}, "amount"),
        ({"source": ""}, "source"),
    ],
)
def test_a_period_that_cannot_stand(wrong, field):
    values = {"clock": "review", "amount": 5, "unit": "working", "warn": 2, "valid_from": START, "source": "x"}
    check_period(values)
    check_period(values | {"amount": 0, "clock": "visit"})
    with pytest.raises(Invalid) as refused:
        check_period(values | wrong)
    assert refused.value.fields["field"] == field

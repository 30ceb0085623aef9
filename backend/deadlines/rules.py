"""The lamp of a clock: its colour, its day and what is left, from a dated period and the calendar. Pure.

A clock runs from ``since``, a Beijing day. Its period is the one in force on that day. It ends on ``due_on``: the ``amount``-th working
or natural day after ``since`` (行政处罚法 85: the first day does not count; periods of days are working days where the table says so). Rolling
days are natural ones whose last day, where it is a holiday of the calendar, is the first day after it (投诉举报处理办法 45);
amount 0 means that the day itself is stored. Green until ``warn`` days before the end, yellow up to and on that day, red after it.

``bounds`` says the same of many rows at once, so that a database can count lamps by comparing dates; proven equal to ``judge`` by
``tests/rules/test_deadlines.py``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final, TypeVar

from backend.history.rules import check_text
from backend.kernel.errors import DomainError, Invalid
from backend.kernel.workdays import add_working_days, is_provisional, is_working_day

TIP_CLOCKS: Final = ("tip_accept", "tip_check", "tip_check_long", "tip_settle", "tip_case")
VISIT, SCAN, REVIEW, PUBLISH, OBJECTION, REPLACEMENT, RECTIFY, WITHDRAW, ACKNOWLEDGE, INVITATION, RESPONSE = (
    "visit",
    "scan",
    "review",
    "publish",
    "objection",
    "replacement",
    "rectify",
    "withdraw",
    "acknowledge",
    "invitation",
    "response",
)
CLOCKS: Final = (VISIT, SCAN, REVIEW, PUBLISH, OBJECTION, REPLACEMENT, RECTIFY, WITHDRAW, ACKNOWLEDGE, INVITATION, RESPONSE, *TIP_CLOCKS)
# Their last day is stored with the thing itself, for it was told to somebody; the table gives only the warning.
STORED: Final = frozenset({VISIT, SCAN, RECTIFY})
# Of these even the length comes with the thing: a campaign's deadline, an order's.
UNMEASURED: Final = frozenset({VISIT, RECTIFY})
UNITS: Final = ("working", "natural", "rolling")
GREEN, YELLOW, RED = "green", "yellow", "red"
COLOURS: Final = (RED, YELLOW, GREEN)
DAY: Final = timedelta(days=1)


class NoPeriod(DomainError):
    code = "no-period"
    status = 422
    zh = "期限表中没有 {day} 适用的“{clock}”期限"
    en = "The table of periods has none for {clock} on {day}"


@dataclass(frozen=True, slots=True)
class Period:
    """One clock's length from ``valid_from`` up to, and no longer on, ``valid_to``.

    ``unit``: working | natural | rolling, for ``amount`` and ``warn`` alike.
    """

    clock: str
    amount: int
    unit: str
    warn: int
    valid_from: date
    valid_to: date | None
    source: str

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Book:
    """All periods, and the holidays that working days are counted with (see ``kernel.workdays``)."""

    periods: Sequence[Period]
    holidays: Mapping[date, bool]

    def period(self, clock: str, since: date) -> Period:
        """Raises ``NoPeriod``."""
        for period in self.periods:
            if period.clock == clock and period.holds(since):
                return period
        raise NoPeriod(clock=clock, day=since.isoformat())

    def add(self, start: date, n: int, unit: str) -> date:
        if unit == "working":
            return add_working_days(start, n, self.holidays)
        end = start + n * DAY
        while n and unit == "rolling" and self.holidays.get(end):
            end += DAY
        return end

    def due_of(self, clock: str, since: date) -> date:
        """The last day of a clock that runs from ``since``."""
        period = self.period(clock, since)
        return since if clock in STORED else self.add(since, period.amount, period.unit)


    def ends(self, clock: str, first: date, last: date) -> dict[date, date]:
        """Each day ``first`` .. ``last`` -> ``due_of`` the clock from that day, in one pass over the calendar; days without a period are left out."""
        found: dict[date, date] = {}
        worked: list[date] = []  # the working days after ``first``, as far as they were needed
        day, seen = first, first
        while day <= last:
            period = next((p for p in self.periods if p.clock == clock and p.holds(day)), None)
            if period is not None and (clock in STORED or period.amount == 0):
                found[day] = day
            elif period is not None and period.unit != "working":
                found[day] = self.add(day, period.amount, period.unit)
            elif period is not None:
                while seen < day or len(worked) < bisect_right(worked, day) + period.amount:
                    seen += DAY
                    if is_working_day(seen, self.holidays):
                        worked.append(seen)
                found[day] = worked[bisect_right(worked, day) + period.amount - 1]
            day += DAY
        return found


@dataclass(frozen=True, slots=True)
class Lamp:
    """``left``: days until ``due_on`` in the period's unit, 0 on the day itself, negative when late.

    ``is_provisional``: the count passes through a year whose holidays nobody has entered.
    """

    clock: str
    colour: str
    since: date
    due_on: date
    left: int
    unit: str
    is_provisional: bool

    @property
    def rank(self) -> tuple[int, date, int]:
        """The most pressing first: red before yellow before green, then by date."""
        return COLOURS.index(self.colour), self.due_on, CLOCKS.index(self.clock)


def _between(first: date, last: date, unit: str, holidays: Mapping[date, bool]) -> int:
    """Days after ``first`` up to and with ``last``, in the unit; negative where ``last`` lies before."""
    if last < first:
        return -_between(last, first, unit, holidays)
    days = (last - first).days
    return days if unit != "working" else sum(is_working_day(first + (n + 1) * DAY, holidays) for n in range(days))


def judge(clock: str, since: date, book: Book, today: date) -> Lamp:
    """The lamp of one running clock. Raises ``NoPeriod``."""
    period = book.period(clock, since)
    due_on = book.due_of(clock, since)
    colour = RED if due_on < today else YELLOW if due_on <= book.add(today, period.warn, period.unit) else GREEN
    unknown = period.unit != "natural" and is_provisional(min(since, due_on, today), max(due_on, today), book.holidays)
    return Lamp(clock, colour, since, due_on, _between(today, due_on, period.unit, book.holidays), period.unit, unknown)


def judge_all(running: Iterable[tuple[str, date]], book: Book, today: date) -> list[Lamp]:
    """The lamps of all clocks of one thing, the most pressing first."""
    return sorted((judge(clock, since, book, today) for clock, since in running), key=lambda lamp: lamp.rank)


@dataclass(frozen=True, slots=True)
class Bound:
    """Of a clock that runs since a day in ``first`` .. ``last``: red if that day lies before ``red_before``, else yellow if before ``yellow_before``."""

    clock: str
    first: date
    last: date
    red_before: date
    yellow_before: date


def _first_due_after(day: date, clock: str, period: Period, book: Book) -> date:
    """The earliest ``since`` whose last day lies after ``day``. A longer wait never ends earlier, so one walk finds it."""
    if clock in STORED or period.amount == 0:
        return day + DAY
    since = day + DAY
    while book.add(since - DAY, period.amount, period.unit) > day:
        since -= DAY
    return since


def bounds(book: Book, today: date) -> list[Bound]:
    """One per row of the table of periods."""
    return [
        Bound(
            p.clock,
            p.valid_from,
            p.valid_to - DAY if p.valid_to else date.max,
            _first_due_after(today - DAY, p.clock, p, book),
            _first_due_after(book.add(today, p.warn, p.unit), p.clock, p, book),
        )
        for p in book.periods
    ]


# -- a row as its owner edits it ---------------------------------------------------------------------------------------

Key = TypeVar("Key", bound=Hashable)


def check_period(values: Mapping[str, Any]) -> None:
    """Raises ``Invalid``."""
    if values["clock"] not in CLOCKS:
        raise Invalid(field="clock", why_zh="没有这个期限", why_en="there is no such period")
    if values["unit"] not in UNITS:
        raise Invalid(field="unit", why_zh="须为工作日、自然日或末日顺延的自然日", why_en="must be working, natural or rolling days")
    if values["clock"] in UNMEASURED and values["amount"]:
        raise Invalid(
            field="amount", why_zh="这一期限的末日随任务或文书载明，须填 0", why_en="its last day comes with the campaign or the order: give 0"
        )
    if values["clock"] == SCAN and not values["amount"]:
        raise Invalid(field="amount", why_zh="须为 1 天以上", why_en="must be a day or more")
    check_text(values, "source", 200)


def chain(begins: Mapping[Key, date], covered_from: date | None = None) -> dict[Key, date | None]:
    """When each row of one clock ends: on the day on which the next begins, so that no day is without a period or has two.

    ``covered_from``: the day from which on the clock had a period so far. Raises ``Invalid``.
    """
    ordered = sorted(begins, key=lambda key: begins[key])
    for one, following in pairwise(ordered):
        if begins[one] == begins[following]:
            raise Invalid(field="valid_from", why_zh="该日已有一条启用，请直接修改那一条", why_en="a row begins on that day already: change that one")
    if covered_from is not None and begins[ordered[0]] > covered_from:
        raise Invalid(
            field="valid_from",
            why_zh=f"这是最早的一条，不能晚于 {covered_from}：此前开始的期限要靠它计算",
            why_en=f"this is the earliest row and cannot begin after {covered_from}: clocks that began before are counted by it",
        )
    return {key: begins[following] if following is not None else None for key, following in zip(ordered, [*ordered[1:], None], strict=True)}

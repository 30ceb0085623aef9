"""补录: so many days from the day of the visit as the table says, judged by what the server can prove."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from backend.deadlines.rules import Book, NoPeriod, Period
from backend.inspections.backfill_rules import due_of, is_backfilled, is_late

DISPATCHED = datetime(2026, 11, 20, 1, tzinfo=UTC)
NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
BOOK = Book((Period("scan", 10, "natural", 3, date(2019, 1, 1), None, "test"),), {})


def ms(*when: int) -> int:
    return round(datetime(*when, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("started", "due"),
    [
        (ms(2026, 11, 25, 3), date(2026, 12, 5)),
        (ms(2026, 11, 25, 15, 59), date(2026, 12, 5)),  # 23:59 in Beijing
        (ms(2026, 11, 25, 16, 1), date(2026, 12, 6)),  # already the next day there
        (ms(2020, 1, 1), date(2026, 11, 30)),  # a clock years behind: the visit cannot be older than its dispatch
        (ms(2030, 1, 1), date(2026, 12, 11)),  # and not later than now
        (None, date(2026, 12, 11)),
        ("x", date(2026, 12, 11)),
        (10**30, date(2026, 12, 11)),
    ],
)
def test_the_last_day(started: object, due: date) -> None:
    assert due_of(started, dispatched_at=DISPATCHED, now=NOW, book=BOOK) == due


def test_a_changed_period_counts_for_visits_that_begin_under_it() -> None:
    change = date(2026, 11, 26)
    book = Book((Period("scan", 10, "natural", 3, date(2019, 1, 1), change, "old"), Period("scan", 5, "working", 1, change, None, "new")), {})
    assert due_of(ms(2026, 11, 25, 3), dispatched_at=DISPATCHED, now=NOW, book=book) == date(2026, 12, 5)
    assert due_of(ms(2026, 11, 26, 3), dispatched_at=DISPATCHED, now=NOW, book=book) == date(2026, 12, 3), "Thursday and five working days"
    with pytest.raises(NoPeriod):
        due_of(ms(2026, 11, 25, 3), dispatched_at=DISPATCHED, now=NOW, book=Book((), {}))


def test_late_from_the_eleventh_day_in_beijing() -> None:
    assert not is_late(date(2026, 12, 5), datetime(2026, 12, 5, 15, 59, tzinfo=UTC))
    assert is_late(date(2026, 12, 5), datetime(2026, 12, 5, 16, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("scan", "backfilled"),
    [
        ({"how": "qr", "reason": None}, False),
        ({"how": "qr", "reason": "现场没有网络"}, True),
        ({"how": "backfill", "reason": "x"}, True),
        (None, False),
    ],
)
def test_what_a_backfill_is(scan: object, backfilled: bool) -> None:
    assert is_backfilled({"scan": scan}) is backfilled

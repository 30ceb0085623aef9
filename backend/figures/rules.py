"""What is counted, for which period, and when a figure is good. Pure.

A measure is a share: of the rows that count (``all``), those that keep to it (``hit``). ``late`` are the rows that can no longer keep to it.
Joint inspections count for the department that leads them, so that departments add up to their region. Proven by tests/rules/test_figures.py
and, row by row, by tests/rooms/test_figures.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from backend.kernel.errors import Invalid

CAMPAIGN, INSPECTION, ORDER = "campaign", "inspection", "order"
HIT, MISS, LATE = "hit", "miss", "late"
PARTS: Final = ("", HIT, MISS, LATE)


@dataclass(frozen=True, slots=True)
class Measure:
    """``subject``: what one row is. ``can_wait``: a row that does not keep to it yet still may. ``is_confidential``: the oversight office's alone.

    Texts in pairs (zh, en).
    """

    key: str
    name: tuple[str, str]
    means: tuple[str, str]
    hit: tuple[str, str]
    all: tuple[str, str]
    is_high_good: bool
    subject: str = INSPECTION
    can_wait: bool = False
    is_confidential: bool = False


MEASURES: Final[Mapping[str, Measure]] = {
    m.key: m
    for m in (
        Measure(
            "plan",
            ("计划完成率", "Plan completion"),
            (
                "完成期限在本期内的抽查任务中，已抽取且全部检查都已提交记录的比例。",
                "Of the campaigns due in the period, those drawn and with a record for every visit.",
            ),
            ("已完成的任务", "Campaigns completed"),
            ("本期到期的任务", "Campaigns due"),
            True,
            CAMPAIGN,
            can_wait=True,
        ),
        Measure(
            "done",
            ("检查完成率", "Inspections done"),
            (
                "完成期限在本期内的检查中，已提交检查记录的比例；退回修改的视为未完成。",
                "Of the inspections due in the period, those whose record was handed in; a returned one counts as not done.",
            ),
            ("已提交记录的检查", "Inspections with a record"),
            ("本期到期的检查", "Inspections due"),
            True,
            can_wait=True,
        ),
        Measure(
            "published",
            ("按时公示率", "Published on time"),
            (
                "本期内完成的检查中，结果在完成之日起规定工作日内首次公示的比例；尚在期限内而未公示的不计入。",
                "Of the inspections completed in the period, those first published within the working days allowed; those still in time are left out.",
            ),
            ("按时公示的结果", "Results published in time"),
            ("已公示或已过期限的检查", "Inspections published or past the limit"),
            True,
        ),
        Measure(
            "joint",
            ("联合抽查占比", "Joint inspections"),
            (
                "完成期限在本期内的双随机检查中，由两个以上部门联合实施的比例。",
                "Of the random inspections due in the period, those by two departments or more.",
            ),
            ("联合检查", "Joint inspections"),
            ("双随机检查", "Random inspections"),
            True,
        ),
        Measure(
            "replaced",
            ("替换率", "Replacements"),
            (
                "抽中且完成期限在本期内的检查对象中，经两人批准由备选对象替换的比例；被替换的仍计入总数。",
                "Of the enterprises drawn and due in the period, those replaced by an alternate with two approvals; they stay in the total.",
            ),
            ("被替换的检查对象", "Enterprises replaced"),
            ("抽中的检查对象", "Enterprises drawn"),
            False,
        ),
        Measure(
            "scanned",
            ("现场扫码率", "Scanned on site"),
            (
                "本期内完成且有有效记录的检查中，进门时扫码、没有补录的比例。",
                "Of the inspections completed in the period, those that began with a scan at the door, not back-filled.",
            ),
            ("现场扫码的检查", "Inspections scanned on site"),
            ("完成的检查", "Inspections completed"),
            True,
        ),
        Measure(
            "backfilled",
            ("补录率", "Back-filled scans"),
            (
                "本期内完成且有有效记录的检查中，扫码为事后补录的比例；逾期补录的另行列出。",
                "Of the inspections completed in the period, those whose scan was back-filled; the ones back-filled too late are listed apart.",
            ),
            ("补录扫码的检查", "Inspections back-filled"),
            ("完成的检查", "Inspections completed"),
            False,
        ),
        Measure(
            "arrived",
            ("到场报到率", "Arrival told"),
            (
                "本期内完成且有有效记录的检查中，到场当时即向办公端报到、企业扫码可核验检查人员的比例。",
                "Of the inspections completed in the period, those whose arrival reached the office at once, so that the enterprise could check its visitors.",
            ),
            ("到场即报到的检查", "Inspections told on arrival"),
            ("完成的检查", "Inspections completed"),
            True,
        ),
        Measure(
            "rectified",
            ("整改按期办结率", "Rectified in time"),
            (
                "改正期限在本期内的责令改正中，在期限内办结的比例；平均用时自责令之日起算至办结之日。",
                "Of the orders to correct due in the period, those closed in time; the average runs from the order to its closing.",
            ),
            ("按期办结的责令改正", "Orders closed in time"),
            ("本期到期的责令改正", "Orders due"),
            True,
            ORDER,
            can_wait=True,
        ),
        Measure(
            "satisfied",
            ("企业满意率", "Satisfied enterprises"),
            (
                "本期内收到企业评价的检查中，总体评价平均在 4 分以上的比例。评价对被评价部门匿名，明细仅限督查室。",
                "Of the inspections evaluated in the period, those with a mean overall mark of 4 or more. Rows are the oversight office's alone.",
            ),
            ("企业满意的检查", "Inspections evaluated well"),
            ("收到评价的检查", "Inspections evaluated"),
            True,
            is_confidential=True,
        ),
    )
}
OPEN_MEASURES: Final = tuple(m.key for m in MEASURES.values() if not m.is_confidential)


def measures_for(*, oversight: bool) -> tuple[str, ...]:
    """What a person may see: everything for the oversight office, for others what is not confidential."""
    return tuple(MEASURES) if oversight else OPEN_MEASURES


@dataclass(frozen=True, slots=True)
class Count:
    """Of ``total`` rows, ``hit`` keep to the measure and ``late`` no longer can. ``days``: what they took on average, where that is measured."""

    total: int = 0
    hit: int = 0
    late: int = 0
    days: float | None = None

    @property
    def percent(self) -> float | None:
        """One decimal, rounded down: 99.96 is not yet 100. None where nothing counts."""
        return self.hit * 1000 // self.total / 10 if self.total else None


MET, OPEN, MISSED, UNJUDGED = "met", "open", "missed", ""


def judge(measure: Measure, count: Count, target: float | None) -> str:
    """met | open (not yet, but no row has failed it) | missed | "" without a target or rows."""
    if target is None or not count.total:
        return UNJUDGED
    if not measure.is_high_good:
        return MET if count.hit * 100 <= target * count.total else MISSED
    if count.hit * 100 >= target * count.total:
        return MET
    return OPEN if measure.can_wait and count.late == 0 else MISSED


# -- the queue of records ----------------------------------------------------------------------------------------------

# Working days that a record has waited: the last of each bucket, None without end.
AGES: Final[tuple[int | None, ...]] = (0, 2, 5, 10, None)


def bucket_of(age: int) -> int:
    """Index into ``AGES``."""
    return next(n for n, last in enumerate(AGES) if last is None or age <= last)


# -- periods ---------------------------------------------------------------------------------------------------------

_YEAR = re.compile(r"(20\d\d)")
_QUARTER = re.compile(r"(20\d\d)Q([1-4])")
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
LONGEST: Final = timedelta(days=1100)


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, both counted. ``key`` is how an address writes it: 2026, 2026Q3, 2026-11 or 2026-01-05..2026-02-03."""

    key: str
    first: date
    last: date


def _month_end(year: int, month: int) -> date:
    return (date(year + month // 12, month % 12 + 1, 1)) - timedelta(days=1)


def parse_period(text: str) -> Period:
    """Raises ``Invalid``."""
    text = text.strip()
    if found := _YEAR.fullmatch(text):
        year = int(found[1])
        return Period(text, date(year, 1, 1), date(year, 12, 31))
    if found := _QUARTER.fullmatch(text):
        year, quarter = int(found[1]), int(found[2])
        return Period(text, date(year, quarter * 3 - 2, 1), _month_end(year, quarter * 3))
    if found := _MONTH.fullmatch(text):
        year, month = int(found[1]), int(found[2])
        return Period(text, date(year, month, 1), _month_end(year, month))
    if found := _DAYS.fullmatch(text):
        try:
            return days_between(date.fromisoformat(found[1]), date.fromisoformat(found[2]))
        except ValueError:
            pass
    raise Invalid(
        field="period",
        why_zh="期间写作 2026、2026Q3、2026-11 或 2026-01-05..2026-02-03",
        why_en="write 2026, 2026Q3, 2026-11 or 2026-01-05..2026-02-03",
    )


def days_between(first: date, last: date) -> Period:
    """A period of one's own. Raises ``Invalid`` where it ends before it begins, or is longer than three years."""
    if last < first:
        raise Invalid(field="to", why_zh="结束日期早于开始日期", why_en="it ends before it begins")
    if last - first > LONGEST:
        raise Invalid(field="to", why_zh="期间最长三年", why_en="a period is three years at most")
    return Period(f"{first.isoformat()}..{last.isoformat()}", first, last)


def year_before(period: Period) -> Period:
    """The same period of the year before; 29 February becomes the 28th."""
    if _DAYS.fullmatch(period.key):
        return days_between(_year_back(period.first), _year_back(period.last))
    return parse_period(f"{period.first.year - 1}{period.key[4:]}")


def _year_back(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def twelve_months(period: Period) -> Period:
    """The twelve whole months that end with the period's last."""
    end = _month_end(period.last.year, period.last.month)
    following = end + timedelta(days=1)
    return days_between(following.replace(year=following.year - 1), end)


def months_of(period: Period) -> list[date]:
    """The first day of each month that the period touches."""
    found, day = [], period.first.replace(day=1)
    while day <= period.last:
        found.append(day)
        day = _month_end(day.year, day.month) + timedelta(days=1)
    return found

"""公开统计 The figures of a year for everybody: results, draws, and how well the offices keep to the law. Numbers of things, never of persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backend.draws import queries as draws
from backend.figures import queries as figures
from backend.figures.queries import FigureSet
from backend.figures.rules import MEASURES as MEASURES  # what the public face calls them
from backend.figures.rules import Period, parse_period
from backend.items.queries import list_outcomes
from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.kernel.scope import EVERYTHING
from backend.publicity.figures import ResultCounts, count_results
from backend.usecases.draw_counters import Account, account_for

# Of the office's measures, those that say whether the public got what law promises it.
SHOWN: Final = ("published", "joint", "done", "rectified")
FIRST_YEAR: Final = 2020


@dataclass(frozen=True, slots=True)
class YearFigures:
    """``outcomes``: code -> (zh, en). ``states``: how many draws announced within the year are in each state; ``withheld``: of all years,
    draws whose secret was not revealed in time. ``drawn`` sums up the accounts of the year's draws. ``until``: when ``withheld`` will grow."""

    period: Period
    results: ResultCounts
    measures: Mapping[str, FigureSet]
    outcomes: Mapping[str, tuple[str, str]]
    states: Mapping[str, int]
    withheld: int
    accounts: Mapping[str, Account]
    until: datetime | None


def read_year(written: str) -> int:
    """This year where none is asked for. Raises ``Invalid``."""
    this = clock.today().year
    if not written:
        return this
    if not (written.isascii() and written.isdigit() and FIRST_YEAR <= int(written[:6]) <= this):
        raise Invalid(field="year", why_zh=f"请填写 {FIRST_YEAR} 至 {this} 之间的年份", why_en=f"give a year from {FIRST_YEAR} to {this}")
    return int(written)


async def load_year(year: int) -> YearFigures:
    period = parse_period(str(year))
    rows = [d for d in await draws.list_draws(limit=2000) if clock.day_of(d.announced_at).year == year]
    return YearFigures(
        period,
        await count_results(period.first, period.last),
        await figures.count(EVERYTHING, period, SHOWN),
        {o.code: (o.zh, o.en) for o in await list_outcomes(since=period.first)},
        {state: sum(d.state == state for d in rows) for state in draws.STATES},
        await draws.count_not_revealed_in_time(clock.now()),
        await account_for([d.draw_id for d in rows]),
        await draws.find_next_withheld(clock.now()),
    )

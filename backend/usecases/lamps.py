"""Which clocks run for an inspection, and what colour they show, said once in SQL.

A clock runs from what is stored of the inspection and of what hangs on it: a request to replace, an objection, an order to correct. How
long it may run and how its lamp is coloured is ``deadlines.rules``; its bounds come here as values, so that lamps are filtered and counted
by the database. That both agree is proven by tests/usecases/test_board.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from backend.deadlines import rules
from backend.deadlines.queries import load_book
from backend.deadlines.rules import Book, Lamp
from backend.kernel import clock
from backend.kernel.scope import Scope

RANKS: Final = {rules.RED: 3, rules.YELLOW: 2, rules.GREEN: 1}
COLOURS: Final = {rank: colour for colour, rank in RANKS.items()}

# (clock, since) of one inspection ``i``; no ``since``: the clock does not run.
_CLOCKS: Final = """(values
  ('visit', case when i.state in ('dispatched', 'received', 'on_site', 'returned') then i.due_on end),
  ('scan', case when i.state in ('dispatched', 'received') then i.scan_due_on end),
  ('review', case when i.state in ('submitted', 'under_review') then (i.submitted_at at time zone 'Asia/Shanghai')::date end),
  ('publish', case when i.state in ('submitted', 'under_review', 'returned') then i.completed_on end),
  ('replacement', (select min((r.requested_at at time zone 'Asia/Shanghai')::date) from draw_replacement r
    where r.inspection = i.id and r.state = 'requested')),
  ('objection', (select min(o.filed_on) from objection o where o.inspection = i.id and o.state = 'open')),
  ('rectify', (select min(r.due_on) from rectification_order r where r.inspection = i.id and r.state in ('open', 'uncorrected')))
) k (clock, since)"""

# Takes the five lists of ``bind`` as $1 .. $5.
BOUNDS: Final = "bound as (select * from unnest($1::text[], $2::date[], $3::date[], $4::date[], $5::date[]) b (clock, first, last, red_before, yellow_before))"
# ``l.rank``: 3 red, 2 yellow, 1 green, null where no clock runs. ``l.clocks``, ``l.since``: all that run.
LAMP: Final = (
    "lateral (select max(case when k.since < b.red_before then 3 when k.since < b.yellow_before then 2 else 1 end) as rank,"
    " array_agg(k.clock order by k.clock) as clocks, array_agg(k.since order by k.clock) as since"
    f" from {_CLOCKS} join bound b on b.clock = k.clock and k.since between b.first and b.last) l"
)
PLACES: Final = 5


def bind(book: Book, today: date) -> list[list[Any]]:
    """The values of ``BOUNDS``."""
    found = rules.bounds(book, today)
    return [[getattr(b, name) for b in found] for name in ("clock", "first", "last", "red_before", "yellow_before")]


def lamps_of(clocks: Iterable[str] | None, since: Iterable[date] | None, book: Book, today: date) -> tuple[Lamp, ...]:
    """What ``LAMP`` gave of one inspection, the most pressing first."""
    return tuple(rules.judge_all(zip(clocks or (), since or (), strict=True), book, today))


async def load() -> tuple[Book, date, list[list[Any]]]:
    book, today = await load_book(), clock.today()
    return book, today, bind(book, today)


class Conditions:
    """SQL conditions with their values, numbered after those that a query has already."""

    def __init__(self, values: list[Any]) -> None:
        self.values, self.texts = values, ["true"]

    def add(self, text: str, *values: Any) -> None:
        """``text`` has one ``{}`` per value."""
        places = [f"${len(self.values) + n}" for n in range(1, len(values) + 1)]
        self.texts.append(text.format(*places))
        self.values.extend(values)

    def visible(self, scope: Scope) -> None:
        """What the scope covers of the inspections ``i``: what its department leads and what its officers take part in."""
        self.add("starts_with(i.county, {})", scope.region)
        if scope.department is not None:
            # offset 0: one look-up for each row that is shown, never all of the department's officers put in a table first.
            mine = "(i.department = {} or exists (select from inspection_officer o where o.inspection = i.id and o.department = {} offset 0))"
            self.add(mine, scope.department, scope.department)

    def __str__(self) -> str:
        return " and ".join(self.texts)

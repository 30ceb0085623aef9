"""一次抽取的账 What became of everything that a draw has drawn, so that nothing can be left out in silence.

Of each draw: drawn = published + inspected but not yet published + replaced + still open + without a team + given up. Of the replaced:
replaced = alternates that were sent + those without an alternate; the alternates are counted apart by the same states. Numbers only: while a
draw is under way, who is to be visited is nobody's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from backend.deadlines.queries import load_book
from backend.deadlines.rules import PUBLISH
from backend.draws.changes import REASONS as REASONS  # what the public face calls them
from backend.inspections.rules import DISPATCHED, ON_SITE, PUBLISHED, RECEIVED, REPLACED, RETURNED, SUBMITTED, UNDER_REVIEW, VOIDED
from backend.kernel import clock
from backend.storage.engine import reader

# State of a visit -> the column of the account that it stands in.
COLUMNS: Final = {
    **dict.fromkeys((DISPATCHED, RECEIVED, ON_SITE), "open"),
    **dict.fromkeys((SUBMITTED, UNDER_REVIEW, RETURNED), "inspected"),
    PUBLISHED: "published",
    REPLACED: "replaced",
    VOIDED: "given_up",
}


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits by where they stand. ``late``: of the open ones, those past their day; ``withheld``: of the inspected ones, those whose result
    should have been published by law (``deadlines``: publish) and is not."""

    published: int = 0
    inspected: int = 0
    replaced: int = 0
    open: int = 0
    given_up: int = 0
    late: int = 0
    withheld: int = 0

    @property
    def total(self) -> int:
        return self.published + self.inspected + self.replaced + self.open + self.given_up


@dataclass(frozen=True, slots=True)
class Account:
    """``drawn`` as the draw's result has it; ``own``: the visits of what was drawn; ``alternates``: those that took a place.

    ``without_team``: drawn, but no whole team of fit officers was left. ``reasons``: why enterprises were replaced, by code (REASONS).
    """

    drawn: int = 0
    own: Visits = field(default_factory=Visits)
    alternates: Visits = field(default_factory=Visits)
    without_team: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        return self.drawn == self.own.total + self.without_team

    @property
    def without_alternate(self) -> int:
        """Replaced ones, of either kind, for which the cell had nobody left."""
        return self.own.replaced + self.alternates.replaced - self.alternates.total

    @property
    def visited(self) -> int:
        return self.own.published + self.own.inspected + self.alternates.published + self.alternates.inspected

    @property
    def published(self) -> int:
        return self.own.published + self.alternates.published

    @property
    def withheld(self) -> int:
        return self.own.withheld + self.alternates.withheld


_VISITS: Final = (
    "select d.draw_id, exists (select from draw_replacement r where r.draw = i.draw and r.state = 'approved' and r.replaced_by = i.enterprise_code)"
    " as is_alternate, i.state, count(*) as n, count(*) filter (where i.due_on < $2) as late,"
    " count(*) filter (where t.last < $2) as overdue"
    " from draw d join inspection i on i.draw = d.id left join unnest($3::date[], $4::date[]) as t (day, last) on t.day = i.completed_on"
    " where d.draw_id = any($1) group by 1, 2, 3"
)
_DRAWN: Final = (
    "select draw_id, (select count(*) from jsonb_object_keys(result->'teams')) as drawn,"
    " (select count(distinct e->>0) from jsonb_array_elements(result->'exceptions') e) as without_team"
    " from draw where draw_id = any($1) and result is not null"
)
_REASONS: Final = (
    "select d.draw_id, r.reason, count(*) as n from draw_replacement r join draw d on d.id = r.draw"
    " where d.draw_id = any($1) and r.state = 'approved' group by 1, 2"
)


async def account_for(draw_ids: Sequence[str]) -> dict[str, Account]:
    """By draw id; draws that have not been drawn have an account of nothing."""
    today, wanted = clock.today(), list(draw_ids)
    terms = (await load_book()).ends(PUBLISH, date(today.year - 2, 1, 1), today)
    drawn = {row["draw_id"]: (row["drawn"], row["without_team"]) for row in await reader().fetch(_DRAWN, wanted)}
    visits: dict[tuple[str, bool], dict[str, int]] = {}
    for row in await reader().fetch(_VISITS, wanted, today, list(terms), list(terms.values())):
        found = visits.setdefault((row["draw_id"], row["is_alternate"]), {})
        column = COLUMNS[row["state"]]
        found[column] = found.get(column, 0) + row["n"]
        if column == "open":
            found["late"] = found.get("late", 0) + row["late"]
        if column == "inspected":
            found["withheld"] = found.get("withheld", 0) + row["overdue"]
    reasons: dict[str, dict[str, int]] = {}
    for row in await reader().fetch(_REASONS, wanted):
        reasons.setdefault(row["draw_id"], {})[row["reason"]] = row["n"]
    return {
        draw: Account(
            drawn.get(draw, (0, 0))[0],
            Visits(**visits.get((draw, False), {})),
            Visits(**visits.get((draw, True), {})),
            drawn.get(draw, (0, 0))[1],
            reasons.get(draw, {}),
        )
        for draw in wanted
    }

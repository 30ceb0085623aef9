"""检索 Finding published results among a million: pages by number, the newest first, each version that stands.

Few fit: the index of grams finds them all, and they are put in order. Many fit: the order's own index is walked until the page is full,
which is soon. ``FEW`` says what is few: so many are looked up at the most. Proving tests: tests/rooms/test_result_search.py, and
tests/web/test_plans.py for the plans.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from backend.kernel import clock
from backend.publicity.queries import LATEST, ONE, PAGE, PublicationView, view_of
from backend.publicity.search_rules import CODE_GRAM, ResultFilter, facet_grams, months, name_grams
from backend.storage.engine import reader

FEW: Final = 3000
_GRAMS: Final = "publication_grams(enterprise_name, enterprise_code, county, department, draw_id, completed_on, snapshot)"
# hashtext as the index has it: the numbers are made in the database so that they are the same.
_HASHED: Final = "(select array_agg(hashtext(g)) from unnest({}::text[]) g)"


class _Query:
    """A filter as SQL over ``publication p``; ``bind`` numbers the values."""

    def __init__(self, by: ResultFilter, *, by_grams: bool) -> None:
        self.values: list[Any] = []
        self.conditions = [*(self._lookups(by) if by_grams else []), LATEST]
        word, code = by.word, by.code
        if word:
            ways = [f"strpos(lower(normalize(enterprise_name, NFKC)), {self.bind(word)}) > 0"]
            ways += [f"starts_with(enterprise_code, {self.bind(code)})"] if code else []
            self.conditions.append(f"({' or '.join(ways)})")
        for column, value in (("county", by.county), ("department", by.department), ("draw_id", by.draw)):
            if value:
                self.conditions.append(f"{column} = {self.bind(value)}")
        if by.campaign:
            self.conditions.append(f"snapshot->'campaign'->>'number' = {self.bind(by.campaign)}")
        for key, value in (("items", by.item), ("outcomes", by.outcome)):
            if value:
                self.conditions.append(f"exists (select from jsonb_array_elements(snapshot->'{key}') x where x->>'code' = {self.bind(value)})")
        if by.first:
            self.conditions.append(f"completed_on >= {self.bind(by.first)}")
        if by.last:
            self.conditions.append(f"completed_on <= {self.bind(by.last)}")

    def _lookups(self, by: ResultFilter) -> list[str]:
        """The same as the index of grams is asked it, before the conditions proper."""
        found = []
        if word := by.word:
            sets = [name_grams(word), *([["u" + by.code[:CODE_GRAM]]] if by.code else [])]
            found.append("(" + " or ".join(f"{_GRAMS} @> {_HASHED.format(self.bind(grams))}" for grams in sets) + ")")
        if facets := facet_grams(by):
            found.append(f"{_GRAMS} @> {_HASHED.format(self.bind(facets))}")
        if wanted := months(by.first, by.last, clock.today()):
            found.append(f"{_GRAMS} && {_HASHED.format(self.bind(wanted))}")
        return found

    def bind(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    @property
    def where(self) -> str:
        return " and ".join(self.conditions)


async def search_results(by: ResultFilter, *, before: str = "", limit: int = PAGE) -> list[PublicationView]:
    """The newest first; ``before`` is the last number of the page before."""
    by_grams = await _are_few(by)
    q = _Query(by, by_grams=by_grams)
    behind = f" and number < {q.bind(before)}" if before else ""
    cut = f"order by number desc limit {limit}"
    if by_grams:
        found = f"select number, version from publication p where {q.where}{behind} limit {FEW + 1}"
        sql = f"with found as materialized ({found}) {ONE} join (select * from found {cut}) f using (number, version) {cut}"
    else:
        sql = f"{ONE} where {q.where}{behind} {cut}"
    return [view_of(row) for row in await reader().fetch(sql, *q.values)]


async def _are_few(by: ResultFilter) -> bool:
    """Whether there is something to look up, and no more than ``FEW`` are found by it."""
    q = _Query(by, by_grams=True)
    if "publication_grams" not in q.where:
        return False
    return int(await reader().fetchval(f"select count(*) from (select from publication p where {q.where} limit {FEW + 1}) f", *q.values)) <= FEW


async def list_completed(first: date, last: date, *, after: tuple[date, str] | None = None, limit: int) -> list[PublicationView]:
    """What was completed in a period and stands, by day and number, behind ``after``: for a file that is read in stretches."""
    rows = await reader().fetch(
        f"{ONE} where {LATEST} and completed_on <= $2 and (completed_on, number) > ($1, $3) order by completed_on, number limit $4",
        after[0] if after else first,
        last,
        after[1] if after else "",
        limit,
    )
    return [view_of(row) for row in rows]


async def mark_of_completed(first: date, last: date) -> str:
    """Another text whenever the rows of ``list_completed`` are others."""
    row = await reader().fetchrow("select count(*) as n, max(published_at) as at from publication where completed_on between $1 and $2", first, last)
    return f"{row['n']} {row['at']}"


async def list_months() -> list[date]:
    """The first days of the months in which anything was completed whose result is public, the latest first."""
    # From one month to the one before by the index of days, however many results there are.
    rows = await reader().fetch(
        "with recursive m as (select date_trunc('month', max(completed_on))::date as month from publication union all"
        " select (select date_trunc('month', max(completed_on))::date from publication where completed_on < m.month) from m where m.month is not null)"
        " select month from m where month is not null"
    )
    return [row["month"] for row in rows]

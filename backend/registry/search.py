"""检索 Finding enterprises among a million: pages in pinyin order, and counts that do not count.

Three ways, told apart by a sample of 200 blocks of the search table (so the same filter always goes the same way):

- nothing but a region: the order's own index;
- few fit: the index of grams finds them all, they are counted and put in order;
- many fit: the order's index is walked until the page is full. Where they nearly all lie far down the order, the walk begins at the
  first that the sample shows, and ``is_cut`` says that some are in no page.

What is shown is read from ``enterprise`` itself, with the scope applied once more: an old copy in the search table hides nothing
that is another's business and shows nothing. Proving tests: tests/rooms/test_search.py; times: benchmarks/search.py.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from math import log10
from typing import Any, Final
from uuid import UUID

from backend.kernel.scope import Scope
from backend.registry.queries import PAGE, Count, EnterprisePage, EnterpriseView, Filter
from backend.registry.search_rules import facet_grams, read_words
from backend.storage.engine import connection, reader

FEW: Final = 6000
BLOCKS: Final = 200
# How many rows of the order a walk looks at before it gives up, or, past the first page, stops for breath.
STRIDE: Final = 8000
STRIDES: Final = 4
_CONDITIONS: Final = {
    "text": "strpos(hay, {}) > 0",
    "name": "strpos(split_part(hay, E'\\n', 1), {}) > 0",
    # The letters in a row first, which is cheap; whether they begin with a syllable only of those.
    "sound": "(strpos(replace(sound, ' ', ''), {0}) > 0 and sound ~ {1})",
    "initials": "strpos(initials, {}) > 0",
    "code": "starts_with(code, {})",
}
_GRAMS: Final = "enterprise_grams(hay, sound, initials, code, region, industry, kind, status, credit_class)"
# hashtext as the index has it; the numbers are made in the database so that they are the same.
_WANTED: Final = "(select array_agg(hashtext(g)) from unnest({}::text[]) g)"


@dataclass(frozen=True, slots=True)
class _Sample:
    """How many rows were looked at, how many of them fit, how many come before the first of those, its key, how many the table has,
    and whether that was all of them, so that what fits is counted."""

    looked_at: int
    fit: int
    before: int
    first: str
    rows: int
    is_whole: bool

    @property
    def is_far(self) -> bool:
        """Whether what fits begins so far down the order that a walk from its beginning would not come there."""
        return self.before * self.rows > 2 * STRIDE * self.looked_at

    @property
    def shows_many(self) -> bool:
        """Whether it alone shows that more than ``FEW`` fit: the true share is half of what was seen once in a million samples."""
        return self.fit >= 60 and self.fit * self.rows > 2 * FEW * self.looked_at

    @property
    def about(self) -> Count:
        """What it comes to for the whole table, in two digits; never fewer than ``FEW``, which is known by then."""
        n = max(self.fit * self.rows / self.looked_at if self.looked_at else 0, FEW)
        unit = 10 ** (int(log10(n)) - 1)
        return Count(round(n / unit) * unit, False)

    def told(self, n: int | None) -> Count:
        """What people read. ``n``: how many were counted, ``FEW`` + 1 at most; None: nobody counted."""
        if self.is_whole:
            return Count(self.fit, True)
        return Count(n, True) if n is not None and n <= FEW else self.about


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ended. ``is_cut``: in a list that the index of grams cut off."""

    key: str
    id: UUID
    is_cut: bool = False

    def cursor(self) -> str:
        return base64.urlsafe_b64encode(f"{self.key}\n{self.id}\n{int(self.is_cut)}".encode()).decode()


def _read_cursor(cursor: str) -> _Place | None:
    """What ``cursor`` wrote; None for anything that was tampered with, which then means the first page."""
    try:
        key, last, cut = base64.urlsafe_b64decode(cursor.encode()).decode().rsplit("\n", 2)
        return None if "\x00" in key else _Place(key, UUID(last), cut == "1")
    except (ValueError, binascii.Error):
        return None


class _Query:
    """A filter within a scope as SQL over ``enterprise_search``; ``sql`` numbers its own parameters."""

    def __init__(self, scope: Scope, by: Filter) -> None:
        self.values: list[Any] = []
        self.words = read_words(by.text)
        # One region, so that its own order can be walked: the chosen county, or the whole of a county's office.
        self.county = by.county or (scope.region if len(scope.region) >= 6 else "")
        region = by.county or scope.region
        self.facets = facet_grams(region=region, industry=by.industry, kind=by.kind, status=by.status, credit_class=by.credit_class)
        self.is_plain = not (self.words or by.industry or by.kind or by.status or by.credit_class)
        self.conditions = []
        # starts_with uses no index, and is not meant to: with a range, a plan made for any value would go by the region alone.
        for prefix in dict.fromkeys((scope.region, by.county)):
            if prefix:
                self.conditions.append(f"starts_with(region, {self._value(prefix)})")
        for column in ("industry", "kind", "status", "credit_class"):
            if wanted := getattr(by, column):
                self.conditions.append(f"{column} = {self._value(wanted)}")
        for readings in self.words:
            ways = [_CONDITIONS[reading.where].format(*map(self._value, (reading.value, *reading.pattern))) for reading in readings]
            self.conditions.append(f"({' or '.join(ways)})")
        self.where = " and ".join(self.conditions) or "true"

    def _value(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def with_values(self, *more: Any) -> tuple[list[Any], list[str]]:
        """The values with ``more`` behind them, and the names of those."""
        return [*self.values, *more], [f"${len(self.values) + i}" for i in range(1, len(more) + 1)]

    def grams(self) -> list[list[str]]:
        """Sets of grams, one of which an enterprise must have whole. Of several words with a choice, one is looked up: the longest."""
        sure = [gram for readings in self.words if len(readings) == 1 for gram in readings[0].grams]
        open_words = sorted((w for w in self.words if len(w) > 1), key=lambda w: -len(w[0].value))
        # A class or a status alone is on every other row: beside a word it only costs.
        facets = [g for g in self.facets if not (self.words and g in ("sactive", "r53", "r5303"))]
        if not open_words:
            return [[*sure, *facets] or ["r" + self.county]]
        return [[*sure, *reading.grams, *facets] for reading in open_words[0]]

    def lookup(self, sample: _Sample) -> tuple[str, list[Any]]:
        """The condition by which the index of grams is asked, before ``where``, and all values.

        A table that the sample reads whole is read whole again: that is less work than making the grams of its rows.
        """
        if sample.is_whole:
            return "true", [*self.values]
        sets = self.grams()
        values, names = self.with_values(*sets)
        ways = [f"{_GRAMS} @> {_WANTED.format(name)}" for name in names]
        return f"({' or '.join(ways)})", values


async def _sample(q: _Query) -> _Sample:
    size = await reader().fetchrow("select relpages, reltuples from pg_class where oid = 'enterprise_search'::regclass")
    pages, rows = max(size["relpages"], 0), max(int(size["reltuples"]), 0)
    percent = min(100.0, 100 * BLOCKS / pages) if pages else 100.0
    found = await reader().fetchrow(
        f"with s as materialized (select name_key, ({q.where}) as fits from enterprise_search tablesample system ({percent:.4f}) repeatable (7))"
        ", f as (select min(name_key) as first from s where fits)"
        " select count(*) as k, count(*) filter (where fits) as m, count(*) filter (where name_key < f.first) as before, max(f.first) as first"
        " from s cross join f",
        *q.values,
    )
    is_whole = percent == 100
    return _Sample(found["k"], found["m"], found["before"], found["first"] or "", found["k"] if is_whole else rows, is_whole)


async def count_enterprises(scope: Scope, by: Filter) -> Count:
    """Exact up to ``FEW``; beyond, what the sample says."""
    q = _Query(scope, by)
    sample = await _sample(q)
    return sample.told(None if sample.shows_many or sample.is_whole else await _count(q, sample))


async def _count(q: _Query, sample: _Sample) -> int:
    """``FEW`` + 1 at most."""
    if q.is_plain and not q.county:
        lookup, values = "true", q.values
    elif q.is_plain:
        values, [county] = q.with_values(q.county)
        lookup = f"region = {county}"
    else:
        lookup, values = q.lookup(sample)
    return int(await reader().fetchval(f"select count(*) from (select from enterprise_search where {lookup} and {q.where} limit {FEW + 1}) f", *values))


async def search_enterprises(scope: Scope, by: Filter, *, after: str = "", limit: int = PAGE) -> EnterprisePage:
    """Enterprises of the scope in the order of their names' pinyin. ``after`` is a page's ``next``.

    A page may be short, even empty, with a ``next``: where what fits lies thinly, the walk stops for breath.
    """
    q, place = _Query(scope, by), _read_cursor(after) if after else None
    sample = await _sample(q)
    found = await _find(q, place, limit, sample)
    rows = await _load([id_ for _, id_ in found.rows[:limit]], scope)
    end = _Place(*found.rows[limit - 1]) if len(found.rows) > limit else found.stop
    n = found.n if found.n is not None or sample.shows_many or sample.is_whole else await _count(q, sample)
    return EnterprisePage(rows, replace(end, is_cut=found.is_cut).cursor() if end else None, sample.told(n), found.is_cut)


@dataclass(frozen=True, slots=True)
class _Found:
    """Up to a page and one (key, id); where a walk stopped short of that; how many fit, if they were counted; whether some are in no page."""

    rows: list[tuple[str, UUID]]
    stop: _Place | None = None
    n: int | None = None
    is_cut: bool = False


async def _find(q: _Query, place: _Place | None, limit: int, sample: _Sample) -> _Found:
    if place and place.is_cut:
        return _Found(*await _walk(q, place, limit, STRIDES), is_cut=True)
    if q.is_plain or sample.shows_many:
        # What all lies far down the order is listed from the first of the sample on: the few before it are in no page.
        is_far = place is None and sample.is_far and not q.county and not q.is_plain
        walked, stop = await _walk(q, _Place(sample.first, UUID(int=0)) if is_far else place, limit, STRIDES if place else 1)
        if stop is None or place or is_far:
            return _Found(walked, stop, is_cut=is_far and sample.looked_at < sample.rows)
    n, gathered = await _gather(q, place, limit, sample)
    if n <= FEW:
        return _Found(gathered, n=n)
    if not sample.shows_many:
        walked, stop = await _walk(q, place, limit, STRIDES if place else 2)
        if stop is None or place:
            return _Found(walked, stop, n)
    return _Found(gathered, n=n, is_cut=True)


def _behind(key: str, id_: str, county: str = "") -> str:
    region = f"region = {county} and " if county else ""
    return f"from enterprise_search where {region}(name_key, enterprise) > ({key}, {id_}) order by name_key, enterprise"


async def _walk(q: _Query, place: _Place | None, limit: int, strides: int) -> tuple[list[tuple[str, UUID]], _Place | None]:
    """Look at the rows behind ``place`` in order, ``strides`` times ``STRIDE`` of them at most; where it stopped before the page was full."""
    found: list[tuple[str, UUID]] = []
    county = [q.county] if q.county else []
    for _ in range(strides):
        key, id_ = (place.key, place.id) if place else ("", UUID(int=0))
        values, names = q.with_values(limit + 1 - len(found), key, id_, *county)
        looked_at = f"(select * {_behind(*names[1:])} limit {STRIDE}) s"
        sql = f"select name_key, enterprise from {looked_at} where {q.where} order by name_key, enterprise limit {names[0]}"
        rows = await reader().fetch(sql, *values)
        found += [(row["name_key"], row["enterprise"]) for row in rows]
        if len(found) > limit:
            return found, None
        # The last row that was looked at; none: the table ended.
        names = ["$1", "$2", "$3"][: 2 + len(county)]
        last = await reader().fetchrow(f"select name_key, enterprise {_behind(*names)} offset {STRIDE - 1} limit 1", key, id_, *county)
        if last is None:
            return found, None
        place = _Place(last["name_key"], last["enterprise"])
    return found, place


async def _gather(q: _Query, place: _Place | None, limit: int, sample: _Sample) -> tuple[int, list[tuple[str, UUID]]]:
    """How many fit, ``FEW`` + 1 at most, and those of them behind ``place`` in order, ``limit`` + 1 at most."""
    lookup, values = q.lookup(sample)
    values += (place.key, place.id) if place else ("", UUID(int=0))
    rows = await reader().fetch(
        f"with fitting as materialized (select name_key, enterprise from enterprise_search where {lookup} and {q.where} limit {FEW + 1})"
        " select t.n, p.name_key, p.enterprise from (select count(*) as n from fitting) t left join lateral (select * from fitting"
        f" where (name_key, enterprise) > (${len(values) - 1}, ${len(values)}) order by name_key, enterprise limit {limit + 1}) p on true"
        " order by p.name_key, p.enterprise",
        *values,
    )
    return rows[0]["n"], [(row["name_key"], row["enterprise"]) for row in rows if row["enterprise"]]


async def _load(ids: Sequence[UUID], scope: Scope) -> list[EnterpriseView]:
    rows = await reader().fetch(
        "select e.* from unnest($1::uuid[]) with ordinality w(id, n) join enterprise e on e.id = w.id where starts_with(e.region, $2) order by w.n",
        list(ids),
        scope.region,
    )
    return [EnterpriseView(**row) for row in rows]


async def count_unindexed() -> int:
    """How many enterprises of a fresh import wait to be found, ``FEW`` + 1 at most."""
    return int(await reader().fetchval(f"select least(coalesce(sum(n), 0), {FEW + 1}) from enterprise_unindexed"))


async def stream_enterprises(scope: Scope, by: Filter, *, stretch: int) -> AsyncIterator[list[EnterpriseView]]:
    """All that fit, in order, ``stretch`` at a time, from the snapshot of the transaction that is open."""
    q = _Query(scope, by)
    sample = await _sample(q)
    lookup, values = ("true", q.values) if q.is_plain or sample.shows_many else q.lookup(sample)
    values, [region] = [*values, scope.region], [f"${len(values) + 1}"]
    found = f"select name_key as key, enterprise from enterprise_search where {lookup} and {q.where}"
    sql = f"select e.* from ({found}) s join enterprise e on e.id = s.enterprise where starts_with(e.region, {region}) order by s.key, s.enterprise"
    # Rows are asked for a stretch at a time, but all of them will be: the plan is for the whole.
    await connection().execute("set local cursor_tuple_fraction = 1")
    cursor = await connection().cursor(sql, *values)
    while rows := await cursor.fetch(stretch):
        yield [EnterpriseView(**row) for row in rows]

"""Figures against the demo county: each count is the length of the list behind it, and says what was planted."""

from __future__ import annotations

import pytest

from backend.figures import queries
from backend.figures.queries import RecordFilter
from backend.figures.rules import HIT, LATE, MEASURES, MISS, parse_period
from backend.kernel import clock
from backend.kernel.scope import Scope
from backend.storage.engine import connection, transaction

CITY = Scope(None, "5303")


def this_year():
    return parse_period(str(clock.today().year))


async def rows(measure, scope=CITY, **by):
    found, _more = await queries.list_records(scope, this_year(), measure, RecordFilter(**by), limit=None)
    return found


@pytest.mark.parametrize("measure", MEASURES)
async def test_each_count_is_the_length_of_its_list(demo, measure):
    figures = (await queries.count(CITY, this_year()))[measure]
    for part, n in (("", figures.whole.total), (HIT, figures.whole.hit), (MISS, figures.whole.total - figures.whole.hit), (LATE, figures.whole.late)):
        assert len(await rows(measure, part=part)) == n, part
    for county, count in figures.by_county.items():
        assert len(await rows(measure, county=county)) == count.total
    for department, count in figures.by_department.items():
        assert len(await rows(measure, department=department)) == count.total
        assert len(await rows(measure, scope=Scope(department, "5303"))) == count.total
    for month, count in figures.by_month.items():
        assert len(await rows(measure, month=month)) == count.total
    if figures.by_county:
        assert sum(c.total for c in figures.by_county.values()) == figures.whole.total
    assert sum(c.total for c in figures.by_month.values()) == figures.whole.total


async def test_the_pages_of_a_list_join_without_gap_or_double(demo):
    whole = [r.id for r in await rows("done")]
    paged, after = [], None
    while True:
        found, after = await queries.list_records(CITY, this_year(), "done", RecordFilter(), after=after, limit=7)
        paged += [r.id for r in found]
        if after is None:
            break
    assert paged == whole
    assert len(whole) > 14


async def test_what_was_planted_is_what_is_counted(demo):
    figures = await queries.count(CITY, this_year())
    async with transaction():
        visits = await connection().fetchval("select count(*) from inspection where extract(year from due_on) = $1", this_year().first.year)
    assert figures["done"].whole.total == visits
    assert figures["published"].whole.hit == 12

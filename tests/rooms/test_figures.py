"""Figures against the demo county: each count is the length of the list behind it, and says what was planted."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from backend.figures import queries
from backend.figures.queries import RecordFilter
from backend.figures.rules import HIT, LATE, MEASURES, MISS, bucket_of, days_between, parse_period
from backend.kernel import clock
from backend.kernel.scope import Scope
from backend.storage.engine import connection, transaction

CITY = Scope(None, "5303")


def this_year():
    return parse_period(str(clock.today().year))


async def rows(measure, scope=CITY, **by):
    found, _more = await queries.list_records(scope, this_year(), measure, RecordFilter(**by), limit=None, oversight=True)
    return found


@pytest.mark.parametrize("measure", MEASURES)
async def test_each_count_is_the_length_of_its_list(demo, measure):
    figures = (await queries.count(CITY, this_year(), [measure], oversight=True))[measure]
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
    told = {key: (f.whole.total, f.whole.hit, f.whole.late) for key, f in figures.items()}
    # Twelve results of the autumn and seven of the summer's joint visits: one late, two scans made up for (one too late), four arrivals told.
    assert told["published"] == (19, 18, 1)
    assert told["joint"][1] == 7
    assert told["backfilled"][1:] == (2, 1)
    assert told["scanned"][0] - told["scanned"][1] == 2
    assert told["arrived"][1] == 4


async def test_the_queue_by_age_is_the_length_of_its_lists(demo):
    counts = await queries.count_waiting(CITY)
    assert sum(counts) >= 3
    for bucket, n in enumerate(counts):
        rows = await queries.list_waiting(CITY, bucket)
        assert len(rows) == n
        assert all(bucket_of(r.age) == bucket for r in rows)
    assert len(await queries.list_waiting(CITY)) == sum(counts)
    assert sum(await queries.count_waiting(Scope("xfjy", "5303"))) == 0


async def an_order(visit, *, due_in, closed_in=None, number="ZG-1"):
    today = clock.today()
    await connection().execute(
        "insert into rectification_order (id, number, department, year, serial, inspection, enterprise, enterprise_code, enterprise_name, county, demand,"
        " legal_basis, due_on, state, ordered_by, ordered_at, closed_at, closing, entry_id) select gen_random_uuid(), $2, i.department, 1999, $3, i.id,"
        " i.enterprise, i.enterprise_code, i.enterprise_name, i.county, 'x', 'x', $4, $5, gen_random_uuid(), $6, $7, '', gen_random_uuid()"
        " from inspection i where i.id = $1",
        visit,
        number,
        int(number[3:]),
        today + timedelta(days=due_in),
        "open" if closed_in is None else "corrected",
        clock.now() - timedelta(days=30),
        None if closed_in is None else clock.now() + timedelta(days=closed_in),
    )


async def test_orders_to_correct_in_time_late_and_still_open(demo):
    async with transaction():
        await connection().execute("update rectification_order set due_on = due_on - 400")  # the county's own: out of this period
        visit = await connection().fetchval("select id from inspection where state = 'published' order by id limit 1")
        await an_order(visit, due_in=-5, closed_in=-10, number="ZG-1")
        await an_order(visit, due_in=-5, closed_in=-2, number="ZG-2")
        await an_order(visit, due_in=-5, number="ZG-3")
        await an_order(visit, due_in=0, number="ZG-4")
    period = days_between(clock.today() - timedelta(days=20), clock.today())
    whole = (await queries.count(CITY, period))["rectified"].whole
    assert (whole.total, whole.hit, whole.late) == (4, 1, 2)
    assert whole.days == pytest.approx((20 + 28) / 2)
    rows, _more = await queries.list_records(CITY, period, "rectified", RecordFilter(part=LATE))
    assert sorted(r.code for r in rows) == ["ZG-2", "ZG-3"]
    assert {r.visit for r in rows} == {visit}


async def test_a_late_publication_misses_and_one_still_in_time_is_left_out(demo):
    before = (await queries.count(CITY, this_year()))["published"].whole
    async with transaction():
        await connection().execute("alter table publication disable trigger publication_append_only")
        late, early = await connection().fetch("select inspection from publication where published_at > now() - interval '60 days' order by id limit 2")
        await connection().execute("update publication set published_at = published_at + interval '60 days' where inspection = $1", late["inspection"])
        await connection().execute("delete from publication where inspection = $1", early["inspection"])
        await connection().execute("update inspection set completed_on = $2 where id = $1", early["inspection"], clock.today())
        await connection().execute("alter table publication enable trigger publication_append_only")
    after = (await queries.count(CITY, this_year()))["published"].whole
    assert (after.total, after.hit, after.late) == (before.total - 1, before.hit - 2, before.late + 1)
    assert late["inspection"] in [r.id for r in await rows("published", part=LATE)]


async def test_a_month_among_many_years_is_counted_by_index(demo):
    async with transaction():
        await connection().execute("set local session_replication_role = replica")  # rows only: no triggers, no references
        await connection().execute(
            "insert into inspection (id, campaign, enterprise, enterprise_code, enterprise_name, department, county, state, due_on, completed_on,"
            " dispatched_at, version, updated_at, sealed_salt, sealed_leaf) select gen_random_uuid(), c.id,"
            " gen_random_uuid(), 'X' || n, 'X', c.department, '530302', 'published',"
            " date '2019-01-01' + n % 2500, date '2019-01-01' + n % 2500, now(), 1, now(), null, null from (select id, department from campaign limit 1) c,"
            " generate_series(1, 60000) n"
        )
    async with transaction():
        await connection().execute("analyze inspection")
        args = await queries._args(CITY, parse_period("2024-03"))
        plan = "\n".join(row[0] for row in await connection().fetch("explain " + queries.COUNT_SQL, *args))
        assert "Seq Scan on inspection" not in plan, plan
        assert "inspection_due" in plan
        listed = "\n".join(row[0] for row in await connection().fetch("explain " + queries.list_sql("done", ["true"], 50), *args))
        assert "Seq Scan on inspection" not in listed, listed
    began = time.monotonic()
    figures = await queries.count(CITY, parse_period("2024"))
    assert figures["done"].whole.total > 8000
    assert time.monotonic() - began < 5  # a second is what it takes; the machine may be busy

"""Finding published results: by the index or along the order, the same results; and the grams that the index and a query agree on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from backend.publicity import search
from backend.publicity.search import list_completed, list_months, search_results
from backend.publicity.search_rules import ResultFilter, months, read_day
from backend.storage.engine import connection, transaction


async def rows(sql: str, *args):
    async with transaction():
        return await connection().fetch(sql, *args)


LATEST = "select * from publication p where not exists (select from publication n where n.number = p.number and n.version > p.version)"


async def expected(condition: str, *args) -> list[str]:
    return [r["number"] for r in await rows(f"{LATEST} and {condition} order by number desc", *args)]


async def found(**by) -> list[str]:
    return [p.number for p in await search_results(ResultFilter(**by), limit=500)]


@pytest.fixture(params=["looked up", "walked"])
def way(request, monkeypatch):
    """Both ways must find the same: where few fit, and where many do."""
    if request.param == "walked":
        monkeypatch.setattr(search, "FEW", -1)
    return request.param


async def test_each_filter_finds_what_it_says(demo, way):
    some = (await rows(f"{LATEST} and status = 'published' order by number limit 1"))[0]
    name, code = some["enterprise_name"], some["enterprise_code"]
    for text in (name, name[2:5], name[1], code, code[:6].lower(), f" {name[2:6]} "):
        wanted = await expected("(strpos(enterprise_name, $1) > 0 or starts_with(enterprise_code, $2))", text.strip(), text.strip().upper())
        assert some["number"] in wanted
        assert await found(text=text) == wanted, text
    for field, column in (("county", "county"), ("department", "department"), ("draw", "draw_id")):
        assert await found(**{field: some[column]}) == await expected(f"{column} = $1", some[column])
    for key, field in (("items", "item"), ("outcomes", "outcome")):
        value = (await rows(f"select snapshot->'{key}'->0->>'code' as c from publication where id = $1", some["id"]))[0]["c"]
        like = f"exists (select from jsonb_array_elements(snapshot->'{key}') x where x->>'code' = $1)"
        assert await found(**{field: value}) == await expected(like, value) != []
    day = some["completed_on"]
    assert await found(first=day, last=day) == await expected("completed_on = $1", day)
    assert await found(first=day) == await expected("completed_on >= $1", day)
    assert await found(last=day) == await expected("completed_on <= $1", day)
    assert await found(text=name[:2], county=some["county"], first=day - timedelta(days=40)) == await expected(
        "strpos(enterprise_name, $1) > 0 and county = $2 and completed_on >= $3", name[:2], some["county"], day - timedelta(days=40)
    )


async def test_nothing_is_found_where_nothing_fits(demo, way):
    for by in ({"text": "%"}, {"text": "没有这样的企业"}, {"county": "999999"}, {"first": date(2099, 1, 1)}, {"text": "a\x00b"}, {"draw": "QJ-0"},
               {"first": date(2026, 2, 1), "last": date(2026, 1, 1)}, {"outcome": "zz"}):  # fmt: skip
        assert await found(**by) == [], by


async def test_pages_join_without_a_gap(demo, way):
    everything = await found()
    paged, before = [], ""
    while page := await search_results(ResultFilter(), before=before, limit=3):
        paged += [p.number for p in page]
        before = page[-1].number
    assert paged == everything == await expected("true")
    county = (await rows(f"{LATEST} limit 1"))[0]["county"]
    paged, before = [], ""
    while page := await search_results(ResultFilter(county=county), before=before, limit=2):
        paged += [p.number for p in page]
        before = page[-1].number
    assert paged == await found(county=county)


async def test_a_corrected_result_is_found_by_what_stands(demo):
    for row in await rows(f"{LATEST} and status = 'withdrawn'"):
        assert row["number"] in await found(text=row["enterprise_code"])
        was = (await rows("select snapshot->'outcomes'->0->>'code' as c from publication where number = $1 and version = 1", row["number"]))[0]["c"]
        assert row["number"] not in await found(outcome=was)


async def test_a_file_of_a_month_in_stretches(demo):
    for month in await list_months():
        last = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        got, after = [], None
        while page := await list_completed(month, last, after=after, limit=2):
            got += [p.number for p in page]
            after = (page[-1].completed_on, page[-1].number)
        assert sorted(got) == sorted(await expected("completed_on between $1 and $2", month, last)) != []
    assert len(await list_months()) == (await rows("select count(distinct date_trunc('month', completed_on)) as n from publication"))[0]["n"]


def test_months_of_a_period():
    today = date(2026, 11, 26)
    assert months(date(2025, 11, 30), date(2026, 1, 1), today) == ["m2025-11", "m2025-12", "m2026-1"]
    assert months(date(2026, 11, 1), None, today) == ["m2026-11"]
    assert months(None, date(2026, 1, 1), today) == []
    assert months(date(2001, 1, 1), None, today) == []
    assert months(date(2027, 1, 1), None, today) == ["m0-0"]


def test_what_is_no_day_is_said():
    assert read_day("2026-02-28", "x") == date(2026, 2, 28)
    assert read_day(" ", "x") is None
    with pytest.raises(Exception, match="2026-02-30"):
        read_day("2026-02-30", "x")

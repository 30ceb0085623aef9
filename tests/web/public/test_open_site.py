"""The public site beyond results and draws: search by every filter, statistics, plans, lists, the check of an officer."""

from __future__ import annotations

import json
import re

import pytest

from backend.storage.engine import connection, transaction
from backend.web.public.officers import CHECK


async def one(sql: str, *args):
    async with transaction():
        return await connection().fetchval(sql, *args)


async def row(sql: str, *args) -> dict:
    return json.loads(await one(f"select to_json(x) from ({sql}) x", *args))


NEW = ("/statistics", "/plans", "/lists", "/officers", "/data", "/api", "/results?from=2026-01-01")


async def test_every_new_page_opens_in_both_languages_and_stays_small(county):
    anyone = await county("")
    for path in NEW:
        for language in ("zh", "en"):
            answer = await anyone.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer.status_code == 200, path
            assert len(answer.content) < 50_000, path
            assert "<script" not in answer.text, path


async def test_the_menu_leads_to_all_of_them(county):
    home = (await (await county("")).get("/")).text
    for path in ("/results", "/draws", "/plans", "/lists", "/statistics", "/officers", "/visit", "/log", "/data", "/api", "/feed.atom"):
        assert f'href="{path}"' in home, path


async def test_results_by_each_filter_with_an_address_to_come_back_to(county):
    anyone = await county("")
    r = await row("select number, county, department, draw_id, completed_on, snapshot from publication where status = 'published' and draw_id <> '' limit 1")
    item, outcome = r["snapshot"]["items"][0]["code"], r["snapshot"]["outcomes"][0]["code"]
    asked = {
        "county": r["county"], "department": r["department"], "item": item, "outcome": outcome,
        "from": r["completed_on"], "to": r["completed_on"], "draw": r["draw_id"], "campaign": r["snapshot"]["campaign"]["number"],
    }  # fmt: skip
    page = await anyone.get("/results", params=asked)
    assert f"/results/{r['number']}" in page.text
    assert f'value="{r["completed_on"]}"' in page.text
    assert page.text.count(" selected") == 4
    assert f"/results/{r['number']}" not in (await anyone.get("/results", params={**asked, "from": "2020-01-01", "to": "2020-01-02"})).text


async def test_a_period_that_makes_no_sense_is_said_and_nothing_is_lost(county):
    anyone = await county("")
    for wrong in ({"from": "yesterday"}, {"from": "2026-02-02", "to": "2026-01-01"}):
        page = await anyone.get("/results", params={"q": "超市", **wrong})
        assert page.status_code == 422
        assert 'role="alert"' in page.text
        assert 'value="超市"' in page.text


async def test_a_draws_account_stands_on_its_page_and_adds_up(county):
    anyone = await county("")
    draw = await one("select draw_id from draw where state = 'revealed' limit 1")
    section = re.search(r'<section class="card" id="account">.*?</section>', (await anyone.get(f"/draws/{draw}")).text, re.DOTALL)[0]
    first = [int(n) for n in re.findall(r"<b>(\d+)</b>", re.search(r'<ul class="sum">.*?</ul>', section, re.DOTALL)[0])]
    assert first[0] == sum(first[1:]) > 0
    announced = await one("select draw_id from draw where state = 'announced' limit 1")
    assert 'id="account"' not in (await anyone.get(f"/draws/{announced}")).text


async def test_statistics_are_the_databases_numbers(county):
    anyone = await county("")
    year = await one("select extract(year from max(completed_on))::int from publication")
    page = (await anyone.get(f"/statistics?year={year}")).text
    whole = await one(
        "select count(*) from publication p where not exists (select from publication n where n.number = p.number and n.version > p.version)"
        " and status <> 'withdrawn' and extract(year from completed_on) = $1", year,
    )  # fmt: skip
    figures = re.findall(r"<b>(\d+)</b><span>(.*?)</span>", page)
    assert {name: int(n) for n, name in figures}["公示结果"] == whole > 0
    for chart in ("months", "county", "department", "kinds"):
        table = re.search(rf'id="{chart}".*?</table>', page, re.DOTALL)[0]
        rows = re.findall(r'<tr><th scope="row">.*?</th><td class="num">(\d+)</td>', table)
        assert sum(map(int, rows)) == whole, chart
    assert (await anyone.get("/statistics?year=abc")).status_code == 422
    assert (await anyone.get("/statistics?year=2020")).status_code == 200


async def test_published_plans_and_nothing_of_the_others(county):
    anyone = await county("")
    listed = (await anyone.get("/plans")).text
    async with transaction():
        plans = [dict(r) for r in await connection().fetch(
            "select p.number, e.name, e.state, e.published_at, l.responsible, l.name as line from annual_plan p join plan_edition e on e.plan = p.id"
            " join plan_line l on l.edition = e.id"
        )]  # fmt: skip
    published = {p["number"] for p in plans if p["published_at"]}
    assert published
    for number in {p["number"] for p in plans}:
        assert (f"/plans/{number}" in listed) == (number in published)
        page = await anyone.get(f"/plans/{number}")
        assert page.status_code == (200 if number in published else 404)
    for p in plans:
        if p["number"] in published and p["state"] == "published":
            page = (await anyone.get(f"/plans/{p['number']}")).text
            assert p["line"] in page
            assert not p["responsible"] or p["responsible"] not in page, "whoever is responsible is nobody's business"


async def test_lists_show_what_is_in_force_and_no_more(county):
    anyone = await county("")
    async with transaction():
        rows = [dict(r) for r in await connection().fetch(
            "select l.list, l.removed_on, l.listed_on, l.ground, e.name, e.code, e.legal_rep, e.region from enterprise_listing l"
            " join enterprise e on e.id = l.enterprise"
        )]  # fmt: skip
    page = (await anyone.get("/lists")).text
    assert {r["removed_on"] is None for r in rows} == {True, False}
    for r in rows:
        assert (r["name"] in page and r["ground"] in page) == (r["removed_on"] is None), r["name"]
    standing = next(r for r in rows if r["removed_on"] is None)
    for asked in ({"q": standing["name"][2:5]}, {"q": standing["code"][:8].lower()}, {"list": standing["list"]}, {"county": standing["region"]},
                  {"since": standing["listed_on"].isoformat()}):  # fmt: skip
        assert standing["name"] in (await anyone.get("/lists", params=asked)).text, asked
    for asked in ({"q": "没有这样的"}, {"q": "%"}, {"list": "serious"} if standing["list"] == "abnormal" else {"list": "abnormal"}, {"since": "2099-01-01"}):
        assert standing["name"] not in re.sub(r"<form.*?</form>", "", (await anyone.get("/lists", params=asked)).text, flags=re.DOTALL), asked
    assert standing["name"] not in (await anyone.get("/lists", params={"q": standing["legal_rep"]})).text or standing["legal_rep"] in standing["name"]
    assert (await anyone.get("/lists", params={"since": "soon"})).status_code == 422


async def test_an_officer_is_checked_by_number_and_name_and_nobody_is_listed(county):
    anyone = await county("")
    await anyone.get("/officers")
    good = await row("select name, certificate_no from inspector where is_valid and certificate_expires_on >= current_date limit 1")
    gone = await row("select name, certificate_no from inspector where not is_valid or certificate_expires_on < current_date limit 1")
    answer = await anyone.post("/officers", data=good)
    assert 'data-testid="valid"' in answer.text
    assert "局" in re.search(r'data-testid="valid".*?</div>', answer.text, re.DOTALL)[0]
    for wrong in (gone, {**good, "name": gone["name"]}, {**good, "certificate_no": "滇D-0"}, {"name": "%", "certificate_no": "%"}):
        answer = await anyone.post("/officers", data=wrong)
        assert answer.status_code == 200
        assert 'data-testid="invalid"' in answer.text, wrong
    empty = await anyone.post("/officers", data={"name": "", "certificate_no": "x"})
    assert empty.status_code == 422
    assert 'value="x"' in empty.text


async def test_guessing_is_stopped(county):
    anyone = await county("")
    await anyone.get("/officers")
    answers = [(await anyone.post("/officers", data={"name": "张三", "certificate_no": f"滇D-{n}"})).status_code for n in range(CHECK.limit.times + 1)]
    assert answers == [200] * CHECK.limit.times + [429]


@pytest.mark.parametrize("path", ["/results", "/lists", "/statistics", "/plans", "/data/x.csv"])
async def test_odd_addresses_are_no_failure(county, path):
    anyone = await county("")
    for query in ("q=%00", "q=%ff%fe", "county=%27", "before=%00", "after=%00", "year=99999999999999999999", "from=%00", "since=%00", "list=x", "bom=%00"):
        assert (await anyone.get(f"{path}?{query}")).status_code in (200, 400, 404, 422), (path, query)

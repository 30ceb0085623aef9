"""Filters under a name, and the file of exactly what a person may see."""

from __future__ import annotations

import csv
import io
import json
import re

import openpyxl
import pytest

from backend.registry.queries import EnterpriseView
from backend.storage.engine import connection, reader, transaction
from tests.web.console.test_enterprises import draft, shops  # noqa: F401 - the fixture


async def test_a_filter_is_kept_shown_used_and_deleted(client, login, shops):  # noqa: F811 - the fixture
    await login(client, "manager")
    done = await client.post("/console/enterprises/filters", data={"q": "沾益", "county": "530303", "name": " 沾益 超市 "})
    assert done.status_code == 303
    page = (await client.get("/console/enterprises")).text
    href = re.search(r'href="(/console/enterprises\?[^"]+)">沾益 超市', page)[1].replace("&amp;", "&")
    assert "共 1 户" in (await client.get(href)).text
    assert 'aria-current="true"' in (await client.get(href)).text
    await client.post("/console/enterprises/filters", data={"q": "饭店", "name": "沾益 超市"})
    assert (await client.get("/console/enterprises")).text.count(">沾益 超市") == 1
    gone = re.search(r'action="(/console/enterprises/filters/[^"]+/delete)"', page)[1]
    assert (await client.post(gone)).status_code == 303
    assert "沾益 超市" not in (await client.get("/console/enterprises")).text
    assert (await client.post(gone)).status_code == 404


async def test_a_shared_filter_is_seen_by_the_department_and_nobody_else(client, login, browsers, shops):  # noqa: F811 - the fixture
    await login(client, "manager", name="陈静")
    await client.post("/console/enterprises/filters", data={"class": "D", "status": "active", "name": "共享的", "share": "1"})
    await client.post("/console/enterprises/filters", data={"q": "x", "name": "自己的"})
    colleague, stranger = await browsers(), await browsers()
    await login(colleague, "reviewer", username="r1")
    await login(stranger, "manager", username="m2", department="xfjy")
    seen = (await colleague.get("/console/enterprises")).text
    assert "共享的" in seen
    assert "陈静" in seen
    assert "自己的" not in seen
    delete = re.search(r"/console/enterprises/filters/[0-9a-f-]+/delete", (await client.get("/console/enterprises")).text)[0]
    assert (await colleague.post(delete)).status_code == 404
    # The class in a colleague's filter is not asked for by who may not see it.
    assert "共 61 户" in (await colleague.get("/console/enterprises?class=D&status=active")).text
    other = (await stranger.get("/console/enterprises")).text
    assert "共享的" not in other


@pytest.mark.parametrize("name", ["", "x" * 41])
async def test_a_name_is_needed(client, login, db, name):
    await login(client, "manager")
    assert (await client.post("/console/enterprises/filters", data={"q": "x", "name": name})).status_code == 422


async def entries() -> list[dict[str, object]]:
    sql = "select p.payload from ledger_payload p join ledger_entry e using (entry_id) where e.type = 'registry.exported' order by e.at"
    return [json.loads(r["payload"]) for r in await reader().fetch(sql)]


async def test_the_file_is_exactly_what_the_filter_and_the_scope_give(client, login, shops):  # noqa: F811 - the fixture
    await login(client, "manager", region="530302")
    answer = await client.post("/console/enterprises/export", data={"format": "csv"})
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    mine: list[EnterpriseView] = [e for e in shops if e.region == "530302"]
    assert [r["名称"] for r in rows] == [e.name for e in mine]
    assert [r["统一社会信用代码"] for r in rows] == [e.code for e in mine]
    assert {r["信用风险等级"] for r in rows} == {"B"}
    assert {r["行政区划"] for r in rows} == {"麒麟区"}
    assert "attachment" in answer.headers["content-disposition"]
    few = await client.post("/console/enterprises/export", data={"format": "csv", "q": "饭店", "status": "revoked"})
    assert len(few.content.decode("utf-8-sig").splitlines()) == 1
    assert await entries() == [
        {"filter": {}, "rows": 60, "format": "csv", "with_class": True},
        {"filter": {"text": "饭店", "status": "revoked"}, "rows": 0, "format": "csv", "with_class": True},
    ]


async def test_a_reviewer_gets_no_class_and_no_running_formula(client, login, shops):  # noqa: F811 - the fixture
    async with transaction():
        await connection().execute("update enterprise set name = '=cmd()', version = 2 where region = '530303'")
    await login(client, "reviewer")
    answer = await client.post("/console/enterprises/export", data={"format": "xlsx", "county": "530303", "class": "A"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    titles, row = ([cell.value for cell in r] for r in sheet.iter_rows())
    assert "信用风险等级" not in titles
    assert row[1] == "'=cmd()"
    assert (await entries())[0]["with_class"] is False


async def test_no_file_while_a_fresh_import_cannot_be_found_whole(client, login, shops):  # noqa: F811 - the fixture
    async with transaction():
        await connection().execute("insert into enterprise_unindexed (enterprises, n) select array[id], 1 from enterprise limit 1")
    await login(client, "manager")
    answer = await client.post("/console/enterprises/export", data={"format": "csv"})
    assert answer.status_code == 409
    assert "稍后再试" in answer.text
    assert await entries() == []

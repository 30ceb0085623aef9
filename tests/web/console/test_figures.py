"""The pages of figures: every number leads to its rows, everybody sees their own, and what is exported is what is shown."""

from __future__ import annotations

import io
import json
import re
from html import unescape

import openpyxl
import pytest

from backend.figures.rules import MEASURES

LINK = re.compile(r'href="(/console/figures/\w+/records\?[^"]+)"[^>]*>([\d.]+)%?</a>(?:\s*<span[^>]*>(\d+) / (\d+)</span>)?')


async def rows_of(browser, href):
    """Every row of a list, page after page."""
    found = []
    while href:
        text = (await browser.get(unescape(href))).text
        found += re.findall(r'data-row="([0-9a-f-]{36})"', text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        href = following[1] if following else None
    return found


async def test_each_number_on_the_page_is_the_length_of_its_list(county):
    auditor = await county("auditor")
    text = (await auditor.get("/console/figures")).text
    cards = re.findall(r'href="(/console/figures/\w+/records\?[^"]+)" aria-label="[^"]+">(\d+)</a>', text)
    assert len(cards) >= 2 * 5
    for href, n in cards:
        assert len(await rows_of(auditor, href)) == int(n), href
    tables = [found for found in LINK.findall(text) if found[3]]
    assert len(tables) > 20
    for href, _percent, _hit, total in tables[:12]:
        assert len(await rows_of(auditor, href)) == int(total), href


@pytest.mark.parametrize("measure", MEASURES)
async def test_a_figure_has_a_table_for_each_chart_and_the_same_numbers_in_both(county, measure):
    auditor = await county("auditor")
    answer = await auditor.get(f"/console/figures/{measure}")
    assert answer.status_code == 200
    charts = re.findall(r"data-chart='([^']+)'.*?<details open>.*?<table(.*?)</table>", answer.text, re.DOTALL)
    assert len(charts) >= 2
    for written, table in charts:
        chart = json.loads(unescape(written))
        cells = re.findall(r'<td class="num">(?:<a[^>]*>)?([\d.]+%|-)', table)
        drawn = [v for row in zip(*(s["values"] for s in chart["series"]), strict=True) for v in row]
        assert cells == ["-" if v is None else f"{v:g}%" for v in drawn]
        assert len(re.findall(r'<th scope="row">', table)) == len(chart["categories"])


async def test_a_manager_sees_the_own_department_whatever_the_address_says(county):
    manager, auditor = await county("manager"), await county("auditor")
    own, foreign = [(await manager.get(f"/console/figures/done/records?department={d}")).text for d in ("", "xfjy")]
    assert re.findall(r"data-row=\"([^\"]+)", own) == re.findall(r"data-row=\"([^\"]+)", foreign) != []
    assert 'name="department"' not in (await manager.get("/console/figures")).text
    assert re.findall(r"data-row=", (await auditor.get("/console/figures/done/records?department=xfjy")).text) == []


async def test_what_makes_no_sense_is_said_and_gives_this_year(county):
    auditor = await county("auditor")
    text = (await auditor.get("/console/figures?period=later")).text
    assert "期间写作" in text
    assert 'class="value num"' in text
    assert "结束日期早于开始日期" in (await auditor.get("/console/figures?period=days&from=2026-03-01&to=2026-02-01")).text
    assert (await auditor.get("/console/figures/nothing")).status_code == 404
    assert "must" not in (await auditor.get("/console/figures?period=days&from=2026-03-01&to=2026-02-01&lang=en")).text
    own = (await auditor.get("/console/figures?period=days&from=2026-01-01&to=2026-12-31&lang=zh")).text
    assert "2026-01-01 至 2026-12-31" in own


async def test_the_workbooks_hold_what_the_pages_show(county):
    auditor = await county("auditor")
    answer = await auditor.get("/console/figures.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    done = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "检查完成率")
    text = (await auditor.get("/console/figures")).text
    card = re.search(r'k-done">.*?>(\d+)</a> / <a[^>]*>(\d+)</a>', text, re.DOTALL)
    assert (done[1], done[2]) == (int(card[1]), int(card[2]))
    assert [s.title for s in book.worksheets[1:]] == ["各区县", "各部门"]
    rows = await rows_of(auditor, "/console/figures/done/records")
    listed = openpyxl.load_workbook(io.BytesIO((await auditor.get("/console/figures/done/records.xlsx")).content)).worksheets[0]
    assert listed.max_row == len(rows) + 1

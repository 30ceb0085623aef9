"""The oversight office's day: figures narrowed and followed to the record behind a number, taken away as a file and on paper, checked in the log."""

from __future__ import annotations

import io
import re
import unicodedata
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from backend.kernel import clock
from tests.journeys.conftest import System
from tests.journeys.office import ALBUMS, Album, browser, open_desk

pytestmark = pytest.mark.browser


def narrow(page: Page, system: System, album: Album) -> None:
    """The form is the address: by keyboard, with back, forward and another window."""
    page.get_by_role("link", name="考核指标").first.click()
    cards = page.locator(".kpi")
    expect(cards).to_have_count(10)
    whole = cards.all_inner_texts()
    expect(page.locator("figure[data-chart] svg").first).to_be_attached()
    album.take(page, "figures")
    page.get_by_label("部门", exact=True).select_option("xfjy")
    page.get_by_label("部门", exact=True).press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("department=xfjy"))
    assert cards.all_inner_texts() != whole
    narrowed = cards.all_inner_texts()
    other = page.context.new_page()
    other.goto(page.url)
    assert other.locator(".kpi").all_inner_texts() == narrowed
    other.close()
    page.go_back()
    assert cards.all_inner_texts() == whole
    page.goto(f"{system.url}/console/figures?period=2020Q9")
    expect(page.get_by_role("alert").first).to_be_visible()


def drill_down(page: Page, system: System, album: Album) -> str:
    """From a number to its rows, from a row to the visit, from the visit to its signed record. Gives the record's place in the log."""
    page.goto(f"{system.url}/console/figures?department=scjg")
    card = page.locator(".kpi", has=page.get_by_role("link", name="现场扫码率"))
    shown = card.locator("a.num").nth(1)
    n = int(shown.inner_text())
    assert n > 1
    card.get_by_role("heading").get_by_role("link").click()
    page.get_by_role("link", name="查看明细").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(min(n, 50))
    album.take(page, "records-behind-a-figure")
    with page.expect_download() as file:
        page.get_by_role("link", name="导出 XLSX").click()
    sheet = load_workbook(io.BytesIO(Path(file.value.path()).read_bytes())).active
    assert sheet is not None
    names = page.locator("td.lead-cell a").all_inner_texts()
    cells = {str(c.value) for row in sheet.iter_rows() for c in row}
    assert set(names) <= cells
    assert sum(any(str(c.value) in names for c in row) for row in sheet.iter_rows()) >= n

    name = rows.first.locator("a").first.inner_text()
    rows.first.locator("a").first.click()
    page.wait_for_url("**/console/visits/**")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert page.locator("main form").count() == 0, "whoever looks over the work does none of it"
    album.take(page, "visit")
    page.get_by_role("link", name="查看记录").click()
    expect(page.locator(".signature svg").first).to_be_visible()
    assert page.get_by_role("button", name="通过并公示").count() == 0
    album.take(page, "record")
    entry = page.locator("a[href^='/log/entries/']").first.get_attribute("href")
    assert entry
    # All the way back by the browser's own button.
    for heading in (name, "现场扫码率 · 明细", "现场扫码率", "考核指标"):
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page).to_have_url(re.compile("department=scjg"))
    return entry


def squeezed(text: str) -> str:
    """Without white space; a PDF's text has some characters in their form as radicals."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def on_paper(page: Page, system: System) -> None:
    """Printed: the figures with their tables, without the menu. And as a workbook with one line a figure."""
    page.goto(f"{system.url}/console/figures")
    names = page.locator(".kpi h2").all_inner_texts()
    page.emulate_media(media="print")
    expect(page.locator(".side")).to_be_hidden()
    pdf = page.pdf(path=ALBUMS / "auditor/figures.pdf", format="A4")
    page.emulate_media(media="screen")
    said = squeezed("".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages))
    # Each chart with the table that says the same in numbers.
    lines = [t for table in page.locator("figure[data-chart] table").all() for t in table.locator("tbody th").all_text_contents()]
    assert len(lines) >= len(names)
    for name in (*names, *lines):
        assert squeezed(name) in said
    assert "退出" not in said
    with page.expect_download() as file:
        page.get_by_role("link", name="导出 XLSX").click()
    assert file.value.suggested_filename == f"figures-{clock.today().year}.xlsx"
    book = load_workbook(io.BytesIO(Path(file.value.path()).read_bytes()))
    cells = {str(c.value) for sheet in book for row in sheet.iter_rows() for c in row}
    assert set(names) <= cells


def check_the_log(page: Page, system: System, album: Album, entry: str) -> None:
    page.goto(f"{system.url}{entry}")
    expect(page.locator("main")).to_contain_text("提交检查记录")
    expect(page.locator("main")).to_contain_text("已验证：此内容在存证日志中")
    album.take(page, "entry-of-the-log")
    page.goto(f"{system.url}/log")
    expect(page.get_by_role("heading", level=1)).to_contain_text("存证日志")


def test_a_day(system: System) -> None:
    album = Album("auditor")
    with browser() as b:
        page = open_desk(b, system, "auditor")
        album.take(page, "home")
        narrow(page, system, album)
        entry = drill_down(page, system, album)
        on_paper(page, system)
        check_the_log(page, system, album, entry)
        for address, word in (("recusals", "回避"), ("alerts", "通知送达"), ("outcomes", "后续处置"), ("reviews?show=approved", "审核公示")):
            page.goto(f"{system.url}/console/{address}")
            expect(page.get_by_role("heading", level=1)).to_contain_text(word)
            assert page.locator("main form[method=post]").count() == 0, address
        # What is another's is refused, in words.
        answer = page.goto(f"{system.url}/console/accounts")
        assert answer is not None
        assert answer.status == 403

"""A manager's day: an enterprise found and changed, a small file imported, a campaign planned, announced and drawn, visits handled many at once."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.cli.demo.samples import write_sample_register
from backend.kernel import clock
from tests.journeys.conftest import System
from tests.journeys.office import FOCUSED, Album, browser, open_desk, tab_to
from tests.journeys.test_main_job import plan_and_draw

pytestmark = pytest.mark.browser


def find_and_change(page: Page, system: System, album: Album) -> None:
    """The list answers while one types; back and forward give the lists before; a change stands in the dossier with its reason."""
    page.goto(f"{system.url}/console/enterprises")
    rows = page.locator("#list tbody tr")
    everything = page.locator("#list .list-head p").inner_text()
    tab_to(page, page.locator("#q"))
    page.keyboard.type("药店")
    page.wait_for_url(re.compile(r"[?&]q=%E8%8D%AF%E5%BA%97"))
    expect(page.locator("#list .list-head p")).not_to_have_text(everything)
    found = page.locator("#list .list-head p").inner_text()
    for name in rows.locator("td.lead-cell a").all_inner_texts():
        assert "药店" in name
    page.get_by_label("区县").select_option("530302")
    page.wait_for_url(re.compile("county=530302"))
    expect(rows.first.locator("td").nth(2)).to_have_text("麒麟区")
    album.take(page, "enterprises")
    # Another window on the same address shows the same rows.
    narrowed = rows.locator("td.lead-cell a").all_inner_texts()
    other = page.context.new_page()
    other.goto(page.url)
    assert other.locator("#list td.lead-cell a").all_inner_texts() == narrowed
    assert other.input_value("#q") == "药店"
    other.close()
    page.go_back()
    expect(page.locator("#list .list-head p")).to_have_text(found)
    assert page.locator("#county").input_value() == "", "the filter goes back with its list"
    page.go_forward()
    expect(rows.first.locator("td").nth(2)).to_have_text("麒麟区")

    name = rows.first.locator("a").inner_text()
    rows.first.locator("a").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    dossier = page.url
    page.get_by_role("link", name="修改登记信息").click()
    page.get_by_label("电话", exact=False).first.fill("0874-5550001")
    page.get_by_role("button", name="保存").click()
    assert page.locator("#reason").evaluate("e => e.matches(':invalid')"), "no change without its reason"
    page.locator("#reason").fill("企业来函更正联系电话")
    page.locator("#reason").press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(dossier)
    expect(page.locator("#identity")).to_contain_text("0874-5550001")
    expect(page.locator("#timeline li").first).to_contain_text("企业来函更正联系电话")
    album.take(page, "dossier")


def import_a_file(page: Page, system: System, album: Album, folder: Path) -> None:
    """Five rows of a GBK file: previewed, applied, found, undone."""
    sample = folder / "新设企业.csv"
    said = write_sample_register(sample, "gbk_csv", n=5)
    page.goto(f"{system.url}/console/imports")
    page.set_input_files("input[type=file]", str(sample))
    page.get_by_role("button", name="上传并预览").click()
    new = page.locator(".counts a", has_text="新增")
    expect(new).to_contain_text(str(said.good))
    code, name = (page.locator("section table tbody tr td").nth(n).inner_text() for n in (1, 2))
    album.take(page, "import-preview")
    page.get_by_role("button", name="确认写入名录库").click()
    expect(page.locator(".note.good")).to_contain_text(f"新增 {said.good} 条")
    page.goto(f"{system.url}/console/enterprises?q={code}")
    for _ in range(60):
        if page.locator("#list td.lead-cell", has_text=name).count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.locator("#list td.lead-cell", has_text=name)).to_have_count(1)
    page.goto(f"{system.url}/console/imports")
    page.get_by_role("link", name="新设企业.csv").click()
    page.get_by_role("button", name="撤销此次导入").click()
    expect(page.locator(".note", has_text="撤销：移出新增的")).to_contain_text(f"移出新增的 {said.good} 条")


def handle_many(page: Page, system: System, album: Album) -> str:
    """Three of the new campaign's visits get a later deadline: first seen, then done. Gives one of them."""
    page.goto(f"{system.url}/console/inspections")
    page.get_by_label("抽查任务").select_option(label="旅程测试抽查")
    page.wait_for_url(re.compile("campaign="))
    boxes = page.locator("input[name=rows]")
    expect(boxes).to_have_count(40)
    for n in range(3):
        boxes.nth(n).focus()
        page.keyboard.press("Space")
    expect(page.locator("input[name=rows]:checked")).to_have_count(3)
    later = clock.today() + timedelta(days=45)
    page.locator("#bulk-action").select_option("extend")
    page.locator("#bulk-due").fill(later.isoformat())
    page.locator("#bulk-reason").fill("春耕期间企业集中停业")
    album.take(page, "many-ticked")
    page.get_by_role("button", name="先看结果").click()
    expect(page.locator("main")).to_contain_text("共 3 项，其中 3 项可以办理")
    page.get_by_role("button", name="办理这 3 项").click()
    expect(page.get_by_role("status")).to_contain_text("已办理 3 项，未办理 0 项")
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("已办理 3 项，未办理 0 项")
    album.take(page, "many-done")
    page.locator("tbody a").first.click()
    expect(page.locator("main")).to_contain_text(later.isoformat())
    expect(page.locator("main")).to_contain_text("春耕期间企业集中停业")
    return page.url


def comment_and_replace(page: Page, reviewer: Page, system: System, album: Album, visit: str) -> None:
    """A comment calls a colleague by name; an officer stands back and the draw's tickets say who comes."""
    page.goto(visit)
    field = page.get_by_label("写批注")
    field.fill("@李文华 这一户去年有投诉，审核时请留意。")
    field.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#comments")).to_contain_text("这一户去年有投诉")
    expect(page.locator("#comments")).to_contain_text("已通知")
    reviewer.goto(f"{system.url}/console")
    reviewer.locator("#notices a").first.click()
    expect(reviewer.locator("#comments")).to_contain_text("这一户去年有投诉")

    officers = page.locator("section.card", has_text="检查组").locator("ul.plain-list li").filter(has=page.locator("select[name=ground]"))
    before = [o.split()[0] for o in officers.all_inner_texts()]
    assert len(before) == 2
    officers.first.get_by_role("button").click()
    assert officers.first.locator("select").evaluate("e => e.matches(':invalid')"), "nobody is replaced without a ground"
    officers.first.locator("select").select_option(index=1)
    officers.first.get_by_role("button").click()
    expect(page.locator("section.card", has_text="延期与换人")).to_contain_text("依抽取签号接替")
    after = [o.split()[0] for o in officers.all_inner_texts()]
    assert before[1] in after
    assert before[0] not in after
    album.take(page, "visit")
    # The reviewer's page has heard of it without a hand being moved.
    expect(reviewer.locator("section.card", has_text="检查组")).to_contain_text(next(o for o in after if o not in before))


def send_after_a_complaint(page: Page, system: System, album: Album) -> None:
    """A visit without a draw: the enterprise by its code, officers looked for by name, and one of them replaced by a chosen one."""
    page.goto(f"{system.url}/console/enterprises?status=active&county=530302")
    page.locator("#list td.lead-cell a").first.click()
    page.get_by_role("link", name="投诉举报或移送核查").click()
    people = page.locator("input[name=officers]")
    expect(people.first).to_be_visible()
    page.get_by_label("投诉举报或移送文书编号").fill("12315-旅程-1")
    page.get_by_label("完成期限").fill((clock.today() + timedelta(days=10)).isoformat())
    page.locator("input[name=items][value=SC01]").check()
    names = page.locator("#officers label").all_inner_texts()
    food = [n for n, text in enumerate(names) if "食品安全检查" in text]
    rest = [n for n in range(len(names)) if n not in food[:1]]
    people.nth(food[0]).check()
    second = people.nth(rest[0]).get_attribute("value")
    certificate = page.locator("#officers label").nth(rest[0]).locator(".muted").inner_text().split(" · ")[0]
    page.locator("#officer").fill(certificate)
    expect(people).to_have_count(2)
    page.locator(f"input[name=officers][value='{second}']").check()
    album.take(page, "after-a-complaint")
    page.get_by_role("button", name="立项并派发").click()
    page.wait_for_url(re.compile(r"/console/campaigns/[0-9a-f-]{36}$"))
    page.get_by_role("link", name="换人").click()
    row = page.locator("ul.plain-list li", has_text=certificate)
    row.locator("select[name=to]").select_option(index=1)
    row.locator("input[name=reason]").fill("另有紧急任务")
    row.locator("input[name=reason]").press("Enter")
    expect(page.locator("section.card", has_text="延期与换人")).to_contain_text("另有紧急任务")
    gone = page.locator("ul.plain-list li > span").filter(has_text=certificate)
    expect(gone).to_have_count(0)


def test_a_day(system: System, tmp_path: Path) -> None:
    album = Album("manager")
    with browser() as b:
        page, reviewer = open_desk(b, system, "manager"), open_desk(b, system, "reviewer")
        album.take(page, "home")
        tab_to(page, page.locator("a.skip"), most=1)
        page.keyboard.press("Enter")
        assert page.locator("#main").evaluate(FOCUSED)
        find_and_change(page, system, album)
        import_a_file(page, system, album, tmp_path)
        plan_and_draw(page, system)
        album.take(page, "drawn")
        page.goto(f"{system.url}/console/board")
        page.locator("#campaign").select_option(label="旅程测试抽查")
        expect(page.locator("#column-waiting")).to_contain_text("40")
        album.take(page, "board")
        visit = handle_many(page, system, album)
        comment_and_replace(page, reviewer, system, album, visit)
        send_after_a_complaint(page, system, album)

"""A reviewer's day: records judged from the keyboard, one sent back with a reason, what changed since a return, results put right and followed up."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from backend.kernel import clock
from tests.journeys.conftest import System
from tests.journeys.office import FOCUSED, Album, browser, open_desk, tab_to

pytestmark = pytest.mark.browser
ORDER = "限期补齐进货查验记录，并提交整改报告。"


def judge_by_keys(page: Page, system: System, album: Album) -> str:
    """The queue from the keyboard: J, K, Enter, ?, R, A. Gives the address of the result that was published."""
    page.keyboard.press("Tab")  # the first stop of every page leads past the menu
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_role("link", name="审核公示").first.click()
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(3)
    names = rows.all_inner_texts()
    album.take(page, "queue")
    for key, n in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1), ("k", 0)):
        page.keyboard.press(key)
        assert rows.nth(n).evaluate(FOCUSED), f"{key} leads to row {n}"
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("j")  # a dialog hears its own keys only
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    rows.first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(names[0])

    # What was handed in again says what changed since the return, beside the words of the return.
    expect(page.locator("#changes")).to_contain_text("后厨温度记录与照片不一致")
    expect(page.locator("#changes table.diff tbody tr").first).to_be_visible()
    album.take(page, "changed-since-the-return")

    # Single keys are off for whoever wants them off, also on the next page.
    page.locator("#keys-on").uncheck()
    page.locator("body").press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text(names[0])
    page.reload()
    expect(page.locator("#keys-on")).not_to_be_checked()
    page.locator("#keys-on").check()
    page.locator("#keys-on").press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text(names[1])
    page.keyboard.press("k")
    expect(page.get_by_role("heading", level=1)).to_have_text(names[0])
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[1])
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(names[0])

    # A photo opens beside the record and closes again.
    page.locator("[data-photo]").first.click()
    expect(page.locator("#photo img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#photo")).to_be_hidden()

    # A reaches the button that publishes and presses nothing; Enter does.
    page.keyboard.press("a")
    approve = page.locator("[formaction$='/approve']")
    assert approve.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    page.wait_for_url("**/results/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text(names[0])
    result = page.url

    # R asks for the reason first; the letter is then only a letter; one Tab behind the reason stands the return, not the publication.
    page.goto(f"{system.url}/console/reviews")
    expect(rows).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(names[1])
    back = page.locator("[formaction$='/return']")
    back.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("退回须写明原因")
    page.locator("body").press("r")
    assert page.locator("#comment").evaluate(FOCUSED)
    page.keyboard.type("r, j, a: please photograph the freezer again")
    assert page.input_value("#comment") == "r, j, a: please photograph the freezer again"
    page.keyboard.press("Tab")
    assert back.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/reviews")
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="已退回").click()
    expect(page.locator("tbody")).to_contain_text(names[1])

    # The third waits for a colleague's signature on the phone: the reviewer says why it will not come, and publishes.
    page.get_by_role("link", name="待审核").first.click()
    rows.first.click()
    waits = page.locator("#officers")
    expect(waits).to_contain_text("结案前还在等")
    album.take(page, "waits-for-a-colleague")
    page.locator("body").press("a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    waits.locator("summary", has_text="免除联署").click()
    waits.get_by_label("原因（记入存证日志）").fill("该同事已调离，手机已交回")
    waits.get_by_role("button", name="确认免除").click()
    expect(page.locator("#officers")).to_contain_text("该同事已调离，手机已交回")
    page.locator("body").press("a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/results/**")
    page.goto(f"{system.url}/console/reviews")
    expect(page.locator("main")).to_contain_text("这里没有记录")
    return result


def put_right(page: Page, system: System, album: Album, result: str) -> str:
    """The published result is corrected, then an order to correct rests on the visit. Gives the visit's address."""
    number = result.rsplit("/", 1)[1]
    page.goto(f"{system.url}/console/inspections?state=published")
    page.get_by_label("只看交我审核的").check()  # nothing was handed to this reviewer: the filter works without a reload
    page.wait_for_url("**mine=1**")
    expect(page.locator("#list")).to_contain_text("没有符合条件")
    page.go_back()
    expect(page.locator("#list tbody tr").first).to_be_visible()
    for address in {a.get_attribute("href") for a in page.locator("#list a[href^='/console/visits/']").all()}:
        page.goto(f"{system.url}{address}")
        if page.locator("#result").get_by_text(number).count():
            break
    else:
        raise AssertionError(f"{number} is not among the published inspections")
    visit = page.url
    shown = page.locator("#result")
    shown.locator("summary", has_text="更正公示结果").click()
    shown.get_by_label("更正理由（将公开）").fill("记录中的结果代码录入有误")
    for box in shown.locator("input[name=outcomes]:checked").all():
        box.uncheck()
    shown.locator("input[name=outcomes][value=E]").check()
    album.take(page, "correcting")
    shown.get_by_role("button", name="公示更正后的版本").click()
    page.wait_for_url(f"**/results/{number}")
    expect(page.get_by_test_id("corrected")).to_contain_text("记录中的结果代码录入有误")
    page.goto(f"{result}?version=1")
    expect(page.get_by_test_id("superseded")).to_be_visible()

    page.goto(f"{visit}#orders")
    orders = page.locator("#orders")
    orders.locator("summary", has_text="责令改正").click()
    orders.get_by_label("须改正的内容").fill(ORDER)
    orders.get_by_label("法律依据（文件和条款）").fill("《食品安全法》第一百二十六条")
    orders.get_by_label("改正期限").fill((clock.today() + timedelta(days=15)).isoformat())
    orders.get_by_role("button", name="制发责令改正通知书").click()
    page.wait_for_url("**/console/rectifications/**")
    expect(page.locator("main")).to_contain_text(ORDER)
    album.take(page, "order-to-correct")
    with page.context.expect_page() as paper:
        page.get_by_role("button", name="责令改正通知书 PDF").click()
    paper.value.close()
    page.goto(f"{system.url}/console/outcomes")
    expect(page.locator("tbody")).to_contain_text(ORDER)
    return visit


def answer_an_objection(reviewer: Page, manager: Page, system: System, album: Album) -> None:
    """Who judged the record may not decide on the objection; a colleague who had no part does."""
    reviewer.goto(f"{system.url}/console/outcomes/objections")
    reviewer.locator("tbody a").first.click()
    name = reviewer.get_by_role("heading", level=1).inner_text()
    expect(reviewer.locator("main")).to_contain_text("参加过这次检查或审核过其记录的人员不能决定")
    assert reviewer.get_by_role("button", name="作出决定").count() == 0
    manager.goto(reviewer.url)
    manager.locator("input[name=decision][value=kept]").check()
    manager.get_by_label("决定理由（更正或撤回时公开）").fill("复核现场照片，原结果与检查当时情况相符。")
    album.take(manager, "objection")
    manager.get_by_role("button", name="作出决定").click()
    expect(manager.locator("main")).to_contain_text("复核现场照片，原结果与检查当时情况相符。")
    reviewer.reload()
    expect(reviewer.locator("main")).not_to_contain_text("待答复")
    reviewer.goto(f"{system.url}/console/outcomes/objections")
    expect(reviewer.locator("main")).not_to_contain_text(name)
    reviewer.get_by_role("link", name="已办结").click()
    expect(reviewer.locator("tbody")).to_contain_text(name)


def test_a_day(system: System) -> None:
    album = Album("reviewer")
    with browser() as b:
        page = open_desk(b, system, "reviewer")
        album.take(page, "home")
        result = judge_by_keys(page, system, album)
        visit = put_right(page, system, album, result)
        answer_an_objection(page, open_desk(b, system, "manager"), system, album)
        # Every address can be opened anew, and nobody else's session shows it.
        page.goto(visit)
        expect(page.locator("#orders")).to_contain_text(ORDER)
        stranger = b.new_context().new_page()
        stranger.goto(visit)
        expect(stranger).to_have_url(re.compile(r"/console/login\?next="))
        tab_to(stranger, stranger.get_by_role("button", name="登录", exact=True), most=5)

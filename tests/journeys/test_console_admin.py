"""An administrator's day: an account for a new colleague and for an officer, code tables, a holiday, a cap, a lost phone."""

from __future__ import annotations

import re
from datetime import date

import httpx
import pytest
from playwright.sync_api import Page, expect

from backend.kernel import clock
from tests.journeys.conftest import IN_CONTROL, System
from tests.journeys.office import PATIENCE, Album, browser, open_desk, tab_to

pytestmark = pytest.mark.browser


def make_accounts(page: Page, system: System, album: Album) -> None:
    """A weak password is refused and costs nothing that was typed; the new colleague signs in."""
    page.get_by_role("link", name="账号设备").click()
    page.locator("summary", has_text="新建账号").press("Enter")
    tab_to(page, page.locator("#f-username"), most=3)
    page.keyboard.type("zhaomin")
    page.keyboard.press("Tab")
    page.keyboard.type("赵敏")
    page.keyboard.press("Tab")
    page.keyboard.type("zhaomin-2026")
    page.get_by_label("角色").first.select_option("reviewer")
    page.get_by_label("部门").first.select_option("xfjy")
    album.take(page, "new-account")
    page.get_by_role("button", name="新建账号").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.input_value("#f-username") == "zhaomin"
    assert page.input_value("#f-name") == "赵敏"
    assert page.locator("#role").input_value() == "reviewer"
    page.fill("#f-password", "a longer pass phrase")
    page.get_by_role("button", name="新建账号").click()
    expect(page.locator("summary", has_text="新建账号")).to_be_visible()
    page.fill("#q", "赵敏")
    page.locator("#q").press("Enter")
    page.wait_for_url(re.compile("q="))
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("zhaomin")
    album.take(page, "accounts")
    page.go_back()
    expect(page.locator("tbody tr").nth(1)).to_be_visible()
    with httpx.Client(base_url=system.url) as stranger:
        stranger.get("/console/login")
        form = {"username": "zhaomin", "password": "a longer pass phrase", "_csrf_token": stranger.cookies["csrf"]}
        assert stranger.post("/console/login", data=form).status_code == 303
        assert "赵敏" in stranger.get("/console", follow_redirects=True).text


def keep_the_tables(page: Page, system: System, album: Album) -> None:
    """A zone that the national list does not know, next year's holiday, a cap that ends: each with its history."""
    page.get_by_role("link", name="基础数据").click()
    album.take(page, "registers")
    page.get_by_role("link", name="行政区划").click()
    page.get_by_role("link", name="新增").click()
    page.get_by_label("代码").fill("5303K9")
    page.get_by_label("中文名称").fill("旅程高新区")
    page.get_by_label("英文名称").fill("Journey zone")
    page.get_by_label("上级区划").select_option("530300")
    page.get_by_label("依据").fill("云政复〔2026〕9号")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/registers/region/5303K9")
    page.get_by_label("中文名称").fill("旅程经济技术开发区")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("section.after")).to_contain_text("旅程高新区")
    expect(page.locator("section.after del").first).to_have_text("旅程高新区")
    album.take(page, "region")
    # Somebody else saved in between: both texts, nothing lost.
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("英文名称").fill("Their zone")
    other.get_by_role("button", name="保存").click()
    expect(other.locator("section.after")).to_contain_text("Their zone")
    other.close()
    page.get_by_label("英文名称").fill("My zone")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#collision")).to_contain_text("Their zone")
    assert page.get_by_label("英文名称").input_value() == "My zone"
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#collision")).to_have_count(0)
    expect(page.locator("section.after")).to_contain_text("My zone")

    year = clock.today().year + 1
    day = date(year, 5, 4).isoformat()
    page.goto(f"{system.url}/console/registers/holiday?year={year}")
    page.get_by_role("link", name="新增").click()
    page.get_by_label("日期").first.fill(day)
    page.get_by_label("节日").fill("劳动节")
    page.get_by_label("依据").fill("国办发明电〔2026〕7号")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(f"holiday\\?year={year}"))
    expect(page.locator("tbody")).to_contain_text(day)
    album.take(page, "holidays")
    page.get_by_role("link", name=day).click()
    page.get_by_role("button", name="删除此日").click()
    page.wait_for_url(re.compile(f"holiday\\?year={year}"))
    expect(page.locator("main")).not_to_contain_text(day)

    page.goto(f"{system.url}/console/registers/cap")
    page.locator("tbody a").first.click()
    most = page.get_by_label("每户每年最多次数")
    most.fill("100")
    page.get_by_role("button", name="保存").click()
    assert most.evaluate("e => e.matches(':invalid')"), "the browser already knows the bounds"
    most.fill("3")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("section.after ins").first).to_have_text("3")
    album.take(page, "cap")


def stop_a_lost_phone(page: Page, system: System, album: Album) -> None:
    """An officer's phone is signed in; reported lost, it is out at once."""
    assert page.context.browser
    phone = page.context.browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
    phone.set_default_timeout(PATIENCE)
    phone.goto(f"{system.url}/field/")
    phone.get_by_test_id("username").fill("inspector")
    phone.get_by_test_id("password").fill("sunlot-demo")
    phone.get_by_test_id("sign-in").click()
    phone.get_by_test_id("list").wait_for()
    phone.evaluate(IN_CONTROL)
    page.goto(f"{system.url}/console/accounts?q=inspector&role=inspector")
    page.get_by_role("row").filter(has=page.get_by_text("inspector", exact=True)).get_by_role("link").click()
    expect(page.get_by_test_id("device").filter(has_text="使用中")).to_have_count(1)
    album.take(page, "phones")
    page.once("dialog", lambda d: d.dismiss())
    page.get_by_test_id("revoke").click()
    page.reload()
    expect(page.get_by_test_id("device").filter(has_text="使用中")).to_have_count(1)
    page.once("dialog", lambda d: d.accept())
    page.get_by_test_id("revoke").click()
    expect(page.get_by_test_id("device").filter(has_text="使用中")).to_have_count(0)
    expect(page.get_by_test_id("device").filter(has_text="已报失停用").first).to_be_visible()
    assert phone.evaluate("fetch('/field/api/bundle').then((r) => r.status)") == 401


def test_a_day(system: System) -> None:
    album = Album("admin")
    with browser() as b:
        page = open_desk(b, system, "admin")
        album.take(page, "home")
        make_accounts(page, system, album)
        keep_the_tables(page, system, album)
        stop_a_lost_phone(page, system, album)
        page.get_by_role("button", name="退出").click()
        page.wait_for_url("**/console/login**")
        page.go_back()
        page.reload()
        expect(page).to_have_url(re.compile("/console/login"))

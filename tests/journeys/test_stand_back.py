"""An officer asks to stand back with no signal; once there is one, the manager decides and sees where a substitute is needed."""

from __future__ import annotations

import httpx
from playwright.sync_api import expect, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, System

REASON = "店主是我的表兄"


def test_a_recusal_reaches_the_manager(system: System) -> None:
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        phone = browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN")
        page = phone.new_page()
        page.goto(f"{system.url}/field/")
        page.get_by_test_id("username").fill("inspector")
        page.get_by_test_id("password").fill("sunlot-demo")
        page.get_by_test_id("sign-in").click()
        page.get_by_test_id("list").wait_for()
        page.evaluate(IN_CONTROL)
        page.locator("a[href^='#/inspection/']").first.click()
        name = page.get_by_test_id("enterprise-name").inner_text()
        phone.set_offline(True)
        page.get_by_test_id("recuse").click()
        page.get_by_test_id("recuse-reason").fill(REASON)
        page.get_by_test_id("recuse-send").click()
        expect(page.get_by_test_id("recused")).to_be_visible()
        page.reload()
        expect(page.get_by_test_id("recused")).to_be_visible()
        with page.expect_response(lambda r: r.url.endswith("/field/api/recusals"), timeout=60_000) as answer:
            phone.set_offline(False)
            page.evaluate("dispatchEvent(new Event('online'))")
        assert answer.value.json() == {"new": True}
        phone.close()

        office = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
        office.goto(f"{system.url}/console/login")
        office.fill("#username", "manager")
        office.fill("#password", "sunlot-demo")
        office.click("button.primary")
        office.get_by_text("项回避申请等待决定").click()
        card = office.locator("section.card", has_text=REASON)
        expect(card).to_contain_text(name)
        card.locator("input[name=decision]").fill("属实")
        card.locator("button[value=uphold]").click()
        office.locator("section.card", has_text=REASON).get_by_text("前往换人").first.click()
        expect(office.locator("h1")).to_contain_text(name)
        browser.close()
    log = httpx.get(f"{system.url}/log").text
    assert REASON not in log

"""Two people at one thing, in two real browsers: each sees the other's name come and go, and who saves second loses no word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, System
from tests.journeys.test_live import desk

pytestmark = pytest.mark.browser
PATIENCE = 60_000
FIRST, OWN = "lantern orbit walnut seven", "walnut orbit paper forty-two"


def second_manager(browser: Browser, system: System) -> Page:
    """李强, who may do what 陈静 may."""
    admin = desk(browser, system, "admin")
    admin.goto(f"{system.url}/console/accounts")
    admin.click("summary")
    for name, value in (("username", "liqiang"), ("name", "李强"), ("password", FIRST)):
        admin.fill(f"[name={name}]", value)
    admin.select_option("[name=role]", "manager")
    admin.select_option("[name=department]", "scjg")
    admin.click("form.stack button.primary")
    admin.wait_for_load_state()
    admin.context.close()
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{system.url}/console/login")
    page.fill("#username", "liqiang")
    page.fill("#password", FIRST)
    page.click("button.primary")
    page.wait_for_url("**/console/me**")
    # What an administrator has chosen opens nothing but the page where it is changed.
    page.fill("[name=current]", FIRST)
    page.fill("[name=new]", OWN)
    page.fill("[name=again]", OWN)
    page.locator("form:has([name=again]) button.primary").click()
    page.wait_for_url("**/console/me?done=password")
    return page


def open_item(page: Page, system: System) -> None:
    with page.expect_response(lambda r: "/console/live" in r.url and "here=" in r.url):
        page.goto(f"{system.url}/console/items/SC02")


def test_two_managers_at_one_check_item(system: System, tmp_path: Path) -> None:
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        colleague = second_manager(browser, system)
        manager = desk(browser, system, "manager")
        open_item(manager, system)
        note = manager.locator("#here-note")
        expect(note).to_be_hidden()
        open_item(colleague, system)
        expect(note).to_have_text("李强也打开了此页", timeout=PATIENCE)
        expect(colleague.locator("#here-note")).to_have_text("陈静也打开了此页", timeout=PATIENCE)
        manager.screenshot(path=str(tmp_path / "desk.png"))
        manager.set_viewport_size({"width": 390, "height": 844})
        manager.screenshot(path=str(tmp_path / "phone.png"))
        assert manager.evaluate("document.documentElement.scrollWidth <= innerWidth")

        # A page loaded anew has not left; one that goes elsewhere has.
        open_item(colleague, system)
        manager.wait_for_timeout(2500)
        expect(note).to_have_text("李强也打开了此页")
        manager.fill("[name=name_en]", "Pharmacies, as 陈静 typed it")
        colleague.fill("[name=name_en]", "Pharmacies, as 李强 typed it")
        colleague.click("form.wide button.primary")
        colleague.wait_for_url(re.compile("/console/items/SC02"))
        colleague.goto(f"{system.url}/console/items")
        expect(note).to_be_hidden(timeout=PATIENCE)

        manager.click("form.wide button.primary")
        expect(manager.locator("#collision")).to_contain_text("as 李强 typed it")
        assert manager.input_value("[name=name_en]") == "Pharmacies, as 陈静 typed it"
        for page in (manager, colleague):
            assert page.__dict__.get("said", []) == []
        browser.close()

"""axe-core on the main pages, in both languages and both colour schemes: nothing serious is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, REPO, System

pytestmark = pytest.mark.browser
AXE = (Path(REPO) / "pwa/node_modules/axe-core/axe.min.js").read_text() if (Path(REPO) / "pwa/node_modules/axe-core/axe.min.js").exists() else ""
PUBLIC = ("/", "/results", "/draws", "/draws/QJ-2026-0001", "/log", "/log/entries/1", "/console/login")
OFFICE = (
    "/console",
    "/console/campaigns",
    "/console/campaigns/new",
    "/console/campaigns/adhoc",
    "/console/inspections",
    "/console/enterprises",
    "/console/imports",
    "/console/inspectors",
    "/console/recusals",
)


# What fades in or out is judged when it has come to rest; what turns for ever is not waited for.
AT_REST = (
    "() => Promise.allSettled(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity).map((a) => a.finished))"
    ".then(() => undefined)"
)


def troubles(page: Page) -> list[str]:
    page.evaluate(AT_REST)
    # evaluate runs it as the tool does, so that the page's own strict policy stays in force.
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{page.url}: {v['id']} {v['nodes'][0]['target']} {v['nodes'][0]['any'][0]['message'] if v['nodes'][0]['any'] else ''}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
def test_pages(system: System, language: str, scheme: Any) -> None:
    found: list[str] = []
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme).new_page()
        for path in PUBLIC:
            page.goto(f"{system.url}{path}?lang={language}")
            page.wait_for_timeout(150)
            found += troubles(page)
        page.fill("#username", "manager")
        page.fill("#password", "sunlot-demo")
        page.click("button.primary")
        page.wait_for_url("**/console")
        page.set_viewport_size({"width": 1440, "height": 900})
        for path in OFFICE:
            page.goto(f"{system.url}{path}?lang={language}")
            page.wait_for_timeout(150)
            found += troubles(page)
        browser.close()
    assert found == []


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
def test_phone(system: System, language: str, scheme: Any) -> None:
    """Every screen of the field app that a visit opens, its folds unfolded."""
    found: list[str] = []
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme, locale="zh-CN", reduced_motion="reduce").new_page()
        page.goto(f"{system.url}/field/")
        page.evaluate("(language) => localStorage.setItem('sunlot.language', JSON.stringify(language))", language)
        page.reload()
        page.get_by_test_id("username").wait_for()
        found += troubles(page)
        page.get_by_test_id("username").fill("inspector")
        page.get_by_test_id("password").fill("sunlot-demo")
        page.get_by_test_id("sign-in").click()
        first = page.locator("[data-testid=list] > a").first
        first.wait_for()
        found += troubles(page)
        visit = str(first.get_attribute("href"))
        first.click()
        page.get_by_test_id("receive").or_(page.get_by_test_id("step-scan")).first.wait_for()
        if page.get_by_test_id("receive").count():
            page.get_by_test_id("receive").click()
        page.get_by_test_id("step-scan").wait_for()
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        page.wait_for_timeout(300)
        found += troubles(page)
        item = str(page.locator("[data-testid^=step-item-]").first.get_attribute("href"))
        for hash_ in (item, f"{visit}/photos", f"{visit}/outcome", f"{visit}/summary", f"{visit}/scan", "#/outbox", "#/me"):
            page.evaluate("(hash) => { location.hash = hash; }", hash_)
            page.wait_for_timeout(500)
            found += troubles(page)
        browser.close()
    assert found == []

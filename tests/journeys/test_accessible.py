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
OFFICE = ("/console", "/console/campaigns", "/console/campaigns/new", "/console/inspections", "/console/enterprises", "/console/imports", "/console/inspectors")


def troubles(page: Page) -> list[str]:
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

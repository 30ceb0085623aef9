"""axe-core on the main pages and on every screen of the phone, in both languages and both colour schemes; the phone also in one hand."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.journeys import field_walk
from tests.journeys.conftest import CHROMIUM, FLAGS, System

pytestmark = pytest.mark.browser
PUBLIC = ("/", "/results", "/draws", "/draws/QJ-2026-0001", "/log", "/log/entries/1", "/console/login")
OFFICE = (
    "/console",
    "/console/plans",
    "/console/plans/calendar",
    "/console/plans/new",
    "/console/campaigns",
    "/console/campaigns/new",
    "/console/campaigns/adhoc",
    "/console/inspections",
    "/console/enterprises",
    "/console/imports",
    "/console/inspectors",
    "/console/recusals",
    "/console/alerts",
    "/console/unsent",
)


BROKEN = """() => {
  const main = document.querySelector("main");
  const add = (tag, text, style) => {
    const el = document.createElement(tag);
    el.textContent = text; el.style.cssText = style; main.append(el);
    return el;
  };
  add("p", "too wide", "width: 500px");
  add("button", "x", "width: 20px; height: 20px; outline: none !important").tabIndex = 3;
  add("p", "much too long for its box, and not a word of it may be lost", "width: 80px; height: 20px; overflow: hidden");
  add("p", "one word", "height: 0; margin: 0");
  add("p", "another word", "margin: 0");
  add("h1", "a second heading", "");
  const bar = document.createElement("footer");
  bar.className = "bar"; bar.style.bottom = "40px"; bar.textContent = "bar";
  document.getElementById("app").append(bar);
}"""


def serious(page: Page) -> list[str]:
    return [f"{page.url}: {line}" for line in field_walk.axe(page) if "(serious)" in line or "(critical)" in line]


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
def test_pages(system: System, language: str, scheme: Any) -> None:
    found: list[str] = []
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme).new_page()
        for path in PUBLIC:
            page.goto(f"{system.url}{path}?lang={language}")
            page.wait_for_timeout(150)
            found += serious(page)
        page.fill("#username", "manager")
        page.fill("#password", "sunlot-demo")
        page.click("button.primary")
        page.wait_for_url("**/console")
        page.set_viewport_size({"width": 1440, "height": 900})
        for path in OFFICE:
            page.goto(f"{system.url}{path}?lang={language}")
            page.wait_for_timeout(150)
            found += serious(page)
        page.goto(f"{system.url}/console/plans")
        page.click("article h2 a")
        page.wait_for_selector("table.year")
        found += serious(page)
        browser.close()
    assert found == []


@pytest.mark.parametrize(("language", "username"), [("zh", "inspector"), ("en", "inspector2")])
def test_phone(system: System, language: str, username: str) -> None:
    """Every screen of the field app in the states a visit brings: axe, one hand at 360 px, text 200 %, focus, no movement.

    Light and dark by turns, and the other way round in the other language; ``make audit`` does all four.
    """
    found: list[str] = []
    seen: set[str] = set()
    with sync_playwright() as p:
        browser = field_walk.launch(p)
        page = field_walk.open_phone(browser, system).new_page()
        for n, (screen, state) in enumerate(field_walk.Walk(page, system, language=language, username=username)):
            seen.add(screen)
            page.emulate_media(color_scheme="light" if (n % 2 == 0) == (language == "zh") else "dark")
            found += [f"{screen}, {state}: {line}" for line in field_walk.axe(page) + field_walk.fit(page)]
        browser.close()
    assert found == []
    assert field_walk.routed() - seen == set(), "screens that main.js routes to and tests/journeys/field_walk.py never opens"


def test_the_list_of_screens_is_read_from_the_router() -> None:
    assert {"sign_in", "today", "inspection", "scan", "checklist", "camera", "photos", "outcome", "summary", "sign", "receipt"} <= field_walk.routed()


def test_the_look_sees_what_it_should(system: System) -> None:
    """A page with one of each mistake: no check passes by looking away."""
    with sync_playwright() as p:
        browser = field_walk.launch(p)
        page = field_walk.open_phone(browser, system).new_page()
        page.goto(f"{system.url}/field/")
        page.get_by_test_id("username").wait_for()
        assert field_walk.fit(page) == []
        page.evaluate(BROKEN)
        said = "\n".join(field_walk.fit(page))
        browser.close()
    for word in ("scrolls sideways", "outside:", "small target", "cut off", "on each other", "not at the bottom", "2 headings", "order of its own", "not seen"):
        assert word in said, f"{word} not in:\n{said}"

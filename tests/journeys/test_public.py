"""The public site as a whole: no dead link, no page out of reach, axe-core on every page, and every one of them without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys import field_walk, office_walk, public_walk
from tests.journeys.conftest import System
from tests.journeys.office import NARROW, SIDEWAYS, UNFOLD, WIDE, browser
from tests.journeys.office_walk import Seen

pytestmark = pytest.mark.browser
SMALL = {"width": 360, "height": 740}
# What people see of the menu: each entry whole, within the screen.
MENU = (
    "() => [...document.querySelectorAll('.top nav a')].filter((a) => a.offsetParent)"
    ".filter((a) => { const r = a.getBoundingClientRect(); return r.left < 0 || r.right > innerWidth + 1; }).map((a) => a.textContent)"
)


@pytest.fixture(scope="module")
def seen(system: System) -> list[Seen]:
    return public_walk.crawl(system)


@pytest.fixture(scope="module")
def one_browser() -> Iterator[Browser]:
    with browser() as b:
        yield b


def test_every_link_leads_somewhere(seen: list[Seen]) -> None:
    assert [f"{s.source} -> {s.address} answers {s.status}" for s in seen if s.source != "typed" and s.status not in (200, 303)] == []


def test_every_page_is_reached_by_links(seen: list[Seen]) -> None:
    missed = public_walk.routes() - {s.route for s in seen if s.source != "typed" or s.status == 200}
    assert missed - set(public_walk.ELSEWHERE) == set(), "a page that no link leads to"
    assert len({s.route for s in seen if s.is_page}) > 15


def test_what_makes_no_sense_is_said_and_is_no_failure(seen: list[Seen]) -> None:
    assert {s.status for s in seen if s.source == "typed"} <= {200, 404, 422}


def test_the_tags_of_every_page_close_what_they_opened(seen: list[Seen]) -> None:
    assert [f"{s.address}: {s.fault}" for s in seen if s.fault] == []


def test_axe_on_every_page(seen: list[Seen], system: System, one_browser: Browser) -> None:
    """In Chinese, light and narrow; in English, dark and wide; ``make audit AUDIT=public`` does all of it for all. At 360 px nothing is cut off."""
    pages = office_walk.chosen(seen)
    assert len(pages) > 20
    found: list[str] = []
    context = one_browser.new_context(locale="zh-CN", reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    for one in pages:
        for language, scheme, size in (("zh", "light", NARROW), ("en", "dark", WIDE)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(f"{system.url}{one.address}{'&' if '?' in one.address else '?'}lang={language}")
            page.evaluate(UNFOLD)
            found += [f"{one.address} {size['width']} {language}: {line}" for line in field_walk.axe(page)]
            found += [f"{one.address} {size['width']} {language}: scrolls sideways"] if page.evaluate(SIDEWAYS) else []
            page.set_viewport_size(SMALL)  # type: ignore[arg-type]
            found += [f"{one.address} 360 {language}: scrolls sideways"] if page.evaluate(SIDEWAYS) else []
            found += [f"{one.address} 360 {language}: the menu hides {entry}" for entry in page.evaluate(MENU)]
    context.close()
    assert found == []


def test_it_is_all_there_without_javascript(system: System, one_browser: Browser) -> None:
    context = one_browser.new_context(java_script_enabled=False, viewport=NARROW)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{system.url}/")
    page.fill("#q", "店")
    page.press("#q", "Enter")
    page.wait_for_url("**/results?q=*")
    page.click("summary")
    page.select_option("#outcome", index=1)
    page.click("button.primary")
    page.wait_for_url("**outcome=*")
    page.go_back()
    assert page.input_value("#q") == "店"
    page.goto(f"{system.url}/officers")
    page.fill("#name", "张三")
    page.fill("#certificate_no", "滇D-000")
    page.click("button.primary")
    assert page.get_by_test_id("invalid").is_visible()
    page.goto(f"{system.url}/statistics")
    assert page.locator("svg.columns rect").count() > 0
    context.close()

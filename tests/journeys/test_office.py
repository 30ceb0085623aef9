"""The office as a whole: no dead link, no page out of reach, and axe-core on every page in both languages and both colour schemes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys import field_walk, office_walk
from tests.journeys.conftest import System
from tests.journeys.office import NARROW, SIDEWAYS, UNFOLD, WIDE, browser
from tests.journeys.office_walk import ELSEWHERE, ROLES, Seen

pytestmark = pytest.mark.browser


BESIDE = "() => { const [s, m] = ['.side', 'main'].map((q) => document.querySelector(q).getBoundingClientRect()); return m.left >= s.right && m.top < 50; }"


@pytest.fixture(scope="module")
def seen(system: System) -> list[Seen]:
    return [one for role in ROLES for one in office_walk.crawl(system, role)]


@pytest.fixture(scope="module")
def one_browser() -> Iterator[Browser]:
    with browser() as b:
        yield b


def window(b: Browser, system: System, role: str) -> BrowserContext:
    """Signed in by the cookies of a session that was opened without a browser."""
    context = b.new_context(locale="zh-CN", reduced_motion="reduce")
    with office_walk.sign_in(system, role) as client:
        context.add_cookies([{"name": c.name, "value": c.value or "", "url": system.url} for c in client.cookies.jar])
    context.set_default_timeout(60_000)
    return context


def open_page(page: Page, system: System, one: Seen, language: str, scheme: str, size: object) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{system.url}{one.address}{'&' if '?' in one.address else '?'}lang={language}")
    page.evaluate(UNFOLD)


def judge(page: Page, one: Seen, *rules: str) -> list[str]:
    assert page.viewport_size
    wide = page.viewport_size["width"]
    looks = ["scrolls sideways"] if page.evaluate(SIDEWAYS) else []
    if wide == WIDE["width"] and not page.evaluate(BESIDE):
        looks.append("the page does not stand beside its menu")
    return [f"{one.role} {one.address} {wide}: {line}" for line in looks + field_walk.axe(page, *rules)]


def test_every_link_leads_somewhere(seen: list[Seen]) -> None:
    assert [f"{s.role}: {s.source} -> {s.address} answers {s.status}" for s in seen if s.status not in (200, 204, 303)] == []


def test_every_page_is_reached_by_links(seen: list[Seen]) -> None:
    reached = {s.route for s in seen}
    assert set(office_walk.routes()) - reached == set(ELSEWHERE), "a page that no link leads to, or one that is reached after all"
    assert {role: len({s.route for s in seen if s.role == role and s.is_page}) > 12 for role in ROLES} == dict.fromkeys(ROLES, True)


def test_the_tags_of_every_page_and_part_close_what_they_opened(seen: list[Seen]) -> None:
    assert [f"{s.role} {s.address}: {s.fault}" for s in seen if s.fault] == []
    assert "</div> in line 1 where div/header is open" in office_walk.misnested("<div><header><b>x</b></div>")
    assert office_walk.misnested("<ul><li>a<li>b</ul><p>x<br><div></div>") == "p is never closed"


def test_axe_on_every_page(seen: list[Seen], system: System, one_browser: Browser) -> None:
    """Of the first role that may open a page in Chinese, light and narrow, then dark; in English, dark and wide.
    Of the other roles every page that shows a part that the first role's does not, by turns. ``make audit AUDIT=console`` does all of it for all."""
    main, more = office_walk.unlike(office_walk.chosen(seen))
    assert len({p.route for p in main}) > 35
    found: list[str] = []
    for role in ROLES:
        context = window(one_browser, system, role)
        page = context.new_page()
        for one in (p for p in main if p.role == role):
            open_page(page, system, one, "zh", "light", NARROW)
            found += judge(page, one)
            page.emulate_media(color_scheme="dark")
            found += judge(page, one, "color-contrast")
            open_page(page, system, one, "en", "dark", WIDE)
            found += judge(page, one)
        for n, one in enumerate(p for p in more if p.role == role):
            open_page(page, system, one, *(("zh", "dark", WIDE) if n % 2 else ("en", "light", NARROW)))
            found += judge(page, one)
        context.close()
    assert found == []


def test_the_walk_sees_what_it_should() -> None:
    """The routes are told apart as the server does it, and a page with nothing new is not opened twice."""
    known = office_walk.matcher(["/console/figures/{measure:str}", "/console/figures/waiting", "/console/items/{code:str}/versions/{number:int}"])

    def route(path: str) -> str:
        return next((name for pattern, name in known if pattern.fullmatch(path)), "")

    assert route("/console/figures/waiting") == "/console/figures/waiting"
    assert route("/console/figures/done") == "/console/figures/{measure:str}"
    assert route("/console/items/SC01/versions/x") == ""
    pages = [Seen("manager", "/a", f"/a/{n}", "", 200, frozenset(ids)) for n, ids in enumerate(({"html", "x"}, {"html", "x", "y"}, {"html"}, {"html", "z"}))]
    assert [p.address for p in office_walk.chosen(pages)] == ["/a/1", "/a/3"]
    others = [Seen("auditor", "/a", "/a/1", "", 200, frozenset({"html", "x"})), Seen("auditor", "/a", "/a/9", "", 200, frozenset({"html", "new"}))]
    main, more = office_walk.unlike(office_walk.chosen(pages) + others)
    assert [p.address for p in main] == ["/a/1", "/a/3"]
    assert [p.address for p in more] == ["/a/9"]

"""A person at a desk of the office: signed in, with keyboard and mouse, and an album of what the screen showed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, REPO, System

PASSWORD = "sunlot-demo"
PATIENCE = 60_000  # other browsers may share the machine
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
ALBUMS = REPO / "build/journeys"
FOCUSED = "e => e === document.activeElement"
UNFOLD = "() => document.querySelectorAll('details').forEach((d) => { d.open = true; })"
SIDEWAYS = "() => document.documentElement.scrollWidth > innerWidth"


@contextmanager
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    try:
        with sync_playwright() as p:
            one = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            yield one
            one.close()
    finally:
        expect.set_options(timeout=5_000)


def open_desk(browser: Browser, system: System, who: str, **more: Any) -> Page:
    """A page of its own, signed in by the keyboard alone."""
    page = browser.new_context(viewport=WIDE, locale="zh-CN", accept_downloads=True, **more).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE)
    page.goto(f"{system.url}/console/login")
    # The field for the name has the focus when the page opens.
    page.locator("#username:focus").wait_for()
    page.keyboard.type(who)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console")
    return page


def tab_to(page: Page, wanted: Locator, *, most: int = 60, back: bool = False) -> None:
    """Move the focus there as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if wanted.evaluate(FOCUSED):
            return
    raise AssertionError(f"{most} times Tab and not there: {wanted}; the focus is on {page.evaluate('document.activeElement.outerHTML.slice(0, 200)')}")


class Album:
    """Pictures of one role's day, each at both widths and in both languages: build/journeys/<role>/NN-name-<width>-<language>.png."""

    def __init__(self, role: str) -> None:
        self.folder: Path = ALBUMS / role
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.count = 0
        self._english: dict[BrowserContext, Page] = {}

    def _in_english(self, page: Page) -> Page:
        """The same person's other window, whose language is its own."""
        if page.context not in self._english:
            assert page.context.browser
            other = page.context.browser.new_context(viewport=WIDE, locale="en-GB")  # type: ignore[arg-type]
            kept = [c for c in page.context.cookies() if c["name"] != "lang"]
            other.add_cookies([{k: c[k] for k in ("name", "value", "domain", "path")} for c in kept])  # type: ignore[literal-required, misc]
            self._english[page.context] = other.new_page()
            self._english[page.context].set_default_timeout(PATIENCE)
        return self._english[page.context]

    def take(self, page: Page, name: str) -> None:
        """The page as it stands, with whatever is typed into it; in English as its address gives it."""
        self.count += 1
        stem = f"{self.count:02}-{name}"
        self._shoot(page, f"{stem}-%s-zh.png")
        english = self._in_english(page)
        address = page.url.partition("#")[0]
        english.goto(f"{address}{'&' if '?' in address else '?'}lang=en")
        assert english.evaluate("document.documentElement.lang") == "en"
        self._shoot(english, f"{stem}-%s-en.png")

    def _shoot(self, page: Page, name: str) -> None:
        for size in (NARROW, WIDE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            # A chart moves to its new shape.
            page.wait_for_timeout(1000 if page.locator("figure[data-chart]").count() else 120)
            page.screenshot(path=self.folder / (name % size["width"]), full_page=True)
            assert not page.evaluate(SIDEWAYS), f"{page.url} scrolls sideways at {size['width']} px"

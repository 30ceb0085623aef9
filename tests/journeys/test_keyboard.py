"""A whole visit by keyboard alone: every step is reached by Tab, done by Enter, Space or typing, and the focus is always somewhere known."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.journeys import field_walk
from tests.journeys.conftest import System

pytestmark = pytest.mark.browser
HERE = "() => document.activeElement?.closest('[data-testid]')?.dataset.testid ?? document.activeElement?.tagName"


class Keys:
    """What a person without a pointer can do. Any click would be a mistake, so there is none."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, testid: str, *, back: bool = False) -> None:
        """Tab until the focus is on ``testid``."""
        for _ in range(90):
            if self.page.evaluate("() => document.activeElement?.dataset.testid ?? ''") == testid:
                return
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"Tab never came to {testid}; it is on {self.page.evaluate(HERE)}")

    def press(self, testid: str, key: str = "Enter") -> None:
        self.page.get_by_test_id(testid).wait_for()
        self.to(testid)
        self.seen()
        self.page.keyboard.press(key)

    def seen(self) -> None:
        """The focused element is on the glass and not under the bar."""
        hidden = self.page.evaluate(
            "() => { const el = document.activeElement, r = el.getBoundingClientRect(), bar = document.querySelector('footer.bar, nav.tabs');"
            " return r.bottom < 0 || r.top > innerHeight || (bar && !bar.contains(el) && !el.closest('dialog') && r.top > bar.getBoundingClientRect().top); }"
        )
        assert not hidden, f"the focus is out of sight on {self.page.evaluate(HERE)}"

    def type(self, testid: str, text: str) -> None:
        self.page.get_by_test_id(testid).wait_for()
        self.to(testid)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def arrived(self, testid: str) -> None:
        """A new screen: the focus stands on its heading, so that a reader says where we are."""
        self.page.get_by_test_id(testid).first.wait_for()
        self.page.wait_for_timeout(400)
        assert self.page.evaluate("() => document.activeElement?.tagName") == "H1", self.page.evaluate(HERE)


def bundle(page: Page) -> dict[str, Any]:
    return dict(page.evaluate("() => fetch('/field/api/bundle').then((r) => r.json())"))


def test_a_visit_without_a_pointer(system: System) -> None:
    with sync_playwright() as p:
        browser = field_walk.launch(p)
        phone = field_walk.open_phone(browser, system)
        page = phone.new_page()
        page.set_default_timeout(45_000)
        keys = Keys(page)
        page.goto(f"{system.url}/field/")
        page.get_by_test_id("username").wait_for()

        # A wrong password: the words are tied to the fields.
        keys.type("username", "inspector")
        keys.type("password", "wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("sign-in-trouble")).not_to_be_empty()
        expect(page.get_by_test_id("password")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_test_id("password")).to_have_accessible_description(page.get_by_test_id("sign-in-trouble").inner_text())
        keys.type("password", field_walk.PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_test_id("list").locator("a").first.wait_for()
        told = bundle(page)
        inspection = next(i for i in told["inspections"] if i["state"] == "dispatched")
        item = inspection["items"][0]
        questions = [q for q in told["checklists"][item["checklist"]]["questions"] if not q.get("show_if")]

        keys.press(f"inspection-{inspection['id']}")
        keys.arrived("receive")
        keys.press("receive")
        keys.press("step-scan")
        keys.arrived("scan-typed")
        keys.press("scan-typed")
        keys.type("scan-code", "91110000000000000X")
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("scan-code")).to_have_accessible_description(page.get_by_test_id("scan-wrong").inner_text())
        keys.type("scan-code", inspection["enterprise"]["code"])
        page.keyboard.press("Enter")
        keys.press(f"step-item-{item['code']}")
        keys.arrived("progress")

        for q in questions:
            if q["type"] == "number":
                keys.type(f"q-{q['id']}-input", "3")
            elif q["type"] == "choice":
                keys.press(f"q-{q['id']}-{q['options'][0]['value']}", "Space")
        keys.to("all-fine", back=True)
        page.keyboard.press("Enter")

        # The question holds the focus until it is answered; Escape is a no, and the focus goes back where it came from.
        page.get_by_test_id("ask-yes").wait_for()
        for _ in range(5):
            page.keyboard.press("Tab")
            assert page.evaluate("() => document.activeElement === document.body || !!document.activeElement.closest('dialog')")
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
        assert page.evaluate("() => document.activeElement.dataset.testid") == "all-fine"
        page.keyboard.press("Enter")
        keys.press("ask-yes")
        page.wait_for_timeout(500)
        keys.press("item-done")
        keys.press("step-outcome")
        keys.arrived("remark")
        keys.press("outcome-1", "Space")
        page.wait_for_timeout(400)
        keys.press("to-summary")
        keys.arrived("rep-refused")

        # The representative refuses: reason and witness stand in for the signature.
        keys.press("rep-refused", "Space")
        keys.type("rep-reason", "不同意检查结论")
        keys.type("rep-witness", "李见证")
        page.wait_for_timeout(600)
        keys.press("freeze")
        page.get_by_test_id("content-hash").wait_for()

        for signer in ("officer-1", "officer-2"):
            keys.press(f"sign-{signer}")
            keys.arrived("signature")
            keys.to("signature")
            page.keyboard.press("Enter")
            for way in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowRight", "Shift+ArrowDown", "ArrowDown", "ArrowRight"):
                page.keyboard.press(way)
            page.keyboard.press("Enter")
            expect(page.get_by_test_id("signed-said")).not_to_be_empty()
            keys.press("sign-ok")
            page.get_by_test_id("seal").wait_for()
            page.wait_for_timeout(300)
        keys.press("seal")
        keys.arrived("receipt-state")
        phone.close()
        browser.close()

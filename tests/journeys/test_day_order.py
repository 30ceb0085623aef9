"""The day's visits by deadline, by distance from where the phone is, or as one way; also with no signal, and after a restart."""

from __future__ import annotations

from io import BytesIO

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, System


def cards(page: Page) -> list[str]:
    return page.locator("[data-testid=list] > a").evaluate_all("cards => cards.map((c) => c.dataset.testid)")


def kilometres(page: Page) -> list[float]:
    words = page.locator("[data-testid=list] [data-testid=distance]").all_inner_texts()
    return [float(w.split()[0]) / (1 if w.endswith("km") else 1000) for w in words if w]


def test_the_nearest_first(system: System) -> None:
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        phone = browser.new_context(
            viewport={"width": 360, "height": 740}, locale="zh-CN", geolocation={"latitude": 25.49, "longitude": 103.80}, permissions=["geolocation"]
        )
        page = phone.new_page()
        page.goto(f"{system.url}/field/")
        page.get_by_test_id("username").fill("inspector")
        page.get_by_test_id("password").fill("sunlot-demo")
        page.get_by_test_id("sign-in").click()
        page.locator("[data-testid=list] > a").first.wait_for()
        page.evaluate(IN_CONTROL)
        by_deadline = cards(page)
        assert len(by_deadline) > 2
        marked = page.get_by_test_id("new")
        fresh = marked.count()
        assert fresh > 0
        page.locator("[data-testid=list] > a", has=marked).first.click()
        expect(page.get_by_test_id("receive")).to_be_visible()
        page.go_back()
        expect(marked).to_have_count(fresh - 1)
        expect(page.get_by_test_id("order-due")).to_have_attribute("aria-pressed", "true")

        phone.set_offline(True)
        page.get_by_test_id("order-distance").click()
        expect(page.get_by_test_id("order-distance")).to_have_attribute("aria-pressed", "true")
        found = kilometres(page)
        assert found == sorted(found)
        assert len(found) > 2
        assert set(cards(page)) == set(by_deadline)

        page.get_by_test_id("order-route").click()
        expect(page.get_by_test_id("order-route")).to_have_attribute("aria-pressed", "true")
        assert set(cards(page)) == set(by_deadline)
        way = cards(page)
        page.reload()
        expect(page.get_by_test_id("order-route")).to_have_attribute("aria-pressed", "true")
        assert cards(page) == way, "the choice survives a restart"

        page.locator("[data-testid=list] > a").first.click()
        page.get_by_test_id("show-code").click()
        code = page.locator(".showcode svg")
        expect(code).to_be_visible()
        read = zxingcpp.read_barcodes(Image.open(BytesIO(code.screenshot())))
        assert [r.text.partition("/o/")[0] for r in read] == [system.url], "an officer shows the code with no signal"
        page.go_back()

        phone.clear_permissions()
        page.get_by_test_id("order-due").click()
        expect(page.get_by_test_id("order-due")).to_have_attribute("aria-pressed", "true")
        assert cards(page) == by_deadline
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.close()

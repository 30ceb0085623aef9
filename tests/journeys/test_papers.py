"""The papers of a visit: the notice and the proof of the draw on a phone with no signal, the proof checked by somebody else's phone,
the sealed record as a page and as a PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright
from pypdf import PdfReader

from tests.journeys import field_walk
from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, System
from tests.journeys.test_main_job import bundle_of

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """Other browsers may share the machine."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def signed_in(system: System, page: Page) -> None:
    page.goto(f"{system.url}/field/")
    page.get_by_test_id("username").fill("inspector")
    page.get_by_test_id("password").fill("sunlot-demo")
    page.get_by_test_id("sign-in").click()
    page.locator("[data-testid=list] > a").first.wait_for()
    page.evaluate(IN_CONTROL)


def proven(system: System) -> dict[str, Any]:
    return next(i for i in bundle_of(system, "inspector")["inspections"] if i["proof"]["state"] == "proven")


def read_code(page: Page) -> str:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.get_by_test_id("proof-code").screenshot())))
    return found.text


def test_notice_and_proof_with_no_signal_and_the_other_phone_checks(system: System) -> None:
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        phone = browser.new_context(viewport={"width": 360, "height": 740}, device_scale_factor=2, locale="zh-CN")
        phone.set_default_timeout(60_000)
        page = phone.new_page()
        signed_in(system, page)
        visit = proven(system)
        phone.set_offline(True)

        page.get_by_test_id(f"inspection-{visit['id']}").click()
        page.get_by_test_id("show-notice").click()
        paper = page.get_by_test_id("notice")
        expect(paper).to_contain_text(visit["enterprise"]["name"])
        for words in (visit["notice"]["number"], visit["campaign"]["legal_basis"], visit["draw"]["draw_id"], "第四十三条", "第五十五条", "54号"):
            expect(paper).to_contain_text(words)
        for officer in visit["officers"]:
            expect(paper).to_contain_text(officer["certificate_no"])
        expect(page.get_by_test_id("notice-count")).to_contain_text(f"第 {visit['notice']['visits_before'] + 1} 次")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert float(paper.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")) >= 18, "readable across a counter"

        page.get_by_test_id("back").click()
        page.get_by_test_id("show-proof").click()
        expect(page.get_by_test_id("proof-good")).to_be_visible()
        expect(page.get_by_test_id("proof-draw")).to_contain_text(visit["draw"]["draw_id"])
        address = read_code(page)
        assert address == visit["proof"]["url"]
        phone.close()

        # Somebody else's phone: nothing of ours on it.
        stranger = browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN")
        stranger.set_default_timeout(60_000)
        other = stranger.new_page()
        asked: list[str] = []
        other.on("request", lambda r: asked.append(r.url))
        other.goto(address)
        verdict = other.locator("#verdict")
        expect(verdict).to_have_attribute("data-verdict", "verified")
        expect(other.locator("#says")).to_contain_text(visit["enterprise"]["code"])
        expect(other.locator("#says")).to_contain_text(visit["draw"]["draw_id"])
        assert not [url for url in asked if visit["proof"]["text"][:40] in url.partition("#")[0]], "the proof never reaches the server"
        assert other.evaluate("document.documentElement.scrollWidth <= innerWidth")

        # One character changed, by hand in the address.
        middle = len(address) - 300
        changed = address[:middle] + ("A" if address[middle] != "A" else "B") + address[middle + 1 :]
        other.evaluate("to => { location.hash = to; }", changed.partition("#")[2])
        expect(verdict).to_have_attribute("data-verdict", "failed")
        expect(other.locator("#says")).to_be_empty()

        # The saved copy, opened with no network.
        with other.expect_download() as download:
            other.locator("a[href='/visit.html']").click()
        copy = download.value.path()
        stranger.set_offline(True)
        saved = stranger.new_page()
        page_of_copy = copy.with_suffix(".html")
        page_of_copy.write_bytes(copy.read_bytes())
        saved.goto(page_of_copy.as_uri())
        for text, expected in ((address, "verified"), (changed, "failed")):
            saved.fill("#proof-text", text)
            saved.locator("#paste button").click()
            expect(saved.locator("#verdict")).to_have_attribute("data-verdict", expected)
        stranger.close()

        # No JavaScript: the page says how to check.
        plain = browser.new_context(java_script_enabled=False)
        silent = plain.new_page()
        silent.goto(address)
        expect(silent.locator("main")).to_contain_text("需要打开 JavaScript")
        expect(silent.locator("main")).to_contain_text("sunlot visit verify")
        browser.close()


def test_a_phone_that_knows_another_key_shows_no_proof(system: System) -> None:
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        phone = browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN")
        phone.set_default_timeout(60_000)
        page = phone.new_page()

        def other_key(route: Any) -> None:
            answer = route.fetch()
            body = answer.json()
            if "log" in body:
                body["log"]["vkey"] = "sunlot.example/qujing+07e851a2+AcCGXZBvfcH7yUeewOFx/RICCbU7YNk772WjOPOkK8va"
            route.fulfill(response=answer, json=body)

        page.route("**/field/api/bundle*", other_key)
        phone.route("**/field/api/bundle*", other_key)
        signed_in(system, page)
        visit = proven(system)
        page.get_by_test_id(f"inspection-{visit['id']}").click()
        page.get_by_test_id("show-proof").click()
        expect(page.get_by_test_id("proof-bad")).to_be_visible()
        expect(page.get_by_test_id("proof-code")).to_have_count(0)
        browser.close()


def the_enterprise_sees_it(page: Page, system: System, inspection: str) -> None:
    """The officer has scanned in: the page behind the code at the door knows, without JavaScript, and its proof is green."""
    visit = next(i for i in bundle_of(system, "inspector")["inspections"] if i["id"] == inspection)
    browser = page.context.browser
    assert browser
    plain = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}).new_page()
    for _ in range(30):
        plain.goto(f"{system.url}/e/{visit['enterprise']['qr_token']}")
        if plain.locator("#visit").count():
            break
        plain.wait_for_timeout(1000)
    for officer in visit["officers"]:
        expect(plain.locator("#visit")).to_contain_text(officer["certificate_no"])
    address = plain.locator("#visit a.primary").get_attribute("href")
    assert address == visit["proof"]["url"]
    plain.context.close()
    other = browser.new_page()
    other.goto(address)
    expect(other.locator("#verdict")).to_have_attribute("data-verdict", "verified")
    other.close()


def test_the_sealed_record_as_a_page_with_no_signal_and_as_a_pdf(system: System) -> None:
    with sync_playwright() as p:
        browser = field_walk.launch(p)
        phone = field_walk.open_phone(browser, system)
        phone.set_default_timeout(60_000)
        page = phone.new_page()
        walk = field_walk.Walk(page, system, language="zh", username="inspector")
        for screen, state in walk:
            if (screen, state) == ("inspection", "entered"):
                the_enterprise_sees_it(page, system, walk.visit.rsplit("/", 1)[1])
            if (screen, state) == ("record", "read"):
                break
        phone.set_offline(True)
        page.reload()
        record = page.get_by_test_id("record")
        expect(record).to_contain_text("现场检查记录")
        assert page.get_by_test_id("record-answer").count() > 3
        expect(page.get_by_test_id("record-signature")).to_have_count(3)
        assert page.locator("[data-testid=record-signature] path").first.evaluate("path => path.getTotalLength()") > 20
        picture = page.locator(".shots img").first
        assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 0
        expect(page.get_by_test_id("record-damaged")).to_have_count(0)
        sha256 = page.get_by_test_id("record-sha").inner_text().replace(" ", "").replace("\n", "")
        phone.set_offline(False)

        address = page.get_by_test_id("record-pdf").get_attribute("href")
        answer = page.request.get(f"{system.url}{address}")
        assert answer.headers["content-type"] == "application/pdf"
        pdf = PdfReader(io.BytesIO(answer.body()))
        text = "".join("".join(p.extract_text() for p in pdf.pages).replace("\u200b", "").split())
        assert sha256 in text
        assert "现场检查记录" in text
        assert sum(len(list(p.images)) for p in pdf.pages) >= 1
        for sheet in pdf.pages:
            for font in sheet["/Resources"]["/Font"].values():
                (inner,) = font.get_object()["/DescendantFonts"]
                assert "/FontFile3" in inner.get_object()["/FontDescriptor"].get_object()
        browser.close()

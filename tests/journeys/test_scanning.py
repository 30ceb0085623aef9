"""Scanning in: a wrong enterprise is refused by its name; a visit that goes on without a scan owes it, and everyone sees until when."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import qrcode
from playwright.sync_api import BrowserContext, Playwright, expect

from backend.kernel import clock
from tests.journeys.conftest import CHROMIUM, FLAGS, System
from tests.journeys.on_site import draft_of, go, open_visit, stored, wait_for
from tests.journeys.test_main_job import bundle_of, sign_in

pytestmark = pytest.mark.browser


def test_a_visit_without_a_scan_goes_on_and_owes_it(phone: BrowserContext, system: System, playwright: Playwright, tmp_path: Path) -> None:
    page = phone.pages[0]
    visit = open_visit(page, system, 3)
    bundle = bundle_of(system, "inspector")
    inspection = next(i for i in bundle["inspections"] if i["id"] == visit.rsplit("/", 1)[1])
    other = next(i for i in bundle["inspections"] if i["enterprise"]["code"] != inspection["enterprise"]["code"])
    phone.set_offline(True)

    # A wrong enterprise is refused with its own name, an unknown one with its code.
    go(page, f"{visit}/scan")
    page.get_by_test_id("scan-typed").click()
    page.get_by_test_id("scan-code").fill(other["enterprise"]["code"])
    page.get_by_test_id("scan-code-ok").click()
    expect(page.get_by_test_id("scan-wrong")).to_contain_text(other["enterprise"]["name"])
    page.get_by_test_id("scan-code").fill("91110000600037341L")
    page.get_by_test_id("scan-code-ok").click()
    expect(page.get_by_test_id("scan-wrong")).to_contain_text("91110000600037341L")

    # No scan is possible now: the reason, the deadline, and the work goes on.
    page.get_by_test_id("scan-backfill").click()
    page.get_by_test_id("scan-later").click()
    page.get_by_test_id("backfill-reason").fill("现场没有网络")
    page.get_by_test_id("scan-later").click()
    due = clock.day_of(clock.now()) + timedelta(days=10)
    expect(page.get_by_test_id("step-scan")).to_contain_text(due.isoformat()[5:])
    item = inspection["items"][0]["code"]
    assert str(page.get_by_test_id("continue").get_attribute("href")).endswith(f"/item/{item}")

    # How to look, and ready words for what is found: both without a network.
    page.get_by_test_id("continue").click()
    question = next(q for q in bundle["checklists"][inspection["items"][0]["checklist"]]["questions"] if q["type"] == "yes_no_na")
    page.get_by_test_id(f"q-{question['id']}-guide").click()
    expect(page.get_by_text(question["guidance"]["zh"])).to_be_visible()
    page.get_by_test_id(f"q-{question['id']}-no").click()
    page.get_by_test_id(f"q-{question['id']}-phrase-0").click()
    expect(page.get_by_test_id(f"q-{question['id']}-note-input")).to_have_value(question["suggestions"][0]["zh"])
    wait_for(page, lambda: draft_of(page, visit)["answers"][item][question["id"]]["note"] == question["suggestions"][0]["zh"])

    # The office learns of it with the next contact and sees until when the scan is owed.
    phone.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_for(page, lambda: not any(a["kind"] == "unscanned" for a in stored(page, "action")), 60)
    office = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    desk = office.new_page(viewport={"width": 1440, "height": 900})
    sign_in(desk, system, "manager")
    desk.goto(f"{system.url}/console/inspections?campaign={inspection['campaign']['id']}")
    owing = desk.locator(".lamp-line", has_text="补扫码").first
    expect(owing).to_contain_text(due.isoformat())
    office.close()

    # Later the licence's code is read from a picture: the record keeps when, how, and why not at the door.
    code = tmp_path / "licence.png"
    text = quote(json.dumps({"uniscid": inspection["enterprise"]["code"], "name": "某厂"}, ensure_ascii=False))
    qrcode.make(f"http://www.gsxt.gov.cn/q?d={text}", border=4).get_image().convert("RGB").resize((600, 600)).save(code)
    go(page, f"{visit}/scan")
    expect(page.get_by_test_id("scan-owed")).to_contain_text(due.isoformat())
    page.get_by_test_id("scan-photo").set_input_files(str(code))
    page.get_by_test_id("step-scan").wait_for()
    draft = draft_of(page, visit)
    assert draft["scan"]["how"] == "photo"
    assert draft["scan"]["value"] == inspection["enterprise"]["code"]
    assert draft["scan"]["reason"] == "现场没有网络"
    assert draft["started_t_dev"] == draft["unscanned"]["t_dev"] < draft["scan"]["t_dev"]

"""Two officers, two phones, one visit: both without a signal, both fill in; put together, a conflict decided by a person."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from tests.journeys import field_walk
from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, System
from tests.journeys.test_main_job import PASSWORD, bundle_of, open_phone, sign, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def playwright() -> Any:
    with sync_playwright() as p:
        yield p


def joint_visit(system: System) -> str:
    """The manager sends both demo officers to one enterprise, after a complaint. Returns the inspection."""
    mine = bundle_of(system, "inspector")["inspections"]
    theirs = bundle_of(system, "inspector2")["inspections"]
    officers = [next(o["inspector_id"] for o in some[0]["officers"] if o["me"]) for some in (mine, theirs)]
    with httpx.Client(base_url=system.url) as manager:
        manager.get("/console/login")
        manager.post("/console/login", data={"username": "manager", "password": PASSWORD}, headers={"x-csrf-token": manager.cookies["csrf"]})
        form = {"kind": "complaint", "source_ref": "投诉〔2026〕1号", "items": ["SC01"], "officers": officers}
        form |= {"due_on": (date.today() + timedelta(days=9)).isoformat()}  # noqa: DTZ011 - the office's own day
        for code in [i["enterprise"]["code"] for i in (*theirs, *mine)]:
            answer = manager.post("/console/campaigns/adhoc", data={**form, "enterprise_code": code}, headers={"x-csrf-token": manager.cookies["csrf"]})
            if answer.status_code == 303:
                break
        assert answer.status_code == 303, answer.text
        visits = re.findall(r"/console/visits/([0-9a-f-]{36})", manager.get(answer.headers["location"]).text)
    return visits[0]


def enter(playwright: Playwright, profile: Path, system: System, username: str) -> tuple[BrowserContext, Page]:
    phone = open_phone(playwright, profile, system)
    page = phone.pages[0]
    page.set_default_timeout(30_000)
    page.goto(f"{system.url}/field/")
    page.get_by_test_id("username").fill(username)
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("list").wait_for()
    page.evaluate(IN_CONTROL)
    page.reload()
    page.get_by_test_id("list").wait_for()
    return phone, page


def type_code(page: Page, inspection: dict[str, Any]) -> None:
    page.get_by_test_id("step-scan").click()
    page.get_by_test_id("scan-typed").click()
    page.get_by_test_id("scan-code").fill(inspection["enterprise"]["code"])
    page.get_by_test_id("scan-code-ok").click()
    page.get_by_test_id("step-outcome").wait_for()


def sync(page: Page) -> None:
    """What the phone does by itself when the network comes back, waited for."""
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_timeout(500)
    expect(page.get_by_text("同步中…")).to_have_count(0, timeout=30_000)
    page.wait_for_timeout(300)


def home(page: Page, system: System, visit: str) -> None:
    page.goto(f"{system.url}/field/#/")
    page.get_by_test_id(f"inspection-{visit}").click()


def finish(page: Page, item: dict[str, Any], questions: list[dict[str, Any]]) -> None:
    """What nobody has filled in yet, and the outcome."""
    page.get_by_test_id(f"step-item-{item['code']}").click()
    for q in questions:
        if q["type"] == "number":
            page.get_by_test_id(f"q-{q['id']}-input").fill(str(round((q["min"] + q["max"]) / 2)))
        elif q["type"] == "choice":
            page.get_by_test_id(f"q-{q['id']}-{q['options'][0]['value']}").click()
    page.get_by_test_id("all-fine").click()
    page.get_by_test_id("ask-yes").click()
    page.wait_for_timeout(600)
    page.get_by_test_id("item-done").click()
    page.get_by_test_id("step-outcome").click()
    page.get_by_test_id("outcome-E").click()
    page.wait_for_timeout(300)
    page.get_by_test_id("back").click()


def hand_in(page: Page) -> None:
    page.get_by_test_id("step-outcome").click()
    sign(page)


def test_two_officers_on_one_visit(system: System, playwright: Playwright, tmp_path: Path) -> None:
    visit = joint_visit(system)
    bundle = bundle_of(system, "inspector")
    inspection = next(i for i in bundle["inspections"] if i["id"] == visit)
    item = inspection["items"][0]
    questions = bundle["checklists"][item["checklist"]]["questions"]
    asked = [q for q in questions if q["type"] == "yes_no_na" and not q.get("show_if")]
    mine, yours, both = asked[0], asked[1], asked[2]

    first, one = enter(playwright, tmp_path / "one", system, "inspector")
    second, two = enter(playwright, tmp_path / "two", system, "inspector2")
    for phone, page in ((first, one), (second, two)):
        page.get_by_test_id(f"inspection-{visit}").wait_for()
        phone.set_offline(True)

    # Without a signal each fills in a part; of one question they think differently.
    home(one, system, visit)
    one.get_by_test_id("receive").click()
    type_code(one, inspection)
    one.get_by_test_id(f"step-item-{item['code']}").click()
    one.get_by_test_id(f"q-{mine['id']}-yes").click()
    one.get_by_test_id(f"q-{both['id']}-yes").click()
    one.wait_for_timeout(500)
    home(two, system, visit)
    two.get_by_test_id("receive").click()
    two.get_by_test_id(f"step-item-{item['code']}").click()
    two.get_by_test_id(f"q-{yours['id']}-no").click()
    two.get_by_test_id(f"q-{yours['id']}-photo").click()
    two.wait_for_timeout(1200)
    two.get_by_test_id("shutter").click()
    expect(two.get_by_test_id("shot-count")).to_contain_text("1")
    two.get_by_test_id("camera-done").click()
    two.get_by_test_id(f"q-{both['id']}-na").click()
    two.get_by_test_id(f"q-{both['id']}-note").click()
    two.get_by_test_id(f"q-{both['id']}-note-input").fill("本店无此环节")
    two.wait_for_timeout(800)

    # Both come back; each phone sends its part and takes in the other's.
    for phone, page in ((first, one), (second, two), (first, one)):
        phone.set_offline(False)
        home(page, system, visit)
        sync(page)
    expect(one.get_by_test_id("merged")).to_contain_text(next(o["name"] for o in inspection["officers"] if not o["me"]))
    expect(two.get_by_test_id("conflicts-open")).to_be_visible()
    expect(one.get_by_test_id("conflicts-open")).to_be_visible()

    # Nothing is signed over a conflict.
    one.get_by_test_id("step-summary").click()
    expect(one.get_by_test_id("gaps")).to_contain_text("与同事不一致")
    expect(one.get_by_test_id("freeze")).to_be_disabled()

    # Side by side, and a person decides; the other phone follows.
    one.get_by_test_id("gaps").get_by_text("与同事不一致").first.click()
    expect(one.get_by_test_id("side")).to_have_count(2)
    expect(one.get_by_test_id("duel")).to_contain_text("本店无此环节")
    one.screenshot(path=str(tmp_path / "duel.png"))
    one.get_by_test_id("side").filter(has_text="不适用").get_by_role("button").click()
    one.get_by_test_id("no-conflicts").wait_for()
    one.get_by_test_id("conflicts-done").click()
    sync(one)
    home(two, system, visit)
    sync(two)
    expect(two.get_by_test_id("conflicts-open")).to_have_count(0)
    two.get_by_test_id(f"step-item-{item['code']}").click()
    expect(two.get_by_test_id(f"q-{both['id']}-na")).to_have_attribute("aria-pressed", "true")
    expect(two.get_by_test_id(f"q-{mine['id']}-yes")).to_have_attribute("aria-pressed", "true")
    two.get_by_test_id(f"q-{both['id']}").get_by_test_id("trace").locator("summary").click()
    expect(two.get_by_test_id(f"q-{both['id']}").get_by_test_id("trace").locator("li")).to_have_count(4)

    # The first finishes and hands in; the photo is still on the second's phone, and is named.
    home(one, system, visit)
    finish(one, item, questions)
    one.get_by_test_id("step-photos").click()
    expect(one.get_by_test_id("photo-away")).to_have_count(1)
    home(one, system, visit)
    hand_in(one)
    expect(one.get_by_test_id("receipt-state")).to_have_attribute("data-state", re.compile("applied|duplicate"), timeout=60_000)

    # Nothing is closed before the second's phone has signed too, and sent its photo.
    office = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    reviewer = office.new_page(viewport={"width": 1440, "height": 900})
    sign_in(reviewer, system, "reviewer")
    reviewer.goto(f"{system.url}/console/reviews")
    reviewer.click(f"text={inspection['enterprise']['name']}")
    reviewer.click("[data-key=a]")
    expect(reviewer.locator("[role=alert]").first).to_contain_text("尚未联署")

    home(two, system, visit)
    sync(two)
    two.get_by_test_id("cosign-open").wait_for()
    sync(two)  # the photo, now that the record names it
    second.set_offline(True)  # read and signed without a signal
    two.get_by_test_id("to-cosign").click()
    expect(two.get_by_test_id("record-hash")).to_be_visible()
    two.screenshot(path=str(tmp_path / "cosign.png"), full_page=True)
    assert field_walk.axe(two) + field_walk.fit(two) == []
    two.get_by_test_id("cosign").click()
    two.get_by_test_id("ask-yes").click()
    two.get_by_test_id("cosign-open").wait_for(state="detached")
    second.set_offline(False)
    sync(two)
    two.screenshot(path=str(tmp_path / "hub.png"), full_page=True)
    reviewer.goto(f"{system.url}/console/reviews")
    reviewer.click(f"text={inspection['enterprise']['name']}")
    reviewer.screenshot(path=str(tmp_path / "review.png"), full_page=True)
    reviewer.click("[data-key=a]")
    reviewer.wait_for_url("**/results/GS-*")
    office.close()
    first.close()
    second.close()


def test_a_part_that_comes_after_the_record_is_decided_beside_it(system: System, playwright: Playwright, tmp_path: Path) -> None:
    visit = joint_visit(system)
    bundle = bundle_of(system, "inspector")
    inspection = next(i for i in bundle["inspections"] if i["id"] == visit)
    colleague = next(o for o in inspection["officers"] if not o["me"])
    item = inspection["items"][0]
    questions = bundle["checklists"][item["checklist"]]["questions"]
    asked = next(q for q in questions if q["type"] == "yes_no_na" and not q.get("show_if"))

    first, one = enter(playwright, tmp_path / "one", system, "inspector")
    second, two = enter(playwright, tmp_path / "two", system, "inspector2")
    for page in (one, two):
        page.get_by_test_id(f"inspection-{visit}").wait_for()
    second.set_offline(True)
    home(two, system, visit)
    two.get_by_test_id("receive").click()
    two.get_by_test_id(f"step-item-{item['code']}").click()
    two.get_by_test_id(f"q-{asked['id']}-na").click()
    two.wait_for_timeout(500)

    # The first cannot wait: says that the colleague's part is to come, and hands in.
    home(one, system, visit)
    one.get_by_test_id("receive").click()
    type_code(one, inspection)
    finish(one, item, questions)
    one.get_by_test_id("step-summary").click()
    one.get_by_test_id(f"expect-{colleague['inspector_id']}").click()
    expect(one.get_by_test_id(f"expect-{colleague['inspector_id']}")).to_have_attribute("aria-checked", "true")
    home(one, system, visit)
    hand_in(one)
    expect(one.get_by_test_id("receipt-state")).to_have_attribute("data-state", re.compile("applied|duplicate"), timeout=60_000)
    submission = one.url.rsplit("/", 1)[1]
    home(one, system, visit)
    sync(one)
    expect(one.get_by_test_id("outstanding")).to_contain_text(colleague["name"])

    # The part comes; what differs stands beside the signed record, on either phone.
    second.set_offline(False)
    home(two, system, visit)
    sync(two)
    two.get_by_test_id("late-open").wait_for()
    home(one, system, visit)
    sync(one)
    one.get_by_test_id("to-late").click()
    expect(one.get_by_test_id("side")).to_have_count(2)
    expect(one.get_by_test_id("late-send")).to_be_disabled()
    one.get_by_test_id("pick-recorded").click()
    one.screenshot(path=str(tmp_path / "late.png"), full_page=True)
    assert field_walk.axe(one) + field_walk.fit(one) == []
    one.get_by_test_id("late-send").click()
    one.get_by_test_id("late-open").wait_for(state="detached")
    sync(one)
    home(two, system, visit)
    sync(two)
    expect(two.get_by_test_id("late-open")).to_have_count(0)
    two.get_by_test_id("to-cosign").click()
    two.get_by_test_id("cosign").click()
    two.get_by_test_id("ask-yes").click()
    sync(two)
    expect(two.get_by_test_id("outstanding")).to_have_count(0)

    # The first one's page of the record tells what came after it was signed.
    sync(one)
    one.goto(f"{system.url}/field/#/record/{submission}")
    expect(one.get_by_test_id("record-team")).to_contain_text(f"联署{colleague['name']}")
    expect(one.get_by_test_id("record-team")).to_contain_text("记录后裁定")
    first.close()
    second.close()

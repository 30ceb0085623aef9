"""Signing in and being signed out: by passkey, after a lost phone, when a session ends in the middle, two officers on one phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright, expect, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, System
from tests.journeys.test_main_job import bundle_of, fill_in
from tests.journeys.test_main_job import sign_in as console_sign_in
from tests.journeys.test_two_phones import type_code

pytestmark = pytest.mark.browser
PASSWORD = "sunlot-demo"
PATIENT_MS = 60_000
expect.set_options(timeout=PATIENT_MS)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as p:
        yield p


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Any]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def phone(browser: Any, system: System) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, locale="zh-CN")
    context.set_default_timeout(PATIENT_MS)
    context.grant_permissions(["geolocation", "camera"], origin=system.url)
    context.set_geolocation({"latitude": 25.49, "longitude": 103.79, "accuracy": 12})
    yield context
    context.close()


def type_in(page: Page, username: str) -> None:
    page.get_by_test_id("username").fill(username)
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-in").click()


def open_app(phone: BrowserContext, system: System, username: str = "inspector") -> Page:
    page = phone.new_page()
    page.goto(f"{system.url}/field/")
    type_in(page, username)
    page.get_by_test_id("list").wait_for()
    page.evaluate(IN_CONTROL)
    return page


def sign_out(page: Page) -> None:
    page.get_by_test_id("tab-me").click()
    page.get_by_test_id("sign-out").click()
    page.get_by_test_id("ask-yes").click()
    page.get_by_test_id("password").wait_for()


def add_fingerprint(phone: BrowserContext, page: Page) -> tuple[CDPSession, str]:
    """A phone that unlocks by a finger, which is always on it."""
    devtools = phone.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return devtools, made["authenticatorId"]


def test_password_once_then_the_passkey(system: System, phone: BrowserContext) -> None:
    page = phone.new_page()
    devtools, authenticator = add_fingerprint(phone, page)
    page.goto(f"{system.url}/field/")
    type_in(page, "inspector")
    page.get_by_test_id("list").wait_for()
    expect(page.get_by_test_id("passkey-offer")).to_contain_text("下次用指纹或人脸登录")
    page.get_by_test_id("passkey-yes").click()
    expect(page.locator("#toast")).to_contain_text("好了")
    expect(page.get_by_test_id("passkey-offer")).to_have_count(0)
    page.get_by_test_id("tab-me").click()
    expect(page.get_by_test_id("passkey")).to_contain_text("这台手机")

    sign_out(page)
    page.get_by_test_id("sign-in-passkey").click()
    page.get_by_test_id("list").wait_for()
    page.get_by_test_id("tab-me").click()
    expect(page.locator("h2.name + .sub")).to_have_text("inspector")
    expect(page.get_by_test_id("passkey")).to_contain_text("上次使用")
    assert devtools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"][0]["signCount"] >= 2

    page.get_by_test_id("passkey-remove").click()
    page.get_by_test_id("ask-yes").click()
    expect(page.get_by_test_id("passkey")).to_have_count(0)
    sign_out(page)
    page.get_by_test_id("sign-in-passkey").click()
    expect(page.get_by_test_id("sign-in-trouble")).to_contain_text("没有认出这个通行密钥")
    type_in(page, "inspector")
    page.get_by_test_id("list").wait_for()


def test_the_password_is_asked_again_before_a_way_to_sign_in_changes(system: System, phone: BrowserContext) -> None:
    page = phone.new_page()
    add_fingerprint(phone, page)
    page.goto(f"{system.url}/field/")
    type_in(page, "inspector")
    page.get_by_test_id("passkey-yes").click()
    expect(page.locator("#toast")).to_contain_text("好了")
    system.sql("update session set proved_at = proved_at - interval '1 hour'", "select 1")

    page.get_by_test_id("tab-me").click()

    def remove(password: str, answer: str) -> None:
        page.get_by_test_id("passkey-remove").click()
        page.get_by_test_id("ask-yes").click()
        expect(page.get_by_role("dialog")).to_contain_text("确认是您本人")
        page.get_by_test_id("ask-password").fill(password)
        page.get_by_test_id(answer).click()

    remove("", "ask-no")
    expect(page.get_by_test_id("passkey")).to_have_count(1)
    remove("not the password", "ask-yes")
    expect(page.locator("#toast")).to_contain_text("当前密码不正确")
    expect(page.get_by_test_id("passkey")).to_have_count(1)
    remove(PASSWORD, "ask-yes")
    expect(page.get_by_test_id("passkey")).to_have_count(0)


def visits(system: System, n: int = 2) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Some visits of the inspector that nobody has touched and no other demo officer has, with the checklists."""
    bundle = bundle_of(system, "inspector")
    shared = {i["id"] for i in bundle_of(system, "inspector2")["inspections"]}
    return [i for i in bundle["inspections"] if i["state"] == "dispatched" and i["id"] not in shared][:n], bundle["checklists"]


def open_visit(page: Page, system: System, visit: dict[str, Any]) -> None:
    page.goto(f"{system.url}/field/#/inspection/{visit['id']}")
    page.get_by_test_id("receive").click()
    page.get_by_test_id("step-scan").wait_for()
    type_code(page, visit)


def fill(page: Page, visit: dict[str, Any], checklists: dict[str, Any]) -> None:
    fill_in(page, visit, checklists)
    page.get_by_test_id("step-outcome").click()
    page.get_by_test_id("outcome-E").click()
    page.wait_for_timeout(600)


def sign_one(page: Page, signer: str) -> None:
    page.get_by_test_id(f"sign-{signer}").click()
    pad = page.get_by_test_id("signature")
    pad.wait_for()
    page.wait_for_timeout(200)
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 90)
    page.mouse.down()
    for i in range(16):
        page.mouse.move(box["x"] + 30 + i * 12, box["y"] + 90 + 30 * (-1) ** (i // 4), steps=2)
    page.mouse.up()
    page.get_by_test_id("sign-ok").click()
    page.get_by_test_id(f"sign-{signer}").wait_for()


def freeze(page: Page) -> None:
    page.get_by_test_id("to-summary").click()
    page.get_by_test_id("rep-name").fill("钱石林")
    page.wait_for_timeout(500)
    page.get_by_test_id("freeze").click()
    page.get_by_test_id("sign-officer-1").wait_for()


def seal(page: Page, *signers: str) -> None:
    for signer in signers:
        sign_one(page, signer)
    page.get_by_test_id("seal").click()
    page.get_by_test_id("receipt-state").wait_for()


EVERYONE = ("officer-1", "officer-2", "enterprise")


def expect_state(page: Page, states: str) -> None:
    expect(page.get_by_test_id("receipt-state")).to_have_attribute("data-state", re.compile(states), timeout=PATIENT_MS)


def online(phone: BrowserContext, page: Page) -> None:
    phone.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")


def records_of(system: System, visit: dict[str, Any]) -> list[str]:
    """The records of a visit that wait for a review, as the reviewer's queue links to them."""
    with httpx.Client(base_url=system.url) as office:
        office.get("/console/login")
        office.post("/console/login", data={"username": "reviewer", "password": PASSWORD}, headers={"x-csrf-token": office.cookies["csrf"]})
        queue = office.get("/console/reviews").text
        links = re.findall(r'href="(/console/reviews/[0-9a-f-]{36})"', queue)
        return [link for link in dict.fromkeys(links) if visit["enterprise"]["name"] in (page := office.get(link).text) and "<h1>" in page]


def end_session(system: System, phone: BrowserContext) -> None:
    """The server forgets the session; the browser does not know."""
    cookies = {c["name"]: c["value"] for c in phone.cookies()}
    done = httpx.delete(f"{system.url}/field/api/session", cookies=cookies, headers={"x-csrf-token": cookies["csrf"]})
    assert done.status_code == 204, done.text


def test_a_lost_phone_is_told_and_its_work_arrives_once_after_a_new_enrolment(system: System, phone: BrowserContext, browser: Any) -> None:
    (sealed, frozen), checklists = visits(system)
    page = open_app(phone, system)
    phone.set_offline(True)
    open_visit(page, system, sealed)
    fill(page, sealed, checklists)
    freeze(page)
    seal(page, *EVERYONE)
    sealed_at = page.url
    # A second record is being signed when the phone is reported: whoever has signed on the glass shall not be asked again.
    open_visit(page, system, frozen)
    fill(page, frozen, checklists)
    freeze(page)
    sign_one(page, "officer-1")
    sign_one(page, "enterprise")
    key = page.get_by_test_id("content-hash").inner_text()

    desk = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    console_sign_in(desk, system, "manager")
    desk.goto(f"{system.url}/console/inspectors")
    desk.get_by_role("row").filter(has_text=next(o["name"] for o in sealed["officers"] if o["me"])).get_by_role("link", name=re.compile("手机")).click()
    desk.once("dialog", lambda d: d.accept())
    # The demo's own enrolment is in the list too: the one that was heard of last is this phone.
    desk.get_by_test_id("device").first.get_by_test_id("revoke").click()
    expect(desk.get_by_test_id("device").first).to_contain_text("已报失停用")

    online(phone, page)
    expect(page.get_by_test_id("banner-lost")).to_contain_text("报失停用")
    expect(page.get_by_test_id("banner-lost")).to_contain_text("记录都在本机")
    assert records_of(system, sealed) == []
    phone.set_offline(True)
    page.reload()
    expect(page.get_by_test_id("banner-lost")).to_be_visible()  # told for good, also with no signal
    online(phone, page)
    page.get_by_test_id("banner-lost").get_by_role("link").click()
    type_in(page, "inspector")
    page.get_by_test_id("list").wait_for()
    expect(page.get_by_test_id("banner-lost")).to_have_count(0)
    page.goto(sealed_at)
    expect_state(page, "applied|duplicate")

    page.goto(f"{system.url}/field/#/inspection/{frozen['id']}/summary")
    expect(page.get_by_test_id("content-hash")).to_have_text(key)
    seal(page, "officer-2")
    expect_state(page, "applied|duplicate")
    for visit in (sealed, frozen):
        assert len(records_of(system, visit)) == 1
    console_sign_in(desk, system, "reviewer")
    desk.goto(system.url + records_of(system, sealed)[0])
    expect(desk.get_by_test_id("late-key")).to_contain_text("报失停用")
    assert not desk.get_by_text("签名与内容不符").count()
    desk.context.close()


def test_work_goes_on_when_the_session_ends_in_the_middle(system: System, phone: BrowserContext) -> None:
    (visit,), checklists = visits(system, 1)
    page = open_app(phone, system)
    open_visit(page, system, visit)
    end_session(system, phone)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_test_id("banner-expired")).to_contain_text("工作照常保存在本机")
    fill(page, visit, checklists)
    page.reload()
    freeze(page)
    seal(page, *EVERYONE)
    expect_state(page, "ready")
    sealed_at = page.url
    assert records_of(system, visit) == []
    page.get_by_test_id("banner-expired").get_by_role("link").click()
    type_in(page, "inspector")
    page.get_by_test_id("list").wait_for()
    page.goto(sealed_at)
    expect_state(page, "applied|duplicate")
    assert len(records_of(system, visit)) == 1


def test_two_officers_share_a_phone_and_never_see_each_other_s_work(system: System, phone: BrowserContext) -> None:
    (visit,), checklists = visits(system, 1)
    name = visit["enterprise"]["name"]
    page = open_app(phone, system)
    phone.set_offline(True)
    open_visit(page, system, visit)
    fill(page, visit, checklists)
    freeze(page)
    seal(page, *EVERYONE)
    page.goto(f"{system.url}/field/#/")
    sign_out(page)  # with no signal
    online(phone, page)

    type_in(page, "inspector2")
    page.get_by_test_id("list").wait_for()
    page.wait_for_timeout(2_000)
    for tab in ("tab-today", "tab-outbox", "tab-me"):
        page.get_by_test_id(tab).click()
        page.wait_for_timeout(300)
        assert name not in page.content()
    page.goto(f"{system.url}/field/#/inspection/{visit['id']}")  # by its address
    page.wait_for_timeout(500)
    assert name not in page.content()
    assert records_of(system, visit) == []
    page.goto(f"{system.url}/field/#/")
    sign_out(page)

    type_in(page, "inspector")
    page.get_by_test_id("list").wait_for()
    page.get_by_test_id("tab-outbox").click()
    record = page.locator("[data-testid^=submission-]").filter(has_text=name)
    expect(record).to_have_attribute("data-state", re.compile("applied|duplicate"), timeout=PATIENT_MS)
    assert len(records_of(system, visit)) == 1


def test_a_tab_stops_when_another_officer_signs_in_beside_it(system: System, phone: BrowserContext) -> None:
    first = open_app(phone, system)
    name = first.locator("[data-testid=list] .name").first.inner_text()
    second = phone.new_page()
    second.goto(f"{system.url}/field/#/sign-in")
    type_in(second, "inspector2")
    second.get_by_test_id("list").wait_for()
    expect(first.get_by_test_id("stopped")).to_contain_text("没有发送任何内容")
    assert name not in first.content()
    # The first officer comes back in their own tab; now the other one stands still.
    first.get_by_test_id("stopped-sign-in").click()
    expect(first.get_by_test_id("username")).to_have_value("inspector")
    type_in(first, "inspector")
    first.get_by_test_id("list").wait_for()
    expect(second.get_by_test_id("stopped")).to_be_visible()
    # Somebody signs in at the office's door in the same browser: the phone's page hears it from the server.
    desk = phone.new_page()
    console_sign_in(desk, system, "manager")
    first.evaluate("window.dispatchEvent(new Event('online'))")
    expect(first.get_by_test_id("stopped")).to_be_visible()
    expect(first.get_by_test_id("stopped-change")).to_have_count(0)  # a manager has no work on a phone
    assert name not in first.content()

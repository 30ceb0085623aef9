"""Signing in and being signed out: by passkey, after a lost phone, when a session ends in the middle, two officers on one phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright, expect, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, System

pytestmark = pytest.mark.browser
PASSWORD = "sunlot-demo"
PATIENT_MS = 60_000


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

"""A second factor at the desk, in a browser: a passkey of the computer is added, named and used to sign in; then an authenticator app, whose code
on the screen is read by a camera; the recovery codes; and a phone that must ask for the code too."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.journeys import field_walk
from tests.journeys import office as desks
from tests.journeys.conftest import System
from tests.journeys.office import NARROW, PASSWORD, PATIENCE, SIDEWAYS, WIDE

pytestmark = pytest.mark.browser
ALBUM = Path(__file__).parents[2] / "build/journeys/factor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with desks.browser() as one:
        yield one


def add_computer(page: Page) -> None:
    """A computer that unlocks by a finger, which is always on it."""
    chip = page.context.new_cdp_session(page)
    chip.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    chip.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})


def keep_picture(page: Page, name: str) -> None:
    """On a desk in the light and on a phone in the dark, in the page's own language; each without a finding of axe."""
    ALBUM.mkdir(parents=True, exist_ok=True)
    for width, size, scheme in (("wide", WIDE, "light"), ("narrow", NARROW, "dark")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert not page.evaluate(SIDEWAYS), (name, width)
        page.screenshot(path=ALBUM / f"{name}-{width}-{scheme}.png", full_page=True)
        assert field_walk.axe(page) == [], (name, width, scheme)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def sign_out(page: Page) -> None:
    page.get_by_role("button", name=re.compile("退出|Sign out")).first.click()
    page.locator("#username").wait_for()


def type_in(page: Page, username: str) -> None:
    page.locator("#username").fill(username)
    page.locator("#password").fill(PASSWORD)
    page.locator("form button.primary").click()


def next_code(otp: pyotp.TOTP, last: str) -> str:
    """A code that was not used yet."""
    for _ in range(80):
        if otp.now() != last:
            return otp.now()
        time.sleep(0.5)
    raise AssertionError("no other code in 40 s")


def test_a_passkey_of_the_computer(system: System, browser: Browser) -> None:
    page = desks.open_desk(browser, system, "manager")
    add_computer(page)
    page.goto(f"{system.url}/console/me")
    keep_picture(page, "me-zh")
    page.get_by_role("link", name="设置第二验证").click()
    expect(page.locator("#passkey-none")).to_be_hidden()
    keep_picture(page, "setup-zh")
    page.get_by_label("名称").fill("综合科台式机")
    page.locator("#passkey-password").fill("not the password")
    page.get_by_test_id("passkey-add").click()
    expect(page.locator("#passkey-add [role=alert]")).to_contain_text("当前密码不正确")
    page.locator("#passkey-password").fill(PASSWORD)
    page.get_by_test_id("passkey-add").click()
    expect(page.get_by_test_id("recovery-codes").locator("li")).to_have_count(10)
    keep_picture(page, "codes-zh")
    recovery = page.get_by_test_id("recovery-codes").locator("li").first.inner_text()
    page.get_by_role("link", name="我已保存，继续").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"{system.url}/console/me/factor")
    expect(page.get_by_test_id("passkey")).to_contain_text("综合科台式机")
    assert recovery not in page.content()
    keep_picture(page, "factor-zh")
    page.goto(f"{system.url}/console/me?lang=en")
    keep_picture(page, "me-en")
    page.goto(f"{system.url}/console/me/factor")
    keep_picture(page, "factor-en")
    page.goto(f"{system.url}/console/me?lang=zh")

    sign_out(page)
    page.goto(f"{system.url}/console/login?next=%2Fconsole%2Fenterprises")
    keep_picture(page, "login-zh")
    page.get_by_test_id("passkey-in").click()
    page.wait_for_url("**/console/enterprises")

    # The password alone opens nothing; the passkey after it does.
    sign_out(page)
    type_in(page, "manager")
    expect(page.get_by_role("heading", level=1)).to_have_text("第二步验证")
    keep_picture(page, "step-passkey-zh")
    page.get_by_test_id("passkey-in").click()
    page.wait_for_url("**/console")

    # A computer that has no passkey, without a script: a recovery code, once.
    plain = browser.new_context(viewport=WIDE, locale="zh-CN", java_script_enabled=False)  # type: ignore[arg-type]
    other = plain.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(f"{system.url}/console/login")
    expect(other.get_by_test_id("passkey-in")).to_be_hidden()
    type_in(other, "manager")
    expect(other.locator("#passkey-none")).to_be_visible()
    other.get_by_text("用恢复码登录").click()
    other.locator("#recovery").fill(recovery.lower())
    other.locator("#recovery").press("Enter")
    other.wait_for_url("**/console")
    plain.close()
    page.context.close()


def test_an_authenticator_app_at_the_desk_and_on_the_phone(system: System, browser: Browser) -> None:
    page = desks.open_desk(browser, system, "reviewer")
    page.goto(f"{system.url}/console/me/factor")
    page.locator("#app-password").fill(PASSWORD)
    page.get_by_test_id("begin-app").click()
    keep_picture(page, "scan-zh")
    seen = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.locator("svg.qr").screenshot())))
    assert len(seen) == 1
    address = urlsplit(seen[0].text)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    otp = pyotp.TOTP(parse_qs(address.query)["secret"][0])
    page.goto(f"{system.url}/console/me/factor?lang=en")
    keep_picture(page, "scan-en")
    page.goto(f"{system.url}/console/me/factor?lang=zh")
    first = otp.now()
    page.locator("#code").fill(first)
    page.get_by_test_id("confirm").click()
    expect(page.get_by_test_id("recovery-codes").locator("li")).to_have_count(10)
    sign_out(page)
    type_in(page, "reviewer")
    expect(page.locator("#code")).to_be_focused()
    keep_picture(page, "step-app-zh")
    page.goto(f"{system.url}/console/login/code?lang=en&next=%2Fconsole")
    keep_picture(page, "step-app-en")
    page.locator("#code").fill(first)
    page.locator("#code").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The code is wrong or was used already")
    page.locator("#code").fill(next_code(otp, first))
    page.locator("#code").press("Enter")
    page.wait_for_url("**/console")
    page.context.close()


def test_the_phone_asks_for_the_code_too(system: System, browser: Browser) -> None:
    desk = desks_page(browser)
    desk.goto(f"{system.url}/console/login")
    type_in(desk, "inspector")
    desk.wait_for_url("**/field/**")
    desk.goto(f"{system.url}/console/me/factor")
    desk.locator("#app-password").fill(PASSWORD)
    desk.get_by_test_id("begin-app").click()
    desk.get_by_text("不能扫描，手工输入密钥").click()
    otp = pyotp.TOTP(desk.get_by_test_id("secret").inner_text().replace(" ", ""))
    first = otp.now()
    desk.locator("#code").fill(first)
    desk.get_by_test_id("confirm").click()
    expect(desk.get_by_test_id("recovery-codes").locator("li")).to_have_count(10)
    desk.context.close()

    phone = browser.new_context(viewport=NARROW, is_mobile=True, has_touch=True, locale="zh-CN")  # type: ignore[arg-type]
    page = phone.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{system.url}/field/")
    page.get_by_test_id("username").fill("inspector")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("code").wait_for()
    ALBUM.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ALBUM / "phone-code.png")
    page.get_by_test_id("code").fill(first)
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("sign-in-trouble")).to_contain_text("验证码不正确")
    page.get_by_test_id("code").fill(next_code(otp, first))
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("list").wait_for()
    phone.close()


def desks_page(browser: Browser) -> Page:
    page = browser.new_context(viewport=WIDE, locale="zh-CN").new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE)
    return page

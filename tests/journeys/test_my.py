"""An enterprise in a browser: without JavaScript from the code to the claim, a reply, an objection with a photo, proof of correction; with it,
every page of its own by axe, at 360 px, in both languages, light and dark, and a passkey."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.journeys import field_walk
from tests.journeys import office as desks
from tests.journeys.conftest import System
from tests.journeys.office import SIDEWAYS, UNFOLD

pytestmark = pytest.mark.browser
SMALL = {"width": 360, "height": 740}
ALBUM = Path(__file__).parents[2] / "build/journeys/my"
PASSWORD = "a long enough one"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with desks.browser() as one:
        yield one


def _shop(system: System) -> Any:
    """One with an order to correct and a result, which nobody has claimed."""
    [shop] = system.sql(
        "select o.enterprise, o.enterprise_name, o.id as order, p.number as result from rectification_order o"
        " join publication p on p.inspection = o.inspection and p.version = 1 where o.closed_at is null"
        " and not exists (select from claim_member m where m.enterprise = o.enterprise)"
        " and not exists (select from objection x where x.inspection = o.inspection) limit 1"
    )
    return shop


def _code_by_the_office(page: Page, system: System, enterprise: str) -> str:
    page.goto(f"{system.url}/console/login")
    page.fill("#username", "manager")
    page.fill("#password", "sunlot-demo")
    page.click("button.primary")
    page.wait_for_url("**/console")
    page.goto(f"{system.url}/console/enterprises/{enterprise}")
    page.get_by_role("button", name="当面给认领码").click()
    return page.locator(".claim-code").inner_text()


def test_from_the_code_to_the_correction_without_javascript(system: System, browser: Browser, tmp_path: Path) -> None:
    shop = _shop(system)
    office = browser.new_context(locale="zh-CN")
    code = _code_by_the_office(office.new_page(), system, str(shop["enterprise"]))
    photo = tmp_path / "photo.png"
    Image.new("RGB", (800, 600), "teal").save(photo)

    person = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = person.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{system.url}/my")
    expect(page).to_have_url(re.compile("/my/login"))
    page.get_by_role("link", name="用认领码认领企业").click()
    page.get_by_label("认领码").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="继续认领").click()
    expect(page.get_by_text(shop["enterprise_name"])).to_be_visible()
    for label, text in (("姓名", "赵敏"), ("职务", "店长"), ("手机号", "13900000009"), ("密码", PASSWORD)):
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="认领").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("待办与结果")

    page.goto(f"{system.url}/my/results/{shop['result']}")
    page.get_by_label(re.compile("^回应")).fill("情况属实，当日已经改正。")
    page.get_by_role("button", name="保存回应").click()
    expect(page.locator("#reply .as-written").first).to_have_text("情况属实，当日已经改正。")
    page.locator("#objection summary").click()
    page.get_by_label("异议的事实和理由").fill("结果代码与当日情况不符，请核实。")
    page.locator("#objection-files").set_input_files(photo)
    page.get_by_role("button", name="提出异议").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("YY-")
    expect(page.locator(".my-files img")).to_have_count(1)

    page.goto(f"{system.url}/my/orders/{shop['order']}")
    page.locator("#evidence-files").set_input_files([photo])
    page.get_by_label("说明").fill("已更换温度记录仪。")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#handed")).to_contain_text("赵敏（店长）")
    expect(page.locator("#handed")).to_contain_text("已更换温度记录仪。")
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(re.compile("/my/login"))

    desk = office.new_page()
    desk.goto(f"{system.url}/console/rectifications/{shop['order']}")
    expect(desk.locator("#handed")).to_contain_text("已更换温度记录仪。")
    desk.goto(f"{system.url}/console/outcomes/responses")
    card = desk.locator("article", has_text="情况属实，当日已经改正。")
    card.get_by_role("button", name="公开", exact=True).click()
    anyone = browser.new_context(java_script_enabled=False).new_page()
    anyone.goto(f"{system.url}/results/{shop['result']}")
    expect(anyone.locator("#response blockquote")).to_have_text("情况属实，当日已经改正。")
    for context in (office, person):
        context.close()


def _sign_in(page: Page, system: System) -> None:
    """As the owner of the demonstration's own claim, whose code stands on the page."""
    page.goto(f"{system.url}/my/login?lang=zh")
    code = re.search(r"代码 (\w{18})", page.locator(".note.warn").inner_text())
    assert code
    for field, text in (("#code", code[1]), ("#phone", "13800000001"), ("#password", "sunlot-demo")):
        page.fill(field, text)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/my")


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
def test_every_page_by_axe_and_at_360_px(system: System, browser: Browser, language: str, scheme: Any) -> None:
    context = browser.new_context(viewport=SMALL, color_scheme=scheme, locale="zh-CN", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    _sign_in(page, system)
    hrefs = page.eval_on_selector_all("main a", "links => links.map((a) => a.getAttribute('href'))")
    own = {h.partition("#")[0] for h in hrefs if h.startswith("/my/") and not h.endswith(".pdf")}
    assert {h.split("/")[2] for h in own} == {"orders", "results", "visits", "objections", "papers", "class", "inbox", "people", "account"}
    found: list[str] = []
    ALBUM.mkdir(parents=True, exist_ok=True)
    for path in ["/my", "/my/claim", "/my/login", *sorted(own)]:
        page.goto(f"{system.url}{path}?lang={language}")
        page.evaluate(UNFOLD)
        found += [f"{path}: {line}" for line in field_walk.axe(page)]
        if page.evaluate(SIDEWAYS):
            found.append(f"{path}: wider than 360 px")
        name = path.split("/")[2] if path.count("/") > 1 else "home"
        page.screenshot(path=ALBUM / f"{name}-{language}-{scheme}.png", full_page=True)
    assert found == []
    context.close()


def test_a_passkey_signs_in_and_the_class_is_checked_in_the_page(system: System, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(60_000)
    chip = context.new_cdp_session(page)
    chip.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    chip.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    _sign_in(page, system)
    page.goto(f"{system.url}/my/class")
    page.screenshot(path=ALBUM / "class-opened.png", full_page=True)
    verdicts = page.locator(".class-check")
    expect(verdicts.first).to_have_attribute("data-verdict", "verified")
    assert page.locator(".class-check[data-verdict=failed]").count() == 0
    page.goto(f"{system.url}/my/account")
    page.locator("#present-passkey").fill("sunlot-demo")
    page.get_by_role("button", name="在这台设备上添加").click()
    expect(page.get_by_role("button", name="移除")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    page.get_by_role("button", name="用指纹或面容登录").click()
    page.wait_for_url("**/my")
    expect(page.get_by_role("heading", level=1)).to_have_text("待办与结果")
    context.close()

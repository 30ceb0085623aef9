"""The whole job once, from the register to the public verdict, in a real browser.

Office imports, plans, announces and draws; the phone gets its push, works offline the whole visit with the camera on the
enterprise's QR, and hands in through a server that is killed in the middle; the reviewer approves; the public checks.
"""

from __future__ import annotations

import io
import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import qrcode
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from backend.cli.demo.samples import write_sample_register
from backend.kernel.clock import BEIJING
from tests.journeys.conftest import CHROMIUM, FLAGS, PushService, System

pytestmark = pytest.mark.browser
PASSWORD = "sunlot-demo"


@pytest.fixture(scope="module")
def playwright() -> Any:
    with sync_playwright() as p:
        yield p


def film_of(text: str, path: Path) -> None:
    """What the camera sees: a door with a QR on it, moved and turned a little, as a Motion-JPEG film."""
    code = qrcode.make(text, border=4).get_image().convert("RGB").resize((330, 330))
    with path.open("wb") as film:
        for n in range(30):
            frame = Image.new("RGB", (1280, 720), (96 + n, 104, 110))
            turned = code.rotate(n, expand=True, fillcolor=(96 + n, 104, 110))
            frame.paste(turned, (440 + 3 * n, 180))
            buffer = io.BytesIO()
            frame.save(buffer, "JPEG", quality=85)
            film.write(buffer.getvalue())


def open_phone(p: Playwright, profile: Path, system: System, *, film: Path | None = None, subscription: dict[str, Any] | None = None) -> BrowserContext:
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"] if film else FLAGS
    phone = p.chromium.launch_persistent_context(
        str(profile), executable_path=CHROMIUM, headless=True, args=flags, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    phone.grant_permissions(["geolocation", "notifications", "camera"], origin=system.url)
    phone.set_geolocation({"latitude": 25.49, "longitude": 103.79, "accuracy": 12})
    if subscription:
        # The browser's own push service is outside this machine; everything from its endpoint on is real.
        phone.add_init_script(
            f"const given = {json.dumps(subscription)};"
            "PushManager.prototype.subscribe = async function () { return { endpoint: given.endpoint, toJSON: () => given,"
            " getKey: () => new ArrayBuffer(0), unsubscribe: async () => true }; };"
            "PushManager.prototype.getSubscription = async () => null;"
        )
    return phone


def sign_in(page: Page, system: System, role: str) -> None:
    page.goto(f"{system.url}/console/login")
    page.fill("#username", role)
    page.fill("#password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url("**/console")


def import_register(page: Page, system: System, folder: Path) -> None:
    """Step 3, first half: a GBK file with title rows is previewed, its bad rows come back as a file, the rest is applied."""
    sample = folder / "register.xlsx"
    said = write_sample_register(sample, "xlsx_mixed")
    page.goto(f"{system.url}/console/imports")
    page.set_input_files("input[type=file]", str(sample))
    page.click("form:has(input[type=file]) button")
    page.wait_for_url(re.compile(r"/console/imports/[0-9a-f-]{36}"))
    report = page.locator("a[href$='errors.xlsx'], a[href*='xlsx']").first
    report.wait_for(timeout=20_000)
    with page.expect_download() as download:
        report.click()
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"
    assert str(said.bad) in page.inner_text("main")


def plan_and_draw(page: Page, system: System) -> str:
    """Step 3, second half. Returns the draw's id."""
    page.goto(f"{system.url}/console/campaigns/new")
    page.fill("[name=name]", "旅程测试抽查")
    page.fill("[name=due_on]", (date.today() + timedelta(days=30)).isoformat())  # noqa: DTZ011 - the office's own day
    for name, value in (("items", "SC01"), ("counties", "530302"), ("counties", "530303"), ("industries", "6210"), ("industries", "6220")):
        page.check(f"[name={name}][value='{value}']")
    page.fill("[name=n]", "40")
    expect(page.locator("#estimate b").first).to_be_visible()
    page.click("button:has-text('保存任务')")
    page.wait_for_url(re.compile(r"/console/campaigns/[0-9a-f-]{36}$"))
    page.fill("[name=date_0]", datetime.now(BEIJING).date().isoformat())
    page.click("button:has-text('公告并固定名单')")
    page.fill("[name=value_0]", "123")
    page.click("button:has-text('提交录入')")
    expect(page.locator("[role=alert]").first).to_contain_text("20")  # too few digits: said so, nothing lost
    assert page.input_value("[name=value_0]") == "123"
    page.fill("[name=value_0]", "31415926535897932384")
    page.click("button:has-text('提交录入')")
    expect(page.locator("#randomness")).to_contain_text("已录入")
    campaign = page.url.partition("#")[0]
    assert page.context.browser
    other = page.context.browser.new_context().new_page()
    sign_in(other, system, "reviewer")
    other.goto(campaign)
    assert other.input_value("[name=value_0]") == ""
    other.fill("[name=value_0]", "31415926535897932384")
    other.click("button:has-text('提交录入')")
    expect(other.locator("#outcome tbody tr")).to_have_count(40)
    other.context.close()
    page.reload()
    expect(page.locator("#outcome tbody tr")).to_have_count(40)
    link = page.locator("a[href^='/draws/']").first.get_attribute("href")
    assert link
    return link.rsplit("/", 1)[1]


def bundle_of(system: System, username: str) -> dict[str, Any]:
    with httpx.Client(base_url=system.url) as browser:
        browser.get("/field/api/session")
        token = browser.cookies["csrf"]
        answer = browser.post("/field/api/session", json={"username": username, "password": PASSWORD}, headers={"x-csrf-token": token})
        assert answer.status_code == 200, answer.text
        return dict(browser.get("/field/api/bundle").json())


def fill_in(page: Page, inspection: dict[str, Any], checklists: dict[str, Any]) -> None:
    """Everything fine but the first question: that is answered with no, and gets its photo."""
    for item in inspection["items"]:
        page.get_by_test_id(f"step-item-{item['code']}").click()
        questions = checklists[item["checklist"]]["questions"]
        first = next(q for q in questions if q["type"] == "yes_no_na")
        page.get_by_test_id(f"q-{first['id']}-no").click()
        page.get_by_test_id(f"q-{first['id']}-photo").click()
        page.wait_for_timeout(1200)
        page.get_by_test_id("shutter").click()
        expect(page.get_by_test_id("shot-count")).to_contain_text("1")
        page.get_by_test_id("camera-done").click()
        for q in questions:
            if q["type"] == "number":
                page.get_by_test_id(f"q-{q['id']}-input").fill(str(round((q["min"] + q["max"]) / 2)))
            elif q["type"] == "choice":
                page.get_by_test_id(f"q-{q['id']}-{q['options'][0]['value']}").click()
        page.get_by_test_id("all-fine").click()
        page.get_by_test_id("ask-yes").click()
        page.wait_for_timeout(600)
        page.get_by_test_id("item-done").click()


def sign(page: Page) -> None:
    page.get_by_test_id("to-summary").click()
    page.get_by_test_id("rep-name").fill("钱石林")
    page.wait_for_timeout(500)
    page.get_by_test_id("freeze").click()
    page.get_by_test_id("content-hash").wait_for()
    for signer in ("officer-1", "officer-2", "enterprise"):
        page.get_by_test_id(f"sign-{signer}").click()
        pad = page.get_by_test_id("signature")
        pad.wait_for()
        page.wait_for_timeout(200)
        box = pad.bounding_box()
        assert box
        page.mouse.move(box["x"] + 40, box["y"] + 120)
        page.mouse.down()
        for i in range(24):
            page.mouse.move(box["x"] + 40 + i * 9, box["y"] + 110 + 36 * (-1) ** (i // 4), steps=2)
        page.mouse.up()
        page.get_by_test_id("sign-ok").click()
        page.wait_for_timeout(300)
    page.get_by_test_id("seal").click()
    page.get_by_test_id("receipt-state").wait_for()


def test_the_whole_job(system: System, playwright: Playwright, push_service: PushService, tmp_path: Path) -> None:
    profile = tmp_path / "phone"
    # The phone is set up: signed in, app kept for offline use, alerts turned on.
    phone = open_phone(playwright, profile, system, subscription=push_service.subscription())
    page = phone.pages[0]
    page.goto(f"{system.url}/field/")
    page.get_by_test_id("username").fill("inspector")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("list").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.get_by_test_id("tab-me").click()
    with page.expect_response(lambda r: r.url.endswith("/field/api/push") and r.request.method == "PUT") as answer:
        page.get_by_test_id("push-on").click()
    assert answer.value.status == 204
    devtools = phone.new_cdp_session(page)
    registrations: dict[str, str] = {}
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated", lambda e: registrations.update({r["scopeURL"]: r["registrationId"] for r in e["registrations"]})
    )
    devtools.send("ServiceWorker.enable")
    assert devtools.send("Page.getInstallabilityErrors")["installabilityErrors"] == []

    # The office imports, plans, announces and draws.
    office = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    desk = office.new_page(viewport={"width": 1440, "height": 900})
    sign_in(desk, system, "manager")
    import_register(desk, system, tmp_path)
    before = {i["id"] for i in bundle_of(system, "inspector")["inspections"]}
    draw_id = plan_and_draw(desk, system)

    # The alert arrives, encrypted, and is shown.
    message = push_service.inbox.get(timeout=30)
    assert isinstance(message, str), message
    page.wait_for_timeout(200)
    scope = f"{system.url}/field/"
    devtools.send("ServiceWorker.deliverPushMessage", {"origin": system.url, "registrationId": registrations[scope], "data": message})
    page.wait_for_timeout(1000)
    shown = page.evaluate("navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((all) => all.map((n) => n.title))")
    assert shown == [json.loads(message)["title"]]

    bundle = bundle_of(system, "inspector")
    inspection = next(i for i in bundle["inspections"] if i["id"] not in before and i["officers"][0]["me"])
    page.get_by_test_id("tab-today").click()
    page.reload()
    page.get_by_test_id(f"inspection-{inspection['id']}").wait_for()
    phone.close()

    # The visit: the phone is started without any network and stays without it to the last signature.
    film = tmp_path / "door.mjpeg"
    film_of(f"{system.url}/e/{inspection['enterprise']['qr_token']}", film)
    phone = open_phone(playwright, profile, system, film=film)
    phone.set_offline(True)
    page = phone.pages[0]
    page.set_default_timeout(20_000)
    page.goto(f"{system.url}/field/")
    page.get_by_test_id(f"inspection-{inspection['id']}").click()
    page.get_by_test_id("receive").click()
    page.get_by_test_id("continue").click()
    page.get_by_test_id(f"step-item-{inspection['items'][0]['code']}").wait_for()  # the camera has read the code
    fill_in(page, inspection, bundle["checklists"])
    page.get_by_test_id("step-outcome").click()
    page.get_by_test_id("outcome-E").click()
    page.get_by_test_id("remark").fill("已当场改正")
    page.wait_for_timeout(500)
    sign(page)
    assert page.get_by_test_id("receipt-state").get_attribute("data-state") == "ready"

    # The network comes back, and the server dies in the middle of the sync.
    killed: list[str] = []

    def kill_once(route: Any) -> None:
        if not killed and route.request.method in ("PUT", "PATCH"):
            killed.append(route.request.url)
            system.kill("serve")
        route.continue_()

    phone.route("**/field/api/evidence/*", kill_once)
    phone.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    for _ in range(100):
        page.wait_for_timeout(100)
        if killed:
            break
    assert killed, "the sync never began by itself"
    page.wait_for_timeout(500)
    system.start("serve")
    expect(page.get_by_test_id("receipt-state")).to_have_attribute("data-state", re.compile("applied|duplicate|confirmed"), timeout=90_000)
    phone.close()

    # The reviewer reads it beside its photos and signatures, and approves.
    reviewer = office.new_context(viewport={"width": 1440, "height": 900}).new_page()
    sign_in(reviewer, system, "reviewer")
    reviewer.goto(f"{system.url}/console/reviews")
    reviewer.click(f"text={inspection['enterprise']['name']}")
    expect(reviewer.locator(".photos img").first).to_be_visible()
    assert reviewer.locator(".photos img").first.evaluate("(img) => img.decode().then(() => img.naturalWidth > 0)")
    expect(reviewer.locator(".signature path").first).to_be_visible()
    expect(reviewer.locator(".signature")).to_have_count(3)
    reviewer.fill("#comment", "记录完整")
    reviewer.click("[data-key=a]")
    reviewer.wait_for_url("**/results/GS-*")
    number = reviewer.url.rsplit("/", 1)[1]

    # The public: the enterprise's page without JavaScript, the result's proof, the draw's verdict.
    plain = office.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
    plain.goto(f"{system.url}/e/{inspection['enterprise']['qr_token']}")
    expect(plain.locator(f"a[href='/results/{number}']")).to_be_visible()
    public = office.new_page()
    for _ in range(20):
        public.goto(f"{system.url}/results/{number}")
        if public.locator("#log-verdict").count():
            break
        public.wait_for_timeout(500)
    expect(public.locator("#log-verdict")).to_have_attribute("data-verdict", "verified")
    public.goto(f"{system.url}/draws/{draw_id}")
    expect(public.locator("#verdict")).to_have_attribute("data-verdict", "incomplete", timeout=20_000)
    office.close()


def test_a_revealed_draw_is_green_in_the_browser_and_on_a_bare_python(system: System, playwright: Playwright, tmp_path: Path) -> None:
    draws = httpx.get(f"{system.url}/draws.json").json()
    revealed = next(d["draw_id"] for d in draws if d["state"] == "revealed")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    page = browser.new_page()
    page.goto(f"{system.url}/draws/{revealed}")
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", "verified", timeout=20_000)
    expect(page.locator("#checks li.good")).to_have_count(10)

    bundle = httpx.get(f"{system.url}/draws/{revealed}/bundle.json").json()
    cell = next(c for c in bundle["result"]["cells"] if 0 < c["n"] < len(c["order"]))
    page.fill("#code", cell["order"][0])
    page.click("#why button")
    expect(page.locator("#answer")).to_contain_text("被抽中")
    page.fill("#code", cell["order"][-1])
    page.click("#why button")
    expect(page.locator("#answer")).to_contain_text("未被抽中")

    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(bundle))
    assert system.sunlot("draw", "verify", str(path)).returncode == 0
    # The same page with one altered team turns red.
    next(iter(bundle["result"]["teams"].values())).reverse()
    path.write_text(json.dumps(bundle))
    assert system.sunlot("draw", "verify", str(path)).returncode == 1
    page.route("**/bundle.json", lambda route: route.fulfill(json=bundle))
    page.reload()
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", "failed", timeout=20_000)
    browser.close()


def test_the_log_is_whole_afterwards(system: System) -> None:
    done = system.sunlot("ledger", "verify")
    assert done.returncode == 0, done.stdout

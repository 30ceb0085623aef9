"""Work that finds no network leaves the phone as a file, comes in by the office and is not doubled; pushes follow the officer, not the phone."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, REPO, System
from tests.journeys.shell import ACCOUNT, Office
from tests.journeys.test_main_job import PASSWORD, bundle_of, fill_in, film_of, open_phone, sign, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def playwright() -> Any:
    with sync_playwright() as p:
        yield p


def bring(desk: Page, system: System, file: Path) -> None:
    desk.goto(f"{system.url}/console/unsent")
    desk.set_input_files("#file", str(file))
    desk.click("form:has(#file) button")
    desk.wait_for_url(re.compile(r"/console/unsent/[0-9a-f-]{36}"))
    expect(desk.locator("tr[data-outcome=waiting]")).to_have_count(0, timeout=30_000)


def test_a_record_travels_as_a_file_and_is_not_doubled(system: System, playwright: Playwright, tmp_path: Path) -> None:
    bundle = bundle_of(system, "inspector")
    inspection, other = [i for i in bundle["inspections"] if i["state"] == "dispatched"][:2]
    film = tmp_path / "door.mjpeg"
    film_of(f"{system.url}/e/{inspection['enterprise']['qr_token']}", film)
    phone = open_phone(playwright, tmp_path / "phone", system, film=film)
    page = phone.pages[0]
    page.set_default_timeout(20_000)
    page.goto(f"{system.url}/field/")
    page.get_by_test_id("username").fill("inspector")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id(f"inspection-{inspection['id']}").wait_for()
    page.evaluate(IN_CONTROL)
    page.wait_for_timeout(1500)  # the first round enrols the phone's key

    # A week without a signal: one record sealed, one draft begun, and the file for the office.
    phone.set_offline(True)
    page.get_by_test_id(f"inspection-{inspection['id']}").click()
    page.get_by_test_id("receive").click()
    page.get_by_test_id("continue").click()
    page.get_by_test_id(f"step-item-{inspection['items'][0]['code']}").wait_for()
    fill_in(page, inspection, bundle["checklists"])
    page.get_by_test_id("step-outcome").click()
    page.get_by_test_id("outcome-E").click()
    page.wait_for_timeout(500)
    sign(page)
    assert page.get_by_test_id("receipt-state").get_attribute("data-state") == "ready"
    page.goto(f"{system.url}/field/#/inspection/{other['id']}")
    page.get_by_test_id("receive").click()
    page.get_by_test_id("step-outcome").click()
    page.get_by_test_id("outcome-1").click()
    page.wait_for_timeout(500)
    page.goto(f"{system.url}/field/#/outbox")
    with page.expect_download() as download:
        page.get_by_test_id("export").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    officer = next(o["name"] for o in inspection["officers"] if o["me"])
    assert re.fullmatch(rf"sunlot-inspector-{officer}-\d{{4}}-\d\d-\d\d\.zip", file.name)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        (sealed,) = manifest["submissions"]
        for name in archive.namelist():
            if name.startswith("evidence/"):
                assert hashlib.sha256(archive.read(name)).hexdigest() == name.removeprefix("evidence/")

    # The office hands it in.
    office = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    desk = office.new_page(viewport={"width": 1440, "height": 900})
    sign_in(desk, system, "manager")
    bring(desk, system, file)
    expect(desk.locator("tr[data-outcome=accepted]")).to_have_count(1)
    expect(desk.locator("main")).to_contain_text(other["enterprise"]["name"])  # the draft: listed, kept out
    bring(desk, system, file)
    expect(desk.locator("tr[data-outcome=duplicate]")).to_have_count(1)

    # The phone comes back: it learns that its record is there, and sends not a byte of it again.
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.method in ("PUT", "PATCH") and re.search("/evidence/|/submissions/", r.url) else None)
    page.goto(f"{system.url}/field/#/receipt/{sealed['id']}")
    phone.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_test_id("receipt-state")).to_have_attribute("data-state", "duplicate", timeout=60_000)
    expect(page.get_by_test_id("receipt-state")).to_contain_text(re.compile(r"\d+"), timeout=60_000)
    page.goto(f"{system.url}/field/#/outbox")
    expect(page.get_by_test_id("sent")).to_contain_text(inspection["enterprise"]["name"])
    expect(page.get_by_test_id("waiting")).to_have_count(0)
    assert sent == []
    phone.close()
    reviewer = office.new_context().new_page()
    sign_in(reviewer, system, "reviewer")
    reviewer.goto(f"{system.url}/console/reviews")
    expect(reviewer.locator(f"a:has-text('{inspection['enterprise']['name']}')")).to_have_count(1)
    reviewer.click(f"text={inspection['enterprise']['name']}")
    expect(reviewer.locator("main")).to_contain_text("从手机备份补传")
    expect(reviewer.locator(".photos img").first).to_be_visible()
    office.close()


# -- against a server that is told what to answer --------------------------------------------------------------------

# The browser's own push service is outside this machine; this one lives in localStorage and does what the API says.
FAKE_PUSH = """
  const kept = () => JSON.parse(localStorage.getItem("fake-push") ?? "null");
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)).buffer;
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const made = (k) => k && ({ endpoint: k.endpoint, options: { userVisibleOnly: true, applicationServerKey: bytes(k.key) },
    toJSON: () => ({ endpoint: k.endpoint, expirationTime: null, keys: { p256dh: "p", auth: "a" } }),
    unsubscribe: async () => { localStorage.removeItem("fake-push"); return true; } });
  PushManager.prototype.getSubscription = async () => made(kept());
  PushManager.prototype.subscribe = async (o) => {
    const n = Number(localStorage.getItem("fake-count") ?? 0) + 1;
    localStorage.setItem("fake-count", n);
    localStorage.setItem("fake-push", JSON.stringify({ endpoint: `https://push.example/${n}`, key: text(o.applicationServerKey) }));
    return made(kept());
  };
"""
KEY, NEXT_KEY = "BAAA", "BBBB"


@pytest.fixture(scope="module")
def built() -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    done = subprocess.run([sys.executable, "-m", "backend.cli.main", "assets"], cwd=REPO, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def office(built: None) -> Iterator[Office]:
    made = Office()
    yield made
    made.stop()


class Pushes:
    """The server's list of push addresses: endpoint -> account id."""

    def __init__(self, office: Office) -> None:
        self.office, self.key, self.known, self.dead, self.up = office, KEY, {}, set[str](), True
        office.rule = self.rule

    def rule(self, method: str, path: str, body: bytes) -> tuple[int, Any] | None:
        if not self.up:
            return 0, None
        if path == "/session" and method == "GET":
            return 200, {"account": self.office.account, "server_time_ms": 0, "vapid_public_key": self.key, "demo": True}
        if path == "/session" and method == "DELETE":
            self.office.account = None
            return 204, None
        if path == "/push":
            endpoint = json.loads(body)["endpoint"]
            if self.office.account is None:
                return 401, {"code": "not-signed-in", "title": "x"}
            if method == "DELETE":
                self.known.pop(endpoint, None)
                return 204, None
            if endpoint in self.dead:
                return 410, {"code": "push-gone", "title": "x"}
            self.known[endpoint] = self.office.account["id"]
            return 204, None
        return None


@pytest.fixture
def page(playwright: Playwright, office: Office, tmp_path: Path) -> Iterator[Page]:
    context = playwright.chromium.launch_persistent_context(
        str(tmp_path / "push"), executable_path=CHROMIUM, headless=True, args=FLAGS, viewport={"width": 390, "height": 844}
    )
    context.grant_permissions(["notifications"], origin=office.url)
    context.add_init_script(FAKE_PUSH)
    who = json.dumps(json.dumps(ACCOUNT))
    context.add_init_script(
        f"if (!localStorage.getItem('met')) {{ localStorage.setItem('met', 1); localStorage.setItem('sunlot.account', {who}); }}"
    )
    yield context.pages[0]
    context.close()


def until(page: Page, check: Any, seconds: float = 20) -> None:
    for _ in range(int(seconds * 10)):
        if check():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never came to that")


def test_a_subscription_is_kept_alive_by_itself(page: Page, office: Office) -> None:
    pushes = Pushes(office)
    page.goto(f"{office.url}/field/")
    # Permission was given once, and there is no subscription: made and told without a tap.
    until(page, lambda: pushes.known == {"https://push.example/1": ACCOUNT["id"]})
    page.reload()
    until(page, lambda: [c for c in office.calls if c == ("PUT", "/push")].__len__() >= 2)
    assert list(pushes.known) == ["https://push.example/1"]
    # The server's key is another one: the old subscription would never be heard again.
    pushes.key, pushes.known = NEXT_KEY, {}
    page.reload()
    until(page, lambda: list(pushes.known) == ["https://push.example/2"])
    # The push service has given the address up.
    pushes.dead, pushes.known = {"https://push.example/2"}, {}
    page.reload()
    until(page, lambda: list(pushes.known) == ["https://push.example/3"])
    # The browser replaces it in the background: the worker tells the page, and the page the server.
    page.evaluate(IN_CONTROL)
    pushes.known = {}
    worker = page.context.service_workers[0]
    worker.evaluate(
        "() => { const e = new ExtendableEvent('pushsubscriptionchange'); const work = [];"
        " Object.defineProperty(e, 'waitUntil', { value: (p) => work.push(p) });"
        " Object.assign(e, { newSubscription: { toJSON: () => ({ endpoint: 'https://push.example/9', keys: {} }) }, oldSubscription: null });"
        " self.dispatchEvent(e); return Promise.all(work).then(() => true); }"
    )
    until(page, lambda: "https://push.example/3" in pushes.known)


@pytest.mark.parametrize("signal", ["with a signal", "without one"])
def test_after_the_sign_out_the_phone_is_told_nothing_of_that_officer(page: Page, office: Office, signal: str) -> None:
    pushes = Pushes(office)
    page.goto(f"{office.url}/field/")
    until(page, lambda: list(pushes.known) == ["https://push.example/1"])
    page.goto(f"{office.url}/field/#/me")
    page.get_by_test_id("sign-out").click()
    pushes.up = signal == "with a signal"
    page.get_by_test_id("ask-yes").click()
    page.get_by_test_id("username").wait_for()
    assert page.evaluate("localStorage.getItem('fake-push')") is None  # the browser itself listens no more
    if not pushes.up:
        assert "https://push.example/1" in pushes.known
        pushes.up = True
        page.reload()  # the next contact settles it, before anybody has signed in
    until(page, lambda: pushes.known == {})
    until(page, lambda: office.account is None)
    until(page, lambda: page.evaluate("localStorage.getItem('sunlot.owes-unsubscribe')") is None)


# Sealed records with files of their own, as the app's store keeps them (pwa/src/store/db.js): [records, files of each, bytes of each].
SEED = """async ([account, n, files, bytes]) => {
  const db = await new Promise((ok, no) => { const r = indexedDB.open(`sunlot-${account}`); r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
  const hex = (b) => Array.from(new Uint8Array(b), (x) => x.toString(16).padStart(2, "0")).join("");
  for (let i = 0; i < n; i++) {
    const made = [];
    for (let k = 0; k < files; k++) {
      const data = new Uint8Array(bytes);
      for (let at = 0; at < bytes; at += 65536) crypto.getRandomValues(data.subarray(at, Math.min(bytes, at + 65536)));
      made.push([hex(await crypto.subtle.digest("SHA-256", data)), data.buffer]);
    }
    const tx = db.transaction(["blob", "file", "submission"], "readwrite");
    for (const [sha256, data] of made) {
      tx.objectStore("file").put(data, sha256);
      tx.objectStore("blob").put({ sha256, type: "image/webp", bytes, state: "stored", offset: 0, attempts: 0, next_at_ms: 0, error: null, made_at_ms: 0 });
    }
    const id = crypto.randomUUID(), inspection = crypto.randomUUID();
    tx.objectStore("submission").put({ id, inspection, enterprise: `E${i}`, device: "d", record: { submission: id, inspection, seq: i + 1, version: 1,
      photos: [], strokes_sha256: {} }, signature: "s", record_sha256: "r", content_sha256: "c", hashes: made.map(([h]) => h), state: "ready", attempts: 0,
      next_at_ms: 0, error: null, receipt: null, sealed_at_ms: Date.now(), durable_at_ms: null, ledger_index: null });
    await new Promise((ok, no) => { tx.oncomplete = ok; tx.onabort = () => no(tx.error); });
  }
  db.close();
}"""


def seeded(page: Page, office: Office, records: int, files: int) -> None:
    """A phone out of reach with so much unsent, its outbox on the screen."""
    office.rule = lambda method, path, body: (0, None)  # nothing leaves the phone
    page.goto(f"{office.url}/field/")
    page.get_by_test_id("facts").wait_for()
    page.evaluate(SEED, [ACCOUNT["id"], records, files, 300_000])
    page.goto(f"{office.url}/field/#/outbox")
    page.get_by_test_id("export").wait_for()


def renderers() -> dict[int, int]:
    """The most memory, in KB, that each process of a page has ever held."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                found[int(folder.name)] = int(re.search(r"VmHWM:\s+(\d+)", (folder / "status").read_text())[1])  # type: ignore[index]
        except (OSError, TypeError):
            continue
    return found


def test_two_hundred_photos_are_exported_piece_by_piece(page: Page, office: Office) -> None:
    seeded(page, office, 50, 4)
    page.wait_for_timeout(500)
    before = renderers()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_test_id("export").click()
    path = download.value.path()
    after = renderers()
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.startswith("evidence/")]
        assert len(names) == 200
        assert archive.testzip() is None
    size = path.stat().st_size
    assert 60_000_000 < size < 61_000_000
    grown = max((after[pid] - before.get(pid, 0)) * 1024 for pid in before if pid in after)
    assert grown < size, f"exporting {size} bytes took {grown} bytes of the page's memory"


def test_a_full_disk_still_gives_the_file(page: Page, office: Office) -> None:
    seeded(page, office, 3, 2)
    page.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", {"origin": office.url, "quotaSize": 1_900_000})
    with page.expect_download(timeout=60_000) as download:
        page.get_by_test_id("export").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert len(archive.namelist()) == 7

# ruff: noqa: E501 - programs for the page read better on one line
"""Everything survives: reload, crash, kill -9, a phone that restarts with no signal, a week, a wrong clock, an eviction, an update.

Full storage is in test_capture.py, sessions that end and two officers on one phone are in test_sign_in.py, all of it at once
is in torture/run.py.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect, sync_playwright

from tests.journeys import shell
from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, System
from tests.journeys.shell import ACCOUNT, Office, bundled

pytestmark = pytest.mark.browser
PASSWORD = "sunlot-demo"
PATIENT_MS = 60_000
REMARK = "写到一半的说明"
DAY_MS = 86_400_000
# This phone's clock, not the server's: every way to ask for the time is off by so much.
SHIFTED = """(() => { const shift = %d, Real = Date;
  window.Date = class extends Real { constructor(...a) { if (a.length) super(...a); else super(Real.now() + shift); } static now() { return Real.now() + shift; } };
})()"""


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as p:
        yield p


class Phone:
    """A phone with its own memory: ``profile`` outlives every death of its browser."""

    def __init__(self, p: Playwright, profile: Path, url: str) -> None:
        self.p, self.profile, self.url = p, profile, url
        self.context: BrowserContext

    def start(self, *, offline: bool = False, shift_ms: int = 0) -> Page:
        for name in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
            (self.profile / name).unlink(missing_ok=True)
        self.context = self.p.chromium.launch_persistent_context(
            str(self.profile), executable_path=CHROMIUM, headless=True, args=FLAGS, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True
        )
        self.context.set_default_timeout(PATIENT_MS)
        self.context.grant_permissions(["geolocation", "camera", "background-sync"], origin=self.url)
        self.context.set_geolocation({"latitude": 25.49, "longitude": 103.79, "accuracy": 12})
        if shift_ms:
            self.context.add_init_script(SHIFTED % shift_ms)
        self.context.set_offline(offline)
        page = self.context.pages[0]
        page.goto(f"{self.url}/field/")
        return page

    def sign_in(self, page: Page) -> None:
        page.get_by_test_id("username").fill("inspector")
        page.get_by_test_id("password").fill(PASSWORD)
        page.get_by_test_id("sign-in").click()
        page.get_by_test_id("list").wait_for()
        page.evaluate(IN_CONTROL)

    def kill(self) -> None:
        """What the system does to an app that it wants gone."""
        mark = f"--user-data-dir={self.profile}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:
                continue
        self.close()

    def close(self) -> None:
        with contextlib.suppress(Error):
            self.context.close()


@pytest.fixture
def phone(playwright: Playwright, system: System, tmp_path: Path) -> Iterator[Phone]:
    phone = Phone(playwright, tmp_path / "phone", system.url)
    yield phone
    phone.close()


def hands(page: Page) -> None:
    """The app's modules in this page, and somebody who writes down outside what was captured."""
    page.evaluate(bundled("torture/phone.js", "hands"))
    page.evaluate("() => { window.journal = async () => {}; hands.start({ seed: 1 }); }")


def todo(page: Page, n: int) -> list[str]:
    """Visits that wait for this officer."""
    page.locator("[data-testid^='inspection-']").first.wait_for()
    found = page.locator("[data-testid=list] [data-testid^='inspection-']").evaluate_all("(all) => all.map((a) => a.dataset.testid.slice(11))")
    assert len(found) >= n
    return list(found[:n])


def open_visit(page: Page, visit: str) -> None:
    page.evaluate("(id) => { location.hash = `#/inspection/${id}`; }", visit)
    page.get_by_test_id("enterprise-name").wait_for()


def kept(page: Page, visit: str) -> dict[str, Any]:
    """What is in the store, and whether each photo still has its hash."""
    hands(page)
    return dict(
        page.evaluate(
            """async (id) => {
              const { work, outbox } = hands.app, d = await work.openDraft(id), photos = [];
              for (const p of d?.photos ?? []) photos.push(await outbox.intact(await outbox.blob(p.sha256)) && p.sha256);
              return { remark: d?.remark, photos };
            }""",
            visit,
        )
    )


def test_reload_crash_kill_and_a_start_without_a_signal(phone: Phone) -> None:
    """Half a visit, and every way in which a browser ends."""
    page = phone.start()
    phone.sign_in(page)
    [visit] = todo(page, 1)
    open_visit(page, visit)
    phone.context.set_offline(True)
    page.get_by_test_id("receive").click()
    page.get_by_test_id("step-photos").click()
    page.get_by_test_id("photo-new").click()
    for n in (1, 2):
        page.wait_for_timeout(1200)
        page.get_by_test_id("shutter").click()
        expect(page.get_by_test_id("shot-count")).to_contain_text(str(n))
    open_visit(page, visit)
    page.get_by_test_id("step-outcome").click()
    page.get_by_test_id("remark").fill(REMARK)
    page.wait_for_timeout(800)
    before = kept(page, visit)
    assert before["remark"] == REMARK
    assert len(before["photos"]) == 2
    assert all(before["photos"])

    page.reload()
    page.get_by_test_id("remark").wait_for()
    assert page.get_by_test_id("remark").input_value() == REMARK
    assert kept(page, visit) == before

    with pytest.raises(Error):
        page.goto("chrome://crash")
    page.close()
    page = phone.context.new_page()
    page.goto(f"{phone.url}/field/")
    page.get_by_test_id("list").wait_for()
    assert kept(page, visit) == before

    phone.kill()
    page = phone.start(offline=True)  # the phone was switched off meanwhile, and there is no signal
    page.get_by_test_id("list").wait_for()
    open_visit(page, visit)
    expect(page.get_by_test_id("step-photos")).to_contain_text("2")
    assert kept(page, visit) == before


def receipt_of(page: Page, visit: str) -> dict[str, Any]:
    page.evaluate(
        "async (id) => { for (let n = 0; n < 300; n++) { const s = (await hands.app.outbox.submissions()).find((r) => r.inspection === id);"
        " if (s?.receipt) return; await new Promise((r) => setTimeout(r, 200)); } throw new Error('no receipt'); }",
        visit,
    )
    return dict(page.evaluate("async (id) => (await hands.app.outbox.submissions()).find((r) => r.inspection === id)", visit))


def test_a_week_without_a_signal(phone: Phone) -> None:
    """Sealed on the first day, opened again on the seventh: it is there, says that it waits, and goes by itself."""
    page = phone.start()
    phone.sign_in(page)
    *_, visit = todo(page, 2)
    phone.context.set_offline(True)
    hands(page)
    page.evaluate("(id) => torture.visit(id, 2, 1)", visit)
    phone.close()
    page = phone.start(offline=True, shift_ms=7 * DAY_MS)
    page.get_by_test_id("list").wait_for()
    expect(page.get_by_test_id("unsent-count")).to_have_text("1")
    phone.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    hands(page)
    row = receipt_of(page, visit)
    assert row["state"] in ("applied", "duplicate")
    assert row["receipt"]["record_sha256"] == row["record_sha256"]


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_wrong_by_a_day(phone: Phone, days: int) -> None:
    """Nothing is refused for it; the phone says so; both times are kept."""
    page = phone.start(shift_ms=days * DAY_MS)
    phone.sign_in(page)
    expect(page.get_by_test_id("banner-clock")).to_contain_text("快了 24 小时" if days > 0 else "慢了 24 小时")
    *_, visit = todo(page, 2)
    hands(page)
    page.evaluate("(id) => torture.visit(id, 2, 2)", visit)
    row = receipt_of(page, visit)
    told, here = row["record"]["t_dev"], row["receipt"]["received_at_ms"]
    assert abs(told - here - days * DAY_MS) < 600_000, "the record keeps the phone's time, the receipt the server's"
    assert abs(row["receipt"]["clock_skew_ms"] + days * DAY_MS) < 600_000
    # Put right, the warning goes by itself.
    phone.close()
    page = phone.start()
    page.get_by_test_id("list").wait_for()
    expect(page.get_by_test_id("banner-clock")).to_have_count(0, timeout=PATIENT_MS)


def test_the_browser_threw_the_data_away(phone: Phone) -> None:
    """Said in words, never a white page, and the work goes on with what the server has."""
    page = phone.start()
    phone.sign_in(page)
    [visit] = todo(page, 1)
    open_visit(page, visit)
    devtools = phone.context.new_cdp_session(page)
    devtools.send("Storage.clearDataForOrigin", {"origin": phone.url, "storageTypes": "indexeddb"})
    page.evaluate("() => { location.hash = '#/'; }")
    expect(page.get_by_test_id("banner-evicted")).to_contain_text("浏览器清除了本机数据")
    page.reload()
    expect(page.get_by_test_id("banner-evicted")).to_be_visible()
    assert visit in todo(page, 1)
    page.get_by_test_id("evicted-seen").click()
    expect(page.get_by_test_id("banner-evicted")).to_have_count(0)
    page.reload()
    page.get_by_test_id("list").wait_for()
    expect(page.get_by_test_id("banner-evicted")).to_have_count(0)


def test_a_database_that_does_not_open_is_no_white_page(phone: Phone) -> None:
    page = phone.start()
    phone.sign_in(page)
    phone.context.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('no', 'UnknownError'); }")
    page.reload()
    expect(page.get_by_test_id("unreadable")).to_contain_text("内容没有删除")
    expect(page.get_by_test_id("try-again")).to_be_visible()


def test_background_sync_wakes_the_page(phone: Phone) -> None:
    """Where the browser has it, the system says when there is a line; the page sends."""
    page = phone.start()
    devtools = phone.context.new_cdp_session(page)
    found: dict[str, str] = {}
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda e: found.update({r["scopeURL"]: r["registrationId"] for r in e["registrations"]}))
    devtools.send("ServiceWorker.enable")
    phone.sign_in(page)
    page.wait_for_timeout(1500)
    with page.expect_request(lambda r: "/field/api/session" in r.url):
        devtools.send(
            "ServiceWorker.dispatchSyncEvent", {"origin": phone.url, "registrationId": found[f"{phone.url}/field/"], "tag": "outbox", "lastChance": False}
        )


@pytest.fixture
def office(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The app from a folder of its own, where a new version may appear."""
    folder = tmp_path / "field"
    shutil.copytree(shell.BUILD, folder)
    monkeypatch.setattr(shell, "BUILD", folder)
    office = Office()
    yield office
    office.stop()


def test_an_update_waits_for_the_tap_and_takes_nothing(office: Office, playwright: Playwright, tmp_path: Path) -> None:
    phone = Phone(playwright, tmp_path / "phone", office.url)
    office.account = None
    page = phone.start()
    page.get_by_test_id("username").fill("inspector")
    page.get_by_test_id("password").fill(PASSWORD)
    office.account = ACCOUNT
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("list").wait_for(state="attached")
    page.evaluate(IN_CONTROL)
    office.rule = lambda method, path, body: (503, None) if method == "PUT" and not path.startswith("/devices") else None
    hands(page)
    unsent = """async () => {
      const { outbox, work, record, db } = hands.app;
      const { sha256 } = await outbox.keepBlob({ data: new TextEncoder().encode('a photo').buffer, type: 'image/webp' });
      await work.ensureDraft('i1', { submission: 'd1', now: 1 });
      await work.editDraft('d1', (d) => { d.remark = 'half written'; });
      const r = { submission: 's1', inspection: 'i2', seq: 1, version: 1, photos: [], strokes_sha256: {} };
      await db.transaction(['submission'], 'readwrite', (s) => s.submission.put({ id: 's1', inspection: 'i2', enterprise: 'E', device: 'd', record: r, signature: 's',
        record_sha256: record.digest(r), content_sha256: 'c', hashes: [sha256], state: 'ready', attempts: 0, next_at_ms: 0, error: null, receipt: null,
        sealed_at_ms: 1, durable_at_ms: null, ledger_index: null }));
    }"""
    page.evaluate(unsent)
    there = """async () => { const { outbox, work } = hands.app; const [s] = await outbox.submissions();
      return [s.state, (await work.openDraft('i1')).remark, await outbox.intact(await outbox.blob(s.hashes[0]))]; }"""
    assert page.evaluate(there) == ["ready", "half written", True]

    # A new version appears on the server: another page, another list.
    worker, index = shell.BUILD / "sw.js", shell.BUILD / "index.html"
    index.write_text(index.read_text().replace("<div id=\"app\">", "<meta name=\"edition\" content=\"two\"><div id=\"app\">"))
    worker.write_text(re.sub(r'"version":\s*"[0-9a-f]+"', '"version":"222222222222"', worker.read_text()).replace('["/field/","', '["/field/","2'))
    page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r.update())")
    page.get_by_test_id("banner-update").wait_for()
    page.reload()
    page.get_by_test_id("banner-update").wait_for()
    assert page.locator("meta[name=edition]").count() == 0, "nothing changes under the officer's hands"
    page.get_by_test_id("update").click()
    page.locator("meta[name=edition]").wait_for(state="attached")
    page.get_by_test_id("list").wait_for(state="attached")
    hands(page)
    assert page.evaluate(there) == ["ready", "half written", True]
    office.rule = lambda *_: None
    page.evaluate("() => torture.sync()")
    page.evaluate("async () => { for (let n = 0; n < 100; n++) { if ((await hands.app.outbox.submission('s1')).receipt) return; torture.sync(); await new Promise((r) => setTimeout(r, 200)); } throw new Error('not sent'); }")
    assert "s1" in office.records
    phone.close()

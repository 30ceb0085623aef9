"""What an officer captures on site, in a real browser: photos with their copies, marks, claims of a file, voice, little room."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from backend.evidence.rules import audio_type_of
from backend.usecases.record_file import verify
from tests.journeys.conftest import CHROMIUM, FLAGS, System
from tests.journeys.on_site import PLACE, answer_all, detail, draft_of, drag, file_of, gallery_picture, go, open_visit, picture, stored, wait_for
from tests.journeys.test_main_job import bundle_of, sign, sign_in

pytestmark = pytest.mark.browser


def test_a_photo_has_an_original_that_proves_and_a_copy_that_is_shown(phone: BrowserContext, system: System, tmp_path: Path) -> None:
    page = phone.pages[0]
    visit = open_visit(page, system, 0)
    phone.set_offline(True)  # from here on everything happens on the phone
    page.wait_for_timeout(300)

    # The viewfinder: the copy follows with time, place, task and officer drawn in; the original keeps its hash.
    go(page, f"{visit}/camera")
    expect(page.get_by_test_id("shutter")).to_be_enabled(timeout=20_000)
    page.get_by_test_id("shutter").click()
    expect(page.get_by_test_id("shot-count")).to_contain_text("1")
    shot = wait_for(page, lambda: next((p for p in draft_of(page, visit)["photos"] if p.get("marked")), None))
    assert shot["source"] == "camera"
    assert shot["gps"] == {"lat_e7": 254900000, "lon_e7": 1037900000, "acc_cm": 1200}
    assert shot["marked"] != shot["sha256"]
    original, copy = picture(file_of(page, shot["sha256"])), picture(file_of(page, shot["marked"]))
    foot = (0.02, 0.86, 0.6, 0.99)
    assert detail(copy, foot) > detail(original.resize(copy.size), foot) + 2, "the strip of facts is drawn into the copy"

    # The gallery: what the file says of itself is kept as a claim, though the canvas strips it.
    source = gallery_picture(tmp_path / "gallery.jpg")
    page.get_by_test_id("photo-file").set_input_files(str(source))
    expect(page.get_by_test_id("shot-count")).to_contain_text("2")
    chosen = wait_for(page, lambda: next((p for p in draft_of(page, visit)["photos"] if p["source"] == "gallery" and p.get("marked")), None))
    assert chosen["claims"] == {
        "file_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "file_bytes": source.stat().st_size,
        "taken": 20261120090807,
        "offset_min": 480,
        "lat_e7": 255000000,
        "lon_e7": 1038100000,
        "acc_cm": 850,
    }
    assert max(picture(file_of(page, chosen["sha256"])).size) == 1600
    assert b"Exif" not in file_of(page, chosen["sha256"])

    # Marks, by thumb and by keyboard: a new copy, the face unreadable; the original stays byte for byte.
    go(page, f"{visit}/photo/{chosen['sha256']}")
    expect(page.get_by_test_id("photo-claims")).to_contain_text("2026-11-20 09:08:07")
    expect(page.get_by_test_id("photo-claims")).to_contain_text("未核实")
    before = file_of(page, chosen["sha256"])
    page.get_by_test_id("photo-mark").click()
    expect(page.get_by_test_id("mark-save")).to_be_enabled()
    page.get_by_test_id("tool-blur").click()
    expect(page.get_by_test_id("blur-who")).to_contain_text("绝不公开")
    drag(page, (0.08, 0.08), (0.32, 0.42))
    expect(page.get_by_test_id("mark-count")).to_contain_text("共 1 处")
    page.get_by_test_id("tool-arrow").click()
    page.get_by_test_id("mark-canvas").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    page.get_by_test_id("tool-circle").click()
    drag(page, (0.6, 0.5), (0.602, 0.501))  # a stray touch
    expect(page.get_by_test_id("mark-count")).to_contain_text("共 2 处")
    page.get_by_test_id("mark-save").click()
    page.get_by_test_id("photo-view").wait_for()
    marked = next(p for p in draft_of(page, visit)["photos"] if p["sha256"] == chosen["sha256"])
    assert marked["marked"] not in (chosen["marked"], chosen["sha256"])
    assert [s["kind"] for s in marked["shapes"]] == ["blur", "arrow"]
    assert file_of(page, chosen["sha256"]) == before
    assert chosen["marked"] not in {b["sha256"] for b in stored(page, "blob")}, "the copy that nobody names is gone"
    face = (0.1, 0.1, 0.3, 0.4)
    copy = picture(file_of(page, marked["marked"]))
    assert detail(copy, face) < detail(picture(before).resize(copy.size), face) / 2
    page.get_by_test_id("photo-original").click()
    expect(page.get_by_test_id("photo-view")).to_have_attribute("alt", "原图")

    # Deleting asks first, and takes both files.
    page.get_by_test_id("photo-delete").click()
    page.get_by_test_id("ask-no").click()
    assert len(draft_of(page, visit)["photos"]) == 2
    page.get_by_test_id("photo-delete").click()
    page.get_by_test_id("ask-yes").click()
    page.get_by_test_id("album").wait_for()
    wait_for(page, lambda: {b["sha256"] for b in stored(page, "blob")} == {shot["sha256"], shot["marked"]})


def test_a_position_that_cannot_be_relied_on_is_unverified_and_never_more(phone: BrowserContext, system: System) -> None:
    page = phone.pages[0]
    visit = open_visit(page, system, 1)
    for accuracy, words in ((0, "没有给出精度"), (800, "±800 米")):
        phone.set_geolocation({**PLACE, "accuracy": accuracy})
        page.reload()
        go(page, f"{visit}/camera")
        expect(page.get_by_test_id("shutter")).to_be_enabled(timeout=20_000)
        page.get_by_test_id("shutter").click()
        photo = wait_for(
            page,
            lambda accuracy=accuracy: next(
                (p for p in draft_of(page, visit)["photos"] if p.get("marked") and p["gps"] and p["gps"]["acc_cm"] == accuracy * 100), None
            ),
        )
        go(page, f"{visit}/photo/{photo['sha256']}")
        expect(page.get_by_test_id("photo-place")).to_contain_text("未核实")
        expect(page.get_by_test_id("photo-place")).to_contain_text(words)


def test_too_little_room_is_said_before_a_photo_and_not_after(phone: BrowserContext, system: System) -> None:
    page = phone.pages[0]
    visit = open_visit(page, system, 2)
    devtools = phone.new_cdp_session(page)
    used = page.evaluate("navigator.storage.estimate().then((e) => e.usage)")
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": system.url, "quotaSize": used + 5_000_000})
    go(page, f"{visit}/camera")
    expect(page.get_by_test_id("camera-full")).to_contain_text("本机空间不足")
    expect(page.get_by_test_id("shutter")).to_be_disabled()
    expect(page.get_by_test_id("photo-file")).to_be_disabled()
    assert draft_of(page, visit)["photos"] == []
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": system.url})
    page.get_by_test_id("camera-done").click()
    page.get_by_test_id("photo-new").click()
    expect(page.get_by_test_id("shutter")).to_be_enabled(timeout=20_000)


def test_a_write_that_hangs_shows_itself(phone: BrowserContext, system: System) -> None:
    page = phone.pages[0]
    visit = open_visit(page, system, 3)
    go(page, f"{visit}/outcome")
    page.get_by_test_id("remark").wait_for()
    # Another hand on the same store that does not let go: to the app it looks like a disk that never answers.
    page.evaluate(
        """async () => {
          const account = JSON.parse(localStorage.getItem("sunlot.account")).id;
          const db = await new Promise((ok) => { const r = indexedDB.open(`sunlot-${account}`); r.onsuccess = () => ok(r.result); });
          const store = db.transaction("draft", "readwrite").objectStore("draft");
          const until = performance.now() + 7000;
          (function hold() { store.count().onsuccess = () => { if (performance.now() < until) hold(); }; })();
        }"""
    )
    page.get_by_test_id("remark").fill("写下就不能丢")
    expect(page.get_by_test_id("banner-storage")).to_contain_text("正在保存，比平时慢", timeout=10_000)
    expect(page.get_by_test_id("banner-storage")).to_have_count(0, timeout=20_000)
    assert draft_of(page, visit)["remark"] == "写下就不能丢"


def test_what_was_captured_reaches_the_reviewer_whole(phone: BrowserContext, system: System, playwright: Playwright, tmp_path: Path) -> None:
    page = phone.pages[0]
    visit = open_visit(page, system, 4)
    bundle = bundle_of(system, "inspector")
    inspection = next(i for i in bundle["inspections"] if i["id"] == visit.rsplit("/", 1)[1])
    phone.set_offline(True)
    page.get_by_test_id("step-scan").click()
    page.get_by_test_id("scan-typed").click()
    page.get_by_test_id("scan-code").fill(inspection["enterprise"]["code"])
    page.get_by_test_id("scan-code-ok").click()
    answer_all(page, inspection, bundle["checklists"])

    # A spoken note, with its words beside it.
    page.get_by_test_id("step-photos").click()
    page.get_by_test_id("voice-open").click()
    page.get_by_test_id("voice-start").click()
    expect(page.get_by_test_id("voice-time")).to_contain_text("0:02", timeout=20_000)
    page.get_by_test_id("voice-stop").click()
    page.get_by_test_id("voice-note").wait_for()
    page.get_by_test_id("voice-text").fill("后厨排烟声很大")
    page.wait_for_timeout(600)
    voice = draft_of(page, visit)["voices"][0]
    assert voice["type"] == "audio/webm"
    assert 1500 < voice["ms"] < 20_000
    assert audio_type_of(file_of(page, voice["sha256"])) == "audio/webm"

    # A photo from the gallery with a blurred face; the copy is made before the content is fixed even if nobody waits for it.
    page.get_by_test_id("back").click()
    page.get_by_test_id("photo-new").click()
    page.get_by_test_id("photo-file").set_input_files(str(gallery_picture(tmp_path / "gallery.jpg")))
    expect(page.get_by_test_id("shot-count")).to_contain_text("1")
    photo = draft_of(page, visit)["photos"][0]
    go(page, f"{visit}/photo/{photo['sha256']}/mark")
    page.get_by_test_id("tool-blur").click()
    expect(page.get_by_test_id("mark-save")).to_be_enabled()
    drag(page, (0.08, 0.08), (0.32, 0.42))
    page.get_by_test_id("mark-save").click()
    page.get_by_test_id("photo-view").wait_for()
    go(page, f"{visit}/outcome")
    page.get_by_test_id("outcome-1").click()
    page.wait_for_timeout(500)
    sign(page)
    record = next(s for s in stored(page, "submission") if s["inspection"] == inspection["id"])["record"]
    named = record["photos"][0]
    assert named["sha256"] == photo["sha256"]
    assert named["marks"] == {"blur": 1}
    assert named["claims"]["taken"] == 20261120090807
    assert record["voices"] == [{**{k: voice[k] for k in ("sha256", "bytes", "type", "item", "q", "t_dev", "ms")}, "text": "后厨排烟声很大"}]
    phone.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_test_id("receipt-state")).to_have_attribute("data-state", re.compile("applied|duplicate"), timeout=60_000)

    # The reviewer sees the copy, is told what is only claimed, hears the note, and may open the original.
    office = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--autoplay-policy=no-user-gesture-required"])
    desk = office.new_page(viewport={"width": 1440, "height": 900})
    sign_in(desk, system, "reviewer")
    desk.goto(f"{system.url}/console/reviews/{record['submission']}")
    shown = desk.locator(".photos img").first
    expect(shown).to_have_attribute("src", re.compile(named["marked"]))
    assert shown.evaluate("(img) => { img.loading = 'eager'; return img.decode().then(() => img.naturalWidth > 0); }")
    expect(desk.locator(".photos li").first).to_contain_text("2026-11-20 09:08:07")
    expect(desk.locator(".photos li").first).to_contain_text("未核实")
    expect(desk.locator(".photos li").first).to_contain_text("已遮挡")
    expect(desk.locator("[data-original-link]").first).to_have_attribute("href", re.compile(named["sha256"]))
    expect(desk.locator(".voices")).to_contain_text("后厨排烟声很大")
    heard = desk.locator("audio").evaluate(
        "(a) => new Promise((ok) => { a.ontimeupdate = () => a.currentTime > 0.2 && ok(a.currentTime); a.onerror = () => ok(-1); a.play(); })"
    )
    assert heard > 0
    original = desk.request.get(f"{system.url}/console/reviews/{record['submission']}/evidence/{named['sha256']}")
    assert hashlib.sha256(original.body()).hexdigest() == named["sha256"]
    file = tmp_path / "record.zip"
    file.write_bytes(desk.request.get(f"{system.url}/console/reviews/{record['submission']}/record.zip").body())
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
    assert {f"evidence/{h}" for h in (named["sha256"], named["marked"], voice["sha256"])} <= names
    assert {c.code for c in verify(file) if c.ok is False} == set()
    office.close()

"""What an officer captures on site, in a real browser: photos with their copies, marks, claims of a file, voice, little room."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import qrcode
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from backend.evidence.rules import audio_type_of
from backend.kernel import clock
from backend.usecases.record_file import verify
from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, System
from tests.journeys.test_main_job import bundle_of, sign, sign_in

pytestmark = pytest.mark.browser
PASSWORD = "sunlot-demo"
PLACE = {"latitude": 25.49, "longitude": 103.79, "accuracy": 12}

# Reads the phone's own store, as the app keeps it.
STORE = """async (name) => {
  const account = JSON.parse(localStorage.getItem("sunlot.account")).id;
  const done = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
  const db = await done(indexedDB.open(`sunlot-${account}`));
  const rows = await done(db.transaction(name).objectStore(name).getAll());
  db.close();
  return rows;
}"""
# One file's bytes, base64.
BYTES = """async (sha256) => {
  const account = JSON.parse(localStorage.getItem("sunlot.account")).id;
  const done = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
  const db = await done(indexedDB.open(`sunlot-${account}`));
  const data = await done(db.transaction("file").objectStore("file").get(sha256));
  db.close();
  let text = "";
  for (const x of new Uint8Array(data)) text += String.fromCharCode(x);
  return btoa(text);
}"""


@pytest.fixture(scope="module")
def playwright() -> Any:
    with sync_playwright() as p:
        yield p


@pytest.fixture
def phone(playwright: Playwright, system: System, tmp_path: Path) -> Iterator[BrowserContext]:
    context = playwright.chromium.launch_persistent_context(
        str(tmp_path / "phone"), executable_path=CHROMIUM, headless=True, args=FLAGS, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True
    )
    context.grant_permissions(["geolocation", "camera", "microphone"], origin=system.url)
    context.set_geolocation(PLACE)
    context.set_default_timeout(30_000)
    yield context
    context.close()


def open_visit(page: Page, system: System, nth: int) -> str:
    """Signs in, receives the nth visit of the day. Gives the visit's hash address."""
    page.goto(f"{system.url}/field/")
    page.get_by_test_id("username").fill("inspector")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("list").wait_for()
    page.evaluate(IN_CONTROL)
    visit = str(page.locator("[data-testid=list] > a").nth(nth).get_attribute("href"))
    go(page, visit)
    page.get_by_test_id("receive").or_(page.get_by_test_id("step-scan")).first.wait_for()
    if page.get_by_test_id("receive").count():
        page.get_by_test_id("receive").click()
    page.get_by_test_id("step-scan").wait_for()
    return visit


def go(page: Page, address: str) -> None:
    page.evaluate("(hash) => { location.hash = hash; }", address)


def stored(page: Page, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = page.evaluate(STORE, name)
    return rows


def draft_of(page: Page, visit: str) -> dict[str, Any]:
    drafts = [d for d in stored(page, "draft") if d["inspection"] == visit.rsplit("/", 1)[1] and d["state"] != "sealed"]
    return drafts[0] if drafts else {"photos": [], "voices": []}


def wait_for(page: Page, what: Any, seconds: float = 20) -> Any:
    """Until ``what()`` is true; the browser goes on meanwhile."""
    for _ in range(int(seconds * 10)):
        if found := what():
            return found
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen in time")


def file_of(page: Page, sha256: str) -> bytes:
    content = base64.b64decode(page.evaluate(BYTES, sha256))
    assert hashlib.sha256(content).hexdigest() == sha256
    return content


def gallery_picture(path: Path) -> Path:
    """A large picture that says when and where it was taken, with a face-like disc in its upper left."""
    image = Image.new("RGB", (2400, 1600), (120, 150, 170))
    draw = ImageDraw.Draw(image)
    for n in range(0, 1600, 40):
        draw.line((0, n, 2400, n), fill=(90, 110, 130), width=6)
    draw.ellipse((240, 160, 720, 640), fill=(235, 200, 170))
    for x in (380, 560):
        draw.ellipse((x, 340, x + 50, 390), fill=(20, 20, 20))
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:11:20 09:08:07"
    exif.get_ifd(0x8769)[0x9011] = "+08:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 30.0, 0.0), 3: "E", 4: (103.0, 48.0, 36.0), 31: 8.5})
    image.save(path, exif=exif)
    return path


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    box = page.get_by_test_id("mark-canvas").bounding_box()
    assert box
    x, y = (box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=8)
    page.mouse.up()


def picture(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def detail(image: Image.Image, box: tuple[float, float, float, float]) -> float:
    """How much changes from one point to the next inside a part of the picture."""
    w, h = image.size
    part = image.crop((int(w * box[0]), int(h * box[1]), int(w * box[2]), int(h * box[3]))).convert("L")
    points = part.tobytes()
    return sum(abs(a - b) for a, b in pairwise(points)) / len(points)


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




def answer_all(page: Page, inspection: dict[str, Any], checklists: dict[str, Any]) -> None:
    """Everything fine, numbers in the middle, the first of each choice."""
    for item in inspection["items"]:
        page.get_by_test_id(f"step-item-{item['code']}").click()
        page.get_by_test_id("all-fine").wait_for()
        for q in checklists[item["checklist"]]["questions"]:
            if q["type"] == "number":
                page.get_by_test_id(f"q-{q['id']}-input").fill(str(round((q["min"] + q["max"]) / 2)))
            elif q["type"] == "choice":
                page.get_by_test_id(f"q-{q['id']}-{q['options'][0]['value']}").click()
        page.wait_for_timeout(600)
        page.get_by_test_id("all-fine").click()
        page.get_by_test_id("ask-yes").click()
        page.wait_for_timeout(600)
        page.get_by_test_id("back").click()


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
    expect(desk.get_by_text("待补扫码").first).to_contain_text(due.isoformat())
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

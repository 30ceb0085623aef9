"""An officer on site, for the journeys: a phone with camera, microphone and position, its own store read as the app keeps it."""

from __future__ import annotations

import base64
import hashlib
import io
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Page

from tests.journeys.conftest import IN_CONTROL, System

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

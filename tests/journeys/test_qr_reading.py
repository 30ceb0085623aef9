"""Codes as they are in the world: turned, blurred, pale, small; and every way in when the camera is of no use.

Each picture is read by the phone's own decoder in Chromium; a few of them also through a camera that films them.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qrcode
from PIL import Image, ImageFilter
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, System
from tests.journeys.shell import Office, bundled
from tests.journeys.test_main_job import open_phone

pytestmark = pytest.mark.browser
PASSWORD = "sunlot-demo"
PATIENT_MS = 60_000
WALL = (128, 132, 134)
# What hangs on a door, and what is printed on a business licence.
DOOR = "https://ccjg.qujing.example/e/Jq7rX2mVw0Zc4TgN5sBd9A"
LICENCE = "https://www.gsxt.gov.cn/corp-query-entprise-info-qr.html?uniscid=91530302MAYQ10472K&regno=530302100012345&name=%E6%9B%B2%E9%9D%96%E5%B8%82"


def scene(text: str, *, angle: float = 0, blur: float = 0, contrast: float = 1, share: float = 0.45, size: tuple[int, int] = (960, 540)) -> Image.Image:
    """One frame with the code in its middle: ``share`` of the frame's height, ``contrast`` 1 is black on white, ``blur`` in pixels."""
    code = qrcode.make(text, border=4).get_image().convert("L")
    side = round(size[1] * share)
    code = code.resize((side, side), Image.Resampling.LANCZOS)
    if contrast < 1:
        code = code.point(lambda v: round(128 + (v - 128) * contrast))
    paper = round(128 + 127 * contrast)
    mask = Image.new("L", code.size, 255).rotate(angle, expand=True)
    code = code.convert("RGB").rotate(angle, expand=True, fillcolor=(paper,) * 3, resample=Image.Resampling.BICUBIC)
    frame = Image.new("RGB", size, WALL)
    frame.paste(code, ((size[0] - code.width) // 2, (size[1] - code.height) // 2), mask)
    return frame.filter(ImageFilter.GaussianBlur(blur)) if blur else frame


CASES: dict[str, dict[str, Any]] = {
    "straight": {},
    "turned 15": {"angle": 15},
    "turned 30": {"angle": 30},
    "turned 45": {"angle": 45},
    "upside down": {"angle": 180},
    "blurred": {"blur": 1.6, "share": 0.6},
    "low contrast": {"contrast": 0.25},
    "a fifth of the frame": {"share": 0.2, "size": (1920, 1080)},
    "a fifth, turned 30": {"share": 0.2, "angle": 30, "size": (1920, 1080)},
    "turned 45, pale, blurred": {"angle": 45, "contrast": 0.4, "blur": 1.0, "share": 0.6},
}


def as_png(image: Image.Image) -> str:
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as p:
        yield p


@pytest.fixture(scope="module")
def reader(playwright: Playwright, system: System) -> Iterator[Page]:
    """A page with the phone's decoder in it."""
    office = Office()
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    page = browser.new_page()
    page.goto(f"{office.url}/field/blank")
    page.evaluate(bundled("lab.js", "app"))
    yield page
    browser.close()
    office.stop()


READ = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(1, 1), ctx = canvas.getContext("2d");
  let film = null;
  for (let turn = 0; turn < 2; turn++) { // as `watch` looks at one frame after the other
    const { x, y, w, h, scale } = app.qr.glance(bitmap.width, bitmap.height, turn);
    canvas.width = Math.round(w * scale); canvas.height = Math.round(h * scale);
    ctx.drawImage(bitmap, x, y, w, h, 0, 0, canvas.width, canvas.height);
    film ??= await app.qr.decode(ctx.getImageData(0, 0, canvas.width, canvas.height));
  }
  return [film, await app.qr.decode(new Blob([bytes], { type: "image/png" }))];
}"""


@pytest.mark.parametrize("text", [DOOR, LICENCE], ids=["door", "licence"])
@pytest.mark.parametrize("case", CASES)
def test_a_code_is_read(reader: Page, case: str, text: str) -> None:
    """As a frame of the film, and as a photo."""
    frame, photo = reader.evaluate(READ, as_png(scene(text, **CASES[case])))
    assert (frame, photo) == (text, text)


def test_a_frame_without_a_code_says_nothing(reader: Page) -> None:
    assert reader.evaluate(READ, as_png(Image.new("RGB", (960, 540), WALL).filter(ImageFilter.GaussianBlur(2)))) == [None, None]


# -- through the camera, and without it --


def film(frames: list[Image.Image], path: Path) -> Path:
    with path.open("wb") as out:
        for frame in frames:
            buffer = io.BytesIO()
            frame.save(buffer, "JPEG", quality=88)
            out.write(buffer.getvalue())
    return path


def sign_in(page: Page, system: System) -> None:
    page.set_default_timeout(PATIENT_MS)
    page.goto(f"{system.url}/field/")
    page.get_by_test_id("username").fill("inspector")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("list").wait_for()


def visits(page: Page) -> list[dict[str, Any]]:
    return list(page.evaluate("fetch('/field/api/bundle').then((r) => r.json()).then((b) => b.inspections.filter((i) => i.state === 'dispatched'))"))


def to_scanner(page: Page, visit: dict[str, Any]) -> None:
    page.evaluate("(id) => { location.hash = `#/inspection/${id}`; }", visit["id"])
    page.get_by_test_id("receive").click()
    page.get_by_test_id("step-scan").click()
    page.get_by_test_id("scan-typed").wait_for()


def scanned(page: Page, visit: dict[str, Any]) -> None:
    page.get_by_test_id(f"step-item-{visit['items'][0]['code']}").wait_for()
    expect(page.locator("li.done [data-testid=step-scan]")).to_have_count(1)


@pytest.mark.parametrize("shape", [{"angle": 30, "share": 0.4}, {"share": 0.2}, {"contrast": 0.35, "angle": 15}], ids=["turned", "small", "pale"])
def test_the_camera_finds_the_code(playwright: Playwright, system: System, tmp_path: Path, shape: dict[str, Any]) -> None:
    """No torch on this camera: no button for it."""
    reader = open_phone(playwright, tmp_path / "first", system)
    page = reader.pages[0]
    sign_in(page, system)
    visit = visits(page)[0]
    reader.close()
    door = scene(f"{system.url}/e/{visit['enterprise']['qr_token']}", size=(1280, 720), **shape)
    moved = [door.transform(door.size, Image.Transform.AFFINE, (1, 0, -n, 0, 1, n // 2), fillcolor=WALL) for n in range(10)]
    phone = open_phone(playwright, tmp_path / "second", system, film=film(moved, tmp_path / "door.mjpeg"))
    page = phone.pages[0]
    sign_in(page, system)
    to_scanner_without_typing(page, visit)
    scanned(page, visit)
    assert page.locator(".torch").count() == 0
    phone.close()


def to_scanner_without_typing(page: Page, visit: dict[str, Any]) -> None:
    page.evaluate("(id) => { location.hash = `#/inspection/${id}`; }", visit["id"])
    page.get_by_test_id("receive").click()
    page.get_by_test_id("step-scan").click()


@pytest.fixture
def phone(playwright: Playwright, system: System, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A phone whose camera is of no use: nobody may use it, or there is none."""
    flags = [f for f in FLAGS if "media-stream" not in f]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
    context = browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, locale="zh-CN")
    if request.param == "none":
        context.grant_permissions(["camera", "geolocation"], origin=system.url)
    else:
        context.grant_permissions(["geolocation"], origin=system.url)
        context.add_init_script("navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('Permission denied', 'NotAllowedError'); }")
    yield context
    browser.close()


WORDS = {"refused": "没有相机权限", "none": "没有可用的相机"}


@pytest.mark.parametrize("phone", ["refused", "none"], indirect=True)
def test_without_a_camera_there_are_other_ways(phone: BrowserContext, system: System, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The reason in words; a photo without a code and another enterprise's are refused, then a photo and a typed code are taken."""
    why = WORDS[request.node.callspec.params["phone"]]
    page = phone.new_page()
    sign_in(page, system)
    visit, other, *_ = visits(page)
    to_scanner(page, visit)
    expect(page.get_by_test_id("camera-refused")).to_contain_text(why)
    assert page.locator(".torch").count() == 0

    def photo(image: Image.Image) -> None:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.jpg"
        image.save(path, quality=90)
        page.get_by_test_id("scan-photo").set_input_files(str(path))

    photo(Image.new("RGB", (800, 600), WALL))
    expect(page.get_by_test_id("scan-wrong")).to_contain_text("没有找到二维码", timeout=PATIENT_MS)
    photo(scene(f"{system.url}/e/{other['enterprise']['qr_token']}", angle=15))
    expect(page.get_by_test_id("scan-wrong")).to_contain_text("不是这户企业", timeout=PATIENT_MS)
    if "权限" in why:
        photo(scene(f"https://www.gsxt.gov.cn/q?uniscid={visit['enterprise']['code']}", angle=30))
    else:
        page.get_by_test_id("scan-typed").click()
        page.get_by_test_id("scan-code").fill(other["enterprise"]["code"])
        page.get_by_test_id("scan-code-ok").click()
        expect(page.get_by_test_id("scan-wrong")).to_contain_text("不是这户企业", timeout=PATIENT_MS)
        page.get_by_test_id("scan-code").fill(visit["enterprise"]["code"].lower())
        page.get_by_test_id("scan-code-ok").click()
    scanned(page, visit)

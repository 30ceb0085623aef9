"""Anyone recomputes a draw: on its page, and from a saved copy with the network cut; 20,000 rows show their progress."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
import qrcode
from playwright.sync_api import Browser, Page, expect, sync_playwright

from backend.draws import rules
from benchmarks import _bundle as big
from tests.journeys.conftest import CHROMIUM, FLAGS, System
from tests.rules.test_public_bundle import BUNDLES, copy_of, cutoffs_of


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def saved(system: System, tmp_path: Path, browser: Browser) -> Page:
    """The copy that the site hands out, opened from disk in a browser without a network."""
    answer = httpx.get(f"{system.url}/verify.html")
    assert answer.headers["content-disposition"].startswith("attachment")
    path = tmp_path / "verify.html"
    path.write_text(answer.text)
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    context.set_offline(True)
    page = context.new_page()
    page.on("request", lambda r: pytest.fail(f"the saved copy asks for {r.url}") if not r.url.startswith("file:") else None)
    page.goto(path.as_uri())
    return page


def choose(page: Page, tmp_path: Path, bundle: dict, frame: bytes | None = None) -> None:
    (tmp_path / "bundle.json").write_text(json.dumps(bundle, ensure_ascii=False))
    page.set_input_files("#bundle-file", tmp_path / "bundle.json")
    if frame is not None:
        (tmp_path / "frame.ndjson").write_bytes(frame)
        page.set_input_files("#frame-file", tmp_path / "frame.ndjson")


def test_a_saved_copy_verifies_offline_and_explains_in_both_languages(saved: Page, tmp_path: Path) -> None:
    bundle, frame = big.make(2_000, officers=60)
    choose(saved, tmp_path, bundle)
    expect(saved.locator("#verdict")).to_have_attribute("data-verdict", "incomplete", timeout=20_000)
    expect(saved.locator("#stage")).to_contain_text("名单文件")
    choose(saved, tmp_path, bundle, frame)
    expect(saved.locator("#verdict")).to_have_attribute("data-verdict", "verified", timeout=20_000)
    expect(saved.locator("#checks li.good")).to_have_count(10)
    cell = next(c for c in bundle["result"]["cells"] if 0 < c["n"] < len(c["order"]))
    for code, said in ((cell["order"][0], "排第 1，"), (cell["order"][-1], "未被抽中"), ("91530000000000000X", "不在"), ("91530000000000", "不在")):
        saved.fill("#code", code.lower())
        saved.click("#why button")
        expect(saved.locator("#answer")).to_contain_text(said)
    saved.fill("#code", cell["order"][0])
    saved.click("#why button")
    saved.click("#language")
    expect(saved.locator("#answer")).to_contain_text(f"of the {len(cell['order'])} enterprises in its cell, its ticket ranks number 1")
    expect(saved.locator("#verdict")).to_contain_text("Verified")


def test_a_saved_copy_is_red_for_one_changed_byte_of_the_frame(saved: Page, tmp_path: Path) -> None:
    bundle, frame = big.make(500, officers=20)
    choose(saved, tmp_path, bundle, frame.replace(b'"st":"E"', b'"st":"X:OPEN"', 1))
    expect(saved.locator("#verdict")).to_have_attribute("data-verdict", "failed", timeout=20_000)
    expect(saved.locator("#checks li.bad").first).to_contain_text("名单")
    saved.set_input_files("#bundle-file", {"name": "x.json", "mimeType": "application/json", "buffer": b"{nonsense"})
    expect(saved.locator("#verdict")).to_have_attribute("data-verdict", "failed")
    expect(saved.locator("#stage")).to_contain_text("JSON")


def test_where_classes_stay_sealed_an_enterprise_may_open_its_own(saved: Page, tmp_path: Path) -> None:
    bundle = copy_of(next(b for b in BUNDLES if len(b["announcement"]["rates"]) > 1))
    code, opened = next(iter(bundle["classes"].items()))
    sealed = {**bundle, "classes": None}
    drawn = sorted(bundle["result"]["teams"], key=rules.utf8)
    sealed["result"] = {**bundle["result"], "cells": None, "drawn": drawn, "cutoffs": cutoffs_of(bundle)}
    choose(saved, tmp_path, sealed)
    expect(saved.locator("#verdict")).to_have_attribute("data-verdict", "verified", timeout=20_000)
    saved.click("summary")
    saved.fill("#code", code)
    saved.fill("#opened-class", opened["class"])
    saved.fill("#opened-salt", opened["salt"])
    saved.click("#why button")
    expect(saved.locator("#answer")).to_contain_text("被抽中")
    expect(saved.locator("#answer")).to_contain_text("承诺相符")
    saved.fill("#opened-salt", "0" * 64)
    saved.click("#why button")
    expect(saved.locator("#answer")).to_contain_text("承诺不符")


def test_the_page_streams_a_long_frame_and_shows_how_far_it_is(system: System, browser: Browser) -> None:
    bundle, frame = big.make(20_000, officers=200)
    revealed = next(d["draw_id"] for d in httpx.get(f"{system.url}/draws.json").json() if d["state"] == "revealed")
    page = browser.new_page()
    page.route("**/bundle.json", lambda route: route.fulfill(json=bundle))
    page.route("**/frame.ndjson", lambda route: route.fulfill(body=frame))
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { const seen = (window.seen = []); new MutationObserver(() => seen.push("
        "document.getElementById('stage').textContent)).observe(document.getElementById('stage'), { childList: true }); });"
    )
    page.goto(f"{system.url}/draws/{revealed}")
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", "verified", timeout=30_000)
    seen = page.evaluate("window.seen")
    assert sum("正在读取名单" in s for s in seen) > 3, seen
    assert sum("正在核对" in s for s in seen) >= 9, seen
    expect(page.locator("#stage")).to_have_text("核对了 20,000 户")


def test_a_code_is_read_from_a_photo(system: System, browser: Browser, tmp_path: Path) -> None:
    revealed = next(d["draw_id"] for d in httpx.get(f"{system.url}/draws.json").json() if d["state"] == "revealed")
    frame = [json.loads(line) for line in httpx.get(f"{system.url}/draws/{revealed}/frame.ndjson").text.splitlines()]
    page = browser.new_page()
    page.goto(f"{system.url}/draws/{revealed}?lang=en")
    expect(page.locator("#verdict")).to_have_attribute("data-verdict", "verified", timeout=20_000)
    qrcode.make(f"https://zwfw.example.gov.cn/licence?code={frame[0]['id']}").save(tmp_path / "licence.png")
    page.set_input_files("#scan", tmp_path / "licence.png")
    expect(page.locator("#code")).to_have_value(frame[0]["id"], timeout=20_000)
    page.click("#why button")
    expect(page.locator("#answer p").first).to_be_visible()
    qrcode.make("hello").save(tmp_path / "other.png")
    page.set_input_files("#scan", tmp_path / "other.png")
    expect(page.locator("#answer")).to_contain_text("No enterprise code")

"""A closed visit leaves the phone but for a light summary, and only after the server has shown its copy once more."""

# ruff: noqa: F811 - fixtures of a neighbour

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.journeys.conftest import IN_CONTROL
from tests.journeys.shell import ACCOUNT, Office
from tests.journeys.test_alerts import built, office, page, playwright, until  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

# Rows straight into the app's stores: [account, [[store, value, key or null]]]; {"b64": ..} stands for bytes.
PUT = """async ([account, rows]) => {
  const db = await new Promise((ok, no) => { const r = indexedDB.open(`sunlot-${account}`); r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
  const tx = db.transaction([...new Set(rows.map(([s]) => s))], "readwrite");
  for (const [store, value, key] of rows) {
    const kept = value.b64 ? Uint8Array.from(atob(value.b64), (c) => c.charCodeAt(0)).buffer : value;
    if (key) tx.objectStore(store).put(kept, key); else tx.objectStore(store).put(kept);
  }
  await new Promise((ok, no) => { tx.oncomplete = ok; tx.onabort = () => no(tx.error); });
  db.close();
}"""
KEYS = """async ([account, store]) => {
  const db = await new Promise((ok, no) => { const r = indexedDB.open(`sunlot-${account}`); r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
  const all = await new Promise((ok) => { const r = db.transaction(store).objectStore(store).getAllKeys(); r.onsuccess = () => ok(r.result); });
  db.close();
  return all;
}"""
DAY = 86_400_000


def keys(page: Page, store: str) -> list[str]:
    return list(page.evaluate(KEYS, [ACCOUNT["id"], store]))


def sync(page: Page, office: Office) -> None:
    """One round, to its end."""
    before = office.calls.count(("GET", "/bundle"))
    page.evaluate("window.dispatchEvent(new Event('online'))")
    until(page, lambda: office.calls.count(("GET", "/bundle")) > before)
    page.wait_for_timeout(700)


def test_a_closed_visit_becomes_a_light_summary_that_opens_with_no_signal(page: Page, office: Office) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(picture, "WEBP")
    photo, strokes = hashlib.sha256(picture.getvalue()).hexdigest(), "b" * 64
    files = {photo: len(picture.getvalue()), strokes: 40}
    told: dict[str, Any] = {"evidence": {}}

    def rule(method: str, path: str, body: bytes) -> tuple[int, Any] | None:
        if path != "/reconcile":
            return None
        receipt = {"submission": "s1", "record_sha256": "r", "received_at_ms": 1, "ledger": {"index": 1234}}
        return 200, {"submissions": {"s1": {"durable": True, "ledger_index": 1234, "receipt": receipt}}, "evidence": told["evidence"]}

    office.rule = rule
    office.bundle["outcome_codes"] = [{"code": "1", "zh": "未发现问题", "en": "No problem found", "parent": None}]
    page.goto(f"{office.url}/field/")
    page.get_by_test_id("facts").wait_for()
    page.evaluate(IN_CONTROL)
    now = page.evaluate("Date.now()")
    then = now - 15 * DAY
    received = {"submission": "s1", "inspection": "i1", "record_sha256": "r", "received_at_ms": then, "clock_skew_ms": 0, "state": "submitted"}
    record: dict[str, Any] = {"submission": "s1", "inspection": "i1", "seq": 1, "version": 1, "outcomes": ["1"], "remark": "一切正常"}
    record["items"] = [{"item": "SC01", "answers": []}]
    rows: list[list[Any]] = [
        [
            "inspection",
            {
                "id": "i1", "closed": True, "state": "published", "version": 3, "due_on": "2026-11-01", "officers": [], "dispatched_at_ms": then,
                "campaign": {"id": "c", "number": "N1", "name": "餐饮抽查", "kind": "random", "legal_basis": ""}, "draw": None, "sealed_entry": "",
                "enterprise": {"id": "e", "code": "91530302MA6XXXXXXX", "name": "曲靖某某饭店", "address": "麒麟南路 1 号"},
                "items": [{"code": "SC01", "name_zh": "食品安全", "name_en": "Food safety", "method": "on_site", "legal_basis": "", "checklist": "k"}],
                "return_comment": None, "submission": None,
            },
            None,
        ],
        [
            "submission",
            {
                "id": "s1", "inspection": "i1", "enterprise": "曲靖某某饭店", "device": "d", "signature": "s", "record_sha256": "r", "content_sha256": "c",
                "record": {**record, "photos": [{"sha256": photo, "marked": None}], "strokes_sha256": {"enterprise": strokes}},
                "hashes": [photo, strokes], "state": "applied", "attempts": 0, "next_at_ms": 0, "error": None, "sealed_at_ms": then, "durable_at_ms": then,
                "ledger_index": 1234, "receipt": {**received, "ledger": {"entry_id": "e", "index": 1234, "leaf_hash": "l"}},
            },
            None,
        ],
        ["thumb", {"b64": base64.b64encode(picture.getvalue()).decode()}, photo],
    ]  # fmt: skip
    for sha256, size in files.items():
        blob = {"sha256": sha256, "type": "image/webp", "bytes": size, "state": "confirmed", "offset": 0, "attempts": 0, "next_at_ms": 0}
        rows += [["blob", {**blob, "error": None, "made_at_ms": 0}, None], ["file", {"b64": "AAAA"}, sha256]]
    page.evaluate(PUT, [ACCOUNT["id"], rows])

    # Asked once more, the server cannot read one of the files: nothing goes.
    told["evidence"] = {photo: files[photo]}
    sync(page, office)
    assert (keys(page, "submission"), sorted(keys(page, "file"))) == (["s1"], sorted(files))
    told["evidence"] = {**files, photo: 7}  # or another size
    sync(page, office)
    assert sorted(keys(page, "file")) == sorted(files)
    # It can: the record becomes a summary, its photos go, the small pictures stay.
    told["evidence"] = files
    sync(page, office)
    assert keys(page, "summary") == ["s1"]
    assert (keys(page, "submission"), keys(page, "file"), keys(page, "blob"), keys(page, "inspection")) == ([], [], [], [])
    assert keys(page, "thumb") == [photo]

    # Readable with no signal, after a restart of the page.
    page.context.set_offline(True)
    page.goto(f"{office.url}/field/#/")
    page.reload()
    page.get_by_test_id("all-done").click()
    page.get_by_test_id("done-s1").click()
    shown = page.get_by_test_id("summary")
    for words in ("曲靖某某饭店", "91530302MA6XXXXXXX", "麒麟南路 1 号", "食品安全", "未发现问题", "一切正常", "1234"):
        expect(shown).to_contain_text(words)
    assert page.get_by_test_id("thumb").evaluate("(img) => img.decode().then(() => img.naturalWidth)") == 60

    # After thirty days it may go.
    page.context.set_offline(False)
    old = page.evaluate(
        "async (account) => { const db = await new Promise((ok) => { const r = indexedDB.open(`sunlot-${account}`); r.onsuccess = () => ok(r.result); });"
        " const row = await new Promise((ok) => { const r = db.transaction('summary').objectStore('summary').get('s1'); r.onsuccess = () => ok(r.result); });"
        " db.close(); return row; }",
        ACCOUNT["id"],
    )
    page.evaluate(PUT, [ACCOUNT["id"], [["summary", {**old, "received_at_ms": now - 31 * DAY}, None]]])
    sync(page, office)
    assert (keys(page, "summary"), keys(page, "thumb")) == ([], [])

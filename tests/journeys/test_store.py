"""The phone's store and its rounds in a real Chromium: layouts, many rows, and records that go wrong for ever."""
# ruff: noqa: E501 - rows of the store and programs for the page read better on one line

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, REPO
from tests.journeys.shell import ACCOUNT, Office, bundled

pytestmark = pytest.mark.browser

# n records with files of their own, sealed and ready. Made row by row: what is tested here is what becomes of them.
SEEDING = """
  window.seed = async (n, files, bytes, more = {}) => {
    const hashes = [];
    for (let i = 0; i < n; i++) {
      const mine = [];
      for (let k = 0; k < files; k++) {
        const data = new Uint8Array(bytes);
        for (let at = 0; at < bytes; at += 65536) crypto.getRandomValues(data.subarray(at, Math.min(bytes, at + 65536)));
        mine.push((await app.outbox.keepBlob({ data: data.buffer, type: "image/webp" })).sha256);
      }
      hashes.push(mine);
      const id = crypto.randomUUID();
      const record = { submission: id, inspection: crypto.randomUUID(), seq: i + 1, version: 1, photos: [], strokes_sha256: {} };
      const { digest } = app.record;
      await app.db.transaction(["submission"], "readwrite", (s) => s.submission.put({ id, inspection: record.inspection, enterprise: `E${i}`, device: "d", record,
        signature: "s", record_sha256: digest(record), content_sha256: "c", hashes: mine, state: "ready", attempts: 0, next_at_ms: 0, error: null, receipt: null,
        sealed_at_ms: Date.now(), durable_at_ms: null, ledger_index: null, ...more }));
    }
    return hashes;
  };
"""


@pytest.fixture(scope="module")
def built() -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    done = subprocess.run([sys.executable, "-m", "backend.cli.main", "assets"], cwd=REPO, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def office(built: None) -> Iterator[Office]:
    office = Office()
    yield office
    office.stop()


@pytest.fixture
def page(office: Office) -> Iterator[Page]:
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{office.url}/field/blank")
        yield page
        browser.close()


def start(page: Page) -> None:
    page.evaluate(bundled("lab.js", "app"))
    page.evaluate(f"(account) => {{ app.local.setAccount(account); app.db.use(account.id); {SEEDING} }}", ACCOUNT)


def states(page: Page) -> list[dict[str, Any]]:
    return list(page.evaluate("app.outbox.submissions().then((all) => all.map(({ id, enterprise, state, attempts, durable_at_ms, error }) => ({ id, enterprise, state, attempts, durable_at_ms, error })))"))


def test_unsent_work_of_the_first_layout_lives_on(page: Page, office: Office) -> None:
    photo = b"a photo of layout 1" * 1000
    sha256 = hashlib.sha256(photo).hexdigest()
    # Word for word what the first published version made.
    page.evaluate(
        """async ([account, text, sha256]) => {
          await new Promise((done, failed) => {
            const open = indexedDB.open(`sunlot-${account}`, 1);
            open.onupgradeneeded = () => {
              const db = open.result;
              for (const [name, keyPath] of [["meta"], ["inspection", "id"], ["checklist", "id"], ["inbox", "id"], ["draft", "submission"], ["blob", "sha256"], ["submission", "id"], ["action", "id"]]) {
                const store = db.createObjectStore(name, keyPath ? { keyPath } : undefined);
                if (name === "draft" || name === "submission") store.createIndex("inspection", "inspection");
              }
            };
            open.onerror = () => failed(open.error);
            open.onsuccess = () => {
              const data = new TextEncoder().encode(text).buffer, thumb = new Uint8Array([1, 2, 3]).buffer;
              const tx = open.result.transaction(["blob", "submission", "draft", "meta"], "readwrite");
              tx.objectStore("blob").put({ sha256, type: "image/webp", bytes: data.byteLength, data, thumb, state: "sending", offset: 0, attempts: 2, next_at_ms: 0, error: null, made_at_ms: 5 });
              tx.objectStore("draft").put({ submission: "d1", inspection: "i2", state: "open", photos: [{ sha256 }], remark: "half written" });
              tx.objectStore("meta").put("c", "cursor");
              const record = { submission: "s1", inspection: "i1", seq: 1 };
              tx.objectStore("submission").put({ id: "s1", inspection: "i1", enterprise: "E", device: "d", record, signature: "s", record_sha256: "", content_sha256: "c", hashes: [sha256], state: "inflight", attempts: 0, next_at_ms: 0, error: null, receipt: null, sealed_at_ms: 1, durable_at_ms: null, ledger_index: null });
              tx.oncomplete = () => { open.result.close(); done(); };
              tx.onabort = () => failed(tx.error);
            };
          });
        }""",
        [ACCOUNT["id"], photo.decode(), sha256],
    )
    start(page)
    before = page.evaluate("async (h) => { const b = await app.outbox.blob(h); return [new TextDecoder().decode(b.data), b.thumb.byteLength, b.state, await app.outbox.intact(b)]; }", sha256)
    assert before == [photo.decode(), 3, "sending", True], "readable before anything was moved"
    page.evaluate("app.outbox.recover()")
    row = page.evaluate("(h) => app.db.get('blob', h)", sha256)
    assert "data" not in row
    assert (row["state"], row["attempts"], row["made_at_ms"]) == ("stored", 2, 5)
    after = page.evaluate("async (h) => { const b = await app.outbox.blob(h); return [b.data.byteLength, b.thumb.byteLength, await app.outbox.intact(b)]; }", sha256)
    assert after == [len(photo), 3, True]
    assert page.evaluate("Promise.all([app.work.meta('unsplit'), app.work.meta('cursor'), app.work.openDraft('i2').then((d) => d.remark)])") == [None, "c", "half written"]
    page.evaluate("app.round.round({ hurry: true })")
    assert office.files[sha256] == photo


def test_one_bad_record_blocks_no_other(page: Page, office: Office) -> None:
    """Refused for ever, set upon by a line that cuts one file always, answered by a stranger: the others arrive in the same round."""
    start(page)
    hashes = page.evaluate("seed(6, 2, 2000)")
    rows = states(page)
    ids = {r["enterprise"]: r["id"] for r in rows}
    cut = set(hashes[1])

    def rule(method: str, path: str, body: bytes) -> tuple[int, Any] | None:
        if path == f"/submissions/{ids['E0']}":
            return 422, {"code": "invalid", "title": "未填写", "field": "remark"}
        if path.rpartition("/")[2] in cut:
            return 0, None
        if path == f"/submissions/{ids['E2']}":
            return 403, None
        return None

    office.rule = rule
    for _ in range(3):
        assert page.evaluate("app.round.round({ hurry: true })") == "ok"
    found = {r["enterprise"]: r["state"] for r in states(page)}
    assert found == {"E0": "rejected", "E1": "ready", "E2": "ready", "E3": "applied", "E4": "applied", "E5": "applied"}
    assert office.calls.count(("PUT", f"/submissions/{ids['E0']}")) == 1, "a refusal is not knocked at again by itself"
    assert set(office.records) == {ids["E3"], ids["E4"], ids["E5"]}
    office.rule = lambda *_: None
    page.evaluate("app.round.round({ hurry: true })")
    assert {r["enterprise"]: r["state"] for r in states(page)} == found | {"E1": "applied", "E2": "applied"}


def test_many_rows_are_walked_without_their_bytes(page: Page, office: Office) -> None:
    """300 records with 1,200 photos: a round that has nothing to send touches no file, and asks in portions that the server takes."""
    start(page)
    page.evaluate("seed(300, 4, 30_000, { state: 'applied' })")
    page.evaluate("async () => { for (const s of await app.outbox.submissions()) await app.outbox.moveBlobs(s.hashes, (b) => ({ ...b, state: 'confirmed' })); }")
    blobs = page.evaluate("app.outbox.blobStates().then((all) => all.length)")
    assert blobs == 1200
    rows = page.evaluate("app.outbox.submissions().then((all) => all.map((s) => [s.id, s.record, s.hashes]))")
    office.records = {i: r for i, r, _ in rows}
    office.files = {h: b"" for _, _, hashes in rows for h in hashes}
    page.evaluate(
        """() => {
          window.touched = { file: 0 };
          for (const name of ["get", "getAll", "openCursor"]) {
            const real = IDBObjectStore.prototype[name];
            IDBObjectStore.prototype[name] = function (...args) { if (this.name === "file") touched.file++; return real.apply(this, args); };
          }
        }"""
    )
    took = page.evaluate("async () => { const t = performance.now(); await app.outbox.recover(); await app.round.round(); return performance.now() - t; }")
    assert page.evaluate("touched") == {"file": 0}
    assert all(r["durable_at_ms"] for r in states(page))
    asked = sum(1 for _, p in office.calls if p == "/reconcile")
    assert 3 <= asked <= 6
    again = page.evaluate("async () => { const t = performance.now(); await app.outbox.recover(); await app.round.round(); return performance.now() - t; }")
    print(f"300 records: first round {took:.0f} ms, next {again:.0f} ms")
    assert again < 3000
    assert not [p for _, p in office.calls if p.startswith("/evidence/")]


def test_what_the_server_lost_is_sent_again(page: Page, office: Office) -> None:
    start(page)
    [[first, *_]] = page.evaluate("seed(1, 2, 2000)")
    page.evaluate("app.round.round()")
    [row] = states(page)
    assert (row["state"], bool(row["durable_at_ms"])) == ("applied", True)
    page.evaluate("async () => { const [s] = await app.outbox.submissions(); await app.outbox.moveSubmission(s.id, (r) => ({ ...r, durable_at_ms: null })); }")
    del office.files[first]
    page.evaluate("app.round.round()")
    page.evaluate("app.round.round({ hurry: true })")
    assert first in office.files
    assert states(page)[0]["durable_at_ms"]


def test_a_seal_while_the_key_is_being_enrolled_keeps_the_chain(page: Page, office: Office) -> None:
    start(page)
    page.evaluate("app.key.device()")

    def rule(method: str, path: str, body: bytes) -> None:
        if path.startswith("/devices/"):
            page_moved.append(1)

    page_moved: list[int] = []
    office.rule = rule
    # The seal happens between the round's reading of the key and its answer: the slow line is played by holding the fetch.
    page.evaluate(
        """async () => {
          const real = window.fetch;
          window.fetch = async (...a) => { const r = await real(...a); if (String(a[0]).includes("/devices/")) {
            const d = await app.work.meta("device");
            await app.db.transaction(["meta"], "readwrite", (s) => s.meta.put({ ...d, seq: d.seq + 1, prev: "ab" }, "device"));
          } return r; };
          await app.round.round();
        }"""
    )
    device = page.evaluate("app.work.meta('device').then(({ seq, prev, enrolled }) => ({ seq, prev, enrolled }))")
    assert page_moved
    assert device == {"seq": 1, "prev": "ab", "enrolled": True}


def test_an_answer_to_another_person_rejects_nothing(page: Page, office: Office) -> None:
    """In the middle of a round somebody else signs in on this browser: the refusals are theirs, the records stay ready."""
    start(page)
    page.evaluate("seed(2, 1, 500)")

    def rule(method: str, path: str, body: bytes) -> tuple[int, Any] | None:
        if path.startswith("/submissions/"):
            office.account = {**ACCOUNT, "id": "another"}
            return 404, {"code": "not-found", "title": "未找到"}
        return None

    office.rule = rule
    assert page.evaluate("app.round.round()") == "other-account"
    assert {r["state"] for r in states(page)} == {"ready"}
    office.account, office.rule = ACCOUNT, lambda *_: None
    assert page.evaluate("app.round.round({ hurry: true })") == "ok"
    assert {r["state"] for r in states(page)} == {"applied"}


def test_a_recusal_is_not_thrown_away_by_a_stranger(page: Page, office: Office) -> None:
    start(page)
    page.evaluate("app.outbox.queueRecusal('i1', '亲属', { id: 'r1', now: 1 })")
    office.rule = lambda method, path, body: (403, None) if path == "/recusals" else None
    page.evaluate("app.round.round()")
    assert page.evaluate("app.outbox.actions().then((all) => all.map((a) => a.id))") == ["r1"]
    office.rule = lambda *_: None
    page.evaluate("app.round.round({ hurry: true })")
    assert page.evaluate("app.outbox.actions()") == []
    assert ("POST", "/recusals") in office.calls

"""Every screen of the phone's app, each in the states an officer meets: the one list that the tests, `make audit` and its report walk.

``walk`` signs in and does a whole visit; at each state, with the page at rest, it yields ``(screen, state)``. A screen is a module
that main.js routes to; ``routed()`` reads them from there, and a walk that misses one fails (tests/journeys/test_accessible.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.conftest import CHROMIUM, FLAGS, REPO, System

LOOK = (Path(__file__).parent / "look.js").read_text()
AXE_FILE = REPO / "pwa/node_modules/axe-core/axe.min.js"
PASSWORD = "sunlot-demo"
PHONE = {"width": 360, "height": 640}
# The colleague's phone said otherwise: a revision of theirs put into this phone's store, and taken out again.
DIFFER = """async ([id, theirs]) => {
  const account = JSON.parse(localStorage.getItem("sunlot.account")).id;
  const done = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
  const db = await done(indexedDB.open(`sunlot-${account}`));
  const store = db.transaction("draft", "readwrite").objectStore("draft");
  const draft = (await done(store.getAll())).find((d) => d.inspection === id && d.state === "open");
  draft.revs = draft.revs.filter((r) => r.rev !== "walk");
  const mine = draft.revs.find((r) => r.key.startsWith("a/") && r.value === "no");
  if (theirs) draft.revs.push({ ...mine, rev: "walk", value: "yes", over: [], mine: false, device: "another", by: theirs, seq: 1 });
  await done(store.put(draft));
  db.close();
}"""
# Everything that this browser keeps for the app, as one text.
KEPT = """async () => {
  const done = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
  const found = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
  for (const { name } of await indexedDB.databases()) {
    const db = await done(indexedDB.open(name));
    for (const store of db.objectStoreNames) found.push(JSON.stringify(await done(db.transaction(store).objectStore(store).getAll())));
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) if (!/[.](wasm|png|woff2)/.test(request.url)) found.push(request.url, await (await cache.match(request)).text());
  }
  return found.join(" ");
}"""
# What fades in or out is judged when it has come to rest; what turns for ever is not waited for.
AT_REST = (
    "() => Promise.allSettled(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity).map((a) => a.finished))"
    ".then(() => undefined)"
)


def routed() -> set[str]:
    """The modules that main.js has a route for."""
    text = (REPO / "pwa/src/screens/main.js").read_text()
    modules = dict(re.findall(r'^import \* as (\w+) from "\./(\w+)\.js";', text, re.MULTILINE))
    table = text[text.index("const ROUTES") : text.index("];", text.index("const ROUTES"))]
    return {modules[name] for name in re.findall(r"\$/,\s*(\w+)\]", table)}


def axe(page: Page, *rules: str) -> list[str]:
    """What axe-core finds, whatever its weight; by all its rules or by these."""
    page.evaluate(AT_REST)
    if not page.evaluate("'axe' in window"):
        # evaluate runs it as the tool does, so that the page's own strict policy stays in force.
        page.evaluate(AXE_FILE.read_text())
    asked = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found: dict[str, Any] = page.evaluate("(asked) => axe.run(document, asked)", asked)
    return [
        f"axe {v['id']} ({v['impact']}): {' '.join(map(str, n['target']))} {n['any'][0]['message'] if n['any'] else v['help']}"
        for v in found["violations"]
        for n in v["nodes"][:3]
    ]


def fit(page: Page) -> list[str]:
    """What does not fit a narrow phone in one hand, as it is and with the text twice as large."""
    page.evaluate(AT_REST)
    found: list[str] = page.evaluate(LOOK)
    page.evaluate("() => new Promise((done) => { document.documentElement.style.fontSize = '200%'; setTimeout(done, 120); })")
    larger: list[str] = page.evaluate(LOOK)
    page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
    return found + [f"text 200 %: {line}" for line in larger if not line.startswith(("small target", "its focus", "cannot be"))]


def open_phone(browser: Browser, system: System, *, scheme: Any = "light") -> BrowserContext:
    phone = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True, color_scheme=scheme, locale="zh-CN", reduced_motion="reduce")
    phone.grant_permissions(["geolocation", "camera", "microphone"], origin=system.url)
    phone.set_geolocation({"latitude": 25.49, "longitude": 103.79, "accuracy": 12})
    return phone


def hash_of(page: Page) -> str:
    return str(page.evaluate("location.hash"))


def launch(p: Any, *flags: str) -> Browser:
    return p.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])


class Walk:
    """One officer's visit on one phone, in one language."""

    def __init__(self, page: Page, system: System, *, language: str, username: str) -> None:
        self.page, self.system, self.language, self.username = page, system, language, username
        page.set_default_timeout(45_000)

    def by(self, testid: str) -> Any:
        return self.page.get_by_test_id(testid)

    def go(self, hash_: str, testid: str) -> None:
        self.page.evaluate("(hash) => { location.hash = hash; }", hash_)
        self.by(testid).first.wait_for()
        self.page.wait_for_timeout(150)

    def unfold(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        self.page.wait_for_timeout(150)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from self.sign_in()
        yield from self.whole_visit()

    def whole_visit(self) -> Iterator[tuple[str, str]]:
        """One visit from the day's list to its receipt; a visit of its own each time it is called."""
        yield from self.before()
        yield from self.scan()
        yield from self.fill_in()
        yield from self.outcome()
        yield from self.signing()
        yield from self.afterwards()

    def sign_in(self) -> Iterator[tuple[str, str]]:
        self.page.goto(f"{self.system.url}/field/")
        self.by(f"lang-{self.language}").click()
        self.page.wait_for_timeout(300)
        yield "sign_in", "empty"
        self.by("username").fill(self.username)
        self.by("password").fill("wrong")
        self.by("sign-in").click()
        self.page.wait_for_function("() => document.querySelector('[data-testid=sign-in-trouble]').textContent.length > 0", polling=200)
        yield "sign_in", "refused"
        self.by("password").fill(PASSWORD)
        self.by("sign-in").click()
        self.by("list").locator("a").first.wait_for()
        self.page.wait_for_timeout(500)

    def before(self) -> Iterator[tuple[str, str]]:
        yield "today", "a day's visits"
        fresh = "fetch('/field/api/bundle').then((r) => r.json()).then((b) => b.inspections.find((i) => i.state === 'dispatched').id)"
        self.visit = f"#/inspection/{self.page.evaluate(fresh)}"
        self.go(self.visit, "receive")
        self.unfold()
        yield "inspection", "to be received, unfolded"
        self.by("receive").click()
        self.by("step-scan").wait_for()
        yield "inspection", "received"
        self.go(f"{self.visit}/proof", "proof-good")
        yield "proof", "proven"
        self.go(f"{self.visit}/notice", "notice")
        yield "notice", "shown"
        self.go(f"{self.visit}/claim", "claim-early")
        yield "claim", "before the arrival"
        self.go(f"{self.visit}/photos", "photo-new")
        yield "photos", "none"
        self.go(f"{self.visit}/summary", "back")
        yield "summary", "not begun"
        self.go("#/outbox", "sync-now")
        yield "outbox", "empty"
        self.go("#/done", "back")
        yield "done", "none"
        self.go("#/me", "sign-out")
        yield "me", "signed in"
        self.by("sign-out").click()
        yield "me", "asked before signing out"
        self.by("ask-no").click()

    def scan(self) -> Iterator[tuple[str, str]]:
        self.go(f"{self.visit}/scan", "scan-typed")
        self.page.wait_for_timeout(500)
        yield "scan", "looking"
        self.by("scan-backfill").click()
        yield "scan", "back-fill"
        self.by("scan-typed").click()
        self.by("scan-code").fill("91110000000000000X")
        self.by("scan-code-ok").click()
        self.by("scan-wrong").wait_for()
        yield "scan", "a wrong enterprise"
        code = self.page.evaluate(
            "(id) => fetch('/field/api/bundle').then((r) => r.json()).then((b) => b.inspections.find((i) => i.id === id).enterprise.code)",
            self.visit.rsplit("/", 1)[1],
        )
        self.by("scan-code").fill(code)
        self.by("scan-code-ok").click()
        self.by("step-scan").wait_for()
        self.page.wait_for_timeout(300)
        yield "inspection", "entered"
        yield from self.hand_over()

    def hand_over(self) -> Iterator[tuple[str, str]]:
        """A claim code for the enterprise: only with a network, and once the office knows of the arrival."""
        self.by("show-claim").click()
        self.by("claim-fetch").wait_for()
        yield "claim", "to be asked for"
        self.page.context.set_offline(True)
        self.by("claim-fetch").click()
        self.by("claim-trouble").wait_for()
        yield "claim", "no network"
        self.page.context.set_offline(False)
        for _ in range(15):  # the scan may still be on its way
            self.by("claim-fetch").click()
            self.page.locator("[data-testid=claim-code], [data-testid=claim-trouble]").wait_for()
            if self.by("claim-code").count():
                break
            self.page.wait_for_timeout(1000)
        code = str(self.by("claim-code").inner_text())
        assert re.fullmatch(r"\w{6}-\w{4}-\w{4}", code)
        yield "claim", "shown"
        self.go(self.visit, "step-scan")
        kept = self.page.evaluate(KEPT)
        assert self.visit.rsplit("/", 1)[1] in kept, "what is kept was read"
        assert code not in kept and code[-9:] not in kept, "a claim code stays on the phone"
        self.go(f"{self.visit}/claim", "claim-fetch")
        assert not self.by("claim-code").count(), "gone with the screen"
        self.go(self.visit, "step-scan")

    def fill_in(self) -> Iterator[tuple[str, str]]:
        self.item = str(self.page.locator("[data-testid^=step-item-]").first.get_attribute("href"))
        self.go(self.item, "progress")
        yield "checklist", "empty"
        self.page.locator(".pad.no").first.click()
        self.page.locator("[data-testid$=-note]").first.click()
        self.page.locator(".extra.owed").first.wait_for()
        for number in self.page.locator(".number input").all():
            number.fill("abc")
        self.page.wait_for_timeout(600)
        yield "checklist", "a no, a photo owed, a note open, no number"
        yield from self.differ()
        for number in self.page.locator(".number input").all():
            number.fill("3")
        for options in self.page.locator(".options").all():
            options.locator("button").first.click()
        self.page.wait_for_timeout(600)
        self.by("all-fine").click()
        yield "checklist", "all fine, asked"
        self.by("ask-yes").click()
        self.page.wait_for_timeout(400)
        self.page.locator(".extra.owed").first.click()
        self.page.wait_for_function("() => document.querySelector('[data-testid=shutter]')?.disabled === false", polling=200)
        yield "camera", "ready"
        self.by("shutter").click()
        self.page.locator(".strip img").first.wait_for()
        yield "camera", "one shot"
        self.by("camera-done").click()
        self.by("progress").wait_for()
        for owed in range(self.page.locator(".extra.owed").count()):
            self.page.locator(".extra.owed").nth(0).click()
            self.page.wait_for_function("() => document.querySelector('[data-testid=shutter]')?.disabled === false", polling=200)
            self.by("shutter").click()
            self.page.locator(".strip img").first.wait_for()
            self.by("camera-done").click()
            self.by("progress").wait_for()
            assert owed < 9
        self.page.wait_for_timeout(300)
        yield "checklist", "done"
        self.go(f"{self.visit}/photos", "album")
        yield "photos", "some"
        self.by("album").locator("a").first.click()
        self.by("photo-mark").wait_for()
        self.page.wait_for_timeout(300)
        yield "photo", "one"
        self.by("photo-mark").click()
        self.page.wait_for_function("() => document.querySelector('[data-testid=mark-save]')?.disabled === false", polling=200)
        self.by("tool-blur").click()
        self.by("mark-canvas").press("Enter")
        self.by("mark-undo").wait_for()
        yield "mark", "one blurred"
        self.by("mark-save").click()
        self.by("photo-original").wait_for()
        yield "photo", "with its copy"
        self.go(f"{self.visit}/voice", "voice-start")
        yield "voice", "none"
        self.by("voice-start").click()
        self.by("voice-stop").wait_for()
        self.page.wait_for_timeout(1200)
        yield "voice", "recording"
        self.by("voice-stop").click()
        self.by("voice-list").wait_for()
        yield "voice", "one"

    def differ(self) -> Iterator[tuple[str, str]]:
        inspection = self.visit.rsplit("/", 1)[1]
        theirs = self.page.evaluate(
            "(id) => fetch('/field/api/bundle').then((r) => r.json())"
            ".then((b) => b.inspections.find((i) => i.id === id).officers.find((o) => !o.me).inspector_id)",
            inspection,
        )
        self.page.evaluate(DIFFER, [inspection, theirs])
        self.go(f"{self.visit}/conflicts", "duel")
        self.unfold()
        yield "conflicts", "one"
        self.go(self.item, "trace")
        yield "checklist", "a colleague said otherwise"
        self.go(self.visit, "conflicts-open")
        yield "inspection", "a colleague said otherwise"
        self.page.evaluate(DIFFER, [inspection, None])
        self.go(f"{self.visit}/conflicts", "no-conflicts")
        yield "conflicts", "none"
        # With a difference and a signature owed, these two are judged in tests/journeys/test_two_phones.py.
        for screen in ("late", "cosign"):
            self.go(f"{self.visit}/{screen}", "back")
            self.page.locator("main .empty").wait_for()
            yield screen, "nothing owed"
        self.go(self.item, "progress")

    def outcome(self) -> Iterator[tuple[str, str]]:
        self.go(f"{self.visit}/outcome", "remark")
        self.by("outcome-1").click()
        self.by("outcome-doubt").wait_for()
        yield "outcome", "a doubt"
        self.by("outcome-E").click()
        self.page.wait_for_timeout(300)

    def signing(self) -> Iterator[tuple[str, str]]:
        self.go(f"{self.visit}/summary", "rep-refused")
        yield "summary", "to be read over"
        self.by("rep-refused").click()
        self.by("rep-reason").wait_for()
        yield "summary", "the representative refuses"
        self.by("rep-refused").click()
        self.by("rep-reason").wait_for(state="detached")
        self.by("freeze").click()
        self.by("content-hash").wait_for()
        yield "summary", "to be signed"
        signers = [str(a.get_attribute("href")) for a in self.page.locator("a[data-testid^=sign-]").all()]
        for n, signer in enumerate(signers):
            self.go(signer, "signature")
            if n == 0:
                yield "sign", "empty"
            self.page.wait_for_timeout(200)
            box = self.by("signature").bounding_box()
            assert box
            self.page.mouse.move(box["x"] + 40, box["y"] + 100)
            self.page.mouse.down()
            for i in range(20):
                self.page.mouse.move(box["x"] + 40 + i * 9, box["y"] + 100 + 30 * (-1) ** (i // 4), steps=2)
            self.page.mouse.up()
            if n == 0:
                yield "sign", "signed"
            self.by("sign-ok").click()
            self.by("seal").wait_for()
        yield "summary", "all signed"

    def afterwards(self) -> Iterator[tuple[str, str]]:
        self.page.context.set_offline(True)
        self.by("seal").click()
        self.by("receipt-state").wait_for()
        self.page.wait_for_timeout(600)
        yield "receipt", "sealed, no network"
        self.receipt = str(self.page.evaluate("location.hash"))
        self.go("#/outbox", "waiting")
        yield "outbox", "one waits"
        self.page.context.set_offline(False)
        for _ in range(15):  # a round that began without the network ends first
            if self.by("sync-now").is_enabled():
                self.by("sync-now").click()
            self.page.wait_for_timeout(2000)
            if self.by("sent").count():
                break
        self.by("sent").wait_for()
        yield "outbox", "sent"
        self.go(self.receipt, "receipt-state")
        self.page.wait_for_timeout(300)
        yield "receipt", "received"
        self.by("show-record").click()
        self.by("record").wait_for()
        self.page.wait_for_timeout(300)
        yield "record", "read"
        self.go(self.visit, "stage")
        self.unfold()
        yield "inspection", "handed in"
        self.go("#/", "list")
        yield "today", "one done"
        self.go("#/done", "done-list")
        yield "done", "the list"
        self.by("done-list").locator("a").first.click()
        self.by("summary").wait_for()
        self.page.wait_for_timeout(300)
        yield "done", "one"

"""``make torture``: nothing lost, nothing doubled, while everything is killed and the line does everything wrong.

A real Chromium with two tabs, the real server and worker on the embedded PostgreSQL, and between them ``proxy``. A few visits
go through the screens, the others through the modules that the screens call (``phone.js``). Browser, server and worker are
killed with -9 at moments drawn from the seed: at the n-th photo, or at the n-th request while it is under way. What was
captured is written down outside the browser the moment that the phone says it is kept; ``office`` compares at the end.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, Playwright, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, IN_CONTROL, System
from tests.journeys.shell import bundled
from tests.journeys.torture.office import OFFICERS
from tests.journeys.torture.proxy import FaultProxy

PASSWORD = "sunlot-demo"


class Failed(AssertionError):
    """Something was lost, doubled or stuck; the message lists what."""


@dataclass(frozen=True)
class Size:
    inspections: int
    photos: int
    screens: int  # of the inspections, how many go through the screens
    browser_kills: int
    server_kills: int
    worker_kills: int
    faults: float  # how much of proxy.FAULTS happens
    seconds: int  # for all of it


SMALL = Size(inspections=12, photos=2, screens=1, browser_kills=3, server_kills=3, worker_kills=1, faults=1, seconds=300)
FULL = Size(inspections=300, photos=4, screens=3, browser_kills=8, server_kills=12, worker_kills=4, faults=0.5, seconds=1800)


@dataclass
class Journal:
    """What was captured, kept outside the browser: on disk before the page goes on."""

    path: Path
    photos: dict[str, dict[str, int]] = field(default_factory=dict)  # by submission, then by hash: bytes
    sealed: dict[str, str] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        return sum(map(len, self.photos.values()))

    def write(self, entry: dict[str, Any]) -> None:
        if entry["kind"] == "photo":
            content = base64.urlsafe_b64decode(entry.pop("data") + "==")
            digest = hashlib.sha256(content).hexdigest()
            if digest != entry["sha256"]:
                raise Failed(f"the phone calls a photo {entry['sha256']} whose bytes are {digest}")
            self.photos.setdefault(entry["submission"], {})[digest] = len(content)
        else:
            self.sealed[entry["submission"]] = entry["record_sha256"]
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


class Torture:
    """One run. ``home`` is thrown away by the caller; everything drawn comes from ``seed``."""

    def __init__(self, home: Path, seed: int, size: Size) -> None:
        self.home, self.seed, self.size = home, seed, size
        self.dice = random.Random(seed)
        self.profile = home / "phone"
        self.journal = Journal(home / "journal.jsonl")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = int(s.getsockname()[1])
        self.proxy = FaultProxy(port, seed, self.at_request, size.faults)
        self.url = f"http://localhost:{self.proxy.port}"
        self.system = System(home, port, front=self.url)
        self.killed: Counter[str] = Counter()
        self.busy = threading.Lock()  # one restart of a process at a time
        self.safe = True  # no kills of the browser while a person uses the screens
        shots = size.inspections * size.photos
        kills = size.browser_kills // 2
        self.at_photo = sorted(self.dice.sample(range(2, shots), size.browser_kills - kills))
        # About nine requests a visit while it is captured, and as many again later.
        span = range(20, max(60, size.inspections * 9))
        self.at_number = {
            **dict.fromkeys(self.dice.sample(span, size.server_kills), "serve"),
            **dict.fromkeys(self.dice.sample(span, size.worker_kills), "worker"),
            **dict.fromkeys(self.dice.sample(span, kills), "browser"),
        }
        self.owed: Counter[str] = Counter()

    # -- killing --

    def at_request(self, number: int) -> None:
        """In the proxy's thread: the request that is under way will meet what dies here."""
        victim = self.at_number.get(number)
        if victim == "browser":
            self.kill_browser()
        elif victim:
            threading.Thread(target=self.restart, args=(victim,), daemon=True).start()

    def restart(self, name: str) -> None:
        with self.busy:
            self.killed[name] += 1
            self.system.kill(name)
            time.sleep(random.Random(f"{self.seed} {name} {self.killed[name]}").uniform(0.2, 2.0))
            self.system.start(name)

    def kill_browser(self) -> None:
        if self.safe:
            self.owed["browser"] += 1
            return
        mark = f"--user-data-dir={self.profile}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)
                    self.killed["browser"] += 1
            except OSError:
                continue

    # -- the phone --

    def heard(self, entry: dict[str, Any]) -> None:
        self.journal.write(entry)
        if self.at_photo and self.journal.taken >= self.at_photo[0] and not self.safe:
            self.at_photo.pop(0)
            self.kill_browser()

    def open(self, p: Playwright) -> tuple[BrowserContext, Page, Page]:
        for name in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
            (self.profile / name).unlink(missing_ok=True)
        phone = p.chromium.launch_persistent_context(
            str(self.profile), executable_path=CHROMIUM, headless=True, args=FLAGS, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
        )
        phone.set_default_timeout(60_000)
        phone.grant_permissions(["geolocation", "camera"], origin=self.url)
        phone.set_geolocation({"latitude": 25.49, "longitude": 103.79, "accuracy": 12})
        phone.expose_function("journal", self.heard)
        tabs = [phone.pages[0], phone.new_page()]
        for tab in tabs:
            self.load(tab)
        tabs[0].bring_to_front()  # a tab behind another draws once a second
        return phone, tabs[0], tabs[1]

    def load(self, page: Page) -> None:
        """The app on this tab, signed in: as an officer would, again and again until it opens."""
        for attempt in range(30):
            try:
                page.goto(f"{self.url}/field/", wait_until="domcontentloaded")
                page.locator("[data-testid=list], [data-testid=sign-in]").first.wait_for(state="attached", timeout=10_000)
                if page.get_by_test_id("sign-in").count():
                    self.sign_in(page)
                page.evaluate(self.hands)
                page.evaluate("(seed) => hands.start({ seed })", self.seed)
                return
            except Error as e:
                if "closed" in str(e) or "crash" in str(e).lower() or attempt == 29:
                    raise
                page.wait_for_timeout(500)

    def sign_in(self, page: Page) -> None:
        """On the sign-in screen, again and again until the line lets it through."""
        page.get_by_test_id("username").fill(OFFICERS[0])
        page.get_by_test_id("password").fill(PASSWORD)
        for _ in range(20):
            if page.get_by_test_id("sign-in").is_enabled():
                page.get_by_test_id("sign-in").click()
            page.wait_for_timeout(1500)
            if not page.get_by_test_id("sign-in").count():
                return
        raise Failed(f"no way in: {page.get_by_test_id('sign-in-trouble').inner_text()}")

    def through_the_screens(self, page: Page, inspection: dict[str, Any], checklists: dict[str, Any]) -> None:
        from tests.journeys.test_main_job import fill_in, sign

        page.evaluate("(id) => { location.hash = `#/inspection/${id}`; }", inspection["id"])
        page.get_by_test_id("receive").click()
        page.get_by_test_id("step-scan").click()
        page.get_by_test_id("scan-typed").click()
        page.get_by_test_id("scan-code").fill(inspection["enterprise"]["code"])
        page.get_by_test_id("scan-code-ok").click()
        page.get_by_test_id(f"step-item-{inspection['items'][0]['code']}").wait_for()
        fill_in(page, inspection, checklists)
        for shot in page.evaluate("(id) => torture.photosOf(id)", inspection["id"]):
            self.heard({"kind": "photo", "inspection": inspection["id"], **shot})
        page.get_by_test_id("step-outcome").click()
        page.get_by_test_id("outcome-E").click()
        page.wait_for_timeout(300)
        sign(page)

    # -- the whole --

    def run(self) -> str:
        """Returns what was done, in a line. Raises ``Failed``."""
        self.began = began = time.monotonic()
        try:
            done = self.system.sunlot("migrate")
            if done.returncode:
                raise Failed(done.stdout + done.stderr)
            self.hands = bundled("torture/phone.js", "hands")
            self.office("prepare", str(self.size.inspections))
            self.system.start("serve")
            self.system.start("worker")
            with sync_playwright() as p:
                told, visits = self.field(p, began + self.size.seconds)
            with self.busy:
                self.reckon(told, visits)
        except Exception:
            for name in ("serve", "worker"):
                log = self.home / f"{name}.log"
                if log.exists():
                    print(f"-- {name} --\n{log.read_text()[-2500:]}", file=sys.stderr)
            raise
        finally:
            with self.busy:
                self.system.stop()
            self.proxy.stop()
        faults = ", ".join(f"{n} {name}" for name, n in sorted(self.proxy.done.items()))
        kills = ", ".join(f"{n} {name}" for name, n in sorted(self.lives.items()))
        return (
            f"{len(visits)} inspections, {self.journal.taken} photos: none lost, none doubled, every hash equal."
            f" {self.proxy.requests} requests ({faults}); killed: {kills}. {time.monotonic() - began:.0f} s, seed {self.seed}"
        )

    def field(self, p: Playwright, limit: float) -> tuple[dict[str, Any], list[str]]:
        """All visits captured and handed in. Returns what the phone then believes."""
        self.lives: Counter[str] = Counter()
        phone, page, other = self.open(p)
        gone = False
        page.evaluate(IN_CONTROL)
        for _ in range(240):  # the app fetches its first bundle by itself
            bundle = page.evaluate("torture.dispatched()")
            if len(bundle["inspections"]) == self.size.inspections:
                break
            page.wait_for_timeout(500)
        visits = sorted(i["id"] for i in bundle["inspections"])
        self.say("prepared")
        self.proxy.faulty = True
        by_hand = {i["id"]: i for i in bundle["inspections"]} if self.size.screens else {}
        for visit in visits[: self.size.screens]:
            self.through_the_screens(page, by_hand[visit], bundle["checklists"])
        self.say("the screens are done")
        self.safe = False
        todo = list(enumerate(visits))[self.size.screens :]
        in_a_row = 0
        while True:
            if time.monotonic() > limit:
                raise Failed(f"not finished in {self.size.seconds} s: {self.standing(page)}, {len(todo)} visits not captured")
            try:
                if gone:  # it may be killed while it opens, too
                    phone, page, other = self.open(p)
                    gone = False
                while self.owed["browser"]:
                    self.owed["browser"] -= 1
                    self.kill_browser()
                if todo:
                    number, visit = todo[0]
                    page.evaluate("([id, photos, number]) => torture.visit(id, photos, number)", [visit, self.size.photos, number])
                    todo.pop(0)
                    in_a_row = 0
                    if not todo:
                        self.say(f"{self.journal.taken} photos captured: {self.standing(page)}")
                    continue
                now = page.evaluate("torture.standing()")
                if now["held"]:
                    raise Failed(f"refused: {now['held']}")
                if now["outcome"] == "expired":
                    # The browser died before it had written the cookie down. The work goes on; sending waits for this.
                    page.evaluate("() => { location.hash = '#/sign-in'; }")
                    page.get_by_test_id("username").wait_for()
                    self.sign_in(page)
                if now["sealed"] == len(visits) and now["open"] == 0 and not self.busy.locked():
                    return page.evaluate("torture.told()"), visits
                if os.environ.get("VERBOSE"):
                    self.say(str(now))
                for tab in (page, other):
                    tab.evaluate("torture.sync()")
                page.wait_for_timeout(300)
                in_a_row = 0
            except Error as e:
                if not re.search("closed|crash|disconnected", str(e), re.IGNORECASE):
                    raise
                self.lives["browser"] += 1
                in_a_row += 1  # its deaths without any work done in between
                if in_a_row > 5:
                    raise
                with contextlib.suppress(Error):
                    phone.close()
                gone = True

    def say(self, what: str) -> None:
        print(f"  {time.monotonic() - self.began:4.0f} s, {self.proxy.requests} requests: {what}", flush=True)

    def standing(self, page: Page) -> Any:
        try:
            return page.evaluate("torture.standing()")
        except Error as e:
            return str(e)

    def office(self, *args: str) -> None:
        command = [sys.executable, "-m", "tests.journeys.torture.office", *args]
        done = subprocess.run(command, cwd=Path(__file__).parents[3], env=self.system.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"seed {self.seed}:\n{done.stdout}{done.stderr[-3000:]}")

    def reckon(self, told: dict[str, Any], visits: list[str]) -> None:
        self.lives.update({k: v for k, v in self.killed.items() if k != "browser"})
        path = self.home / "journal.json"
        path.write_text(json.dumps({"photos": self.journal.photos, "sealed": self.journal.sealed, "told": told, "inspections": visits}))
        self.office("check", str(path))
        done = self.system.sunlot("ledger", "verify")
        if done.returncode:
            raise Failed(done.stdout + done.stderr)


def run(seed: int, size: Size) -> str:
    """A whole run in a folder of its own."""
    home = Path(tempfile.mkdtemp(prefix="sunlot-torture-"))
    home.chmod(0o755)
    try:
        return Torture(home, seed, size).run()
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or random.SystemRandom().randrange(1, 10**6)))
    given.add_argument("--small", action="store_true")
    args = given.parse_args()
    if CHROMIUM is None:
        print("no chromium on this machine: install Debian's package chromium", file=sys.stderr)
        return 2
    print(f"seed {args.seed}: repeat with make torture SEED={args.seed}", flush=True)
    try:
        print(run(args.seed, SMALL if args.small else FULL))
    except Failed as e:
        print(f"FAILED with seed {args.seed}:\n{e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

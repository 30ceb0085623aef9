"""`make audit`: axe-core, our own look and Lighthouse over every screen of the field app, in both languages and both themes.

Starts the demo system, does a visit in a real Chromium in each language, and prints a table; the report lies in build/audit/.
axe-core (every weight is a finding) and tests/journeys/look.js judge each screen in each of its states. Lighthouse opens each
screen by its address in navigation mode, signed in and with the service worker in place, as a phone does on any day but the
first; and once the sign-in page in a browser that has never been here. Every score must reach 95. A screen that main.js routes
to and the walk does not open is a miss. Last, the app is opened with no network on a slowed processor (benchmarks/field_open.py).
``AUDIT=axe``, ``AUDIT=lighthouse`` or ``AUDIT=open`` runs one part; ``AUDIT=console`` looks at the office instead (audit_office.py),
``AUDIT=public`` at the public pages (audit_public.py).
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

from benchmarks import field_open
from tests.journeys import audit_office, audit_public, field_walk
from tests.journeys.audit_lines import OFFICE, OUT, SCHEMES, Report, html_page, judge, show
from tests.journeys.conftest import CHROMIUM, FLAGS, System, running

LANGUAGES = {"zh": "inspector", "en": "inspector2"}


def walk(p: Playwright, system: System, report: Report) -> None:
    """axe and the look over every state of every screen; a picture of each."""
    for language, username in LANGUAGES.items():
        browser = field_walk.launch(p)
        page = field_walk.open_phone(browser, system).new_page()
        count: Counter[str] = Counter()
        for screen, state in field_walk.Walk(page, system, language=language, username=username):
            count[screen] += 1
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                line = report.line(screen, language, scheme)
                line.states += 1
                line.found += [f"{state}: {found}" for found in field_walk.axe(page) + field_walk.fit(page)]
                page.screenshot(path=OUT / f"{screen}-{count[screen]}-{language}-{scheme}.png")
            page.emulate_media(color_scheme="light")
            print(".", end="", flush=True)
        for screen in field_walk.routed() - set(count):
            report.line(screen, language, "light").found.append("main.js routes to this screen and tests/journeys/field_walk.py never opens it")
        browser.close()
    print()


def addresses(w: field_walk.Walk) -> dict[str, str]:
    """Where each screen is found, on a phone with one visit handed in, one ready to be signed and one in the middle of its work."""
    found: dict[str, str] = {}
    for stop in (None, ("summary", "to be signed"), ("outcome", "a doubt")):
        for screen, state in w.whole_visit():
            found[screen] = field_walk.hash_of(w.page)
            if (screen, state) == stop:
                if screen == "summary":
                    found["sign"] = str(w.page.locator("a[data-testid^=sign-]").first.get_attribute("href"))
                break
        if stop is None:
            handed_in = {screen: found[screen] for screen in ("receipt",)}
        elif stop[0] == "summary":
            signing = {screen: found[screen] for screen in ("summary", "sign")}
    return {"sign_in": "#/sign-in", **found, **handed_in, **signing}


def lighthouse(p: Playwright, system: System, report: Report) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = [*FLAGS, f"--remote-debugging-port={port}"]
    with tempfile.TemporaryDirectory() as profile:
        phone = p.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=flags, viewport=field_walk.PHONE)  # type: ignore[arg-type]
        phone.grant_permissions(["geolocation", "camera", "microphone"], origin=system.url)
        phone.set_geolocation({"latitude": 25.49, "longitude": 103.79, "accuracy": 12})
        page = phone.pages[0]
        page.goto(f"{system.url}/field/")
        page.get_by_test_id("username").wait_for()
        judge(report, port, [("sign_in: first load", f"{system.url}/field/")], "zh", "light")
        w = field_walk.Walk(page, system, language="zh", username="inspector")
        for _ in w.sign_in():
            pass
        pages = [(screen, f"{system.url}/field/{hash_}") for screen, hash_ in sorted(addresses(w).items())]
        for language in LANGUAGES:
            page.evaluate("(language) => localStorage.setItem('sunlot.language', JSON.stringify(language))", language)
            page.goto("about:blank")
            for scheme in SCHEMES:
                judge(report, port, pages, language, scheme)
            page.goto(f"{system.url}/field/")
        phone.close()


def name_of(half: str) -> str:
    return half if half in ("console", "public") else "report"


def main() -> int:
    if CHROMIUM is None:
        print("no chromium on this machine: install Debian's package chromium", file=sys.stderr)
        return 1
    half = os.environ.get("AUDIT", "")
    is_office = half == "console"
    report = Report(OFFICE if is_office else None)
    with running() as system, sync_playwright() as p:
        OUT.mkdir(parents=True, exist_ok=True)
        if is_office:
            audit_office.look(p, system, report)
        if half == "public":
            audit_public.look(p, system, report)
        if half in ("", "axe"):
            walk(p, system, report)
        if half in ("", "lighthouse"):
            lighthouse(p, system, report)
    lines = sorted(report.lines.values(), key=lambda line: (line.screen, line.language, line.scheme))
    missed: list[str] = []
    print(f"\n{'screen':<24} language theme states findings accessibility best-practices performance")
    for line in lines:
        print(show(line))
        missed += [f"{line.screen} {line.language} {line.scheme}: {m}" for m in line.misses(judged=half in ("", "lighthouse", "console", "public"))]
    if half in ("", "open"):
        for name, times in zip(("just started", "running"), field_open.measure(), strict=True):
            print(f"opened offline, processor {field_open.SLOWER} x slower, browser {name}: median {statistics.median(times):.2f} s of {len(times)}")
            if statistics.median(times) > field_open.OPEN_LIMIT_S:
                missed.append(f"opens offline in {statistics.median(times):.2f} s in a browser {name}")
    (OUT / f"{name_of(half)}.json").write_text(json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=1) + "\n")
    (OUT / f"{name_of(half)}.html").write_text(html_page({"console": "Office", "public": "Public pages"}.get(half, "Field app"), lines, missed))
    print("\n".join(["", *missed, f"{len(missed)} misses · {Path('build/audit') / name_of(half)}.html"]))
    return 1 if missed or not (lines or half == "open") else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make audit AUDIT=console`: axe-core and Lighthouse over every page of the office that a role finds.

axe-core on each page of each role, in both languages and both colour schemes, at the width of a phone and of a desk. Lighthouse in
navigation mode, signed in, as a desk's browser opens the page (its desktop settings): Chinese and light, English and dark. Accessibility and
best practices must reach 95, performance 90. A page that no link leads to is a miss.
"""

from __future__ import annotations

import os
import socket
import tempfile

from playwright.sync_api import Page, Playwright

from tests.journeys import field_walk, office_walk
from tests.journeys.audit_lines import SCHEMES, Report, judge
from tests.journeys.conftest import CHROMIUM, FLAGS, System
from tests.journeys.office import NARROW, SIDEWAYS, UNFOLD, WIDE
from tests.journeys.office_walk import ELSEWHERE, ROLES, Seen

LANGUAGES = ("zh", "en")
# What Lighthouse looks at; its measures but for speed are axe's, which has seen the rest.
JUDGED = (("zh", "light"), ("en", "dark"))


def name(one: Seen) -> str:
    return f"{one.role} {one.address}"


def with_language(address: str, language: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def axe_page(page: Page, report: Report, url: str, name: str, *, is_main: bool) -> None:
    """axe-core on one address in every language, colour scheme and width. ``is_main``: Lighthouse judges it too."""
    for language in LANGUAGES:
        page.goto(with_language(url, language))
        page.evaluate(UNFOLD)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            line = report.line(name, language, scheme)
            line.is_judged = is_main and (language, scheme) in JUDGED
            for size in (NARROW, WIDE):
                page.set_viewport_size(size)  # type: ignore[arg-type]
                line.states += 1
                line.found += [f"{size['width']} px: {found}" for found in field_walk.axe(page)]
                if page.evaluate(SIDEWAYS):
                    line.found.append(f"{size['width']} px: scrolls sideways")
    print(".", end="", flush=True)


def look(p: Playwright, system: System, report: Report) -> None:
    """``PAGES``: only pages whose address has this text, for a look at what was mended."""
    seen = [one for role in ROLES for one in office_walk.crawl(system, role)]
    wanted = os.environ.get("PAGES", "")
    pages = [one for one in office_walk.chosen(seen) if wanted in one.address]
    if not wanted:
        for path in set(office_walk.routes()) - {s.route for s in seen} - set(ELSEWHERE):
            line = report.line(path, "zh", "light")
            line.found, line.is_judged = ["no link leads to this page"], False
    main, _more = office_walk.unlike(pages)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for role in ROLES:
        with tempfile.TemporaryDirectory() as profile, office_walk.sign_in(system, role) as client:
            flags = [*FLAGS, f"--remote-debugging-port={port}"]
            desk = p.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=flags, viewport=WIDE)  # type: ignore[arg-type]
            desk.set_default_timeout(120_000)
            desk.add_cookies([{"name": c.name, "value": c.value or "", "url": system.url} for c in client.cookies.jar])
            page = desk.new_page()
            for one in (o for o in pages if o.role == role):
                axe_page(page, report, f"{system.url}{one.address}", name(one), is_main=one in main)
            page.goto("about:blank")
            own = [o for o in main if o.role == role]
            for language, scheme in JUDGED:
                judge(report, port, [(name(o), f"{system.url}{with_language(o.address, language)}") for o in own], language, scheme, device="desk")
            desk.close()

"""`make audit AUDIT=public`: axe-core and Lighthouse over every public page that a stranger finds.

axe-core on each page in both languages and both colour schemes, at the width of a phone and of a desk. Lighthouse as a phone opens the page:
Chinese and light, English and dark. Every score must reach 95. A page that no link leads to is a miss.
"""

from __future__ import annotations

import os
import socket
import tempfile

from playwright.sync_api import Page, Playwright

from tests.journeys import field_walk, office_walk, public_forms, public_walk
from tests.journeys.audit_lines import SCHEMES, Report, judge
from tests.journeys.audit_office import JUDGED, axe_page, with_language
from tests.journeys.conftest import CHROMIUM, FLAGS, System
from tests.journeys.office import NARROW


def look_at_forms(page: Page, system: System, report: Report) -> None:
    """What no link leads to: mistakes in forms, answers, the page behind a tracking code, an enterprise's own pages."""
    door = public_forms.prepare(system, 0)
    for state in public_forms.Walk(page, system, door, "zh"):
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            line = report.line(f"form, {state}", "zh", scheme)
            line.is_judged = False
            line.states += 1
            line.found += field_walk.axe(page)


def look(p: Playwright, system: System, report: Report) -> None:
    """``PAGES``: only pages whose address has this text, for a look at what was mended."""
    seen = public_walk.crawl(system)
    wanted = os.environ.get("PAGES", "")
    pages = [one for one in office_walk.chosen(seen) if wanted in one.address]
    if not wanted:
        for path in public_walk.routes() - {s.route for s in seen} - set(public_walk.ELSEWHERE):
            line = report.line(path, "zh", "light")
            line.found, line.is_judged = ["no link leads to this page"], False
    # Of each route the page with the most parts; what answers with an error is no page for Lighthouse.
    fine = {s.address for s in seen if s.status == 200}
    main = list({one.route: one for one in reversed(pages) if one.address in fine}.values())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as profile:
        flags = [*FLAGS, f"--remote-debugging-port={port}"]
        phone = p.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=flags, viewport=NARROW)  # type: ignore[arg-type]
        phone.set_default_timeout(120_000)
        page = phone.new_page()
        for one in pages:
            axe_page(page, report, f"{system.url}{one.address}", one.address, is_main=one in main)
        if not wanted:
            look_at_forms(page, system, report)
        page.goto("about:blank")
        for language, scheme in JUDGED:
            judge(report, port, [(o.address, f"{system.url}{with_language(o.address, language)}") for o in main], language, scheme)
        phone.close()

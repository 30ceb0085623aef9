"""Two people at two desks: what one does, the other's page shows; who is writing is only told; a server that ends lets its pages go."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.conftest import CHROMIUM, FLAGS, System

pytestmark = pytest.mark.browser
PATIENCE = 60_000


def desk(browser: Browser, system: System, who: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda m: page.__dict__.setdefault("said", []).append(m.text) if "Content Security Policy" in m.text else None)
    page.goto(f"{system.url}/console/login")
    page.fill("#username", who)
    page.fill("#password", "sunlot-demo")
    page.click("button.primary")
    page.wait_for_url("**/console")
    return page


def test_two_desks(system: System, tmp_path: Path) -> None:
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        reviewer, colleague, manager = desk(browser, system, "reviewer"), desk(browser, system, "reviewer"), desk(browser, system, "manager")

        # Two reviewers have the same record open, one is writing; the manager has the campaign open.
        with reviewer.expect_response(lambda r: "/console/live" in r.url):
            reviewer.goto(f"{system.url}/console/reviews")
        record = reviewer.locator("a[href*='/console/reviews/']").first.get_attribute("href")
        assert record is not None
        waiting = reviewer.locator(f"a[href='{record}']")
        expect(waiting).to_have_count(1)
        with manager.expect_response(lambda r: "/console/live" in r.url):
            manager.locator(".campaigns a", has_text="餐饮服务").click()
        published = manager.locator("#outcome .badge", has_text="已公示")
        before = published.count()
        with colleague.expect_response(lambda r: "/console/live" in r.url):
            colleague.goto(f"{system.url}{record}")
        writer = desk(browser, system, "reviewer")
        with writer.expect_response(lambda r: "/console/live" in r.url):
            writer.goto(f"{system.url}{record}")
        writer.fill("#comment", "照片清楚，同意公示")

        colleague.click("[formaction$='/approve']")
        colleague.wait_for_url("**/results/**")

        # The list and the campaign show it without a hand being moved; the one who writes is told, and keeps every word.
        expect(waiting).to_have_count(0, timeout=PATIENCE)
        expect(published).to_have_count(before + 1, timeout=PATIENCE)
        expect(writer.locator("#live-note")).to_be_visible(timeout=PATIENCE)
        assert writer.input_value("#comment") == "照片清楚，同意公示"
        answer = writer.evaluate(
            "async () => { const form = document.querySelector('#decide'); const r = await fetch(form.querySelector('[data-key=r]').formAction,"
            " { method: 'POST', body: new URLSearchParams(new FormData(form)) }); return [r.status, await r.text()]; }"
        )
        assert answer[0] == 409
        assert re.search(r'id="unsaved">.*照片清楚，同意公示', answer[1])

        # Charts are drawn under the strict policy, each beside its table.
        manager.goto(f"{system.url}/console/figures/done")
        charts = manager.locator("figure[data-chart]")
        expect(charts.first.locator("svg path").first).to_be_attached()
        assert charts.count() == manager.locator("figure[data-chart] table").count() >= 2
        for page in (reviewer, colleague, manager, writer):
            assert page.__dict__.get("said", []) == []

        # A server that ends says goodbye to its open pages instead of waiting for them; they come back with the next one.
        server = system.processes.pop("serve")
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
        assert "refused to gracefully stop" not in (system.home / "serve.log").read_text()
        assert time.monotonic() - began < 60
        with reviewer.expect_response(lambda r: "/console/live" in r.url and r.status == 200, timeout=2 * PATIENCE):
            system.start("serve")
        browser.close()

"""The first load stays under 120 KB as sent, without the scanner's WebAssembly: a phone with one bar of signal opens the app.

The first load is what comes before the first screen that can be used, which on an empty phone is the sign-in. The day's visits
that follow are data and have a bound of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from tests.journeys import field_walk
from tests.journeys.conftest import CHROMIUM, FLAGS, System

pytestmark = pytest.mark.browser
BUDGET = 120_000
A_DAY = 60_000


@pytest.mark.parametrize("language", ["zh", "en"])
def test_first_load(system: System, tmp_path: Path, language: str) -> None:
    """In an empty browser: every byte that came over the line, headers included."""
    sent: dict[str, list[Any]] = {}
    with sync_playwright() as p:
        phone = p.chromium.launch_persistent_context(str(tmp_path), executable_path=CHROMIUM, args=FLAGS, viewport=field_walk.PHONE)  # type: ignore[arg-type]
        page = phone.pages[0]
        page.set_default_timeout(45_000)
        page.add_init_script(f"localStorage.setItem('sunlot.language', JSON.stringify('{language}'))")
        line = phone.new_cdp_session(page)
        line.on("Network.requestWillBeSent", lambda e: sent.setdefault(e["requestId"], [e["request"]["url"], 0]))
        line.on("Network.loadingFinished", lambda e: sent.get(e["requestId"], [0, 0]).__setitem__(1, e["encodedDataLength"]))
        line.send("Network.enable")
        page.goto(f"{system.url}/field/")
        page.get_by_test_id("username").wait_for()
        page.wait_for_timeout(1500)
        first = {url.removeprefix(system.url): size for url, size in sent.values()}
        sent.clear()
        page.get_by_test_id("username").fill("inspector")
        page.get_by_test_id("password").fill(field_walk.PASSWORD)
        page.get_by_test_id("sign-in").click()
        page.get_by_test_id("list").locator("a").first.wait_for()
        page.wait_for_timeout(500)
        phone.close()
    assert "/field/app/screens/main.js" in first and not any(url.endswith(".wasm") for url in first), first
    assert (language == "en") == ("/field/app/i18n.en.json" in first)
    assert 20_000 < sum(first.values()) < BUDGET, sorted(first.items(), key=lambda one: -one[1])
    assert any("/field/api/bundle" in url for url, _ in sent.values())
    assert sum(size for _, size in sent.values()) < A_DAY, sorted(sent.values(), key=lambda one: -one[1])


def test_what_is_kept_for_offline_use(system: System) -> None:
    """All that the service worker fetches on the first day, scanner's WebAssembly and pictures aside: never more than the page twice."""
    from backend.cli.assets import REPO

    field = REPO / "build/field"
    texts = [f for f in field.rglob("*") if f.suffix in (".js", ".css", ".html", ".json")]
    sent = {f: f.with_name(f.name + ".gz") if f.with_name(f.name + ".gz").exists() else f for f in texts}
    sizes = {f.relative_to(field).as_posix(): squeezed.stat().st_size for f, squeezed in sent.items()}
    assert 50_000 < sum(sizes.values()) < 2 * BUDGET, sorted(sizes.items(), key=lambda one: -one[1])

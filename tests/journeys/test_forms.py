"""Everything that an enterprise and a citizen can send from a door's code: in a narrow old browser without scripts, and by axe in each state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.journeys import field_walk, public_forms
from tests.journeys.conftest import System
from tests.journeys.office import SIDEWAYS, UNFOLD, browser
from tests.journeys.public_forms import STATES, Walk

pytestmark = pytest.mark.browser
SMALL: Any = {"width": 360, "height": 740}
BUDGET = 50_000
SCHEMES: Any = ("light", "dark")
ALBUM = Path(__file__).parents[2] / "build/journeys/forms"
# As WeChat's browser calls itself on an old phone.
WECHAT = (
    "Mozilla/5.0 (Linux; Android 8.1.0; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/78.0.3904.62"
    " XWEB/2691 MMWEBSDK/200801 Mobile Safari/537.36 MicroMessenger/7.0.18"
)


def test_the_whole_way_without_a_script_at_360_px_and_under_50_kb(system: System) -> None:
    door = public_forms.prepare(system, 0)
    seen, found = [], []
    with browser() as b:
        context = b.new_context(viewport=SMALL, java_script_enabled=False, locale="zh-CN", user_agent=WECHAT, reduced_motion="reduce")
        page = context.new_page()
        sizes: dict[str, int] = {}
        line = context.new_cdp_session(page)
        names: dict[str, str] = {}
        line.on("Network.responseReceived", lambda e: names.__setitem__(e["requestId"], e["response"]["url"]))
        line.on("Network.loadingFinished", lambda e: sizes.__setitem__(names.get(e["requestId"], "?"), e["encodedDataLength"]))
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        for state in Walk(page, system, door, "zh"):
            seen.append(state)
            # What people sent themselves is not the page's weight.
            weight = sum(size for url, size in sizes.items() if "/files/" not in url)
            found += [f"{state}: {weight} bytes: {sizes}"] if not 1000 < weight < BUDGET else []
            found += [f"{state}: wider than 360 px"] if page.evaluate(SIDEWAYS) else []
            found += [f"{state}: loads a script" for url in sizes if url.endswith(".js")]
            sizes.clear()
        context.close()
    assert tuple(seen) == STATES
    assert found == []


def test_each_state_by_axe(system: System) -> None:
    """In English, light and dark; with the text twice as large nothing is wider than the phone.

    Two walks in all: each sends a dozen forms, and a stranger may send thirty in ten minutes.
    """
    door = public_forms.prepare(system, 1)
    ALBUM.mkdir(parents=True, exist_ok=True)
    seen, found = [], []
    with browser() as b:
        context = b.new_context(viewport=SMALL, locale="zh-CN", reduced_motion="reduce")
        page = context.new_page()
        for n, state in enumerate(Walk(page, system, door, "en")):
            seen.append(state)
            page.evaluate(UNFOLD)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=ALBUM / f"{n:02d}-{scheme}.png", full_page=True)
                found += [f"{state} {scheme}: {line}" for line in field_walk.axe(page)]
            page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
            found += [f"{state}: wider than 360 px with text twice as large"] if page.evaluate(SIDEWAYS) else []
            page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
            said = page.locator("[role=alert], [role=status]").all_inner_texts()
            found += [f"{state}: {text}" for text in said if any("\u4e00" <= c <= "\u9fff" for c in text)]
        context.close()
    assert tuple(seen) == STATES
    assert found == []

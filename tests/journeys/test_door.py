"""The page behind the code on a door, in a real browser without JavaScript's help: every state, both languages, light and dark, 360 px, large text."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from backend.placards.rules import sign
from tests.journeys import field_walk
from tests.journeys.conftest import System
from tests.journeys.office import SIDEWAYS, UNFOLD, browser

pytestmark = pytest.mark.browser
SMALL = {"width": 360, "height": 740}
FORGED = "1" + "a" * 26
ALBUM = Path(__file__).parents[2] / "build/journeys/door"


def _tokens(system: System) -> dict[str, str]:
    [(busy,)] = system.sql(
        "select p.token from placard p join rectification_order o on o.enterprise = p.enterprise where p.ground = '' order by o.due_on limit 1"
    )
    [(fresh,)] = system.sql(
        "select p.token from placard p where p.ground = '' and not exists (select from publication r where r.enterprise = p.enterprise)"
        " and not exists (select from penalty r where r.enterprise = p.enterprise) limit 1"
    )
    [(old,)] = system.sql("select e.qr_token from enterprise e join placard p on p.enterprise = e.id and p.ground = '' limit 1")
    rows = system.sql("select p.token, p.ground from placard p order by p.ground, p.enterprise_code")
    first = {row["ground"]: row["token"] for row in rows}
    return {"fresh": fresh, "busy": busy, "replaced": first["replaced"], "lost": first["lost"], "abuse": first["abuse"], "old": old}


def _addresses(system: System) -> dict[str, str]:
    """State -> the code that shows it."""
    httpx.get(f"{system.url}/e/{FORGED}")  # the key is made when it is first needed
    key = (system.home / "keys/placard.secret").read_bytes()
    found = _tokens(system)
    old = found.pop("old")
    return {name: sign(token, key) for name, token in found.items()} | {"old": old, "forged": FORGED, "unknown": "a" * 26}


def test_every_state_of_the_page_is_for_everybody(system: System) -> None:
    ALBUM.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    addresses = _addresses(system)
    with browser() as b:
        for language in ("zh", "en"):
            for scheme in ("light", "dark"):
                context = b.new_context(viewport=SMALL, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
                context.set_default_timeout(60_000)
                page = context.new_page()
                for state, code in addresses.items():
                    page.goto(f"{system.url}/e/{code}?lang={language}")
                    page.evaluate(UNFOLD)
                    found += [f"{state} {language} {scheme}: {line}" for line in field_walk.axe(page)]
                    if page.evaluate(SIDEWAYS):
                        found.append(f"{state} {language}: scrolls sideways at 360 px")
                    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
                    if page.evaluate(SIDEWAYS):
                        found.append(f"{state} {language}: scrolls sideways at 360 px with text twice as large")
                    page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
                    page.screenshot(path=ALBUM / f"{state}-{language}-{scheme}.png", full_page=True)
                context.close()
    assert found == []


def test_the_page_works_where_no_script_runs(system: System) -> None:
    """As WeChat's browser opens it with JavaScript off: all is there, and a recusal is sent."""
    busy = _addresses(system)["busy"]
    with browser() as b:
        context = b.new_context(viewport=SMALL, java_script_enabled=False, locale="zh-CN")  # type: ignore[arg-type]
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.resource_type))
        page.goto(f"{system.url}/e/{busy}")
        assert "script" not in asked
        page.get_by_role("link", name="申请检查人员回避").click()
        page.get_by_label("检查人员姓名或执法证号").fill("张三")
        page.get_by_label("理由").fill("曾有合同纠纷")
        page.get_by_role("button", name="提交申请").click()
        page.get_by_role("status").get_by_text("已收到").wait_for()
        context.close()

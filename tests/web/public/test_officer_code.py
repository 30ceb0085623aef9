"""亮码: an enterprise scans the code on an officer's phone and sees that officer and visit are genuine, or that they are not."""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID

import zxingcpp
from PIL import Image, ImageDraw

from backend.storage.engine import connection, transaction
from backend.usecases.adhoc import list_choosable, open_adhoc, reassign_officer
from tests.usecases.test_adhoc import make_plan
from tests.usecases.test_records import principal


async def code_of(browser) -> tuple[str, dict]:
    visit = next(i for i in (await browser.get("/field/api/bundle")).json()["inspections"] if i["state"] == "dispatched")
    return visit["code"]["url"].partition("/o/")[2], visit


def drawn(code: dict, pixels: int) -> Image.Image:
    """The path as a screen draws it: each run is ``M x y h n v1 h-n z``."""
    image = Image.new("RGB", (code["side"] * pixels,) * 2, "white")
    brush = ImageDraw.Draw(image)
    for x, y, n in re.findall(r"M(\d+) (\d+)h(\d+)", code["path"]):
        brush.rectangle((int(x) * pixels, int(y) * pixels, (int(x) + int(n)) * pixels - 1, (int(y) + 1) * pixels - 1), fill="black")
    return image


async def test_the_code_on_the_screen_is_read_and_tells_who_comes(county):
    officer, nobody = await county("inspector"), await county("")
    token, visit = await code_of(officer)
    found = zxingcpp.read_barcodes(drawn(visit["code"], 4))
    assert [r.text for r in found] == [visit["code"]["url"]]
    answer = await nobody.get(f"/o/{token}")
    assert answer.status_code == 200
    me = next(o for o in visit["officers"] if o["me"])
    for word in ("人员和任务属实", me["name"], me["certificate_no"], visit["enterprise"]["name"], visit["draw"]["draw_id"]):
        assert word in answer.text
    assert all(o["name"] in answer.text for o in visit["officers"])
    assert "<script" not in answer.text.partition("<main")[2].partition("</main")[0], "works where no script runs"


async def test_a_forged_or_a_foreign_code_is_refused(county):
    officer, nobody = await county("inspector"), await county("")
    token, _visit = await code_of(officer)
    colleague, _ = await code_of(await county("inspector2"))
    assert colleague != token
    last, slot = ("A" if token[-1] != "A" else "B"), ("B" if token[22] != "B" else "C")
    for other in (token[:-1] + last, "A" * 40, token[:22] + slot + token[23:], token[:20], "x", "%2e%2e", token + "AAAA"):
        answer = await nobody.get(f"/o/{other}")
        assert answer.status_code == 404, other
        assert "属实" not in answer.text


async def test_who_stood_back_has_no_code_any_more_and_a_finished_visit_says_so(county):
    officer, manager = await principal("inspector"), await principal("manager")
    plan, _shop = await make_plan(manager, officer, due_on=date(2099, 1, 1))
    campaign = await open_adhoc(plan, by=manager)
    browser, nobody = await county("inspector"), await county("")
    visit = next(i for i in (await browser.get("/field/api/bundle")).json()["inspections"] if i["campaign"]["id"] == str(campaign))
    link = "/o/" + visit["code"]["url"].partition("/o/")[2]
    assert "投诉举报核查" in (await nobody.get(link)).text
    async with transaction():
        await connection().execute("update inspection set state = 'published' where id = $1", UUID(visit["id"]))
    assert "已经结束" in (await nobody.get(link)).text
    async with transaction():
        await connection().execute("update inspection set state = 'dispatched' where id = $1", UUID(visit["id"]))
    there = {o["inspector_id"] for o in visit["officers"]}
    county_of = visit["enterprise"]["region"]
    taker = next(o.id for o in await list_choosable(manager) if str(o.id) not in there and county_of in o.counties)
    await reassign_officer(UUID(visit["id"]), officer.inspector_id, taker, reason="另有任务", by=manager)
    assert (await nobody.get(link)).status_code == 404


async def test_an_expired_certificate_is_no_ground_to_inspect(county):
    officer, nobody = await county("inspector"), await county("")
    token, visit = await code_of(officer)
    me = next(o for o in visit["officers"] if o["me"])
    async with transaction():
        await connection().execute("update inspector set certificate_expires_on = '2020-01-01' where id = $1", UUID(me["inspector_id"]))
    assert "不能据此检查" in (await nobody.get(f"/o/{token}")).text

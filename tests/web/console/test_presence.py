"""Two people at one thing: each page tells who else has it open, and whoever saves second loses no word."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from html import unescape
from urllib.parse import quote

import pytest

from backend.live import presence
from backend.people import service as people
from backend.people.rules import ADMIN, MANAGER, REVIEWER
from backend.storage.engine import connection, transaction
from tests.web.console.test_live import Stream


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(presence, "LINGER", 0.05)


@pytest.fixture
async def colleague(county):
    """``await colleague("reviewer")``: the browser of a second person of that role, 李强."""

    async def enter(role):
        async with transaction():
            await people.create_account(
                username=f"li-{role}", password="sunlot-demo", name="李强", role=role, department=None if role == ADMIN else "scjg", region="5303",
                is_demo=True,
            )  # fmt: skip
        return await county(f"li-{role}")

    return enter


async def places():
    """Role -> pages on which something of the demo county is edited."""
    async with transaction():
        c = connection()
        shop = await c.fetchval("select id from enterprise order by code limit 1")
        officer = await c.fetchval("select id from inspector where department = 'scjg' order by certificate_no limit 1")
        campaign = await c.fetchval("select id from campaign where department = 'scjg' and state = 'drawn' order by number limit 1")
        # One that a person closes: where somebody looks again, the visit does.
        order = await c.fetchval(
            "select id from rectification_order o where department = 'scjg' and state = 'open'"
            " and not exists (select from rectification_followup f where f.of_order = o.id) order by number limit 1"
        )
        record = await c.fetchval("select id from submission where state = 'submitted' order by received_at limit 1")
        objection = await c.fetchval("select id from objection where state = 'open' order by number limit 1")
        period = await c.fetchval("select id from statutory_period order by valid_from limit 1")
    return [
        (MANAGER, f"/console/enterprises/{shop}/edit"),
        (MANAGER, f"/console/inspectors/{officer}"),
        (MANAGER, "/console/items/SC01"),
        (MANAGER, "/console/items/SC03/checklist"),
        (MANAGER, f"/console/campaigns/{campaign}"),
        (MANAGER, f"/console/rectifications/{order}"),
        (MANAGER, f"/console/objections/{objection}"),
        (REVIEWER, f"/console/reviews/{record}"),
        (ADMIN, f"/console/registers/period/{period}"),
    ]


def word_of(page: str) -> str | None:
    found = re.search(r'<main[^>]* data-here="([^"]+)"', page)
    return unescape(found[1]) if found else None


@asynccontextmanager
async def at(browser, address):
    """A page open in a browser: its stream, as live.js opens it."""
    word = word_of((await browser.get(address)).text)
    assert word, address
    stream = Stream(browser, f"here={quote(word)}")
    assert (await stream.start())["status"] == 200
    assert (await stream.event())[0] == "hello"
    try:
        yield stream
    finally:
        stream.gone.set()
        await asyncio.wait_for(stream.task, 5)


async def test_on_every_page_that_is_edited_two_people_see_each_other_come_and_go(county, colleague):
    browsers = {}
    try:
        for role, address in await places():
            if role not in browsers:
                browsers[role] = await county(role), await colleague(role)
            mine, theirs = browsers[role]
            async with at(mine, address) as here:
                async with at(theirs, address) as there:
                    event, told, _id = await there.event()
                    assert event == "here", address
                    assert told["people"], address
                    assert (await here.event())[1] == {"people": ["李强"]}, address
                assert (await here.event())[1] == {"people": []}, address
    finally:
        for mine, _theirs in browsers.values():
            await mine._transport.app.state["live"].stop()


async def test_who_may_only_read_is_not_announced_and_a_word_serves_nobody_else(county, colleague):
    manager, auditor, second = await county("manager"), await county("auditor"), await colleague("manager")
    for role, address in await places():
        if role == MANAGER and not address.endswith(("/edit", "/checklist")):
            assert word_of((await auditor.get(address)).text) is None, address
    word = word_of((await manager.get("/console/items/SC01")).text)
    for browser, said in ((second, word), (auditor, word), (manager, word[:-1] + ("0" if word[-1] != "0" else "1")), (manager, "item:SC01"), (manager, "~")):
        assert (await browser.get("/console/live", params={"here": said})).status_code == 403
    assert 'data-text="{names}也打开了此页"' in (await manager.get("/console/items/SC01")).text


async def test_whoever_closes_an_order_second_is_told_and_keeps_the_words(county, colleague):
    manager, second = await county("manager"), await colleague("manager")
    address = next(a for _role, a in await places() if "/rectifications/" in a)
    first = await manager.post(f"{address}/close", data={"state": "corrected", "closing": "材料齐全，已核对"})
    assert first.status_code == 303
    late = await second.post(f"{address}/close", data={"state": "ended", "closing": "企业已停业，照片为证"})
    assert late.status_code == 409
    assert "企业已停业，照片为证" in late.text
    assert "材料齐全，已核对" in late.text


async def test_two_people_write_one_checklist(county, colleague):
    manager, second = await county("manager"), await colleague("manager")
    address = "/console/items/SC03/checklist"
    page = (await manager.get(address)).text
    form = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page)) | {"act": "save"}
    assert (await second.post(address, data={**form, "title_zh": "李强写的标题"})).status_code in (200, 303)
    late = await manager.post(address, data={**form, "title_zh": "陈静写的标题"})
    assert late.status_code == 409
    assert "李强写的标题" in late.text
    assert 'value="陈静写的标题"' in late.text

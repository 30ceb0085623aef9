"""Complaints and tips in the office: what each may see and do, by the pages and by guessed addresses; what a second colleague is told."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest

from backend.kernel import clock
from backend.storage.engine import connection, transaction
from tests.usecases.test_adhoc import enterprise_in, team
from tests.usecases.test_records import principal
from tests.usecases.test_tips import PHONE, WORDS, filed

POSTS = ("decide", "assign", "extend", "join", "answer", "contact")


def hidden(text: str, part: str) -> dict[str, str]:
    form = re.search(rf'action="/console/tips/[0-9a-f-]+/{part}".*?</form>', text, re.DOTALL)
    assert form, part
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


async def photo_of(tip) -> str:
    async with transaction():
        return f"/console/tips/{tip}/photos/{await connection().fetchval('select id from received_file where subject = $1', tip)}"


async def test_from_the_desk_to_the_closing_answer(county):
    one = await filed(photos=2, name="赵女士", phone=PHONE)
    manager = await county("manager")
    desk = (await manager.get("/console")).text
    assert "件投诉举报等待受理" in desk
    assert f"/console/tips/{one.id}" in desk, "the notice leads to it"
    assert one.number in (await manager.get("/console/tips?state=filed")).text
    page = (await manager.get(f"/console/tips/{one.id}")).text
    assert WORDS in page and PHONE not in page
    photos = re.findall(r'<img src="(/console/tips/[0-9a-f-]+/photos/[0-9a-f-]+)"', page)
    assert len(photos) == 2
    photo = await manager.get(photos[1])
    assert (photo.status_code, photo.headers["content-type"], photo.content[:2]) == (200, "image/jpeg", b"\xff\xd8")
    contact = await manager.post(f"/console/tips/{one.id}/contact")
    assert PHONE in contact.text and "赵女士" in contact.text
    refused = await manager.post(f"/console/tips/{one.id}/decide", data={**hidden(page, "decide"), "verdict": "decline", "reason": ""})
    assert refused.status_code == 422
    done = await manager.post(f"/console/tips/{one.id}/decide", data={**hidden(page, "decide"), "verdict": "accept", "reason": "已受理"})
    assert done.status_code == 303
    page = (await manager.get(f"/console/tips/{one.id}")).text
    closing = {**hidden(page, "answer"), "text": "已责令下架", "last": "yes"}
    assert (await manager.post(f"/console/tips/{one.id}/answer", data=closing)).status_code == 303
    assert (await manager.post(f"/console/tips/{one.id}/answer", data=closing)).status_code == 303, "a second click"
    english = (await manager.get(f"/console/tips/{one.id}?lang=en")).text
    assert "Closed" in english and english.count("已责令下架") == 1


async def test_the_second_of_two_colleagues_sees_how_it_stands_and_keeps_what_was_typed(county):
    one = await filed()
    manager, reviewer = await county("manager"), await county("reviewer")
    stale = (await reviewer.get(f"/console/tips/{one.id}")).text
    await manager.post(f"/console/tips/{one.id}/decide", data={"seen": "1", "verdict": "accept", "reason": "甲的意见在此"})
    answer = await reviewer.post(f"/console/tips/{one.id}/answer", data={**hidden(stale, "answer"), "text": "乙写了很久的答复"})
    assert answer.status_code == 409
    assert "甲的意见在此" in answer.text and "乙写了很久的答复" in answer.text
    saved = await reviewer.post(f"/console/tips/{one.id}/answer", data={**hidden(answer.text, "answer"), "text": "乙写了很久的答复"})
    assert saved.status_code == 303, "looked at it, and sent again"


@pytest.mark.parametrize("name", ["manager2", "admin", "inspector"])
async def test_guessed_addresses_of_another_departments_matter_give_nothing(county, name):
    one = await filed(photos=1, name="赵女士", phone=PHONE)
    stranger = await county(name)
    for path in (f"/console/tips/{one.id}", await photo_of(one.id)):
        assert (await stranger.get(path)).status_code in (403, 404), path
    data = {"seen": "1", "verdict": "accept", "reason": "我来办理此件", "to": "xfjy", "lead": str(one.id), "id": str(uuid4()), "text": "我来答复"}
    for part in POSTS:
        answer = await stranger.post(f"/console/tips/{one.id}/{part}", data=data)
        assert answer.status_code in (403, 404), part
        assert PHONE not in answer.text
    assert one.number not in (await stranger.get("/console/tips?state=all")).text
    assert (await stranger.get(f"/console/campaigns/adhoc?tip={one.id}")).status_code in (403, 404)
    async with transaction():
        assert await connection().fetchval("select version from tip where id = $1", one.id) == 1


async def test_what_is_about_an_officer_is_in_no_page_but_the_oversight_offices(county):
    one = await filed(category="bribe", accused="某检查员，滇D-077", enterprise_name="暗号超市", text="暗号：检查结束后他问能不能拿两条烟走", photos=1)
    auditor = await county("auditor")
    assert one.number in (await auditor.get("/console/tips?subject=office")).text
    assert "暗号：" in (await auditor.get(f"/console/tips/{one.id}")).text
    photo = await photo_of(one.id)
    assert (await auditor.get(photo)).status_code == 200
    other = await filed()
    assert (await auditor.get(photo.replace(str(one.id), str(other.id)))).status_code == 404, "a photo opens with its own matter only"
    for name in ("manager", "reviewer", "manager2", "admin", "inspector"):
        person = await county(name)
        for path in (f"/console/tips/{one.id}", photo):
            assert (await person.get(path)).status_code in (403, 404)
        for path in ("/console", "/console/tips?state=all", "/console/tips?state=all&subject=office", f"/console/tips?q={one.number}", "/console/alerts"):
            text = (await person.get(path)).text
            # The search box repeats what was asked for.
            assert "暗号" not in text and f"/console/tips/{one.id}" not in text, (name, path)
        for part in POSTS:
            assert (await person.post(f"/console/tips/{one.id}/{part}", data={"seen": "1", "verdict": "accept"})).status_code in (403, 404)
    page = (await auditor.get(f"/console/tips/{one.id}")).text
    assert "/assign" not in page, "it never leaves"
    assert (await auditor.post(f"/console/tips/{one.id}/decide", data={"seen": "1", "verdict": "accept"})).status_code == 303


async def test_a_visit_is_opened_from_it_and_neither_phone_nor_public_page_says_what_was_reported(county):
    officer, boss = await principal("inspector"), await principal("manager")
    manager, phone, nobody = await county("manager"), await county("inspector"), await county("")
    area = "530302"
    shop = await enterprise_in(area)
    one = await filed(county=area, enterprise=shop["id"], enterprise_code=shop["code"], enterprise_name=shop["name"])
    await manager.post(f"/console/tips/{one.id}/decide", data={"seen": "1", "verdict": "accept"})
    page = (await manager.get(f"/console/campaigns/adhoc?tip={one.id}")).text
    assert f'value="{one.number}"' in page and f'value="{shop["code"]}"' in page
    given = {
        "tip": str(one.id),
        "seen": re.search(r'name="seen" value="(\d+)"', page)[1],
        "kind": "complaint",
        "source_ref": one.number,
        "enterprise_code": shop["code"],
        "due_on": (clock.today() + timedelta(days=10)).isoformat(),
        "items": ["SC01"],
        "officers": [str(o) for o in await team(boss, area, *([officer.inspector_id] if await serves(boss, officer, area) else []))],
    }
    wrong = await manager.post("/console/campaigns/adhoc", data={**given, "source_ref": "别的编号"})
    assert wrong.status_code == 422 and one.number in wrong.text
    done = await manager.post("/console/campaigns/adhoc", data=given)
    assert done.status_code == 303, unescape(done.text)[:400]
    tip_page = (await manager.get(f"/console/tips/{one.id}")).text
    visit = re.search(r'href="/console/visits/([0-9a-f-]{36})"', tip_page)[1]
    assert one.number in (await manager.get(f"/console/visits/{visit}")).text, "and back"
    assert one.number not in (await (await county("admin")).get(f"/console/visits/{visit}")).text
    for text in (
        (await phone.get("/field/api/bundle")).text,
        (await nobody.get("/draws")).text,
        (await nobody.get("/log")).text,
        (await nobody.get("/")).text,
    ):
        assert one.number not in text and WORDS not in text


async def serves(manager, officer, area: str) -> bool:
    from backend.usecases.adhoc import list_choosable

    return any(o.id == officer.inspector_id and area in o.counties for o in await list_choosable(manager))


async def test_menus_lead_only_where_one_may_go(county):
    for name, sees in (("manager", True), ("reviewer", True), ("auditor", True), ("admin", False)):
        person = await county(name)
        assert ('href="/console/tips"' in (await person.get("/console")).text) is sees
        assert ((await person.get("/console/tips")).status_code == 200) is sees


async def test_categories_and_the_rule_are_kept_by_administrator_and_oversight_office(county):
    admin, auditor, manager = await county("admin"), await county("auditor"), await county("manager")
    for kind in ("tipcategory", "evaluationrule"):
        assert (await manager.get(f"/console/registers/{kind}")).status_code == 200
        assert (await manager.get(f"/console/registers/{kind}/new")).status_code in (403, 404)
        assert (await auditor.get(f"/console/registers/{kind}/new")).status_code == 200
    about = {"code": "pets", "zh": "宠物", "en": "Pets", "position": "99", "valid_from": "2026-01-01", "source": "试行"}
    given = {**about, "subject": "office", "track": "tip", "department": "scjg"}
    refused = await admin.post("/console/registers/tipcategory/new", data=given)
    assert refused.status_code == 422 and "督查室" in refused.text
    assert (await admin.post("/console/registers/tipcategory/new", data={**given, "subject": "enterprise"})).status_code == 303
    assert "宠物" in (await (await county("")).get("/complain")).text


async def test_the_head_makes_the_time_to_check_longer_and_the_citizen_reads_why(county):
    one = await filed()
    manager, reviewer, citizen = await county("manager"), await county("reviewer"), await county("")
    assert f"/console/tips/{one.id}/extend" not in (await reviewer.get(f"/console/tips/{one.id}")).text
    page = (await manager.get(f"/console/tips/{one.id}?lang=zh")).text
    short = await manager.post(f"/console/tips/{one.id}/extend", data={**hidden(page, "extend"), "reason": "等"})
    assert short.status_code == 422
    assert 'value="等"' in short.text
    assert (await reviewer.post(f"/console/tips/{one.id}/extend", data={**hidden(page, "extend"), "reason": "样品已送检"})).status_code == 403
    done = await manager.post(f"/console/tips/{one.id}/extend", data={**hidden(page, "extend"), "reason": "样品已送检"})
    assert done.status_code == 303
    page = (await manager.get(f"/console/tips/{one.id}?lang=zh")).text
    assert "举报核查（已延长）" in page
    assert "样品已送检" in page
    assert "/extend" not in page, "once"
    followed = await citizen.post("/complain/track?lang=zh", data={"code": one.code})
    assert "已延长：样品已送检" in followed.text

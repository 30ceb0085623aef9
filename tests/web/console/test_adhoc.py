"""The form for a visit without a draw, and what the world may see of it."""

from __future__ import annotations

import re

from backend.usecases.adhoc import list_choosable, offer_officers
from tests.usecases.test_adhoc import enterprise_in
from tests.usecases.test_records import principal


async def form_for(manager_name: str = "manager") -> tuple[dict, str]:
    officers = [o for o in await list_choosable(await principal(manager_name)) if "530302" in o.counties]
    shop = await enterprise_in("530302")
    return {
        "kind": "referral",
        "source_ref": "曲市监移〔2026〕7号",
        "enterprise_code": shop["code"],
        "items": ["SC01"],
        "officers": [str(o.id) for o in officers[:2]],
        "due_on": "2099-12-31",
    }, shop["name"]


async def test_the_manager_opens_it_and_the_world_is_told_without_a_name(county):
    manager, nobody = await county("manager"), await county("")
    form, name = await form_for()
    blank = (await manager.get("/console/campaigns/adhoc", params={"enterprise_code": form["enterprise_code"]})).text
    assert name in blank
    target = await manager.get("/console/campaigns/adhoc/enterprise", params={"enterprise_code": "nonsense", "officers": form["officers"]})
    assert "名录中没有" in target.text
    assert target.text.count(" checked") == 2, "a wrong letter does not cost the choice of officers"
    answer = await manager.post("/console/campaigns/adhoc", data=form)
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"]
    text = (await manager.get(page)).text
    assert name in text
    assert "移送交办核查" in text
    assert "公告抽取" not in text, "there is nothing to draw"
    number = re.search(r"QJCC-\d+-\d+", text)[0]
    again = await manager.post("/console/campaigns/adhoc", data=form)
    assert again.status_code == 422
    assert number in again.text
    assert form["source_ref"] in again.text, "what was typed stays"
    told = (await nobody.get("/draws")).text
    assert number in told
    assert name not in told
    assert form["source_ref"] not in told
    assert name not in (await nobody.get("/log", params={"subject": number})).text


async def test_officers_are_looked_for_within_the_county_of_the_enterprise(county):
    manager = await county("manager")
    form, _name = await form_for()
    who = await principal("manager")
    serving = [o for o in await list_choosable(who) if "530302" in o.counties]
    assert {o.id for o in await list_choosable(who, "530302")} == {o.id for o in serving}
    empty = (await manager.get("/console/campaigns/adhoc")).text
    assert 'name="officers"' not in empty
    assert "填写代码后" in empty
    whole = await offer_officers(who, "530302", limit=2)
    assert whole.is_cut == (len(serving) > 2)
    assert [whole.loads.get(o.id, 0) for o in whole.officers] == sorted(whole.loads.get(o.id, 0) for o in serving)[:2]
    wanted = serving[-1]
    asked = {"enterprise_code": form["enterprise_code"], "officer": wanted.certificate_no, "officers": form["officers"]}
    part = (await manager.get("/console/campaigns/adhoc/officers", params=asked)).text
    offered = re.findall(r'name="officers" value="([0-9a-f-]{36})"( checked)?', part)
    assert {o for o, checked in offered if checked} == set(form["officers"]), "who is chosen stays in sight"
    assert {o for o, checked in offered if not checked} == {str(wanted.id)} - set(form["officers"])
    nobody = (await manager.get("/console/campaigns/adhoc/officers", params={"enterprise_code": form["enterprise_code"], "officer": "没有这个人"})).text
    assert "没有符合条件的执法人员" in nobody


async def test_a_visit_that_was_not_drawn_shows_no_draw_and_changes_hands(county):
    manager, reviewer = await county("manager"), await county("reviewer")
    form, _name = await form_for()
    page = (await manager.post("/console/campaigns/adhoc", data=form)).headers["location"]
    visit = re.search(r"/console/visits/[0-9a-f-]+", (await manager.get(page)).text)[0]
    text = (await manager.get(visit)).text
    assert "不经抽取" in text
    assert "替换检查对象" not in text
    taker = re.search(r'<option value="([0-9a-f-]{36})">', text)[1]
    assert (await reviewer.post(f"{visit}/reassign", data={"officer": form["officers"][0], "to": taker, "reason": "另有任务"})).status_code == 403
    assert (await manager.post(f"{visit}/reassign", data={"officer": "x", "to": taker, "reason": "另有任务"})).status_code == 422
    assert (await manager.post(f"{visit}/reassign", data={"officer": form["officers"][0], "to": taker, "reason": "另有任务"})).status_code == 303
    assert f'value="{taker}"' in (await manager.get(visit)).text


async def test_bad_forms_say_why(county):
    manager = await county("manager")
    form, _name = await form_for()
    for changed, word in (
        ({"kind": ""}, "投诉举报"),
        ({"source_ref": ""}, "编号"),
        ({"enterprise_code": "123"}, "名录中没有"),
        ({"items": []}, "事项"),
        ({"officers": form["officers"][:1]}, "2 名"),
        ({"officers": ["nobody"]}, "名单"),
        ({"due_on": ""}, "日期"),
        ({"due_on": "2020-01-01"}, "期限"),
    ):
        answer = await manager.post("/console/campaigns/adhoc", data={**form, **changed})
        assert answer.status_code == 422, changed
        alert = answer.text.partition('role="alert"')[2].partition("</div>")[0]
        assert word in alert, (changed, alert)

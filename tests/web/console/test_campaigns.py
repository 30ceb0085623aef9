"""A manager plans, announces and draws on the real pages; others may look, or not even that."""

from __future__ import annotations

import re
from datetime import date, timedelta

FORM = {
    "name": "秋季餐饮抽查",
    "items": ["SC01"],
    "counties": ["530302"],
    "industries": ["6210", "6220"],
    "rate_mode": "fixed",
    "n": "7",
    "officers_per_visit": "2",
    "due_on": (date.today() + timedelta(days=40)).isoformat(),  # noqa: DTZ011 - a form's day
}
SOURCE = {"kind_0": "dice", "name_0": "十面骰子", "date_0": (date.today() + timedelta(days=4)).isoformat(), "count_0": "20"}  # noqa: DTZ011


async def planned(browser, **changed):
    return await browser.post("/console/campaigns/new", data={**FORM, **changed})


async def test_from_plan_to_teams(county):
    manager = await county("manager")
    answer = await planned(manager)
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"]
    answer = await manager.post(f"{page}/announce", data=SOURCE)
    assert answer.status_code == 303, answer.text
    text = (await manager.get(page)).text
    draw = re.search(r"/draws/(QJ-\d+-\d+)", text)[1]
    assert "66.4" in text  # 20 ten-sided dice, in bits
    wrong = await manager.post(f"/console/draws/{draw}/run", data={"value_0": "12"})
    assert wrong.status_code == 422
    assert 'value="12"' in wrong.text
    assert "20" in wrong.text
    thrown = {"value_0": "31415926535897932384"}
    for _click in range(2):  # a double click is still one person
        assert (await manager.post(f"/console/draws/{draw}/run", data=thrown)).status_code == 303
    text = (await manager.get(page)).text
    assert 'id="outcome"' not in text
    assert "31415926535897932384" not in text
    reviewer = await county("reviewer")
    differs = await reviewer.post(f"/console/draws/{draw}/run", data={"value_0": "31415926535897932385"})
    assert differs.status_code == 409
    assert (await reviewer.post(f"/console/draws/{draw}/run", data=thrown)).status_code == 303
    assert (await manager.post(f"/console/draws/{draw}/run", data=thrown)).status_code == 303
    again = await manager.post(f"/console/draws/{draw}/run", data={"value_0": "31415926535897932385"})
    assert again.status_code == 409
    text = (await manager.get(page)).text
    outcome = text.partition('id="outcome"')[2]
    assert outcome.count('<td class="lead-cell">') == 7
    early = await manager.post(f"/console/draws/{draw}/reveal")
    assert early.status_code == 409


async def test_a_voided_draw_stays_and_the_campaign_can_be_announced_again(county):
    manager = await county("manager")
    page = (await planned(manager)).headers["location"]
    await manager.post(f"{page}/announce", data=SOURCE)
    draw = re.search(r"/draws/(QJ-\d+-\d+)", (await manager.get(page)).text)[1]
    assert (await manager.post(f"/console/draws/{draw}/void", data={"reason": " "})).status_code == 422
    assert (await manager.post(f"/console/draws/{draw}/void", data={"reason": "名录有误"})).status_code == 303
    assert draw in (await manager.get(page)).text
    assert "名录有误" in (await manager.get(f"/draws/{draw}")).text
    assert (await manager.post(f"{page}/announce", data=SOURCE)).status_code == 303


async def test_bad_plans_say_why_and_keep_what_was_typed(county):
    manager = await county("manager")
    for changed, word in (
        ({"items": []}, "事项"),
        ({"counties": []}, "县"),
        ({"counties": ["110101"]}, "管辖范围"),
        ({"n": "0"}, "正整数"),
        ({"n": "many"}, "正整数"),
        ({"rate_mode": "rate", "percent": "12.34"}, "百分比"),
        ({"rate_mode": "rate", "percent": "120"}, "100%"),
        ({"officers_per_visit": "1"}, "至少 2 名"),
        ({"due_on": "2020-01-01"}, "晚于今天"),
        ({"due_on": ""}, "日期"),
        ({"partners": ["xfjy", "sthj"]}, "至少 3 名"),
    ):
        answer = await planned(manager, **changed)
        assert answer.status_code == 422, changed
        alert = answer.text.partition('role="alert"')[2][:300]
        assert word in alert, (changed, alert)
        assert 'value="秋季餐饮抽查"' in answer.text


async def test_more_than_there_are_cannot_be_drawn(county):
    manager = await county("manager")
    page = (await planned(manager, n="99999")).headers["location"]
    answer = await manager.post(f"{page}/announce", data=SOURCE)
    assert answer.status_code == 422
    assert "99999" in answer.text


async def test_the_estimate_counts(county):
    manager = await county("manager")
    text = (await manager.post("/console/campaigns/estimate", data=FORM)).text
    assert re.search(r"<b>7</b>", text)
    assert "麒麟区" in text


async def test_readers_read_and_only_managers_act(county):
    manager, reviewer = await county("manager"), await county("reviewer")
    page = (await planned(manager)).headers["location"]
    assert (await reviewer.get(page)).status_code == 200
    assert (await planned(reviewer)).status_code == 403
    assert (await reviewer.post(f"{page}/announce", data=SOURCE)).status_code == 403

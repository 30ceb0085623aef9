"""What follows from a visit, on its pages: corrected and withdrawn in public, ordered to correct and followed up."""

from __future__ import annotations

import re
from datetime import timedelta

from backend.kernel import clock
from backend.storage.engine import connection, transaction
from tests.usecases.test_board import CLEAN


async def published() -> tuple[str, str]:
    async with transaction():
        row = await connection().fetchrow(
            f"select i.id, p.number from publication p join inspection i on i.id = p.inspection where i.department = 'scjg'"
            f" and p.snapshot->'outcomes'->0->>'code' = '1' {CLEAN} order by p.number limit 1"
        )
    return f"/console/visits/{row['id']}", f"/results/{row['number']}"


def day(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


async def test_a_correction_and_a_withdrawal_are_read_by_everyone(county):
    reviewer, anyone = await county("reviewer"), await county("")
    visit, result = await published()
    assert "更正公示结果" in (await reviewer.get(visit)).text
    refused = await reviewer.post(f"{visit}/correct", data={"seen": "1", "outcomes": ["E"], "reason": ""})
    assert refused.status_code == 422
    assert "请写明理由" in refused.text
    assert '<input type="checkbox" name="outcomes" value="E" checked>' in refused.text, "what was chosen stays"
    answer = await reviewer.post(f"{visit}/correct", data={"seen": "1", "outcomes": ["E"], "reason": "检查结果录入有误"})
    assert (answer.status_code, answer.headers["location"]) == (303, result)
    now = (await anyone.get(result)).text
    assert 'data-testid="corrected"' in now
    assert "检查结果录入有误" in now
    was = (await anyone.get(result, params={"version": "1"})).text
    assert 'data-testid="superseded"' in was
    assert "更正后的版本取代" in was
    stale = await reviewer.post(f"{visit}/withdraw", data={"seen": "1", "decided_on": day(0), "reason": "行政复议撤销"})
    assert stale.status_code == 409
    assert "已有第 2 版" in stale.text
    assert "行政复议撤销" in stale.text
    answer = await reviewer.post(f"{visit}/withdraw", data={"seen": "2", "decided_on": day(0), "reason": "行政复议撤销"})
    assert answer.status_code == 303
    gone = (await anyone.get(result)).text
    assert 'data-testid="withdrawn"' in gone
    assert "全部版本" in gone
    assert (await anyone.get(f"{result}/proof.json", params={"version": "2"})).json()["payload"]["status"] == "corrected"
    assert (await anyone.get(result, params={"version": "9"})).status_code == 404
    listed = (await anyone.get("/results")).text
    assert "已撤回" in listed
    assert listed.count(f'href="{result}"') == 1, "one row a result, whatever its versions"
    english = (await anyone.get(result, params={"lang": "en"})).text
    assert "This result was withdrawn." in english


async def test_an_order_its_follow_up_and_its_page(county):
    manager = await county("manager")
    visit, _result = await published()
    page = (await manager.get(visit)).text
    form_id = re.search(r'/orders".*?name="id" value="([0-9a-f-]{36})"', page, re.DOTALL)[1]
    form = {"id": form_id, "demand": "补齐进货查验记录", "legal_basis": "食品安全法第一百二十六条", "due_on": day(10)}
    refused = await manager.post(f"{visit}/orders", data={**form, "due_on": ""})
    assert refused.status_code == 422
    assert "补齐进货查验记录" in refused.text
    answer = await manager.post(f"{visit}/orders", data=form)
    order = answer.headers["location"]
    again = await manager.post(f"{visit}/orders", data=form)
    assert again.headers["location"] == order
    listed = (await manager.get("/console/outcomes")).text
    assert listed.count(order) == 1
    assert "责令改正 · 还有" in listed
    page = (await manager.get(order)).text
    officers = re.findall(r'name="officers" value="([0-9a-f-]{36})"', page)
    one = await manager.post(f"{order}/followup", data={"officers": officers[:1], "due_on": day(20)})
    assert one.status_code == 422
    assert f'value="{officers[0]}" checked' in one.text
    answer = await manager.post(f"{order}/followup", data={"officers": officers[:2], "due_on": day(20)})
    assert answer.status_code == 303
    follow_up = (await manager.get(answer.headers["location"])).text
    assert "复查所依据的责令改正" in follow_up
    assert order in follow_up
    assert "复查中" in (await manager.get("/console/outcomes")).text
    assert (await manager.post(f"{order}/close", data={"state": "corrected", "closing": "材料齐全"})).status_code == 409
    auditor = await county("auditor")
    assert (await auditor.get(order)).status_code == 200
    assert (await auditor.post(f"{order}/close", data={})).status_code == 403
    assert "责令改正复查" in (await (await county("")).get("/draws")).text


async def test_closed_orders_have_a_list_of_their_own(county):
    manager = await county("manager")
    visit, _result = await published()
    form_id = re.search(r'/orders".*?name="id" value="([0-9a-f-]{36})"', (await manager.get(visit)).text, re.DOTALL)[1]
    data = {"id": form_id, "demand": "补齐进货查验记录", "legal_basis": "食品安全法第一百二十六条", "due_on": day(10)}
    order = (await manager.post(f"{visit}/orders", data=data)).headers["location"]
    assert (await manager.post(f"{order}/close", data={"state": "ended", "closing": "企业已注销"})).status_code == 303
    assert order not in (await manager.get("/console/outcomes")).text
    assert order in (await manager.get("/console/outcomes", params={"show": "closed"})).text


async def test_an_objection_is_entered_and_decided_by_somebody_else(county):
    manager, reviewer = await county("manager"), await county("reviewer")
    visit, result = await published()
    page = (await reviewer.get(visit)).text
    form_id = re.search(r'/objections".*?name="id" value="([0-9a-f-]{36})"', page, re.DOTALL)[1]
    form = {"id": form_id, "objector": "某药房", "contact": "139", "filed_on": day(0)}
    refused = await reviewer.post(f"{visit}/objections", data={**form, "grounds": ""})
    assert refused.status_code == 422
    assert 'value="139"' in refused.text, "what was typed stays"
    objection = (await reviewer.post(f"{visit}/objections", data={**form, "grounds": "检查当日已改正"})).headers["location"]
    page = (await reviewer.get(objection)).text
    assert "不能决定" in page, "the one who approved the record"
    assert f"{objection}/decide" not in page
    assert "件异议等待答复" in (await manager.get("/console")).text
    assert objection in (await manager.get("/console/outcomes/objections")).text
    answer = await manager.post(f"{objection}/decide", data={"decision": "withdrawn", "reason": "核实有误，撤回", "seen": "1"})
    assert answer.status_code == 303
    assert 'data-testid="withdrawn"' in (await (await county("")).get(result)).text
    assert objection in (await manager.get("/console/outcomes/objections", params={"show": "closed"})).text
    shown = (await (await county("auditor")).get(objection)).text
    assert "核实有误，撤回" in shown
    assert "139" not in shown.partition('<dl class="facts">')[2].partition("</dd>")[0]


async def test_a_copy_and_a_hand_over_from_the_visit(county):
    manager = await county("manager")
    visit, _result = await published()
    form_id = re.search(r'/handovers".*?name="id" value="([0-9a-f-]{36})"', (await manager.get(visit)).text, re.DOTALL)[1]
    refused = await manager.post(f"{visit}/handovers", data={"id": form_id, "kind": "copy", "to_department": "scjg", "matter": "占用通道"})
    assert refused.status_code == 422
    assert (await manager.post(f"{visit}/handovers", data={"id": form_id, "kind": "copy", "to_department": "xfjy", "matter": "占用通道"})).status_code == 303
    listed = (await manager.get("/console/outcomes/handovers")).text
    assert "占用通道" in listed
    assert "签收抄告 · 还有" in listed
    handover = await handover_id()
    assert (await manager.post(f"/console/handovers/{handover}/acknowledge", data={})).status_code == 403, "only who was told"


async def handover_id() -> str:
    async with transaction():
        return await connection().fetchval("select id from handover where matter = '占用通道'")

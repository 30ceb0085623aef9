"""A yearly plan on its pages: written, approved by others, changed by editions, copied, imported, turned into campaigns, seen on the calendar."""

from __future__ import annotations

import asyncio
import html
import io
import re
from uuid import uuid4

import asyncpg
import pytest
from pypdf import PdfReader

from backend.kernel import clock
from backend.people import service as people
from backend.storage.engine import connection, transaction
from tests.web.console.test_markup import Nesting

YEAR = clock.today().year + 2  # the demo county has plans of this year and the next
LINE = {
    "name": "春季餐饮抽查",
    "items": ["SC01"],
    "counties": ["530302", "530303"],
    "industries": ["6210"],
    "rate_mode": "fixed",
    "n": "9",
    "officers_per_visit": "2",
    "yearly_cap": "2",
    "first_on": f"{YEAR}-03-03",
    "due_on": f"{YEAR}-04-28",
    "responsible": "食品监管科",
    "notes": "",
}
HEAD = {"year": str(YEAR), "kind": "own", "name": f"市场监管局{YEAR}年度抽查工作计划", "basis": "国发〔2019〕5号"}


async def drafted(manager, **changed) -> str:
    answer = await manager.post("/console/plans/new", data={**HEAD, **changed, "id": str(uuid4())})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def with_line(manager, plan: str, **changed) -> str:
    """The key of the new line."""
    key = str(uuid4())
    answer = await manager.post(f"{plan}/lines/new", data={**LINE, **changed, "key": key})
    assert answer.status_code == 303, answer.text
    return key


async def seen(browser, plan: str) -> dict[str, str]:
    """The step and the round that the page's decision form was opened with."""
    page = (await browser.get(plan)).text
    return {name: re.search(rf'name="{name}" value="(\d+)"', page)[1] for name in ("step", "round")}


async def approved(county, plan: str) -> None:
    for name in ("reviewer", "admin"):
        browser = await county(name)
        answer = await browser.post(f"{plan}/decide", data={**await seen(browser, plan), "verdict": "approved", "reason": "同意"})
        assert answer.status_code == 303, answer.text


async def in_force(county, manager, **changed) -> tuple[str, str]:
    plan = await drafted(manager)
    key = await with_line(manager, plan, **changed)
    assert (await manager.post(f"{plan}/submit")).status_code == 303
    await approved(county, plan)
    return plan, key


def alert(page: str) -> str:
    return html.unescape(page.partition('role="alert"')[2][:700])


async def test_from_a_draft_through_the_chain_to_a_campaign(county):
    manager, reviewer, admin = await county("manager"), await county("reviewer"), await county("admin")
    plan = await drafted(manager)
    empty = await manager.post(f"{plan}/submit")
    assert empty.status_code == 422
    assert "还没有项目" in alert(empty.text)
    key = await with_line(manager, plan)
    assert (await manager.post(f"{plan}/lines/{key}/campaign")).status_code == 409, "not before it is approved"
    assert (await manager.post(f"{plan}/submit")).status_code == 303
    assert (await manager.post(f"{plan}/submit")).status_code == 409, "a second click is told, and submits nothing twice"
    assert (await manager.post(f"{plan}/lines/new", data={**LINE, "key": str(uuid4()), "name": "又一项"})).status_code == 409

    where = "部门负责人审核"
    assert where in (await manager.get(plan)).text, "people see where it waits"
    assert HEAD["name"] in (await reviewer.get("/console")).text.partition("下一步")[2], "the next decider finds it on the desk"
    assert f'href="{plan}"' in (await reviewer.get("/console")).text.partition("我的消息")[2], "and in the inbox"
    decision = {**await seen(reviewer, plan), "verdict": "approved", "reason": ""}
    assert (await manager.post(f"{plan}/decide", data=decision)).status_code == 403
    assert (await admin.post(f"{plan}/decide", data=decision)).status_code == 403, "it is not the second step's turn"
    assert (await reviewer.post(f"{plan}/decide", data=decision)).status_code == 303
    assert (await reviewer.post(f"{plan}/decide", data=decision)).status_code == 403
    assert (await manager.post(f"{plan}/publish")).status_code == 409
    assert (await admin.post(f"{plan}/decide", data={**await seen(admin, plan), "verdict": "approved", "reason": ""})).status_code == 303
    assert (await manager.post(f"{plan}/publish")).status_code == 303
    assert (await manager.post(f"{plan}/publish")).status_code == 303
    assert "已发布" in (await manager.get(plan)).text

    clicks = [manager.post(f"{plan}/lines/{key}/campaign") for _click in range(3)]
    made = {answer.headers["location"] for answer in await asyncio.gather(*clicks)}
    assert len(made) == 1, "clicks at the same moment make one campaign"
    assert (await manager.post(f"{plan}/lines/{key}/campaign")).headers["location"] in made
    campaign = (await manager.get(made.pop())).text
    number = re.search(r"JH-\d{4}-SCJG-\d{6}", (await manager.get(plan)).text)[0]
    assert f"{HEAD['name']}（{number}）" in campaign
    assert f'href="{plan}#line-{key}"' in campaign
    row = (await manager.get(plan)).text.partition(f'id="line-{key}"')[2].partition("</tr>")[0]
    assert "已建任务" in row
    assert re.search(r"QJCC-\d{4}-\d{4}", row)
    assert "与计划不一致" not in row
    async with transaction():
        told = await connection().fetch("select type from ledger_entry where subject = $1 order by at, type", number)
    assert {r["type"] for r in told} == {"plan.drafted", "plan.submitted", "plan.decided", "plan.published", "plan.begun"}


async def test_a_plan_is_returned_with_a_reason_and_handed_in_again(county):
    manager, reviewer = await county("manager"), await county("reviewer")
    plan = await drafted(manager)
    key = await with_line(manager, plan)
    await manager.post(f"{plan}/submit")
    first = await seen(reviewer, plan)
    silent = await reviewer.post(f"{plan}/decide", data={**first, "verdict": "returned", "reason": "改"})
    assert silent.status_code == 422
    assert "理由" in alert(silent.text)
    assert ">改</textarea>" in silent.text
    assert 'value="returned" required checked' in silent.text
    reason = "请把检查期限提前到三月"
    assert (await reviewer.post(f"{plan}/decide", data={**first, "verdict": "returned", "reason": reason})).status_code == 303
    page = (await manager.get(plan)).text
    assert reason in page
    assert reason in (await manager.get("/console")).text, "the author is told"
    form = {**LINE, "due_on": f"{YEAR}-03-31", "version": "1"}
    assert (await manager.post(f"{plan}/lines/{key}", data=form)).status_code == 303
    assert (await manager.post(f"{plan}/submit")).status_code == 303
    stale = await reviewer.post(f"{plan}/decide", data={**first, "verdict": "approved", "reason": ""})
    assert stale.status_code == 409, "what was seen in the first round is not what is decided in the second"
    assert (await reviewer.post(f"{plan}/decide", data={**await seen(reviewer, plan), "verdict": "approved", "reason": ""})).status_code == 303
    assert "第 2 轮" in (await manager.get(plan)).text


async def test_a_change_is_an_edition_of_its_own_and_its_campaign_shows_where_it_departs(county):
    manager, auditor = await county("manager"), await county("auditor")
    plan, key = await in_force(county, manager)
    assert (await manager.post(f"{plan}/lines/{key}/campaign")).status_code == 303
    assert (await manager.post(f"{plan}/reopen", data={"reason": " "})).status_code == 422
    for _click in range(2):
        assert (await manager.post(f"{plan}/reopen", data={"reason": "增加抽查户数"})).status_code == 303
    page = (await manager.get(plan)).text
    assert "第 2 版" in page
    assert "第 3 版" not in page
    assert (await manager.post(f"{plan}/lines/{key}", data={**LINE, "n": "15", "version": "1"})).status_code == 303
    await with_line(manager, plan, name="秋季餐饮抽查", first_on=f"{YEAR}-09-01", due_on=f"{YEAR}-10-30")
    old = (await manager.get(f"{plan}?edition=1")).text
    assert "9 户" in old
    assert "15 户" not in old
    changes = (await auditor.get(f"{plan}/changes")).text
    assert "<del>9 户</del>" in changes
    assert "<ins>15 户</ins>" in changes
    assert "秋季餐饮抽查" in changes
    assert (await manager.post(f"{plan}/submit")).status_code == 303
    assert "已批准" in (await manager.get(f"{plan}?edition=1")).text, "the first holds until the second is approved"
    await approved(county, plan)
    assert "已被新版取代" in (await manager.get(f"{plan}?edition=1")).text
    with pytest.raises(asyncpg.PostgresError, match="does not change"):
        async with transaction():
            await connection().execute("update plan_line set notes = 'x' where line = $1", key)
    row = (await manager.get(plan)).text.partition(f'id="line-{key}"')[2].partition("</tr>")[0]
    assert "与计划不一致" in row
    assert "计划 15 户 → 9 户" in row


async def test_an_edition_may_be_given_up_and_a_first_one_not(county):
    manager = await county("manager")
    plan, _key = await in_force(county, manager)
    await manager.post(f"{plan}/reopen", data={"reason": "增加抽查户数"})
    assert (await manager.post(f"{plan}/drop")).status_code == 303
    page = (await manager.get(plan)).text
    assert "第 1 版" in page
    assert "已批准" in page
    assert (await manager.post(f"{plan}/drop")).status_code == 422


async def test_one_plan_of_a_kind_and_year(county):
    manager = await county("manager")
    await drafted(manager)
    again = await manager.post("/console/plans/new", data={**HEAD, "name": "另一份", "id": str(uuid4())})
    assert again.status_code == 422
    assert "已有此类计划" in alert(again.text)
    assert 'value="另一份"' in again.text
    joint = await drafted(manager, kind="joint", name="联合计划")
    alone = await manager.post(f"{joint}/lines/new", data={**LINE, "key": str(uuid4())})
    assert "配合部门" in alert(alone.text)
    await with_line(manager, joint, partners=["xfjy"], items=["SC04", "XF02"])


async def stranger(county, role: str, department: str | None, region: str = "5303"):
    name = f"{role}{uuid4().hex[:6]}"
    async with transaction():
        await people.create_account(username=name, password="correct horse battery", name="外人", role=role, department=department, region=region)
    browser = await county("")
    await browser.get("/console/login")
    assert (await browser.post("/console/login", data={"username": name, "password": "correct horse battery"})).status_code == 303
    return browser


async def test_who_reads_and_who_writes(county):
    manager = await county("manager")
    plan = await drafted(manager)
    key = await with_line(manager, plan)
    other = await stranger(county, "manager", "xfjy")
    elsewhere = await stranger(county, "auditor", None, "5304")
    county_manager = await stranger(county, "manager", "scjg", "530302")
    auditor, reviewer = await county("auditor"), await county("reviewer")
    assert (await auditor.get(plan)).status_code == 200
    for browser in (other, elsewhere, county_manager):
        assert (await browser.get(plan)).status_code == 404, "a draft is its department's own"
        assert (await browser.get(f"{plan}/plan.xlsx")).status_code == 404
    assert (await reviewer.post(f"{plan}/submit")).status_code == 403
    assert (await other.post(f"{plan}/submit")).status_code == 404
    await manager.post(f"{plan}/submit")
    assert (await other.get(plan)).status_code == 404
    other_reviewer = await stranger(county, "reviewer", "xfjy")
    decision = {"step": "0", "round": "1", "verdict": "approved", "reason": ""}
    assert (await other_reviewer.post(f"{plan}/decide", data=decision)).status_code == 404
    await approved(county, plan)
    for browser in (other, county_manager):
        page = await browser.get(plan)
        assert page.status_code == 200, "what is in force is read by the whole region"
        assert "建立任务" not in page.text
        assert (await browser.post(f"{plan}/lines/{key}/campaign")).status_code == 403
        assert (await browser.post(f"{plan}/reopen", data={"reason": "不该可以"})).status_code == 403
    assert (await elsewhere.get(plan)).status_code == 404


async def test_the_chain_is_a_dated_table(county):
    manager, admin, reviewer = await county("manager"), await county("admin"), await county("reviewer")
    step = {
        "position": "1", "name_zh": "分管领导审签", "name_en": "Deputy director", "role": "reviewer", "department": "scjg", "region": "",
        "valid_from": clock.today().isoformat(), "valid_to": "", "source": "局务会议纪要",
    }  # fmt: skip
    assert (await manager.post("/console/registers/planstep/new", data=step)).status_code == 403, "nobody writes their own chain"
    assert (await admin.post("/console/registers/planstep/new", data={**step, "role": "inspector"})).status_code == 422
    assert (await admin.post("/console/registers/planstep/new", data=step)).status_code == 303
    plan = await drafted(manager)
    await with_line(manager, plan)
    await manager.post(f"{plan}/submit")
    assert "分管领导审签" in (await manager.get(plan)).text
    assert (await reviewer.post(f"{plan}/decide", data={**await seen(reviewer, plan), "verdict": "approved", "reason": ""})).status_code == 303
    assert "已批准" in (await manager.get(plan)).text, "the department's own chain has one step"


async def test_nobody_decides_on_their_own_plan_nor_twice_in_a_round(county):
    manager, admin, reviewer = await county("manager"), await county("admin"), await county("reviewer")
    for position, role in ((1, "manager"), (2, "reviewer"), (3, "reviewer")):
        step = {
            "position": str(position), "name_zh": f"第{position}步", "name_en": f"Step {position}", "role": role, "department": "scjg", "region": "",
            "valid_from": clock.today().isoformat(), "valid_to": "", "source": "局务会议纪要",
        }  # fmt: skip
        assert (await admin.post("/console/registers/planstep/new", data=step)).status_code == 303
    plan = await drafted(manager)
    await with_line(manager, plan)
    await manager.post(f"{plan}/submit")

    async def says(browser, step: int):
        return await browser.post(f"{plan}/decide", data={"step": str(step), "round": "1", "verdict": "approved", "reason": ""})

    own = await says(manager, 0)
    assert own.status_code == 403
    assert "编制或提交" in alert(own.text)
    assert 'id="decide"' not in own.text
    colleague, second = await stranger(county, "manager", "scjg"), await stranger(county, "reviewer", "scjg")
    assert (await says(colleague, 0)).status_code == 303
    assert (await says(reviewer, 1)).status_code == 303
    twice = await says(reviewer, 2)
    assert twice.status_code == 403
    assert "另一人" in alert(twice.text)
    assert (await says(second, 2)).status_code == 303
    assert "已批准" in (await manager.get(plan)).text


async def demo_plan(browser, year: int) -> str:
    page = (await browser.get(f"/console/plans?year={year}")).text
    return re.search(rf'<h2><a href="(/console/plans/[0-9a-f-]+)">曲靖市市场监管局{year}', page)[1]


async def test_the_calendar_shows_every_plan_and_is_filtered(county):
    manager, auditor = await county("manager"), await county("auditor")
    year = clock.today().year
    page = (await auditor.get(f"/console/plans/calendar?year={year}")).text
    assert page.count('<rect class="bar ') >= 3
    assert "style=" not in page
    assert "个工作日" in page
    assert re.search(r"第 \d+–\d+ 周", page)
    assert re.search(r'href="/console/plans/[0-9a-f-]+\?edition=\d+#line-', page)
    assert re.search(r'href="/console/campaigns/[0-9a-f-]+"', page)
    done = (await auditor.get(f"/console/plans/calendar?year={year}&state=done")).text
    assert "药品零售" in done
    assert "餐饮服务" not in done
    assert "没有符合条件" in (await auditor.get(f"/console/plans/calendar?year={year}&department=nobody")).text
    here = (await auditor.get(f"/console/plans/calendar?year={year}&county=530326")).text
    assert "餐饮服务" in here
    assert "药品零售" not in here
    english = (await manager.get(f"/console/plans/calendar?year={year}&lang=en")).text
    assert "working days" in english
    assert (await manager.get("/console/plans/calendar?year=1")).status_code == 200


async def test_a_plans_own_pages_close_what_they_open(county):
    manager, reviewer = await county("manager"), await county("reviewer")
    plan = await demo_plan(manager, clock.today().year)
    waiting = await demo_plan(reviewer, clock.today().year + 1)
    for browser, path in ((manager, plan), (manager, f"{plan}?edition=1"), (manager, f"{plan}/changes"), (reviewer, waiting)):
        page = await browser.get(path)
        assert page.status_code == 200
        Nesting().feed(page.text)


async def test_the_demo_shows_a_plan_that_waits_a_deviation_and_editions(county):
    reviewer = await county("reviewer")
    year = clock.today().year
    plan = (await reviewer.get(await demo_plan(reviewer, year + 1))).text
    assert 'id="decide"' in plan
    assert "第四季度任务过于集中" in plan
    assert "A 类抽查比例由 0%–5% 改为 0%–3%" in plan.partition('class="warnings"')[2]
    held = (await reviewer.get(await demo_plan(reviewer, (clock.today()).year))).text
    assert "第 2 版" in held
    assert "与计划不一致" in held


async def test_the_paper_is_issued_once_for_each_edition(county):
    manager, auditor = await county("manager"), await county("auditor")
    plan, _key = await in_force(county, manager)
    where = [(await manager.post(f"{plan}/paper", data={"edition": "1"})).headers["location"] for _click in range(2)]
    assert where[0] == where[1]
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO((await manager.get(where[0])).content)).pages)
    for word in ("年度抽查工作计划", "春季餐饮抽查", "麒麟区", "ND-"):
        assert word in text
    assert (await auditor.post(f"{plan}/paper")).status_code == 403
    draft = await drafted(manager, kind="joint", name="未批准的计划")
    assert (await manager.post(f"{draft}/paper")).status_code == 409

"""The forecast's pages: who sees whose load, filters in the address, lamps by the norm, caps before they are broken, the form's panel."""

from __future__ import annotations

import html
import json
import re

from tests.web.console.test_campaigns import FORM, planned


def charts(text: str) -> list[dict[str, object]]:
    return [json.loads(html.unescape(c)) for c in re.findall(r"data-chart='([^']*)'", text)]


async def test_a_department_sees_its_own_load_and_the_oversight_all(county):
    manager, auditor = await county("manager"), await county("auditor")
    text = (await manager.get("/console/forecast")).text
    assert "2026年餐饮服务食品安全双随机抽查" in text
    visits, loads = charts(text)
    assert [s["name"] for s in visits["series"]] == ["市场监督管理局"]
    assert sum(visits["series"][0]["values"]) > 0
    assert loads["target"] == 5
    assert 'name="department"' not in text
    everything = (await auditor.get("/console/forecast")).text
    assert len(charts(everything)[0]["series"]) == 3
    assert (await manager.get("/console/forecast?department=xfjy")).text.count("消防救援支队") == text.count("消防救援支队")
    narrowed = (await auditor.get("/console/forecast?department=xfjy&county=530302&months=6")).text
    assert [s["name"] for s in charts(narrowed)[0]["series"]] == ["消防救援支队"]
    assert '<option value="6" selected>' in narrowed
    assert "宣威市</th>" not in narrowed
    strange = await auditor.get("/console/forecast?department=nobody&county=110101&months=99")
    assert strange.status_code == 200


async def test_certificates_and_lamps_are_said_in_words(county):
    text = (await (await county("manager")).get("/console/forecast")).text
    assert "预测期内执法证到期的人员" in text
    assert "通常每人每周 3 次，最多 5 次" in text
    assert "正常" in text


async def test_the_norm_is_edited_by_its_owner(county):
    admin, manager = await county("admin"), await county("manager")
    assert "工作量标准" in (await admin.get("/console/registers")).text
    own = {"department": "scjg", "usual": "1", "most": "1", "valid_from": "2026-01-01", "valid_to": "", "source": "本局核定"}
    wrong = await manager.post("/console/registers/norm/new", data=own | {"usual": "4"})
    assert wrong.status_code == 422
    assert 'value="4"' in wrong.text
    assert (await admin.post("/console/registers/norm/new", data=own)).status_code == 422
    assert (await manager.post("/console/registers/norm/new", data=own)).status_code == 303
    text = (await manager.get("/console/forecast")).text
    assert "最多 1 次（本局核定）" in text
    assert "超过上限" in text
    assert charts(text)[1]["target"] == 1


async def test_a_draft_shows_its_conflicts_and_leads_to_the_list(county):
    manager, partner = await county("manager"), await county("manager2")
    page = (await planned(manager, industries=["5251"], items=["SC02"], counties=["530302", "530303"])).headers["location"]
    text = (await manager.get(page)).text
    summary = re.search(r'hx-get="(/console/forecast/rounds/[0-9a-f-]+/summary)"', text)[1]
    short = (await manager.get(summary)).text
    assert "本级年度上限" in short
    assert "市县合计上限" in short
    whole = (await manager.get(summary.removesuffix("/summary"))).text
    assert "竞争的任务" in whole
    assert "麒麟区" in whole
    assert (await partner.get(summary)).status_code == 404
    reviewer = (await (await county("reviewer")).get(summary.removesuffix("/summary"))).text
    assert "<th scope=\"col\">分类</th>" not in reviewer, "the class is not a reviewer's business"
    assert (await manager.get("/console/forecast/rounds/00000000-0000-4000-8000-000000000000")).status_code == 404


async def test_the_estimate_looks_ahead_and_says_nothing_before_it_can(county):
    manager = await county("manager")
    text = (await manager.post("/console/campaigns/estimate", data=FORM)).text
    assert "加上本任务后的负荷" in text
    assert "最忙一周每人" in text
    assert "本级年度上限" in text
    for missing in ({"due_on": ""}, {"counties": []}, {"n": "x"}, {"due_on": "9999-12-31"}):
        answer = await manager.post("/console/campaigns/estimate", data=FORM | missing)
        assert answer.status_code == 200
        assert "加上本任务后的负荷" not in answer.text


async def test_both_languages(county):
    manager = await county("manager")
    manager.cookies.set("lang", "en")
    text = (await manager.get("/console/forecast")).text
    assert "Load forecast" in text
    assert "Counties by month" in text


async def test_a_plans_page_brings_its_forecast(county):
    manager, other = await county("manager"), await county("manager2")
    listed = (await manager.get("/console/plans")).text
    for href in dict.fromkeys(re.findall(r'href="(/console/plans/[0-9a-f-]{36})"', listed)):
        text = (await manager.get(href)).text
        panel = re.search(r'hx-get="(/console/plans/[0-9a-f-]{36}/forecast\?edition=\d+)"', text)
        if panel and "预计超限" in (shown := (await manager.get(panel[1])).text):
            assert "各区县每月" in shown
            assert (await other.get(panel[1])).status_code in (403, 404)
            return
    raise AssertionError("no plan of the demo has anything left")

"""The pages of the code tables and the rulebook, and what the planning form takes from them."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from backend.history.queries import list_rows
from backend.kernel import clock
from backend.registry.service import load_industries, load_regions
from backend.rulebook import service as rulebook
from backend.storage.engine import transaction
from backend.usecases.edit_codes import KINDS

CAP = {"level": "city", "department": "", "most": "2", "valid_from": "2026-01-01", "valid_to": "", "source": "国办发〔2024〕54号"}
RATE = {"class_code": "A", "department": "", "low": "0", "usual": "2.5", "high": "5", "valid_from": "2026-01-01", "valid_to": "", "source": "国市监信发"}
REGION = {"code": "5303N1", "name_zh": "新城区", "name_en": "New Town", "parent": "530300", "valid_from": "2026-01-01", "valid_to": "", "source": "测试"}


@pytest.fixture(autouse=True)
async def codes(db):
    async with transaction():
        await load_regions()
        await load_industries()


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


async def test_every_table_has_its_page_in_both_languages(client, login, browsers):
    await login(client, "admin", department=None)
    index = (await client.get("/console/registers")).text
    for kind in KINDS:
        assert f'href="/console/registers/{kind}"' in index
        assert (await client.get(f"/console/registers/{kind}")).status_code == 200
        assert (await client.get(f"/console/registers/{kind}/new")).status_code == 200
        page = (await client.get(f"/console/registers/{kind}?lang=en")).text
        assert not re.search("[\u4e00-\u9fff]", re.sub(r"<tbody>.*?</tbody>|国办发〔2024〕54号", "", page.split("<main")[1], flags=re.DOTALL))
        await client.get("/console?lang=zh")
    assert (await client.get("/console/registers/nothing")).status_code == 404
    assert (await client.get("/console/registers/cap/nothing")).status_code == 404
    for role, department in (("auditor", None), ("reviewer", "scjg")):
        other = await browsers()
        await login(other, role, department=department)
        assert 'href="/console/registers/region"' in (await other.get("/console/registers")).text
        page = (await other.get("/console/registers/region/530302")).text
        assert "麒麟区" in page
        assert "<textarea" not in page
        assert 'name="version"' not in page
        assert (await other.post("/console/registers/region/530302", data=REGION | {"version": "1"})).status_code == 403


async def test_a_region_is_added_corrected_and_ended(client, login):
    await login(client, "admin", department=None)
    refused = await client.post("/console/registers/region/new", data=REGION | {"code": "5303"})
    assert refused.status_code == 422
    assert "代码：须为六位" in refused.text
    assert 'value="New Town"' in refused.text
    made = await client.post("/console/registers/region/new", data=REGION)
    assert made.status_code == 303, made.text
    where = made.headers["location"]
    assert (await client.post("/console/registers/region/new", data=REGION)).status_code == 422
    page = (await client.get(where)).text
    assert (await client.post(where, data=REGION | {"version": version(page), "valid_to": clock.today().isoformat()})).status_code == 303
    page = (await client.get(where)).text
    assert "已失效" in page
    assert f"<ins>{clock.today().isoformat()}</ins>" in page
    stale = await client.post(where, data=REGION | {"version": "1", "name_zh": "新城"})
    assert stale.status_code == 409
    assert re.search(r'class="differs"><th scope="row">停用日期</th><td>' + clock.today().isoformat(), stale.text)
    assert 'value="新城"' in stale.text
    assert (await client.post(where, data=REGION | {"version": version(stale.text), "name_zh": "新城"})).status_code == 303


async def test_the_holiday_page_warns_of_the_year_that_is_missing(client, login):
    await login(client, "admin", department=None)
    year = clock.today().year + 1
    page = (await client.get("/console/registers/holiday")).text
    if year > 2026:
        assert f"{year} 年的节假日尚未登记" in page
        refused = await client.post("/console/registers/holiday/fill", data={"year": str(year)})
        assert refused.status_code == 422
        assert f"没有 {year} 年" in refused.text
    new_year = {"day": f"{year}-01-01", "until": f"{year}-01-03", "is_off": "yes", "name": "元旦", "source": "通知（测试）"}
    assert (await client.post("/console/registers/holiday/new", data=new_year)).status_code == 303
    page = (await client.get(f"/console/registers/holiday?year={year}")).text
    assert "共 3 条" in page
    assert f"{year} 年的节假日尚未登记" not in page
    day = f"/console/registers/holiday/{year}-01-03"
    assert (await client.post(day + "/remove", data={"version": version((await client.get(day)).text)})).status_code == 303
    assert (await client.get(day)).status_code == 404
    weekday = next(d for n in range(7) if (d := date(year, 3, 1) + timedelta(days=n)).weekday() == 2)
    refused = await client.post("/console/registers/holiday/new", data=new_year | {"day": weekday.isoformat(), "until": "", "is_off": "no"})
    assert refused.status_code == 422
    assert "本来就上班" in refused.text


async def test_caps_and_rates_are_what_the_planning_form_starts_from(client, login, browsers):
    await login(client, "admin", department=None)
    assert (await client.post("/console/registers/cap/new", data=CAP)).status_code == 303
    assert (await client.post("/console/registers/rate/new", data=RATE)).status_code == 303
    page = (await client.get("/console/registers/rate")).text
    assert "2.5%" in page
    manager = await browsers()
    await login(manager, "manager")
    form = (await manager.get("/console/campaigns/new")).text
    assert re.search(r'name="yearly_cap" type="number" value="2"[^>]*max="2"', form)
    assert "不高于 2 次：国办发〔2024〕54号" in form
    assert re.search(r'name="percent_A" type="text" value="2.5"', form)
    assert "0% 至 5%" in form
    own = await manager.post("/console/registers/cap/new", data=CAP | {"department": "scjg", "most": "1"})
    assert own.status_code == 303
    assert 'max="1"' in (await manager.get("/console/campaigns/new")).text
    others = await manager.post("/console/registers/cap/new", data=CAP | {"level": "county"})
    assert others.status_code == 422
    assert "全部部门的条目由管理员维护" in others.text
    assert (await manager.get("/console/registers/region/new")).status_code == 403
    plan = {"name": "x", "items": "SC01", "counties": "530302", "due_on": (clock.today() + timedelta(days=9)).isoformat(), "rate_mode": "fixed", "n": "3"}
    refused = await manager.post("/console/campaigns/new", data=plan | {"officers_per_visit": "2", "yearly_cap": "2"})
    assert refused.status_code == 422
    assert "不得高于 1 次" in refused.text


async def test_how_long_uploads_are_kept_is_the_administrators_to_set(client, login, browsers):
    await login(client, "admin", department=None)
    (row,) = [r for r in await list_rows(rulebook.RETENTION) if r["what"] == "upload"]
    where = f"/console/registers/retention/{row['id']}"
    page = (await client.get(where)).text
    assert "上传后未写入的导入文件及其预览" in page
    form = {"what": "upload", "days": "0", "valid_from": "2019-01-01", "valid_to": "", "source": "局务会议纪要", "version": version(page)}
    refused = await client.post(where, data=form)
    assert refused.status_code == 422
    assert "局务会议纪要" in refused.text
    assert (await client.post(where, data=form | {"days": "10"})).status_code == 303
    assert [r["days"] for r in await list_rows(rulebook.RETENTION) if r["what"] == "upload"] == [10]
    overlapping = await client.post("/console/registers/retention/new", data=form | {"days": "10"})
    assert overlapping.status_code == 422
    manager = await browsers()
    await login(manager, "manager")
    assert (await manager.get(where)).status_code == 200
    assert (await manager.post(where, data=form | {"days": "20", "version": "2"})).status_code == 403


async def test_two_editors_of_one_cap(client, login, browsers):
    await login(client, "manager")
    made = await client.post("/console/registers/cap/new", data=CAP | {"department": "scjg"})
    where = made.headers["location"]
    colleague = await browsers()
    await login(colleague, "manager", username="second", name="李强")
    assert (await colleague.post(where, data=CAP | {"department": "scjg", "most": "3", "version": "1"})).status_code == 303
    both = await client.post(where, data=CAP | {"department": "scjg", "most": "1", "version": "1"})
    assert both.status_code == 409
    assert re.search(r'class="differs"><th scope="row">每户每年最多次数</th><td>3</td><td><b>1</b>', both.text)
    rows = await list_rows(rulebook.CAP)
    assert [r["most"] for r in rows] == [3]


PERIOD = {"clock": "review", "amount": "3", "unit": "working", "warn": "1", "valid_from": "2027-01-01", "source": "本机关办理时限规定（测试）"}
TARGET = {"measure": "scanned", "value": "95.5", "valid_from": "2027-01-01", "valid_to": "", "source": "考核办法（测试）"}


async def test_a_period_is_changed_by_its_next_row(client, login, browsers):
    await login(client, "admin", department=None)
    refused = await client.post("/console/registers/period/new", data=PERIOD | {"clock": "visit"})
    assert refused.status_code == 422
    assert "天数：这一期限的末日随任务或文书载明，须填 0" in refused.text
    assert 'value="本机关办理时限规定（测试）"' in refused.text
    made = await client.post("/console/registers/period/new", data=PERIOD)
    assert made.status_code == 303, made.text
    listed = re.sub(r"<[^>]+>", " ", (await client.get("/console/registers/period")).text)
    assert re.search(r"审核\s+3\s+工作日\s+1\s+2027-01-01\s+-\s+本机关", listed)
    assert re.search(r"审核\s+5\s+工作日\s+2\s+2019-01-01\s+2027-01-01", listed)
    page = (await client.get(made.headers["location"])).text
    assert 'name="valid_to"' not in page
    colleague = await browsers()
    await login(colleague, "admin", username="second", name="李强", department=None)
    where = made.headers["location"]
    assert (await colleague.post(where, data=PERIOD | {"amount": "2", "version": version(page)})).status_code == 303
    both = await client.post(where, data=PERIOD | {"amount": "4", "version": version(page)})
    assert both.status_code == 409
    assert re.search(r'class="differs"><th scope="row">天数</th><td>2</td><td><b>4</b>', both.text)
    for role, department in (("auditor", None), ("manager", "scjg")):
        other = await browsers()
        await login(other, role, department=department)
        assert (await other.get("/console/registers/period/new")).status_code == 403
        assert (await other.post(where, data=PERIOD | {"version": "2"})).status_code == 403
        shown = (await other.get(where)).text
        assert 'name="version"' not in shown
        assert "2027-01-01" in shown


async def test_the_oversight_office_keeps_the_targets_that_figures_are_judged_by(client, login, browsers):
    await login(client, "auditor", department=None)
    made = await client.post("/console/registers/target/new", data=TARGET)
    assert made.status_code == 303, made.text
    page = (await client.get(made.headers["location"])).text
    assert 'value="95.5"' in page
    assert (await client.post(made.headers["location"], data=TARGET | {"value": "90", "version": version(page)})).status_code == 303
    assert "<del>95.5%</del> → <ins>90%</ins>" in (await client.get(made.headers["location"])).text
    again = await client.post("/console/registers/target/new", data=TARGET)
    assert again.status_code == 422
    assert "与现有条目（2027-01-01 – …）重叠" in again.text
    assert "≥ 90%" in (await client.get("/console/figures/scanned?period=2027")).text
    assert "≥ 90%" not in (await client.get("/console/figures/scanned?period=2026")).text
    manager = await browsers()
    await login(manager, "manager")
    assert (await manager.post("/console/registers/target/new", data=TARGET)).status_code == 403

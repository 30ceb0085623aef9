"""The lines of a yearly plan: the form, two editors, copies of last year, spreadsheets in and out."""

from __future__ import annotations

import io
import re
from datetime import date
from uuid import uuid4

import pytest
from openpyxl import Workbook, load_workbook

from backend.kernel import clock
from backend.storage.engine import connection, transaction
from tests.web.console.test_yearly_plans import LINE, YEAR, alert, demo_plan, drafted, with_line


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ({"name": " "}, "项目名称"),
        ({"items": []}, "抽查事项"),
        ({"counties": []}, "区县"),
        ({"n": "x"}, "抽取数量或比例"),
        ({"first_on": ""}, "开始日期"),
        ({"first_on": f"{YEAR - 1}-12-31"}, "开始日期"),
        ({"due_on": f"{YEAR}-03-02"}, "完成期限"),
        ({"yearly_cap": "9"}, "年度检查次数上限"),
        ({"officers_per_visit": "1"}, "每组执法人员"),
    ],
)
async def test_a_line_that_cannot_stand_says_why_and_loses_nothing(county, typed, word):
    manager = await county("manager")
    plan = await drafted(manager)
    answer = await manager.post(f"{plan}/lines/new", data={**LINE, **typed, "key": str(uuid4())})
    assert answer.status_code == 422
    assert word in alert(answer.text)
    assert 'value="食品监管科"' in answer.text
    assert "还没有项目" in (await manager.get(plan)).text


async def test_two_people_editing_a_line_see_both_texts(county):
    manager = await county("manager")
    plan = await drafted(manager)
    key = await with_line(manager, plan)
    assert (await manager.post(f"{plan}/lines/{key}", data={**LINE, "n": "12", "version": "1"})).status_code == 303
    assert f'data-here="planline:{key}~' in (await manager.get(f"{plan}/lines/{key}")).text, "and who else has it open"
    late = await manager.post(f"{plan}/lines/{key}", data={**LINE, "n": "20", "version": "1"})
    assert late.status_code == 409
    both = late.text.partition('id="collision"')[2].partition("</table>")[0]
    assert "12 户" in both
    assert "20 户" in both
    assert 'name="n" type="text" value="20"' in late.text
    version = re.search(r'name="version" value="(\d+)"', late.text)[1]
    assert (await manager.post(f"{plan}/lines/{key}", data={**LINE, "n": "20", "version": version})).status_code == 303
    head = {"name": "新名称", "basis": "依据"}
    assert (await manager.post(f"{plan}/head", data={**head, "version": "1"})).status_code == 303
    lost = await manager.post(f"{plan}/head", data={**head, "name": "另一名称", "version": "1"})
    assert lost.status_code == 409
    assert "新名称" in lost.text
    assert "另一名称" in lost.text


async def test_the_same_form_twice_adds_one_line_and_names_do_not_repeat(county):
    manager = await county("manager")
    plan = await drafted(manager)
    form = {**LINE, "key": str(uuid4())}
    for _click in range(2):
        assert (await manager.post(f"{plan}/lines/new", data=form)).status_code == 303
    assert (await manager.get(plan)).text.count('<tr id="line-') == 1
    twin = await manager.post(f"{plan}/lines/new", data={**form, "key": str(uuid4())})
    assert twin.status_code == 422
    assert "同名" in alert(twin.text)
    where = f"{plan}/lines/{form['key']}"
    assert (await manager.post(where, data={**LINE, "n": "12", "version": "1"})).status_code == 303
    assert (await manager.post(f"{where}/remove", data={"version": "1"})).status_code == 409, "a colleague has changed it since"
    for _click in range(2):
        assert (await manager.post(f"{where}/remove", data={"version": "2"})).status_code == 303
    assert "还没有项目" in (await manager.get(plan)).text


async def test_last_years_lines_are_copied_onto_working_days_with_what_changed(county):
    manager = await county("manager")
    source = await demo_plan(manager, clock.today().year)
    async with transaction():
        await connection().execute("update check_item set valid_to = $1 where code = 'SC02'", clock.today().replace(month=12, day=31))
    plan = await drafted(manager)
    where = f"{plan}/copy?source={source.rpartition('/')[2]}"
    assert f"copy?source={source.rpartition('/')[2]}" in (await manager.get(plan)).text
    page = (await manager.get(where)).text
    assert "药品零售使用监督检查" in page.partition('class="warnings"')[2], "what is gone is named"
    keys = re.findall(r'name="lines" value="([0-9a-f-]+)"', page)
    assert len(keys) >= 3
    form = {"source": source.rpartition("/")[2]}
    nothing = await manager.post(f"{plan}/copy", data=form)
    assert nothing.status_code == 422
    for _click in range(2):
        assert (await manager.post(f"{plan}/copy", data={**form, "lines": keys})).status_code == 303
    text = (await manager.get(plan)).text
    assert text.count('<tr id="line-') == len(keys)
    assert f"{YEAR}年餐饮服务食品安全双随机抽查" in text
    for first, due in re.findall(r'<span class="nowrap">(\d{4}-\d\d-\d\d)</span> <span class="nowrap">– (\d{4}-\d\d-\d\d)', text):
        assert first.startswith(str(YEAR))
        for day in (first, due):
            assert date.fromisoformat(day).weekday() < 5
    assert (await manager.get(where)).text.count("已在计划中") == len(keys)
    assert (await manager.post(f"{plan}/submit")).status_code == 303


async def test_lines_go_out_as_a_spreadsheet_and_come_back_the_same(county):
    manager = await county("manager")
    plan = await drafted(manager)
    classes = {"rate_mode": "classes", "percent_A": "2", "percent_B": "10", "percent_C": "30", "percent_D": "80"}
    await with_line(manager, plan, industries=["6210", "6220"], notes="=危险", **classes)
    await with_line(manager, plan, name="联合抽查", partners=["xfjy"], items=["SC04", "XF02"], rate_mode="rate", percent="2.5")
    sheet = (await manager.get(f"{plan}/plan.xlsx")).content
    cells = list(load_workbook(io.BytesIO(sheet)).active.values)
    assert cells[0][0] == "项目名称"
    assert any("'=危险" in row for row in cells), "a formula is escaped"
    answer = await manager.post(f"{plan}/import", files={"file": ("计划.xlsx", sheet)})
    assert answer.status_code == 200, alert(answer.text)
    assert answer.text.count("无变化") == 3  # the count, and two rows
    fresh = await drafted(manager, kind="joint", name="另一份")
    assert (await manager.post(f"{fresh}/import", files={"file": ("计划.xlsx", sheet)})).status_code == 422, "one line has no partner"
    assert "还没有项目" in (await manager.get(fresh)).text, "all rows or none"


def book(*rows: tuple[str, ...]) -> bytes:
    out, made = io.BytesIO(), Workbook()
    made.active.append(["任务名称", "抽查事项", "区县", "行业", "抽查比例", "开始时间", "完成时间"])
    for row in rows:
        made.active.append(row)
    made.save(out)
    return out.getvalue()


async def test_a_file_with_mistakes_says_which_row_and_field_and_changes_nothing(county):
    manager = await county("manager")
    plan = await drafted(manager)
    good = ("春季抽查", "SC01", "麒麟区", "6210", "20户", f"{YEAR}/3/3", f"{YEAR}/4/28")
    bad = ("夏季抽查", "SC77", "某某县", "6210", "若干", f"{YEAR}/5/6", f"{YEAR}/4/28")
    answer = await manager.post(f"{plan}/import", files={"file": ("计划.xlsx", book(good, bad))})
    assert answer.status_code == 422
    for word in ("抽查事项“SC77”", "区县“某某县”", "抽取数量或比例“若干”"):
        assert word in answer.text
    assert re.search(r'data-label="行号">3<', answer.text)
    assert "还没有项目" in (await manager.get(plan)).text
    wrong_day = (*good[:6], f"{YEAR}/1/1")
    answer = await manager.post(f"{plan}/import", files={"file": ("计划.xlsx", book(wrong_day))})
    assert "完成期限" in answer.text.partition("有误")[2]
    for _again in range(2):
        assert (await manager.post(f"{plan}/import", files={"file": ("计划.xlsx", book(good))})).status_code == 200
    assert (await manager.get(plan)).text.count('<tr id="line-') == 1
    later = (*good[:6], f"{YEAR}/5/29")
    await manager.post(f"{plan}/import", files={"file": ("计划.xlsx", book(later))})
    assert f"{YEAR}-05-29" in (await manager.get(plan)).text
    assert (await manager.post(f"{plan}/import", files={"file": ("x.xlsx", b"nonsense")})).status_code == 422
    template = (await manager.get(f"{plan}/template.xlsx")).content
    answer = await manager.post(f"{plan}/import", files={"file": ("模板.xlsx", template)})
    assert "示例" not in (await manager.get(plan)).text, "the sample row of the template is never a line"

"""The pages of the register of officers: editing, two editors at once, suspension, filters, who may and who may not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from backend.kernel import clock
from backend.registry.service import load_industries, load_regions
from backend.storage.engine import connection, transaction


@pytest.fixture(autouse=True)
async def codes(db):
    async with transaction():
        await load_regions()
        await load_industries()


def form(**fields: object) -> dict[str, object]:
    base: dict[str, object] = {
        "name": "王芳",
        "certificate_no": "滇D001",
        "certificate_expires_on": (clock.today() + timedelta(days=400)).isoformat(),
        "phone": "0874-5551000",
        "qualifications": ["law", "food"],
        "counties": ["530302"],
    }
    return base | fields


async def make(client, **fields: object) -> str:
    answer = await client.post("/console/inspectors/new", data=form(**fields))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


async def test_a_manager_adds_and_changes_an_officer(client, login):
    await login(client, "manager")
    where = await make(client)
    page = (await client.get(where)).text
    assert "王芳" in page
    assert "滇D001" in page
    answer = await client.post(where, data=form(version=version(page), phone="0874-5552222", counties=["530302", "530303"]))
    assert answer.status_code == 303
    page = (await client.get(where)).text
    assert "<del>0874-5551000</del> → " in page
    assert "<ins>麒麟区、沾益区</ins>" in page
    assert "张伟" in page.split('class="timeline"')[1]
    english = (await client.get(where + "?lang=en")).text
    assert "History of changes" in english
    assert "Telephone" in english


async def test_a_refused_form_says_which_field_and_keeps_everything(client, login):
    await login(client, "manager")
    await make(client)
    for wrong, says in (
        ({"certificate_no": "滇D001"}, "执法证号：此执法证号已在名录库中"),
        ({"name": "  "}, "姓名：请填写姓名"),
        ({"certificate_expires_on": "someday"}, "有效期至：请选择日期"),
        ({"counties": ["539999"]}, "检查区域：539999 不在您的辖区内"),
    ):
        answer = await client.post("/console/inspectors/new", data=form(**({"certificate_no": "滇D777"} | wrong), phone="0874-5553333"))
        assert answer.status_code == 422
        assert says in answer.text
        assert 'value="0874-5553333"' in answer.text
        assert 'value="food" checked' in answer.text


async def test_two_people_editing_one_officer_see_both_texts(client, login, browsers):
    await login(client, "manager")
    where = await make(client)
    opened = version((await client.get(where)).text)
    colleague = await browsers()
    await login(colleague, "manager", username="second", name="李强")
    assert (await colleague.post(where, data=form(version=opened, phone="0874-5559999"))).status_code == 303
    answer = await client.post(where, data=form(version=opened, name="王方"))
    assert answer.status_code == 409
    both = answer.text.split('class="both"')[1].split("</table>")[0]
    assert re.search(r'class="differs"><th scope="row">姓名</th><td>王芳</td><td><b>王方</b>', both)
    assert re.search(r'class="differs"><th scope="row">联系电话</th><td>0874-5559999</td><td><b>0874-5551000</b>', both)
    assert 'value="王方"' in answer.text
    assert (await client.post(where, data=form(version=version(answer.text), name="王方", phone="0874-5559999"))).status_code == 303
    page = (await client.get(where)).text
    assert "王方" in page
    assert "李强" in page


async def test_suspend_and_reinstate_with_a_reason(client, login):
    await login(client, "manager")
    where = await make(client)
    page = (await client.get(where)).text
    refused = await client.post(where + "/suspend", data={"version": version(page), "reason": " "})
    assert refused.status_code == 422
    assert "原因：请填写原因" in refused.text
    assert (await client.post(where + "/suspend", data={"version": version(page), "reason": "离岗培训"})).status_code == 303
    page = (await client.get(where)).text
    assert "已停用，不参加抽取" in page
    assert "离岗培训" in page
    assert "王芳" in (await client.get("/console/inspectors?standing=suspended")).text
    stale = await client.post(where + "/reinstate", data={"version": "1", "reason": "培训合格"})
    assert stale.status_code == 409
    assert "培训合格" in stale.text
    assert (await client.post(where + "/reinstate", data={"version": version(stale.text.split("/reinstate")[1]), "reason": "培训合格"})).status_code == 303
    assert "已恢复" in (await client.get(where)).text


async def test_filters_warnings_and_pages(client, login):
    await login(client, "manager")
    for n, days in enumerate((-2, 10, 45)):
        await make(client, name=f"人员{n}", certificate_no=f"滇E{n}", certificate_expires_on=(clock.today() + timedelta(days=days)).isoformat())
    page = (await client.get("/console/inspectors")).text
    assert "已过期 1 名" in page
    assert "30 天内到期 1 名" in page
    assert "60 天内到期 2 名" in page
    assert "人员0" in (await client.get("/console/inspectors?certificate=expired")).text
    part = (await client.get("/console/inspectors?certificate=60")).text
    assert "人员0" not in part
    assert "人员2" in part
    assert "人员1" in (await client.get("/console/inspectors?q=滇E1")).text
    async with transaction():
        await connection().execute(
            "insert into inspector (id, name, department, certificate_no, certificate_expires_on, qualifications, counties, phone, is_valid)"
            " select gen_random_uuid(), '众' || lpad(n::text, 3, '0'), 'scjg', '滇F' || n, current_date + 300, '{law}', '{530302}', '', true"
            " from generate_series(1, 60) n"
        )
    first = (await client.get("/console/inspectors?q=众")).text
    assert "共 60 人" in first
    following = re.search(r'href="(/console/inspectors\?[^"]+)" rel="next"', first)
    assert following
    second = (await client.get(following[1].replace("&amp;", "&"))).text
    assert ("众050" in first, "众051" in first, "众051" in second, "众060" in second) == (True, False, True, True)
    home = (await client.get("/console")).text
    assert "1 名执法人员的执法证已过期" in home
    assert "1 名执法人员的执法证将在 31 至 60 天内到期" in home


async def test_who_may_edit_and_who_may_look(client, login, browsers):
    await login(client, "manager")
    where = await make(client)
    for role, department, status in (("reviewer", "scjg", 200), ("auditor", None, 200), ("manager", "xfjy", 404)):
        other = await browsers()
        await login(other, role, department=department, username=f"{role}-{department}")
        answer = await other.get(where)
        assert answer.status_code == status
        assert '/suspend"' not in answer.text
        refused = await other.post(where, data=form(version="1"))
        assert refused.status_code == (404 if role == "manager" else 403)


async def test_an_administrator_gives_the_officer_an_account(client, login, browsers):
    await login(client, "manager")
    where = await make(client)
    admin = await browsers()
    await login(admin, "admin", department=None)
    page = (await admin.get(where)).text
    link = re.search(r'href="(/console/accounts\?inspector=[^"]+)"', page)
    assert link
    filled = (await admin.get(link[1])).text
    assert 'value="王芳"' in filled
    officer = where.rsplit("/", 1)[1]
    made = {"username": "fang", "name": "王芳", "password": "a longer pass phrase", "role": "inspector"}
    made |= {"department": "scjg", "region": "5303", "inspector": officer}
    assert (await admin.post("/console/accounts", data=made)).status_code == 303
    page = (await admin.get(where)).text
    assert "开通账号" in page
    assert "已开通，查看手机" in page

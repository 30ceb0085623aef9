"""An enterprise's page: facts with source and day, the timeline, the form with its collision, lists; who sees the class."""

from __future__ import annotations

import re

import pytest

from backend.registry.queries import list_by_codes
from backend.storage.engine import connection, transaction
from backend.usecases.dossier import load_dossier
from tests.web.console.test_enterprises import draft, shops  # noqa: F401 - the fixture


@pytest.fixture
async def shop(shops):  # noqa: F811 - the fixture
    return shops[0]


def field(page: str, name: str) -> str:
    return page.split(f'name="{name}"')[1].split('value="')[1].split('"')[0]


def form(e, **new: str) -> dict[str, str]:
    names = ("name", "region", "industry", "kind", "status", "address", "legal_rep", "phone", "credit_class")
    return {name: getattr(e, name) for name in names} | {"established_on": "", "version": str(e.version), "reason": "登记机关变更通知书"} | new


async def test_a_manager_changes_an_enterprise_and_the_page_tells_it(client, login, shop):
    await login(client, "manager")
    opened = await client.get(f"/console/enterprises/{shop.id}/edit")
    assert field(opened.text, "version") == "1"
    assert field(opened.text, "name") == shop.name
    done = await client.post(f"/console/enterprises/{shop.id}/edit", data=form(shop, legal_rep="王<伟>"))
    assert done.status_code == 303, done.text
    page = (await client.get(f"/console/enterprises/{shop.id}")).text
    assert "第 2 版" in page
    assert "<del>李娜</del>" in page
    assert "王&lt;伟&gt;" in page
    assert "经办人修改" in page
    assert "登记机关变更通知书" in page


async def test_the_second_of_two_editors_sees_both_texts_and_loses_nothing(client, login, shop):
    await login(client, "manager")
    await client.post(f"/console/enterprises/{shop.id}/edit", data=form(shop, address="南宁东路1号"))
    late = await client.post(f"/console/enterprises/{shop.id}/edit", data=form(shop, address="南宁西路2号", phone="0874-3120000"))
    assert late.status_code == 409
    assert 'id="collision"' in late.text
    assert "南宁东路1号" in late.text
    assert field(late.text, "address") == "南宁西路2号"
    assert field(late.text, "phone") == "0874-3120000"
    assert field(late.text, "version") == "2"
    saved = await client.post(f"/console/enterprises/{shop.id}/edit", data=form(shop, address="南宁西路2号", version="2"))
    assert saved.status_code == 303


async def test_a_mistake_comes_back_with_everything_typed(client, login, shop):
    await login(client, "manager")
    for new, wrong in (({"name": ""}, "name"), ({"reason": "无"}, "reason")):
        answer = await client.post(f"/console/enterprises/{shop.id}/edit", data=form(shop, address="南宁西路2号", **new))
        assert answer.status_code == 422
        assert field(answer.text, "address") == "南宁西路2号"
        assert re.search(rf'name="{wrong}"[^>]*aria-invalid="true"', answer.text), wrong


async def test_lists_are_entered_and_ended_on_the_page(client, login, shop):
    await login(client, "manager")
    given = {"list": "serious", "listed_on": "2026-03-02", "authority": "市场监管局", "ground": "提交虚假材料", "document": "", "source": "公示系统"}
    bad = await client.post(f"/console/enterprises/{shop.id}/listings", data=given | {"listed_on": "2999-01-01"})
    assert bad.status_code == 422
    assert field(bad.text, "ground") == "提交虚假材料"
    assert (await client.post(f"/console/enterprises/{shop.id}/listings", data=given)).status_code == 303
    assert (await client.post(f"/console/enterprises/{shop.id}/listings", data=given)).status_code == 409
    page = (await client.get(f"/console/enterprises/{shop.id}")).text
    assert "列入严重违法失信名单" in page
    assert "来源： 公示系统" in page
    end = re.search(r'action="(/console/enterprises/[^"]+/end)"', page)[1]
    assert (await client.post(end, data={"removed_on": "2026-04-01", "removal": "依法移出名单"})).status_code == 303
    assert "移出严重违法失信名单" in (await client.get(f"/console/enterprises/{shop.id}")).text


async def test_permits_and_penalties_stand_with_source_and_day(client, login, shop):
    await login(client, "auditor", department=None)
    empty = (await client.get(f"/console/enterprises/{shop.id}")).text
    assert "没有收到行政许可信息" in empty
    assert "没有收到行政处罚信息" in empty


async def test_the_class_is_shown_and_filtered_by_those_only_whose_business_it_is(client, login, browsers, shop):
    async with transaction():
        await connection().execute("update enterprise set credit_class = 'D', version = version + 1 where id = $1", shop.id)
    await login(client, "reviewer")
    page = (await client.get(f"/console/enterprises/{shop.id}")).text
    assert "信用风险等级" not in page
    listing = (await client.get("/console/enterprises?class=D")).text
    assert "共 61 户" in listing
    assert 'name="class"' not in listing
    assert "等级" not in listing
    other = await browsers()
    await login(other, "manager")
    assert "共 1 户" in (await other.get("/console/enterprises?class=D")).text
    assert "信用风险等级" in (await other.get(f"/console/enterprises/{shop.id}")).text


async def test_only_a_manager_of_the_region_changes_anything(client, login, shop):
    await login(client, "manager", region="530381")
    for path, data in (("edit", form(shop)), ("listings", {"list": "serious", "listed_on": "2026-03-02"})):
        assert (await client.post(f"/console/enterprises/{shop.id}/{path}", data=data)).status_code in (404, 422)
    assert (await client.get(f"/console/enterprises/{shop.id}/edit")).status_code == 404
    assert (await list_by_codes([shop.code]))[shop.code].version == 1


async def test_the_demo_has_a_full_dossier(county):
    browser = await county("manager")
    page = (await browser.get("/console/enterprises?q=%E9%A5%AD%E5%BA%97")).text
    path = re.search(r'href="(/console/enterprises/[0-9a-f-]{36})"', page)[1]
    answer = await browser.get(path)
    assert "进入名录库" in answer.text
    assert "时间线" in answer.text
    english = await browser.get(path + "?lang=en")
    assert not re.search(r"<h2>[^<]*[\u4e00-\u9fff]", english.text)
    assert load_dossier

"""The page of channels and a visit's deliveries: what is shown to whom, the group robots, the test message."""

from __future__ import annotations

import re
from uuid import uuid4

import msgspec
import pytest

from backend.kernel.settings import settings
from backend.notify import jobs, robots
from backend.storage import outbox
from tests.rooms.robot_service import KEY, TOKEN, RobotService
from tests.web.console.test_visits import DICE, SOURCE, planned

ALLOWED = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "127.0.0.1")


@pytest.fixture
def groups(monkeypatch):
    changed = msgspec.structs.replace(settings(), webhook_hosts=ALLOWED)
    for room in (robots, jobs):
        monkeypatch.setattr(room, "settings", lambda: changed)
    made = RobotService()
    yield made
    made.close()


async def add(browser, address, **more):
    return await browser.post("/console/alerts/robots", data={"name": "一科工作群", "address": address, **more})


async def test_a_manager_sets_up_tests_and_removes_a_group(county, groups):
    manager = await county("manager")
    assert (await add(manager, groups.address())).status_code == 303
    page = (await manager.get("/console/alerts")).text
    assert "一科工作群" in page
    assert f"••••{KEY[-4:]}" in page
    assert KEY not in page
    robot = re.search(r"/console/alerts/robots/[0-9a-f-]{36}", page)[0]
    tested = await manager.post(f"{robot}/test")
    assert tested.status_code == 200
    assert "测试消息已送达群里" in tested.text
    assert groups.told[0].startswith("【阳光抽查】市场监督管理局\n这是一条测试消息")
    groups.answers = [(200, {"errcode": 93000, "errmsg": "invalid webhook url"})]
    refused = await manager.post(f"{robot}/test")
    assert refused.status_code == 502
    assert "已被移出群（93000）" in refused.text
    english = (await manager.get("/console/alerts?lang=en")).text
    assert "Last success" in english
    assert (await manager.post(f"{robot}/remove")).status_code == 303
    assert "一科工作群" not in (await manager.get("/console/alerts")).text


async def test_a_bad_address_is_refused_and_not_shown_again(county, groups):
    manager = await county("manager")
    answer = await add(manager, f"https://evil.example/robot/send?access_token={TOKEN}")
    assert answer.status_code == 422
    assert "只支持企业微信和钉钉" in answer.text
    assert TOKEN not in answer.text
    assert 'value="一科工作群"' in answer.text


async def test_each_department_has_its_own(county, groups):
    admin, manager, auditor, reviewer = [await county(name) for name in ("admin", "manager", "auditor", "reviewer")]
    assert (await add(admin, groups.address(), department="nowhere")).status_code == 422
    assert (await add(admin, groups.address(), department="xfjy")).status_code == 303
    page = (await admin.get("/console/alerts")).text
    robot = re.search(r"/console/alerts/robots/[0-9a-f-]{36}", page)[0]
    assert "一科工作群" not in (await manager.get("/console/alerts")).text
    for path in (f"{robot}/test", f"{robot}/remove", f"/console/alerts/robots/{uuid4()}/test"):
        assert (await manager.post(path)).status_code == 404
    seen = await auditor.get("/console/alerts")
    assert "一科工作群" in seen.text
    assert "添加群机器人" not in seen.text
    assert (await add(auditor, groups.address())).status_code == 403
    assert (await reviewer.get("/console/alerts")).status_code == 403
    # A manager's group is the own department's, whatever the form says.
    assert (await add(manager, groups.address(), department="xfjy")).status_code == 303
    assert (await manager.get("/console/alerts")).text.count("data-robot=") == 1


async def test_a_visit_shows_what_became_of_its_alerts(county, groups):
    manager, reviewer = await county("manager"), await county("reviewer")
    await add(manager, groups.address())
    page = (await planned(manager, n="3")).headers["location"]
    await manager.post(f"{page}/announce", data=SOURCE)
    draw = re.search(r"/draws/(QJ-\d+-\d+)", (await manager.get(page)).text)[1]
    for browser in (manager, reviewer):
        await browser.post(f"/console/draws/{draw}/run", data=DICE)
    visit = re.search(r"/console/visits/[0-9a-f-]{36}", (await manager.get(page)).text)[0]
    before = (await manager.get(visit)).text
    assert before.count("未读") == 2
    assert "没有可推送的设备" in before
    assert "待发送" in before
    await outbox.work_off({"robot": jobs.post_robot})
    assert "新任务 3 户" in groups.told[0]
    after = (await manager.get(visit)).text
    assert "待发送" not in after
    assert "一科工作群" in after

"""Home for each role, officers, inspections, accounts and devices."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from backend.kernel import clock
from backend.people import service
from backend.people.account_queries import AccountFilter, search_accounts
from backend.registry.service import load_industries, load_regions
from backend.storage.engine import connection, transaction
from tests.soft_authenticator import Authenticator

KEY = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}


@pytest.fixture(autouse=True)
async def codes(db):
    async with transaction():
        await load_regions()
        await load_industries()


async def officer(name: str, days: int, department: str = "scjg", **fields: object) -> UUID:
    async with transaction():
        return await service.add_inspector(
            name=name,
            department=department,
            certificate_no=f"滇D-{name}",
            certificate_expires_on=clock.today() + timedelta(days=days),
            qualifications=["law", "food"],
            counties=["530302"],
            **fields,
        )


async def visits(officer_id: UUID, *states: str, department: str = "scjg") -> list[UUID]:
    """A drawn campaign with one inspection per state, the first due yesterday, each next one four days later."""
    campaign, ids = uuid4(), []
    async with transaction():
        await connection().execute(
            "insert into campaign (id, number, name, plan_name, state, department, partners, region, counties, industries, rate_mode, rates,"
            " officers_per_visit, due_on, created_by, created_at, version)"
            " values ($1, $2, '餐饮双随机', '', 'drawn', $3, '{}', '5303', '{}', '{}', 'fixed', '{\"n\": 1}', 2, $4, $5, $6, 1)",
            campaign, f"C-{campaign.hex[:6]}", department, clock.today() + timedelta(days=9), uuid4(), clock.now(),
        )  # fmt: skip
        for n, state in enumerate(states):
            ids.append(uuid4())
            await connection().execute(
                "insert into inspection (id, campaign, draw, enterprise, enterprise_code, enterprise_name, department, county, state, sealed_salt,"
                " sealed_leaf, sealed_index, due_on, dispatched_at, version, updated_at)"
                " values ($1, $2, $3, $4, 'c', $5, $6, '530302', $7, '', '', 0, $8, $9, 1, $9)",
                ids[-1], campaign, uuid4(), uuid4(), f"饭店{department}{n}", department, state, clock.today() + timedelta(days=5 * n - 1), clock.now(),
            )  # fmt: skip
            await connection().execute(
                "insert into inspection_officer (inspection, inspector, slot, department) values ($1, $2, 0, $3)", ids[-1], officer_id, department
            )
    return ids


async def test_home_shows_each_role_its_next_steps(client, login, browsers):
    await login(client, "manager")
    who = await officer("王芳", 20)
    await visits(who, "dispatched", "submitted", "published")
    page = (await client.get("/console")).text
    assert "餐饮双随机" in page
    assert "1 项检查有期限已过" in page
    assert "1 名执法人员的执法证将在 30 天内到期" in page
    assert "麒麟区" in page
    assert "2 / 3" in page
    reviewer = await browsers()
    await login(reviewer, "reviewer", name="李<娜>")
    page = (await reviewer.get("/console?lang=en")).text
    assert "1 records wait for review" in page
    assert "李&lt;娜&gt;" in page
    auditor = await browsers()
    await login(auditor, "auditor", department=None)
    assert (await auditor.get("/console")).status_code == 200
    inspector = await browsers()
    await login(inspector, "inspector")
    assert (await inspector.get("/console")).status_code == 403


async def test_home_of_an_empty_office(client, login):
    await login(client, "admin", department=None)
    page = await client.get("/console")
    assert "没有进行中的任务" in page.text
    assert "还没有检查" in page.text


async def test_inspections_with_lamps_filters_and_departments(client, login, browsers):
    await login(client, "manager")
    mine = await officer("王芳", 900)
    await visits(mine, "dispatched", "on_site", "received", "submitted")
    fire = await officer("赵强", 900, "xfjy")
    await visits(fire, "dispatched", department="xfjy")
    page = (await client.get("/console/inspections")).text
    assert "饭店scjg0" in page
    assert "王芳" in page
    assert "饭店xfjy0" not in page
    for lamp, name in (("red", "饭店scjg0"), ("yellow", "饭店scjg1"), ("green", "饭店scjg2")):
        part = (await client.get(f"/console/inspections?lamp={lamp}", headers={"hx-request": "true"})).text
        assert [n for n in range(4) if f"饭店scjg{n}" in part] == [int(name[-1])]
    part = (await client.get("/console/inspections?state=submitted", headers={"hx-request": "true"})).text
    assert "饭店scjg3" in part
    assert "饭店scjg0" not in part
    assert "没有符合条件" in (await client.get("/console/inspections?county=530303")).text
    assert (await client.get("/console/inspections?campaign=x&after=y&lamp=z")).status_code == 200
    auditor = await browsers()
    await login(auditor, "auditor", department=None)
    assert "饭店xfjy0" in (await auditor.get("/console/inspections")).text
    elsewhere = await browsers()
    await login(elsewhere, "manager", username="m2", region="530303")
    assert "饭店scjg0" not in (await elsewhere.get("/console/inspections")).text


async def test_officers_with_their_certificates_and_loads(client, login):
    await login(client, "manager")
    soon = await officer("王芳", 20)
    await officer("钱进", -1)
    await officer("赵强", 900, "xfjy")
    await visits(soon, "dispatched", "received", "published")
    page = (await client.get("/console/inspectors")).text
    assert "执法证 20 天后到期" in page
    assert "执法证已过期" in page
    assert "赵强" not in page
    assert "食品安全检查" in page
    assert 'class="num">2</span>' in page
    assert "王芳" not in (await client.get("/console/inspectors?county=530303")).text


def form(**fields: str) -> dict[str, str]:
    base = {"username": "fang", "name": "王芳", "password": "a longer pass phrase", "role": "manager", "department": "scjg", "region": "5303"}
    return base | fields


async def test_an_administrator_makes_an_account_that_can_sign_in(client, login, browsers):
    await login(client, "admin", department=None)
    for wrong, status in (({"password": "short"}, 422), ({"department": ""}, 422), ({"name": " "}, 422), ({"username": "admin"}, 409)):
        answer = await client.post("/console/accounts", data=form(**wrong))
        assert answer.status_code == status
        assert "a longer pass phrase" not in answer.text
    assert (await client.post("/console/accounts", data=form(region="53"))).status_code == 403
    assert (await client.post("/console/accounts", data=form())).status_code == 303
    assert "王芳" in (await client.get("/console/accounts")).text
    other = await browsers()
    await other.get("/console/login")
    assert (await other.post("/console/login", data={"username": "fang", "password": "a longer pass phrase"})).status_code == 303


async def test_an_officer_gets_one_account(client, login):
    await login(client, "admin", department=None)
    who = await officer("王芳", 900)
    assert (await client.post("/console/accounts", data=form(role="inspector"))).status_code == 422
    assert (await client.post("/console/accounts", data=form(role="inspector", inspector=str(who)))).status_code == 303
    again = await client.post("/console/accounts", data=form(role="inspector", inspector=str(who), username="fang2"))
    assert again.status_code == 409
    assert {a.username for a in await search_accounts("", AccountFilter())} == {"admin", "fang"}


async def test_an_officer_is_looked_for_and_the_chosen_one_stays(client, login):
    await login(client, "admin", department=None)
    many = [await officer(f"张{n:02}", 900) for n in range(40)]
    page = (await client.get("/console/accounts")).text
    offered = re.findall(r'name="inspector" value="([0-9a-f-]{36})"', page)
    assert len(offered) == 12
    assert "请按姓名或执法证号查找" in page
    found = (await client.get("/console/accounts/officers", params={"officer": "滇D-张33", "inspector": str(many[5])})).text
    assert re.findall(r'name="inspector" value="([0-9a-f-]{36})"( checked)?', found) == [(str(many[5]), " checked"), (str(many[33]), "")]
    assert "请按姓名" not in found
    refused = await client.post("/console/accounts", data=form(role="inspector", inspector=str(many[39]), officer="张3", password="short"))
    assert refused.status_code == 422
    assert f'value="{many[39]}" checked' in refused.text, "the choice is not lost"
    assert 'name="officer" type="search" value="张3"' in refused.text
    named = (await client.get(f"/console/accounts?inspector={many[20]}")).text
    assert f'value="{many[20]}" checked' in named
    given = await client.post("/console/accounts", data=form(role="inspector", inspector=str(many[33])))
    assert given.status_code == 303
    assert str(many[33]) not in (await client.get("/console/accounts/officers", params={"officer": "张33"})).text
    assert (await client.get("/console/accounts/officers", params={"officer": "%"})).text.count('type="radio"') == 1


async def revoke(client: httpx.AsyncClient, device: UUID) -> int:
    return (await client.post(f"/console/devices/{device}/revoke")).status_code


async def test_a_lost_phone_is_revoked_and_its_owner_signed_out(client, login, browsers):
    phone = await browsers()
    owner = await login(phone, "manager", username="owner", region="530302")
    device = uuid4()
    async with transaction():
        await service.enrol_device(device, account_id=owner, name="红米 Note 12", public_key=KEY)
    page = f"/console/accounts/{owner}/devices"
    for role, scope in (("admin", {"department": None, "region": "530303"}), ("manager", {"department": "sthj"})):
        elsewhere = await browsers()
        await login(elsewhere, role, username=f"{role}-elsewhere", **scope)
        assert await revoke(elsewhere, device) == 404
        assert (await elsewhere.get(page)).status_code == 404
    for role, sees in (("reviewer", 403), ("auditor", 200)):
        reader = await browsers()
        await login(reader, role, department=None if role == "auditor" else "scjg")
        assert (await reader.get(page)).status_code == sees
        assert await revoke(reader, device) == 403
        assert "报失并停用" not in (await reader.get(page)).text
    head = await browsers()
    await login(head, "manager", username="head")  # of the owner's own department
    assert "红米 Note 12" in (await head.get(page)).text
    assert await revoke(head, device) == 303
    assert await revoke(head, device) == 303  # a second click
    assert "已报失停用" in (await head.get(page)).text
    assert (await phone.get("/console")).status_code == 303
    await login(client, "admin", department=None)
    assert f'href="{page}"' in (await client.get("/console/accounts")).text
    async with transaction():
        assert await connection().fetchval("select count(*) from ledger_entry where type = 'device.revoked'") == 1


async def test_the_office_removes_a_passkey(client, login, browsers):
    phone = await browsers()
    owner = await login(phone, "inspector", username="owner", region="530302")
    chip = Authenticator()
    asked = (await phone.post("/field/api/passkeys/challenge")).json()
    added = await phone.post("/field/api/passkeys", json={"ceremony": asked["ceremony"], "credential": chip.create(asked["options"]), "name": "红米"})
    assert added.status_code == 201, added.text
    place = f"/console/accounts/{owner}/passkeys/{added.json()['id']}/remove"
    elsewhere = await browsers()
    await login(elsewhere, "manager", username="elsewhere", department="sthj")
    assert (await elsewhere.post(place)).status_code == 404
    await login(client, "admin", department=None)
    assert "红米" in (await client.get(f"/console/accounts/{owner}/devices")).text
    assert (await client.post(place)).status_code == 303
    assert "没有通行密钥" in (await client.get(f"/console/accounts/{owner}/devices")).text
    assert (await client.post(place)).status_code == 404


async def test_officers_lead_to_their_phones(client, login, browsers):
    officer_browser = await browsers()
    account = await login(officer_browser, "inspector")
    await login(client, "manager")
    assert f"/console/accounts/{account}/devices" in (await client.get("/console/inspectors")).text
    reviewer = await browsers()
    await login(reviewer, "reviewer")
    assert f"/console/accounts/{account}/devices" not in (await reviewer.get("/console/inspectors")).text


async def test_accounts_are_for_administrators(client, login):
    await login(client, "manager")
    assert (await client.get("/console/accounts")).status_code == 403
    assert (await client.post("/console/accounts", data=form())).status_code == 403

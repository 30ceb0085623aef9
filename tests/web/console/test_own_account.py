"""One's own password and sessions, and what an administrator does about others' sign-in (OWASP ASVS 5.0, V6 and V7)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from backend.kernel import clock
from backend.people import rules
from backend.storage.engine import connection, transaction
from tests.web.conftest import PASSWORD

NEW = "gravel tuba lantern"


def changing(current: str = PASSWORD, new: str = NEW, again: str | None = None) -> dict[str, str]:
    return {"current": current, "new": new, "again": new if again is None else again}


async def sign_in(browser, username: str, password: str):
    await browser.get("/console/login")
    return await browser.post("/console/login", data={"username": username, "password": password})


async def test_changing_ones_password_ends_the_other_sessions_and_is_told(browsers, login):
    here, there = await browsers(), await browsers()
    account = await login(here, "manager")
    assert (await sign_in(there, "manager", PASSWORD)).status_code == 303
    key = here.cookies["sid"]
    assert (await here.post("/console/me/password", data=changing())).headers["location"] == "/console/me?done=password"
    assert here.cookies["sid"] == key
    assert (await here.get("/console")).status_code == 200
    assert (await there.get("/console")).status_code == 303
    assert (await sign_in(there, "manager", PASSWORD)).status_code == 401
    assert (await sign_in(there, "manager", NEW)).status_code == 303
    assert "密码已更改" in (await here.get("/console")).text
    async with transaction():
        assert await connection().fetchval("select count(*) from ledger_entry where type = 'password.changed'") == 1
        assert await connection().fetchval("select kind from inbox_entry where account = $1", account) == "password.changed"


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        (changing(current="not the password"), 403, "当前密码不正确"),
        (changing(again="gravel tuba lanterns"), 422, "两次输入不一致"),
        (changing(new="short"), 422, "至少 10 个字符"),
        (changing(new=PASSWORD), 422, "与原密码相同"),
        (changing(new="Sunlot-2026!"), 422, "太容易猜到"),
        (changing(new="manager and more of it"), 422, "不能包含账号名"),
    ],
)
async def test_what_is_refused(client, login, form, status, words):
    await login(client, "manager")
    answer = await client.post("/console/me/password", data=form)
    assert answer.status_code == status
    assert words in answer.text
    assert form["new"] not in answer.text
    assert (await sign_in(client, "manager", PASSWORD)).status_code == 303


async def test_the_present_password_cannot_be_guessed_here(client, login):
    await login(client, "manager")
    for _ in range(rules.FAILURES_PER_ACCOUNT):
        assert (await client.post("/console/me/password", data=changing(current="a guess of it"))).status_code == 403
    refused = await client.post("/console/me/password", data=changing())
    assert refused.status_code == 429
    assert (await client.post("/console/me/sessions/end", data={"password": PASSWORD})).status_code == 429


async def test_sessions_are_seen_and_ended_with_the_password(browsers, login):
    here, there = await browsers(), await browsers()
    await login(here, "reviewer")
    there.headers["user-agent"] = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 <script>"
    await sign_in(there, "reviewer", PASSWORD)
    page = (await here.get("/console/me")).text
    assert page.count('data-testid="session"') == 2
    assert "Chrome · Windows" in page
    [other] = re.findall(r"/console/me/sessions/([0-9a-f-]{36})/end", page)
    assert (await here.post(f"/console/me/sessions/{other}/end", data={"password": "wrong"})).status_code == 403
    assert (await there.get("/console")).status_code == 200
    assert (await here.post(f"/console/me/sessions/{other}/end", data={"password": PASSWORD})).status_code == 303
    assert (await there.get("/console")).status_code == 303

    stranger = await browsers()
    await login(stranger, "manager")
    await sign_in(there, "reviewer", PASSWORD)
    [other] = re.findall(r"/console/me/sessions/([0-9a-f-]{36})/end", (await here.get("/console/me")).text)
    assert (await stranger.post(f"/console/me/sessions/{other}/end", data={"password": PASSWORD})).status_code == 404
    assert (await here.post("/console/me/sessions/end", data={"password": PASSWORD})).status_code == 303
    assert (await there.get("/console")).status_code == 303
    assert (await here.get("/console")).status_code == 200


async def test_a_session_that_nobody_uses_ends_and_one_in_use_goes_on_to_its_end(browsers, login):
    office, phone = await browsers(), await browsers()
    start = clock.now()
    await login(office, "manager")
    await login(phone, "inspector")

    async def at(minutes: int, browser, path: str) -> int:
        moment = start + timedelta(minutes=minutes)
        clock.hold(lambda: moment)
        return (await browser.get(path)).status_code

    assert await at(59, office, "/console") == 200
    assert await at(117, office, "/console") == 200
    assert await at(179, office, "/console") == 303
    assert await at(179, phone, "/field/api/bundle") == 200
    assert await at(11 * 60, phone, "/field/api/bundle") == 200
    assert await at(12 * 60 + 1, phone, "/field/api/bundle") == 401


async def test_an_initial_password_is_good_for_nothing_but_changing_it(browsers, login):
    admin, fresh, phone = await browsers(), await browsers(), await browsers()
    await login(admin, "admin", department=None)
    made = await admin.post(
        "/console/accounts", data={"username": "new", "name": "新来的", "password": PASSWORD, "role": "manager", "department": "scjg", "region": "5303"}
    )
    assert made.status_code == 303, made.text
    entered = await sign_in(fresh, "new", PASSWORD)
    assert entered.headers["location"] == "/console/me"
    for path in ("/console", "/console/enterprises", "/console/campaigns"):
        assert (await fresh.get(path)).headers["location"] == "/console/me", path
    assert (await fresh.post("/console/notices/read")).headers["location"] == "/console/me"
    assert "初始密码" in (await fresh.get("/console/me")).text
    assert (await phone.post("/field/api/session", json={"username": "new", "password": PASSWORD})).status_code in (200, 403)
    assert (await fresh.post("/console/me/password", data=changing())).status_code == 303
    assert (await fresh.get("/console")).status_code == 200

    async with transaction():
        account = await connection().fetchval("select id from account where username = 'new'")
    given = {"new": "lantern gravel tuba", "own": PASSWORD}
    assert (await admin.post(f"/console/accounts/{account}/sign-in", data={**given, "own": "wrong"})).status_code == 403
    assert (await fresh.get("/console")).status_code == 200
    assert (await admin.post(f"/console/accounts/{account}/sign-in", data=given)).status_code == 303
    assert (await fresh.get("/console")).headers["location"].startswith("/console/login")
    assert (await sign_in(fresh, "new", given["new"])).headers["location"] == "/console/me"


async def test_a_stopped_account_is_out_at_once(browsers, login):
    admin, other = await browsers(), await browsers()
    own = await login(admin, "admin", department=None)
    account = await login(other, "manager")
    path = f"/console/accounts/{account}/sign-in"
    assert (await admin.post(path, data={"standing": "stop", "reason": "", "own": PASSWORD})).status_code == 422
    assert (await admin.post(path, data={"standing": "stop", "reason": "调离", "own": PASSWORD})).status_code == 303
    assert (await other.get("/console")).status_code == 303
    assert (await sign_in(other, "manager", PASSWORD)).status_code == 401
    assert (await admin.post(path, data={"standing": "start", "reason": "调回", "own": PASSWORD})).status_code == 303
    assert (await sign_in(other, "manager", PASSWORD)).status_code == 303
    assert (await admin.post(f"/console/accounts/{own}/sign-in", data={"standing": "stop", "reason": "x", "own": PASSWORD})).status_code == 403
    assert (await other.post(path, data={"standing": "stop", "reason": "x", "own": PASSWORD})).status_code == 403


async def test_who_is_kept_out_by_failed_tries_finds_it_in_the_inbox_once(browsers, login):
    owner, guesser = await browsers(), await browsers()
    account = await login(owner, "manager")
    for _ in range(rules.FAILURES_PER_ACCOUNT + 2):
        await sign_in(guesser, "manager", "a guess of it")
    assert "登录已被暂停" in (await owner.get("/console")).text
    async with transaction():
        assert await connection().fetchval("select count(*) from inbox_entry where account = $1", account) == 1

"""Who must have a second factor and is led to it; what an administrator does about lost ones (OWASP ASVS 5.0, 6.3.3 and 6.4.4)."""

from __future__ import annotations

import html
import re

import pytest

from backend.kernel.settings import settings
from backend.storage.engine import connection, transaction
from tests.soft_authenticator import Authenticator
from tests.web.conftest import PASSWORD
from tests.web.console.test_second_factor import (  # the fixture of a clock that stands still is one of them
    FACTOR,
    _still,  # noqa: F401
    add_app,
    add_passkey,
    code_of,
    give_code,
    give_password,
    is_in,
    use_passkey,
    wait,
)


async def test_who_must_have_one_is_led_to_it_and_can_do_nothing_else(browsers, login, environment):
    desk, other = await browsers(), await browsers()
    await login(desk, "manager")
    environment(SECOND_FACTOR="required")
    for path in ("/console", "/console/enterprises", "/console/me"):
        assert (await desk.get(path)).headers["location"] == FACTOR, path
    assert (await desk.post("/console/notices/read")).headers["location"] == FACTOR
    assert (await desk.get("/console/enterprises", headers={"hx-request": "true"})).headers["hx-redirect"] == FACTOR
    refused = await desk.get("/console/live", headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (403, "must-add-factor")
    page = (await desk.get(FACTOR)).text
    assert "您的岗位必须有第二验证" in page
    assert 'id="app-password"' not in page, "the password was typed a moment ago"
    secret, codes = await add_app(desk, password="")
    assert len(codes) == 10
    assert await is_in(desk)
    await give_password(other, "manager")
    assert (await give_code(other, code_of(secret))).status_code == 303
    assert await is_in(other)
    # Taking the last one off leads back.
    assert (await other.post(f"{FACTOR}/app/remove", data={"password": PASSWORD})).status_code == 303
    assert (await other.get("/console")).headers["location"] == FACTOR
    assert (await other.post("/console/logout")).headers["location"] == "/console/login"


async def test_a_passkey_is_enough_for_who_must_have_one(browsers, login, environment):
    desk = await browsers()
    await login(desk, "auditor", department=None)
    environment(SECOND_FACTOR="required")
    assert (await desk.get("/console")).headers["location"] == FACTOR
    assert (await add_passkey(desk, Authenticator(), password="")).json() == {"codes_due": True}
    assert await is_in(desk)
    assert "还没有恢复码" in (await desk.get(FACTOR)).text


async def test_an_old_session_types_the_password_before_it_sets_one_up(browsers, login, environment):
    desk = await browsers()
    await login(desk, "manager")
    environment(SECOND_FACTOR="required")
    wait(minutes=11)
    assert 'id="app-password"' in (await desk.get(FACTOR)).text
    assert (await desk.post(f"{FACTOR}/app", data={})).status_code == 403
    assert (await desk.post(f"{FACTOR}/app", data={"password": PASSWORD})).status_code == 303


async def test_an_initial_password_is_changed_before_the_factor_is_set_up(browsers, login, environment):
    admin, fresh = await browsers(), await browsers()
    await login(admin, "admin", department=None)
    form = {"username": "new", "name": "新来的", "password": PASSWORD, "role": "manager", "department": "scjg", "region": "5303"}
    assert (await admin.post("/console/accounts", data=form)).status_code == 303
    environment(SECOND_FACTOR="required")
    assert (await give_password(fresh, "new")).headers["location"] == "/console/me"
    assert (await fresh.get("/console/me")).status_code == 200
    assert (await fresh.get(FACTOR)).headers["location"] == "/console/me"
    new = "gravel tuba lantern"
    assert (await fresh.post("/console/me/password", data={"current": PASSWORD, "new": new, "again": new})).status_code == 303
    assert (await fresh.get("/console")).headers["location"] == FACTOR


async def test_who_works_on_a_phone_alone_need_not_have_one(browsers, login, environment):
    environment(SECOND_FACTOR="required")
    phone = await browsers()
    await login(phone, "inspector")
    assert (await phone.get("/field/api/bundle")).status_code == 200


@pytest.mark.parametrize(
    ("env", "expected"), [({}, "optional"), ({"SUNLOT_ENV": "production"}, "required"), ({"SUNLOT_ENV": "production", "SECOND_FACTOR": "optional"}, "optional")]
)
def test_the_setting(environment, env, expected):
    environment(**{"SECOND_FACTOR": None, "SUNLOT_ENV": None, **env})
    assert settings().second_factor == expected
    environment(SECOND_FACTOR="perhaps")
    with pytest.raises(ValueError, match="SECOND_FACTOR"):
        settings()


async def test_a_lost_factor_is_taken_off_by_an_administrator(browsers, login):
    admin, desk, other = await browsers(), await browsers(), await browsers()
    own = await login(admin, "admin", department=None)
    account = await login(desk, "manager")
    secret, codes = await add_app(desk)
    chip = Authenticator()
    await add_passkey(desk, chip)
    await give_password(other, "manager")
    path = f"/console/accounts/{account}/sign-in"
    good = {"factor": "off", "own": PASSWORD, "reason": "本人到办公室，核对工作证"}
    assert "取消第二验证" in (await admin.get(f"/console/accounts/{account}/devices")).text
    assert (await admin.get("/console/accounts?q=manager")).text.count("已启用") == 1
    assert (await admin.post(path, data={**good, "own": "a guess of it"})).status_code == 403
    unsaid = await admin.post(path, data={**good, "reason": " "})
    assert (unsaid.status_code, "如何核实" in unsaid.text) == (422, True)
    assert (await admin.post(f"/console/accounts/{own}/sign-in", data=good)).status_code == 403, "not one's own"
    assert (await desk.post(path, data=good)).status_code == 403, "an administrator's business"
    [passkey] = re.findall(rf"{FACTOR}/passkeys/([0-9a-f-]{{36}})/remove", (await desk.get(FACTOR)).text)
    assert (await admin.post(f"/console/accounts/{account}/passkeys/{passkey}/remove")).status_code == 403, "not one by one, and not without the password"
    assert await is_in(desk)
    done = await admin.post(path, data=good)
    assert done.status_code == 303
    assert "第二验证已全部取消" in (await admin.get(done.headers["location"])).text
    assert not await is_in(desk)
    assert (await give_code(other, code_of(secret))).headers["location"].startswith("/console/login?over=1")
    assert (await use_passkey(other, chip)).status_code == 401
    assert (await give_password(other, "manager")).headers["location"] == "/console"
    assert "第二验证已移除" in html.unescape((await other.get("/console")).text)
    assert codes
    async with transaction():
        entry = await connection().fetchval(
            "select p.payload from ledger_entry e join ledger_payload p on p.entry_id = e.entry_id where e.type = 'factor.removed'"
        )
    assert "核对工作证" in str(entry)


async def test_an_administrator_of_another_city_takes_nothing_off(browsers, login):
    admin, desk = await browsers(), await browsers()
    await login(admin, "admin", department=None, region="5304")
    account = await login(desk, "manager")
    await add_app(desk)
    form = {"factor": "off", "own": PASSWORD, "reason": "x"}
    assert (await admin.post(f"/console/accounts/{account}/sign-in", data=form)).status_code == 404
    assert await is_in(desk)

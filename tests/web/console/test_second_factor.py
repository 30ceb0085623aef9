"""The office's second factor: passkeys and authenticator apps at the desk, each way in and each refusal (OWASP ASVS 5.0, 6.3.3, 6.4.4, 6.5, 7.5.1)."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from backend.factors.rules import STEP_LIFETIME
from backend.kernel import clock
from backend.people import rules
from backend.storage.engine import connection, transaction
from tests.soft_authenticator import Authenticator
from tests.web.conftest import PASSWORD

FACTOR = "/console/me/factor"


@pytest.fixture(autouse=True)
def _still():
    now = clock.now()
    clock.hold(lambda: now)


def wait(**time: float) -> None:
    later = clock.now() + timedelta(**time)
    clock.hold(lambda: later)


def code_of(secret: str, off: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30 + off)


def read_secret(page: str) -> str:
    found = re.search(r'data-testid="secret">([^<]+)<', page)
    assert found
    return found[1].replace(" ", "")


def read_codes(page: str) -> list[str]:
    return re.findall(r"<li>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</li>", page)


JSON = {"accept": "application/json"}


async def add_app(browser, *, password: str = PASSWORD) -> tuple[str, list[str]]:
    """Secret and recovery codes."""
    begun = await browser.post(f"{FACTOR}/app", data={"password": password})
    assert begun.status_code == 303, begun.text
    secret = read_secret((await browser.get(FACTOR)).text)
    confirmed = await browser.post(f"{FACTOR}/app/confirm", data={"code": code_of(secret)})
    assert confirmed.status_code in (200, 303), confirmed.text
    wait(seconds=30)
    return secret, read_codes(confirmed.text)


async def add_passkey(browser, chip: Authenticator, *, password: str = PASSWORD, name: str = "办公室电脑"):
    asked = await browser.post(f"{FACTOR}/passkeys/challenge", json={"password": password}, headers=JSON)
    assert asked.status_code == 200, asked.text
    credential = chip.create(asked.json()["options"])
    return await browser.post(f"{FACTOR}/passkeys", json={"ceremony": asked.json()["ceremony"], "credential": credential, "name": name}, headers=JSON)


async def use_passkey(browser, chip: Authenticator, target: str = ""):
    await browser.get("/console/login")
    asked = (await browser.post("/console/login/passkey/challenge")).json()
    answer = {"ceremony": asked["ceremony"], "credential": chip.get(asked["options"]), "next": target}
    return await browser.post("/console/login/passkey", json=answer, headers=JSON)


async def give_password(browser, username: str, password: str = PASSWORD, target: str = ""):
    await browser.get("/console/login")
    return await browser.post("/console/login", data={"username": username, "password": password, "next": target})


async def give_code(browser, code: str, target: str = "/console"):
    return await browser.post("/console/login/code", data={"code": code, "next": target})


async def is_in(browser) -> bool:
    return (await browser.get("/console")).status_code == 200


async def inbox(account) -> list[str]:
    async with transaction():
        return sorted(row["kind"] for row in await connection().fetch("select kind from inbox_entry where account = $1", account))


async def test_an_app_is_added_and_asked_for_after_the_password(browsers, login):
    desk, other = await browsers(), await browsers()
    account = await login(desk, "manager")
    await give_password(other, "manager")
    assert await is_in(other)
    assert "尚未设置" in (await desk.get("/console/me")).text
    secret, codes = await add_app(desk)
    assert len(codes) == 10
    assert await is_in(desk)
    assert not await is_in(other), "every other session ends"
    page = (await desk.get(FACTOR)).text
    assert secret not in page.replace(" ", "")
    assert not read_codes(page), "shown once"
    assert await inbox(account) == ["factor.added"]

    half = await give_password(other, "manager", target="/console/enterprises")
    assert (half.status_code, half.headers["location"]) == (303, "/console/login/code?next=%2Fconsole%2Fenterprises")
    assert not await is_in(other), "the password alone opens nothing"
    asked = (await other.get(half.headers["location"])).text
    assert 'autocomplete="one-time-code"' in asked
    assert "passkey-in" not in asked
    entered = await give_code(other, f" {code_of(secret)[:3]} {code_of(secret)[3:]} ", "/console/enterprises")
    assert (entered.status_code, entered.headers["location"]) == (303, "/console/enterprises")
    assert await is_in(other)
    assert "step" not in other.cookies
    async with transaction():
        assert await connection().fetchval("select count(*) from sign_in_step") == 0


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/field/", "/console\r\nSet-Cookie: x=1"])
async def test_the_second_step_leads_nowhere_else(browsers, login, target):
    desk, other = await browsers(), await browsers()
    await login(desk, "manager")
    secret, _codes = await add_app(desk)
    assert (await give_password(other, "manager", target=target)).headers["location"] == "/console/login/code?next=%2Fconsole"
    assert (await give_code(other, code_of(secret), target)).headers["location"] == "/console"


async def test_a_code_is_good_once_and_wrong_ones_count_with_passwords(browsers, login):
    desk, first, second = await browsers(), await browsers(), await browsers()
    account = await login(desk, "manager")
    secret, _codes = await add_app(desk)
    for browser in (first, second):
        await give_password(browser, "manager")
    code = code_of(secret)
    assert (await give_code(first, code)).status_code == 303
    assert (await give_code(second, code)).status_code == 401
    assert not await is_in(second)
    wait(seconds=60)

    # A thief with the password: typing it again buys no more guesses.
    for n in range(rules.FAILURES_PER_ACCOUNT - 1):
        assert (await give_password(second, "manager")).headers["location"].startswith("/console/login/code"), n
        refused = await give_code(second, "000000" if code_of(secret) != "000000" else "000001")
        assert (refused.status_code, "验证码不正确" in refused.text) == (401, True), n
    assert (await give_password(second, "manager")).status_code == 429
    assert (await inbox(account)).count("factor.failed") == 1
    assert await is_in(desk)
    wait(seconds=rules.WINDOW.total_seconds() + 1)
    await give_password(second, "manager")
    assert (await give_code(second, code_of(secret))).status_code == 303


async def test_a_right_code_forgets_the_wrong_ones(browsers, login):
    desk, other = await browsers(), await browsers()
    await login(desk, "manager")
    secret, _codes = await add_app(desk)
    for _ in range(3):
        await give_password(other, "manager")
        for typed in ("1", "nonsense"):
            assert (await give_code(other, typed)).status_code == 401
        assert (await give_code(other, code_of(secret))).status_code == 303
        wait(seconds=30)


async def test_the_second_step_has_its_time_and_its_browser(browsers, login):
    desk, other, stranger = await browsers(), await browsers(), await browsers()
    await login(desk, "manager")
    secret, _codes = await add_app(desk)
    await give_password(other, "manager")
    await stranger.get("/console/login")
    for browser in (stranger,):
        answer = await give_code(browser, code_of(secret))
        assert answer.headers["location"].startswith("/console/login?over=1")
        assert not await is_in(browser)
    wait(seconds=STEP_LIFETIME.total_seconds() + 1)
    over = await give_code(other, code_of(secret))
    assert over.headers["location"].startswith("/console/login?over=1")
    assert "等待时间过长" in (await other.get(over.headers["location"])).text
    assert not await is_in(other)


async def test_changing_the_password_ends_half_done_sign_ins(browsers, login):
    desk, thief = await browsers(), await browsers()
    await login(desk, "manager")
    secret, _codes = await add_app(desk)
    await give_password(thief, "manager")
    new = "gravel tuba lantern"
    assert (await desk.post("/console/me/password", data={"current": PASSWORD, "new": new, "again": new})).status_code == 303
    assert (await give_code(thief, code_of(secret))).headers["location"].startswith("/console/login?over=1")


async def test_a_recovery_code_opens_once_and_its_owner_is_told(browsers, login):
    desk, other = await browsers(), await browsers()
    account = await login(desk, "manager")
    _secret, codes = await add_app(desk)
    await give_password(other, "manager")
    assert (await give_code(other, codes[0].lower())).status_code == 303
    assert await is_in(other)
    assert "还剩 9 个" in (await other.get("/console")).text
    await give_password(other, "manager")
    assert (await give_code(other, codes[0])).status_code == 401
    # New ones take the password, and end the old ones.
    assert (await desk.post(f"{FACTOR}/codes", data={"password": "a guess of it"})).status_code == 403
    fresh = read_codes((await desk.post(f"{FACTOR}/codes", data={"password": PASSWORD})).text)
    assert len(fresh) == 10
    assert (await give_code(other, codes[1])).status_code == 401
    assert (await give_code(other, fresh[1])).status_code == 303
    assert await inbox(account) == ["factor.added", "recovery.issued", "recovery.used", "recovery.used"]


async def test_a_passkey_at_the_desk_is_both_factors_in_one_act(browsers, login):
    desk, other, third = await browsers(), await browsers(), await browsers()
    account = await login(desk, "reviewer")
    chip = Authenticator()
    added = await add_passkey(desk, chip)
    assert (added.status_code, added.json()) == (201, {"codes_due": True})
    codes = read_codes((await desk.post(f"{FACTOR}/codes", data={})).text)
    assert len(codes) == 10
    assert "办公室电脑" in (await desk.get(FACTOR)).text
    assert "办公室电脑" in (await desk.get("/console/me")).text
    entered = await use_passkey(other, chip, "/console/reviews")
    assert (entered.status_code, entered.json()) == (200, {"next": "/console/reviews"})
    assert await is_in(other)
    assert (await use_passkey(third, chip, "https://evil.example/")).json() == {"next": "/console"}

    # From now on the password alone opens nothing: the passkey, or a recovery code.
    await other.post("/console/logout")
    half = await give_password(other, "reviewer")
    page = (await other.get(half.headers["location"])).text
    assert 'id="passkey-in"' in page
    assert "one-time-code" not in page
    assert (await give_code(other, "123456")).status_code == 401
    assert (await give_code(other, codes[0])).status_code == 303
    assert await inbox(account) == ["passkey.added", "recovery.issued", "recovery.used"]


async def test_a_wrong_passkey_is_refused_at_the_desk(browsers, login):
    desk, other = await browsers(), await browsers()
    await login(desk, "reviewer")
    chip = Authenticator()
    await add_passkey(desk, chip)
    refused = await use_passkey(other, Authenticator())
    assert (refused.status_code, refused.json()["code"]) == (401, "bad-passkey")
    chip.origin = "https://evil.example"
    assert (await use_passkey(other, chip)).status_code == 401
    assert not await is_in(other)


async def test_adding_takes_the_present_password(browsers, login):
    desk = await browsers()
    await login(desk, "manager")
    for password in ("", "a guess of it"):
        refused = await desk.post(f"{FACTOR}/passkeys/challenge", json={"password": password}, headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (403, "wrong-password")
        assert "当前密码不正确" in (await desk.post(f"{FACTOR}/app", data={"password": password})).text
    assert 'data-testid="secret"' not in (await desk.get(FACTOR)).text
    # What was asked for while the proof was fresh is not shown or taken later.
    await desk.post(f"{FACTOR}/app", data={"password": PASSWORD})
    secret = read_secret((await desk.get(FACTOR)).text)
    asked = (await desk.post(f"{FACTOR}/passkeys/challenge", json={"password": PASSWORD})).json()
    wait(minutes=11)
    assert 'data-testid="secret"' not in (await desk.get(FACTOR)).text
    late = await desk.post(f"{FACTOR}/app/confirm", data={"code": code_of(secret)})
    assert (late.status_code, "请再次输入当前密码" in late.text) == (403, True)
    credential = Authenticator().create(asked["options"])
    answer = await desk.post(f"{FACTOR}/passkeys", json={"ceremony": asked["ceremony"], "credential": credential, "name": "x"}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "prove-first")


async def test_a_wrong_first_code_turns_nothing_on(browsers, login):
    desk, other = await browsers(), await browsers()
    await login(desk, "manager")
    await desk.post(f"{FACTOR}/app", data={"password": PASSWORD})
    secret = read_secret((await desk.get(FACTOR)).text)
    refused = await desk.post(f"{FACTOR}/app/confirm", data={"code": "000000" if code_of(secret) != "000000" else "000001"})
    assert refused.status_code == 401
    assert read_secret(refused.text) == secret, "the code to scan is still there"
    assert (await give_password(other, "manager")).headers["location"] == "/console"


async def test_ones_own_are_removed_with_the_password_and_nobody_elses(browsers, login):
    desk, other, stranger = await browsers(), await browsers(), await browsers()
    account = await login(desk, "manager")
    await login(stranger, "reviewer")
    secret, codes = await add_app(desk)
    await add_passkey(desk, Authenticator())
    [passkey] = re.findall(rf"{FACTOR}/passkeys/([0-9a-f-]{{36}})/remove", (await desk.get(FACTOR)).text)
    path = f"{FACTOR}/passkeys/{passkey}/remove"
    assert (await desk.post(path, data={"password": "a guess of it"})).status_code == 403
    assert (await stranger.post(path, data={"password": PASSWORD})).status_code == 404
    assert (await desk.post(path, data={"password": PASSWORD})).status_code == 303
    await give_password(other, "manager")
    assert (await give_code(other, codes[0])).status_code == 303, "the app is still there, and so are its recovery codes"
    assert (await desk.post(f"{FACTOR}/app/remove", data={"password": ""})).status_code == 403
    assert (await desk.post(f"{FACTOR}/app/remove", data={"password": PASSWORD})).status_code == 303
    assert not await is_in(other)
    assert (await give_password(other, "manager")).headers["location"] == "/console"
    async with transaction():
        assert await connection().fetchval("select count(*) from recovery_code") == 0
        assert await connection().fetchval("select count(*) from ledger_entry where type in ('factor.removed', 'passkey.removed')") == 2
    assert (await inbox(account)).count("factor.removed") == 2
    assert (await give_code(other, code_of(secret))).headers["location"].startswith("/console/login?over=1")


async def test_pages_without_a_script_say_what_is_missing(browsers, login, environment):
    """The button of a passkey is hidden until a script shows it; the words that stand in for it are there."""
    desk = await browsers()
    await login(desk, "manager")
    page = (await desk.get(FACTOR)).text
    assert re.search(r'<form id="passkey-add"[^>]* hidden>', page)
    assert 'id="passkey-none"' in page
    assert re.search(r'<div[^>]* id="passkey-in"[^>]* hidden>', (await (await browsers()).get("/console/login")).text)
    environment(BASE_URL="http://10.0.0.7:8000")
    assert 'data-at=""' in (await desk.get(FACTOR)).text
    refused = await desk.post(f"{FACTOR}/passkeys/challenge", json={"password": PASSWORD}, headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "no-passkeys")

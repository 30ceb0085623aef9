"""The phone's sign-in over real HTTP: passkeys, the session that knows its phone, a lost phone, an account that changed under a page."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pyotp

from backend.cli.demo.fieldwork import Phone
from backend.factors import service as factors
from backend.kernel import clock
from backend.people import rules
from backend.storage.engine import connection, transaction
from tests.soft_authenticator import Authenticator
from tests.web.field.test_field import signed_in

PUSH = {"endpoint": "https://fcm.googleapis.com/x", "keys": {"p256dh": "A" * 87, "auth": "B" * 22}}


async def enrol(browser, phone: Phone):
    return await browser.put(f"/field/api/devices/{phone.id}", json={"name": "红米", "public_key": phone.public_jwk()})


async def add_passkey(browser, chip: Authenticator) -> str:
    asked = (await browser.post("/field/api/passkeys/challenge")).json()
    added = await browser.post("/field/api/passkeys", json={"ceremony": asked["ceremony"], "credential": chip.create(asked["options"]), "name": "红米"})
    assert added.status_code == 201, added.text
    return str(added.json()["id"])


async def use_passkey(browser, chip: Authenticator):
    asked = (await browser.post("/field/api/session/passkey/challenge")).json()
    return await browser.post("/field/api/session/passkey", json={"ceremony": asked["ceremony"], "credential": chip.get(asked["options"])})


async def test_from_the_password_to_the_passkey(county):
    browser, chip = await signed_in(county), Authenticator()
    passkey = await add_passkey(browser, chip)
    [shown] = (await browser.get("/field/api/passkeys")).json()["passkeys"]
    assert (shown["id"], shown["name"], shown["device"], shown["last_used_at_ms"]) == (passkey, "红米", None, None)
    fresh = await county("")
    session = (await fresh.get("/field/api/session")).json()
    assert (session["account"], session["passkeys_at"]) == (None, "http://localhost:8000")
    before = fresh.cookies.get("sid")
    answer = await use_passkey(fresh, chip)
    assert answer.status_code == 200, answer.text
    assert answer.json()["account"]["username"] == "inspector"
    assert fresh.cookies["sid"] != before
    assert (await fresh.get("/field/api/bundle")).status_code == 200
    old = fresh.cookies["sid"]
    await use_passkey(fresh, chip)
    assert fresh.cookies["sid"] != old  # a key is never kept over a sign-in
    assert (await browser.delete(f"/field/api/passkeys/{passkey}")).status_code == 204
    assert (await browser.delete(f"/field/api/passkeys/{passkey}")).status_code == 404
    refused = await use_passkey(await county(""), chip)
    assert (refused.status_code, refused.json()["code"]) == (401, "bad-passkey")


async def test_a_passkey_of_another_person_is_not_theirs_to_remove(county):
    browser, chip = await signed_in(county), Authenticator()
    passkey = await add_passkey(browser, chip)
    colleague = await county("inspector2")
    assert (await colleague.delete(f"/field/api/passkeys/{passkey}")).status_code == 404
    assert (await use_passkey(await county(""), chip)).status_code == 200


async def test_a_session_knows_its_phone_and_what_it_subscribes(county):
    browser, phone = await signed_in(county), Phone()
    assert (await browser.get("/field/api/session")).json()["device"] is None
    for _ in range(2):
        assert (await enrol(browser, phone)).status_code == 200
        assert (await browser.get("/field/api/session")).json()["device"] == str(phone.id)
    assert (await browser.put("/field/api/push", json=PUSH)).status_code == 204
    async with transaction():
        assert await connection().fetchval("select device from push_subscription where endpoint = $1", PUSH["endpoint"]) == phone.id
    again = await signed_in(county)  # the next session says it anew
    assert (await again.get("/field/api/session")).json()["device"] is None
    await enrol(again, phone)
    assert (await again.get("/field/api/session")).json()["device"] == str(phone.id)


async def test_a_lost_phone_is_told_and_everything_of_it_ends_but_nothing_of_the_other(county):
    lost_phone, other_phone = await signed_in(county), await signed_in(county)
    lost, other = Phone(), Phone()
    await enrol(lost_phone, lost)
    await enrol(other_phone, other)
    on_lost, on_other, synced = Authenticator(), Authenticator(), Authenticator(syncs=True)
    await add_passkey(lost_phone, on_lost)
    await add_passkey(other_phone, on_other)
    await add_passkey(other_phone, synced)
    for browser, name in ((lost_phone, "lost"), (other_phone, "other")):
        await browser.put("/field/api/push", json={**PUSH, "endpoint": f"https://fcm.googleapis.com/{name}"})
    manager = await county("manager")
    assert (await manager.post(f"/console/devices/{lost.id}/revoke")).status_code == 303

    assert (await lost_phone.get("/field/api/bundle")).status_code == 401
    told = (await lost_phone.get("/field/api/session", params={"device": str(lost.id)})).json()
    assert told["account"] is None
    assert told["revoked"]["id"] == str(lost.id)
    assert abs(told["revoked"]["at_ms"] - told["server_time_ms"]) < 60_000
    assert (await use_passkey(lost_phone, on_lost)).status_code == 401
    assert (await use_passkey(lost_phone, synced)).status_code == 401
    async with transaction():
        left = [r["endpoint"] for r in await connection().fetch("select endpoint from push_subscription where endpoint like 'https://fcm%'")]
    assert left == ["https://fcm.googleapis.com/other"]

    assert (await other_phone.get("/field/api/bundle")).status_code == 200
    assert (await other_phone.get("/field/api/session", params={"device": str(other.id)})).json()["revoked"] is None
    assert (await use_passkey(await county(""), on_other)).status_code == 200

    # Its officer signs in on it again: the old key stays out, a new one comes in.
    await lost_phone.post("/field/api/session", json={"username": "inspector", "password": "sunlot-demo"})
    refused = await enrol(lost_phone, lost)
    assert (refused.status_code, refused.json()["code"]) == (403, "device-revoked")
    assert (await enrol(lost_phone, Phone())).status_code == 200


async def test_a_page_whose_account_changed_is_refused(county):
    browser = await signed_in(county)
    mine = (await browser.get("/field/api/session")).json()["account"]["id"]
    assert (await browser.get("/field/api/bundle", headers={"x-account": mine})).status_code == 200
    await browser.post("/field/api/session", json={"username": "inspector2", "password": "sunlot-demo"})
    for method, path in (("GET", "/bundle"), ("POST", "/recusals"), ("DELETE", "/session"), ("PUT", f"/evidence/{'0' * 64}")):
        stale = await browser.request(method, f"/field/api{path}", headers={"x-account": mine})
        assert (stale.status_code, stale.json()["code"]) == (401, "other-account"), path
    assert (await browser.get("/field/api/bundle")).status_code == 200
    assert UUID(mine) != UUID((await browser.get("/field/api/session")).json()["account"]["id"])


def wait(**time: float) -> None:
    later = clock.now() + timedelta(**time)
    clock.hold(lambda: later)


async def add_app(username: str) -> tuple[str, list[str]]:
    async with transaction():
        account = await connection().fetchval("select id from account where username = $1", username)
        await factors.begin_app(account)
        secret = await factors.find_pending(account)
        assert secret
        assert await factors.confirm_app(account, code_of(secret))
        codes = await factors.issue_codes(account)
    wait(seconds=30)
    return secret, codes


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30)


async def give_password(browser, username: str):
    await browser.get("/field/api/session")
    return await browser.post("/field/api/session", json={"username": username, "password": "sunlot-demo"})


async def test_a_password_on_the_phone_is_followed_by_the_code_where_there_is_one(county):
    secret, codes = await add_app("inspector")
    browser = await county("")
    half = (await give_password(browser, "inspector")).json()
    assert (half["account"], half["second_step"]) == (None, {"ways": ["app", "recovery"]})
    assert "sid" not in browser.cookies
    assert (await browser.get("/field/api/bundle")).status_code == 401
    wrong = await browser.post("/field/api/session/code", json={"code": "000000" if code_of(secret) != "000000" else "000001"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "bad-code")
    entered = await browser.post("/field/api/session/code", json={"code": code_of(secret)})
    assert (entered.status_code, entered.json()["account"]["username"]) == (200, "inspector")
    assert (await browser.get("/field/api/bundle")).status_code == 200
    again = await browser.post("/field/api/session/code", json={"code": codes[0]})
    assert (again.status_code, again.json()["code"]) == (401, "step-over")
    fresh = await county("")
    await give_password(fresh, "inspector")
    assert (await fresh.post("/field/api/session/code", json={"code": codes[0]})).status_code == 200


async def test_codes_are_guessed_no_more_often_than_passwords(county):
    secret, _codes = await add_app("inspector")
    browser = await county("")
    for _ in range(rules.FAILURES_PER_ACCOUNT):
        await give_password(browser, "inspector")
        await browser.post("/field/api/session/code", json={"code": "0"})
    assert (await give_password(browser, "inspector")).status_code == 429
    late = await browser.post("/field/api/session/code", json={"code": code_of(secret)})
    assert (late.status_code, late.json()["code"]) == (401, "step-over")


async def test_an_account_of_the_office_with_a_passkey_has_no_way_round_by_the_phone(county):
    desk, chip = await county("manager"), Authenticator()
    asked = (await desk.post("/console/me/factor/passkeys/challenge", json={"password": "sunlot-demo"})).json()
    made = {"ceremony": asked["ceremony"], "credential": chip.create(asked["options"]), "name": "电脑"}
    assert (await desk.post("/console/me/factor/passkeys", json=made)).status_code == 201
    browser = await county("")
    half = (await give_password(browser, "manager")).json()
    assert (half["account"], half["second_step"]["ways"]) == (None, ["passkey"])
    assert (await use_passkey(browser, chip)).json()["account"]["username"] == "manager"


async def test_a_phones_passkey_still_stands_in_for_the_password_and_nothing_more(county):
    browser, chip = await signed_in(county), Authenticator()
    await add_passkey(browser, chip)
    other = await county("")
    assert (await give_password(other, "inspector")).json()["account"]["username"] == "inspector"
    await add_app("inspector")
    assert (await give_password(other, "inspector")).json()["second_step"]["ways"] == ["app", "passkey", "recovery"]
    assert (await use_passkey(other, chip)).status_code == 200


async def test_passkeys_are_changed_only_soon_after_a_proof(county):
    browser, chip = await signed_in(county), Authenticator()
    passkey = await add_passkey(browser, chip)
    now = clock.now()
    clock.hold(lambda: now)
    asked = (await browser.post("/field/api/passkeys/challenge")).json()
    wait(minutes=11)
    refused = await browser.post("/field/api/passkeys/challenge")
    assert (refused.status_code, refused.json()["code"]) == (403, "prove-first")
    second = Authenticator()
    late = await browser.post("/field/api/passkeys", json={"ceremony": asked["ceremony"], "credential": second.create(asked["options"])})
    assert (late.status_code, late.json()["code"]) == (403, "prove-first")
    assert (await browser.delete(f"/field/api/passkeys/{passkey}")).json()["code"] == "prove-first"
    wrong = await browser.post("/field/api/session/proof", json={"password": "a guess of it"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-password")
    assert (await browser.post("/field/api/passkeys/challenge")).status_code == 403
    assert (await browser.post("/field/api/session/proof", json={"password": "sunlot-demo"})).status_code == 204
    await add_passkey(browser, second)
    wait(minutes=11)
    await use_passkey(browser, second)  # a sign-in is a proof, too
    assert (await browser.delete(f"/field/api/passkeys/{passkey}")).status_code == 204

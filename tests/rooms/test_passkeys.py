"""Passkeys: added and used once per challenge, refused with every single thing wrong, ended with a lost phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.cli.demo.fieldwork import Phone
from backend.kernel import clock
from backend.kernel.errors import Conflict, NotFound
from backend.people import passkeys, queries, rules, service
from backend.storage.engine import connection, transaction
from tests.soft_authenticator import Authenticator

ADDRESS = "10.0.0.1"


async def make_account(username: str):
    async with transaction():
        await service.add_department("scjg", "市场监管局", "Market regulation")
        return await service.create_account(
            username=username, password="correct horse battery", name=username, role="inspector", department="scjg", region="5303"
        )


@pytest.fixture
async def account(db):
    return await make_account("wang")


async def add(account, authenticator: Authenticator, device=None, **change: Any):
    async with transaction():
        asked = await passkeys.ask_to_add(account, username="wang", name="王")
    answer = authenticator.create(change.pop("options", asked.options))
    async with transaction():
        return await passkeys.add(change.get("ceremony", asked.id), answer, account_id=account, device=device, name="手机")


async def ask():
    async with transaction():
        return await passkeys.ask_to_sign_in()


async def use(authenticator: Authenticator):
    asked = await ask()
    async with transaction():
        return await passkeys.check(asked.id, authenticator.get(asked.options), ADDRESS)


async def test_a_passkey_is_added_and_signs_in(account):
    phone = Authenticator()
    passkey = await add(account, phone)
    assert await use(phone) == account
    [view] = await queries.list_passkeys(account)
    assert (view.id, view.name, view.is_synced) == (passkey, "手机", False)
    assert view.last_used_at is not None
    async with transaction():
        logged = await connection().fetchval("select count(*) from ledger_entry where type = 'passkey.added' and subject = $1", str(passkey))
    assert logged == 1


async def test_what_the_browser_is_asked(account):
    await add(account, phone := Authenticator())
    async with transaction():
        asked = (await passkeys.ask_to_add(account, username="wang", name="王")).options
    assert asked["rp"] == {"name": passkeys.NAME, "id": "localhost"}
    assert asked["authenticatorSelection"] == {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"}
    assert len(asked["excludeCredentials"]) == 1  # not twice on one phone
    assert asked["attestation"] == "none"
    sign_in = (await ask()).options
    assert (sign_in["rpId"], sign_in["userVerification"], sign_in["allowCredentials"]) == ("localhost", "required", [])
    assert isinstance(await add(account, phone), Conflict)


async def test_a_challenge_is_answered_once(account):
    phone = Authenticator()
    await add(account, phone)
    asked = await ask()
    answer = phone.get(asked.options)
    for expected in (account, passkeys.StaleChallenge):
        async with transaction():
            told = await passkeys.check(asked.id, answer, ADDRESS)
        assert told == expected or isinstance(told, expected)


async def test_a_failed_answer_spends_the_challenge_too(account):
    phone, asked = Authenticator(), await ask()
    async with transaction():
        assert isinstance(await passkeys.check(asked.id, phone.get(asked.options), ADDRESS), passkeys.BadPasskey)
    await add(account, phone)
    async with transaction():
        assert isinstance(await passkeys.check(asked.id, phone.get(asked.options), ADDRESS), passkeys.StaleChallenge)


async def test_a_challenge_is_short_lived(account):
    phone = Authenticator()
    await add(account, phone)
    asked = await ask()
    later = clock.now() + rules.CHALLENGE_LIFETIME + timedelta(seconds=1)
    clock.hold(lambda: later)
    async with transaction():
        assert isinstance(await passkeys.check(asked.id, phone.get(asked.options), ADDRESS), passkeys.StaleChallenge)
    await ask()
    async with transaction():
        assert await connection().fetchval("select count(*) from passkey_challenge") == 1  # what nobody answered is swept away


async def test_a_challenge_of_one_purpose_does_not_serve_another(account):
    other = await make_account("li")
    asked = await ask()
    assert isinstance(await add(account, Authenticator(), ceremony=asked.id), passkeys.StaleChallenge)
    async with transaction():
        theirs = await passkeys.ask_to_add(other, username="li", name="李")
    assert isinstance(await add(account, Authenticator(), ceremony=theirs.id, options=theirs.options), passkeys.StaleChallenge)


WRONG = {
    "another site": lambda phone: setattr(phone, "origin", "https://evil.example"),
    "no finger": lambda phone: setattr(phone, "verifies", False),
    "another key": lambda phone: setattr(phone, "key", Authenticator().key),
    "a copy with an older counter": lambda phone: setattr(phone, "count", 3),
    "another passkey": lambda phone: setattr(phone, "credential_id", b"x" * 32),
    "another person's handle": lambda phone: setattr(phone, "handle", "AAAAAAAAAAAAAAAAAAAAAA"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_one_wrong_thing_refuses(account, what):
    phone = Authenticator(count=5)
    await add(account, phone)
    phone.count = 6
    assert await use(phone) == account
    phone.count = 7
    WRONG[what](phone)
    assert isinstance(await use(phone), passkeys.BadPasskey)


@pytest.mark.parametrize("credential", [{}, {"rawId": 7}, {"id": "x", "rawId": "x", "type": "public-key", "response": {}}, {"rawId": "§§"}])
async def test_nonsense_is_refused(account, credential):
    asked = await ask()
    async with transaction():
        assert isinstance(await passkeys.check(asked.id, credential, ADDRESS), passkeys.BadPasskey)
    async with transaction():
        asked = await passkeys.ask_to_add(account, username="wang", name="王")
    async with transaction():
        assert isinstance(await passkeys.add(asked.id, credential, account_id=account, device=None, name=""), passkeys.BadPasskey)


async def test_a_locked_account_does_not_get_in(account):
    phone = Authenticator()
    await add(account, phone)
    async with transaction():
        await connection().execute("update account set active = false")
    assert isinstance(await use(phone), passkeys.BadPasskey)


async def test_guessing_is_throttled_with_the_password_s_count(account):
    for _ in range(rules.FAILURES_PER_ADDRESS):
        assert isinstance(await use(Authenticator()), passkeys.BadPasskey)
    phone = Authenticator()
    await add(account, phone)
    assert isinstance(await use(phone), service.TooManyAttempts)
    async with transaction():
        assert isinstance(await service.check_password("wang", "correct horse battery", ADDRESS), service.TooManyAttempts)


async def test_a_removed_passkey_is_gone(account):
    phone = Authenticator()
    passkey = await add(account, phone)
    other = await make_account("li")
    async with transaction():
        with pytest.raises(NotFound):
            await passkeys.remove(passkey, account_id=other, by=other)
        await passkeys.remove(passkey, account_id=account, by=account)
    assert isinstance(await use(phone), passkeys.BadPasskey)
    async with transaction():
        assert await connection().fetchval("select count(*) from ledger_entry where type = 'passkey.removed' and subject = $1", str(passkey)) == 1


async def test_a_lost_phone_takes_every_passkey_along_that_may_be_on_it(account):
    lost, kept = uuid4(), uuid4()
    async with transaction():
        for device in (lost, kept):
            await service.enrol_device(device, account_id=account, name="p", public_key=Phone().public_jwk())
    made = {
        "on it": await add(account, Authenticator(), lost),
        "synced from another": await add(account, Authenticator(syncs=True), kept),
        "who knows where": await add(account, Authenticator()),
        "on another phone": await add(account, Authenticator(), kept),
    }
    async with transaction():
        assert await passkeys.remove_lost(lost, account_id=account, by=account) == 3
    assert [p.id for p in await queries.list_passkeys(account)] == [made["on another phone"]]


async def test_there_is_an_end_to_passkeys(account):
    for _ in range(rules.PASSKEYS_PER_ACCOUNT):
        await add(account, Authenticator())
    with pytest.raises(passkeys.TooManyPasskeys):
        await add(account, Authenticator())

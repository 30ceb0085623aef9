"""Sign-in: argon2, throttling that is counted in the database, sessions that end at once, device keys."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.cli.demo.fieldwork import Phone
from backend.kernel import clock
from backend.kernel.errors import Conflict, Invalid
from backend.people import queries, rules, service
from backend.storage.engine import connection, transaction

GOOD = "correct horse battery"


@pytest.fixture
async def account(db):
    async with transaction():
        await service.add_department("scjg", "市场监管局", "Market regulation")
        return await service.create_account(username="wang", password=GOOD, name="王", role="manager", department="scjg", region="5303")


async def attempt(password: str, *, username: str = "wang", address: str = "10.0.0.1"):
    async with transaction():
        return await service.check_password(username, password, address)


async def test_passwords_are_argon2id_and_never_in_clear(account):
    async with transaction():
        stored = await connection().fetchval("select password_hash from account")
    assert stored.startswith("$argon2id$")
    assert await attempt(GOOD) == account
    assert isinstance(await attempt("wrong"), service.BadCredentials)
    assert isinstance(await attempt(GOOD, username="nobody"), service.BadCredentials)


@pytest.mark.parametrize("password", ["short", "wang-wang-wang", "aaaaaaaaaaaa"])
async def test_weak_passwords_are_refused(db, password):
    with pytest.raises(Invalid):
        async with transaction():
            await service.create_account(username="wang", password=password, name="王", role="admin", department=None, region="5303")


async def test_one_account_is_throttled_and_let_in_again_later(account):
    for _ in range(rules.FAILURES_PER_ACCOUNT):
        assert isinstance(await attempt("wrong"), service.BadCredentials)
    refused = await attempt(GOOD, address="10.0.0.2")
    assert isinstance(refused, service.TooManyAttempts)
    assert 0 < refused.fields["retry_after_s"] <= rules.WINDOW.total_seconds()
    later = clock.now() + rules.WINDOW + timedelta(seconds=1)
    clock.hold(lambda: later)
    assert await attempt(GOOD) == account


async def test_one_address_is_throttled_over_many_names(account):
    for n in range(rules.FAILURES_PER_ADDRESS):
        await attempt("wrong", username=f"guess{n}")
    assert isinstance(await attempt(GOOD), service.TooManyAttempts)
    assert await attempt(GOOD, address="10.0.0.9") == account


async def test_a_sign_in_always_makes_a_new_key_and_ends_the_old_one(account):
    async with transaction():
        first = await service.open_session(account)
        second = await service.open_session(account, replaces=first)
        stored = [row["key_sha256"] for row in await connection().fetch("select key_sha256 from session")]
    assert first != second
    assert len(stored) == 1
    assert second not in stored
    assert await queries.find_principal(first) is None
    assert (await queries.find_principal(second)).username == "wang"


async def test_sessions_end(account):
    async with transaction():
        key = await service.open_session(account)
    later = clock.now() + rules.SESSION_LIFETIME + timedelta(seconds=1)
    clock.hold(lambda: later)
    assert await queries.find_principal(key) is None
    clock.hold(None)
    assert await queries.find_principal(key) is not None
    async with transaction():
        await connection().execute("update account set active = false")
    assert await queries.find_principal(key) is None


async def test_devices(account):
    phone, device = Phone(), uuid4()
    async with transaction():
        for _ in range(2):  # a retry
            await service.enrol_device(device, account_id=account, name="phone", public_key=phone.public_jwk())
        with pytest.raises(Conflict):
            await service.enrol_device(device, account_id=account, name="phone", public_key=Phone().public_jwk())
        with pytest.raises(Invalid):
            await service.enrol_device(uuid4(), account_id=account, name="phone", public_key={**phone.public_jwk(), "d": "AA"})
        await service.revoke_device(device, by=account)
        with pytest.raises(service.DeviceRevoked):
            await service.find_device_key(device, account)
        with pytest.raises(service.DeviceRevoked):
            await service.enrol_device(device, account_id=account, name="phone", public_key=phone.public_jwk())
        with pytest.raises(service.UnknownDevice):
            await service.find_device_key(uuid4(), account)
        assert await connection().fetchval("select count(*) from ledger_entry where type = 'device.enrolled'") == 1


async def test_a_lost_phone_ends_its_sessions_and_those_that_may_be_its(account):
    lost, kept = uuid4(), uuid4()
    async with transaction():
        on_lost, on_kept, somewhere = [await service.open_session(account) for _ in range(3)]
        for device, session in ((lost, on_lost), (kept, on_kept)):
            await service.enrol_device(device, account_id=account, name="p", public_key=Phone().public_jwk(), session=session)
        assert (await queries.find_principal(on_lost)).device == lost
        assert await service.revoke_device(lost, by=account) == account
        assert await service.revoke_device(lost, by=account) is None
    assert await queries.find_principal(on_lost) is None
    assert await queries.find_principal(somewhere) is None
    assert (await queries.find_principal(on_kept)).device == kept


async def test_a_session_is_never_bound_to_another_account_s_phone(account):
    async with transaction():
        other = await service.create_account(username="li", password=GOOD, name="李", role="manager", department="scjg", region="5303")
        device, phone, session = uuid4(), Phone(), await service.open_session(other)
        await service.enrol_device(device, account_id=account, name="p", public_key=phone.public_jwk())
        with pytest.raises(Conflict):
            await service.enrol_device(device, account_id=other, name="p", public_key=phone.public_jwk(), session=session)
    assert (await queries.find_principal(session)).device is None


async def test_the_last_contact_is_noted_coarsely(account):
    device = uuid4()
    async with transaction():
        await service.enrol_device(device, account_id=account, name="p", public_key=Phone().public_jwk())
    [first] = await queries.list_devices([account])
    for wait, moves in ((timedelta(minutes=1), False), (rules.CONTACT_EVERY + timedelta(minutes=1), True)):
        later = first.last_seen_at + wait
        clock.hold(lambda later=later: later)
        async with transaction():
            await service.note_contact(device)
        [seen] = await queries.list_devices([account])
        assert (seen.last_seen_at > first.last_seen_at) is moves

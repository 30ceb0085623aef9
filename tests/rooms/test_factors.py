"""Authenticator apps and recovery codes in the database: sealed and hashed, each code once over all processes, a lost key refuses."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pyotp
import pytest

from backend.factors import queries, rules, service
from backend.kernel import clock
from backend.kernel.settings import settings
from backend.people import service as people
from backend.storage.engine import connection, transaction


@pytest.fixture
async def account(db):
    async with transaction():
        await people.add_department("scjg", "市场监管局", "Market regulation")
        return await people.create_account(
            username="wang", password="correct horse battery", name="王", role="manager", department="scjg", region="5303"
        )


def code_of(secret: str, off: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30 + off)


async def add_app(account) -> str:
    async with transaction():
        await service.begin_app(account)
        secret = await service.find_pending(account)
        assert secret
        assert await service.confirm_app(account, code_of(secret))
    return secret


async def use(account, typed: str):
    async with transaction():
        return await service.use(account, typed)


@pytest.fixture(autouse=True)
def _still():
    now = clock.now()
    clock.hold(lambda: now)


def wait(seconds: int) -> None:
    later = clock.now() + timedelta(seconds=seconds)
    clock.hold(lambda: later)


async def test_an_app_counts_from_its_first_code_and_its_secret_is_sealed(account):
    async with transaction():
        await service.begin_app(account)
        secret = await service.find_pending(account)
    assert secret is not None
    assert len(secret) == 32
    assert (await queries.find_standing(account)).app_added_at is None
    assert await use(account, code_of(secret)) is None
    async with transaction():
        assert not await service.confirm_app(account, "000000" if code_of(secret) != "000000" else "000001")
        assert await service.confirm_app(account, code_of(secret))
        row = await connection().fetchrow("select * from authenticator")
        assert await connection().fetchval("select count(*) from ledger_entry where type = 'factor.added'") == 1
    assert row["pending"] is None
    assert secret.encode() not in row["sealed"]
    assert (await queries.find_standing(account)).app_added_at == clock.now()
    assert (settings().keys_dir / "factors.key").stat().st_mode & 0o077 == 0


async def test_each_code_is_good_once(account):
    secret = await add_app(account)
    assert await use(account, code_of(secret)) is None, "the one that turned it on"
    assert await use(account, code_of(secret, 1)) == rules.APP, "a clock that is ahead"
    assert await use(account, code_of(secret, 1)) is None
    assert await use(account, code_of(secret)) is None, "none older than the last"
    wait(90)
    assert await use(account, code_of(secret, -2)) is None
    assert await use(account, code_of(secret, 2)) is None
    assert await use(account, code_of(secret, -1)) == rules.APP
    assert await use(account, code_of(secret)) == rules.APP


async def test_two_servers_that_meet_take_a_code_once(account):
    secret = await add_app(account)
    wait(30)
    assert sorted(map(str, await asyncio.gather(*(use(account, code_of(secret)) for _ in range(5))))) == ["None"] * 4 + ["app"]
    async with transaction():
        codes = await service.issue_codes(account)
    assert sorted(map(str, await asyncio.gather(*(use(account, codes[0]) for _ in range(5))))) == ["None"] * 4 + ["recovery"]


async def test_a_new_phone_replaces_the_old_one_only_with_its_first_code(account):
    old = await add_app(account)
    wait(30)
    async with transaction():
        await service.begin_app(account)
        new = await service.find_pending(account)
    assert await use(account, code_of(new)) is None
    assert await use(account, code_of(old)) == rules.APP
    wait(30)
    async with transaction():
        assert await service.confirm_app(account, code_of(new))
    wait(30)
    assert await use(account, code_of(old)) is None
    assert await use(account, code_of(new)) == rules.APP


async def test_a_secret_that_nobody_confirmed_is_over_after_a_while(account):
    async with transaction():
        await service.begin_app(account)
    wait(int(rules.PENDING_LIFETIME.total_seconds()) + 1)
    async with transaction():
        assert await service.find_pending(account) is None
        with pytest.raises(rules.NothingPending):
            await service.confirm_app(account, "123456")


async def test_ten_recovery_codes_each_good_once_and_none_stored(account):
    async with transaction():
        codes = await service.issue_codes(account)
        rows = await connection().fetch("select * from recovery_code")
    assert len(set(codes)) == len(rows) == rules.CODES
    for row in rows:
        assert row["code_hash"].startswith("$argon2id$")
        assert not any(code.replace("-", "") in str(tuple(row)) for code in codes)
    assert await use(account, codes[3].lower()) == rules.RECOVERY
    assert await use(account, codes[3]) is None
    wrong = codes[4][:-1] + ("0" if codes[4][-1] != "0" else "1")
    assert await use(account, wrong) is None
    assert await use(account, codes[4]) == rules.RECOVERY
    assert (await queries.find_standing(account)).codes_left == 8
    async with transaction():
        again = await service.issue_codes(account)
    assert await use(account, codes[5]) is None
    assert await use(account, again[5]) == rules.RECOVERY


async def test_codes_are_of_one_account(account):
    async with transaction():
        codes = await service.issue_codes(account)
        other = await people.create_account(username="li", password="correct horse battery", name="李", role="manager", department="scjg", region="5303")
    secret = await add_app(account)
    wait(30)
    assert await use(other, codes[0]) is None
    assert await use(other, code_of(secret)) is None
    assert await use(account, codes[0]) == rules.RECOVERY


async def test_a_lost_key_refuses_and_does_not_fail(account):
    secret = await add_app(account)
    async with transaction():
        codes = await service.issue_codes(account)
    (settings().keys_dir / "factors.key").unlink()
    wait(30)
    assert await use(account, code_of(secret)) is None
    assert await use(account, codes[0]) == rules.RECOVERY


async def test_everything_is_taken_off(account):
    secret = await add_app(account)
    async with transaction():
        codes = await service.issue_codes(account)
        await service.take_off(account, by=account, why="当面核实")
        logged = await connection().fetchval("select count(*) from ledger_entry where type = 'factor.removed'")
    assert logged == 1
    wait(30)
    assert await use(account, code_of(secret)) is None
    assert await use(account, codes[0]) is None
    assert await queries.find_standing(account) == queries.Standing(None, 0, None)


async def test_a_sign_in_waits_ten_minutes_and_no_longer(account):
    async with transaction():
        cookie = await service.open_step(account)
        stored = await connection().fetchval("select key_sha256 from sign_in_step")
    assert cookie not in stored
    assert await queries.find_waiting(cookie) == account
    assert await queries.find_waiting("x") is None
    wait(int(rules.STEP_LIFETIME.total_seconds()) + 1)
    assert await queries.find_waiting(cookie) is None
    async with transaction():
        await service.open_step(account)
        assert await connection().fetchval("select count(*) from sign_in_step") == 1  # what is over is swept away
        await service.end_steps(account)
        assert await connection().fetchval("select count(*) from sign_in_step") == 0

"""A new installation has no account; its first one is made by hand, with a random password that is good for one sign-in."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager

import msgspec
import pyotp
import pytest

from backend.cli import main
from backend.cli.demo import load
from backend.factors import service as factors
from backend.kernel import settings
from backend.kernel.errors import Invalid
from backend.people import queries, service
from backend.storage import engine
from backend.storage.engine import connection, transaction


async def test_there_is_none_by_default(db):
    async with transaction():
        assert await connection().fetchval("select count(*) from account") == 0


async def test_the_demo_s_accounts_do_not_load_in_production(db, monkeypatch):
    monkeypatch.setattr(load, "settings", lambda: msgspec.structs.replace(settings.settings(), production=True))
    with pytest.raises(load.NotForProduction):
        await load.load_if_empty()
    async with transaction():
        assert await connection().fetchval("select count(*) from account") == 0


@pytest.fixture
def operator(db, monkeypatch):
    """``await operator("account", ..)``: the exit status of the command, whose own event loop is the test's."""

    @asynccontextmanager
    async def pool(size: int = 1):
        yield db

    monkeypatch.setattr(engine, "pool", pool)
    monkeypatch.setattr(engine, "ensure_server", lambda: None)

    async def run(*args: str) -> int:
        waiting = []
        monkeypatch.setattr(asyncio, "run", waiting.append)
        status = main.main(list(args))
        await asyncio.gather(*waiting)
        return status

    return run


async def test_the_first_administrator(operator, capsys):
    assert await operator("account", "add", "zhou", "--name", "周", "--region", "5303") == 0
    password = re.search(r": (\S{20})$", capsys.readouterr().out.strip())
    assert password
    async with transaction():
        account = await service.check_password("zhou", password[1], "192.0.2.1")
    who = await queries.find_principal_of(account)
    assert who is not None
    assert (who.role, who.must_change) == ("admin", True)
    assert await operator("account", "add", "li", "--name", "李", "--region", "5303", "--role", "manager") == 2
    assert await operator("account", "add", "li", "--region", "5303") == 2


async def test_the_only_administrator_who_lost_everything_is_let_in_again(operator, capsys):
    await operator("account", "add", "zhou", "--name", "周", "--region", "5303")
    async with transaction():
        account = await connection().fetchval("select id from account where username = 'zhou'")
        await factors.begin_app(account)
        secret = await factors.find_pending(account)
        assert await factors.confirm_app(account, pyotp.TOTP(secret).now())
        await factors.issue_codes(account)
        await connection().execute("update account set active = false, must_change = false where id = $1", account)
        for _ in range(5):
            await service.count_failures("zhou", "192.0.2.1")
        cookie = await service.open_session(account)
    capsys.readouterr()
    assert await operator("account", "let-in", "zhou", "--reason", "当面核对身份证") == 0
    told = capsys.readouterr().out
    password = re.search(r": (\S{20})$", told, re.MULTILINE)
    assert password
    async with transaction():
        assert await service.check_password("zhou", password[1], "192.0.2.2") == account
        assert not await queries.has_factor(account)
        logged = {row["type"]: row["actor"] for row in await connection().fetch("select type, actor from ledger_entry")}
    assert {"password.changed", "factor.removed", "account.changed"} <= set(logged)
    assert password[1] not in str(logged)
    assert await queries.find_principal(cookie) is None
    who = await queries.find_principal_of(account)
    assert who is not None
    assert who.must_change
    for args in (("nobody", "--reason", "x"), ("zhou",)):
        with pytest.raises(Invalid):
            await operator("account", "let-in", *args)

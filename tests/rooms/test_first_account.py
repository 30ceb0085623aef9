"""A new installation has no account; its first one is made by hand, with a random password that is good for one sign-in."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager

import msgspec
import pytest

from backend.cli import main
from backend.cli.demo import load
from backend.kernel import settings
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


async def test_the_first_administrator(db, monkeypatch, capsys):
    @asynccontextmanager
    async def pool(size: int = 1):
        yield db

    monkeypatch.setattr(engine, "pool", pool)
    monkeypatch.setattr(engine, "ensure_server", lambda: None)
    waiting = []
    monkeypatch.setattr(main.asyncio, "run", waiting.append)
    assert main.main(["account", "add", "zhou", "--name", "周", "--region", "5303"]) == 0
    await asyncio.gather(*waiting)
    password = re.search(r": (\S{20})$", capsys.readouterr().out.strip())
    assert password
    async with transaction():
        account = await service.check_password("zhou", password[1], "192.0.2.1")
    who = await queries.find_principal_of(account)
    assert who is not None
    assert (who.role, who.must_change) == ("admin", True)
    assert main.main(["account", "add", "li", "--name", "李", "--region", "5303", "--role", "manager"]) == 2

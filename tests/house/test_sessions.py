"""Connections of the pool are not reset between two readers (backend/storage/engine.py): so nothing may outlive its transaction in a session."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend.storage.engine import connection, reader, transaction

BACKEND = Path(__file__).parents[2] / "backend"
# The migrations' lock and the listener have a connection of their own.
ALONE = {"storage/migrate.py", "live/hub.py"}
LASTING = re.compile(
    r"pg_(?:try_)?advisory_lock|\blisten [a-z]|add_listener|set session|(?:execute\(\s*f?|; ?)[\"']?set (?!local\b)[a-z_]+ ?(?:=|to\b)"
    r"|set_config\([^)]*, ?false|create temp(?!.*on commit drop)|declare \w+ .*with hold|(?:execute\(\s*f?\")prepare ",
    re.IGNORECASE,
)


def test_no_statement_outlives_its_transaction():
    found = {}
    for path in BACKEND.rglob("*.py"):
        name = str(path.relative_to(BACKEND))
        if name not in ALONE and (match := LASTING.search(path.read_text("utf-8"))):
            found[name] = match[0]
    assert found == {}


@pytest.mark.parametrize("text", ["set work_mem = '1GB'", "select pg_advisory_lock(1)", "create temp table x (a int)"])
def test_what_would_be_found(text):
    assert LASTING.search(f'await connection().execute("{text}")')


async def test_what_is_local_is_gone_for_the_next_reader(db):
    before = await reader().fetchval("show work_mem")
    for _ in range(10):
        async with transaction():
            await connection().execute("set local work_mem = '77MB'")
            await connection().execute("create temp table here (a integer) on commit drop")
        assert await reader().fetchval("show work_mem") == before
        assert await reader().fetchval("select to_regclass('here')") is None


async def test_a_transaction_that_somebody_left_open_is_taken_back(db):
    async with db.pool.acquire() as held:
        await held.execute("begin; insert into department (code, name_zh, name_en) values ('left', '开', 'open')")
    assert await reader().fetchval("select count(*) from department where code = 'left'") == 0

"""The safe transaction, the outbox and the append-only triggers on a real server."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError

from backend.storage import migrate, outbox
from backend.storage.engine import ChangedMeanwhile, connection, transaction


async def test_a_failed_commit_hands_its_connection_back(db):
    for _ in range(20):  # the pool holds 8: a leak would hang here
        with pytest.raises(asyncpg.PostgresError):
            async with transaction():
                await connection().execute("create table if not exists d (a int unique deferrable initially deferred)")
                await connection().execute("insert into d values (1), (1)")
    assert db.current_transaction.get() is None
    async with asyncio.timeout(5), transaction():
        assert await connection().fetchval("select 1") == 1


async def test_transactions_do_not_nest(db):
    with pytest.raises(TransactionError):
        async with transaction(), transaction():
            pass


async def test_outbox_does_each_job_once_for_two_workers(db):
    async with transaction():
        for i in range(40):
            await outbox.ask("count", {"i": i})
    seen: list[int] = []

    async def count(payload):
        seen.append(payload["i"])

    await asyncio.gather(*(outbox.work_off({"count": count}, limit=50) for _ in range(2)))
    assert sorted(seen) == list(range(40))


async def test_outbox_keeps_a_failed_job_with_its_error_and_others_go_on(db):
    async with transaction():
        await outbox.ask("job", {"bad": True})
        await outbox.ask("job", {"bad": False})
    done = []

    async def job(payload):
        if payload["bad"]:
            raise ValueError("no such door")
        done.append(1)

    await outbox.work_off({"job": job})
    async with transaction():
        row = await connection().fetchrow("select attempts, last_error, available_at > now() as later from outbox_job")
    assert done == [1]
    assert row["attempts"] == 1
    assert "no such door" in row["last_error"]
    assert row["later"]


async def test_the_same_key_asks_once(db):
    async with transaction():
        await outbox.ask("push", {}, key="a")
        await outbox.ask("push", {}, key="a")
        assert await connection().fetchval("select count(*) from outbox_job") == 1


async def test_append_only_tables_refuse_change(db):
    async with transaction():
        await connection().execute(
            "insert into ledger_leaf (index, entry_id, leaf, leaf_sha256) values (0, gen_random_uuid(), 'x', 'y')"
        )
    for statement in ("update ledger_leaf set leaf = 'z'", "delete from ledger_leaf", "truncate ledger_leaf"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with transaction():
                await connection().execute(statement)


async def test_who_sees_one_moment_is_told_when_a_row_was_changed_after_it(db):
    async with transaction():
        await outbox.ask("push", {}, key="a")
    with pytest.raises(ChangedMeanwhile):
        async with transaction("repeatable_read"):
            await connection().fetchval("select count(*) from outbox_job")
            async with asyncio.timeout(10):
                other = await asyncpg.connect(**db.config)
                await other.execute("update outbox_job set attempts = 7")
                await other.close()
            await connection().execute("update outbox_job set attempts = 8")
    async with transaction():
        assert await connection().fetchval("select attempts from outbox_job") == 7


async def test_a_migration_waits_for_nobody_for_long_and_comes_again(db, monkeypatch):
    tries = []

    async def runs(_which):
        connection_ = await db.get_new_connection()
        tries.append(await connection_.fetchval("show lock_timeout"))
        await connection_.close()
        if len(tries) < 3:
            raise asyncpg.LockNotAvailableError("canceling statement due to lock timeout")
        return SimpleNamespace(success=True)

    before = dict(db.config)
    monkeypatch.setattr(migrate, "run_forwards", runs)
    monkeypatch.setattr(migrate, "PAUSE_S", 0.01)
    await migrate.migrate()
    assert tries == [migrate.LOCK_TIMEOUT] * 3
    assert db.config == before, "only migrations are that impatient"
    tries.clear()
    monkeypatch.setattr(migrate, "TRIES", 2)
    with pytest.raises(asyncpg.LockNotAvailableError):
        await migrate.migrate()
    assert db.config == before


async def test_a_real_lock_is_given_up_on(db):
    """A transaction of somebody's holds the table; the migration's statement ends by itself."""
    holder = await asyncpg.connect(**db.config)
    async with holder.transaction():
        await holder.execute("lock table outbox_job in access share mode")
        impatient = await asyncpg.connect(**db.config, server_settings={"lock_timeout": "200ms"})
        async with asyncio.timeout(10):
            with pytest.raises(asyncpg.LockNotAvailableError):
                await impatient.execute("alter table outbox_job add column x integer")
        await impatient.close()
    await holder.close()


async def test_what_was_committed_is_done_though_its_connection_breaks_as_it_is_handed_back(db, monkeypatch):
    """PostgreSQL is restarted between COMMIT and the pool's reset of the connection: met by the faults' run as an error 500."""
    release, broken = asyncpg.Pool.release, []

    async def breaks(pool, connection_, **options):
        await release(pool, connection_, **options)
        broken.append(1)
        raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")

    monkeypatch.setattr(asyncpg.Pool, "release", breaks)
    async with transaction():
        await outbox.ask("push", {}, key="done")
    with pytest.raises(ValueError, match="mine"):
        async with transaction():
            raise ValueError("mine")
    monkeypatch.undo()
    assert len(broken) == 2
    async with transaction():
        assert await connection().fetchval("select count(*) from outbox_job where key = 'done'") == 1


async def test_a_server_that_ends_a_connection_in_the_middle_leaves_the_pool_working(db):
    for _ in range(10):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            async with transaction():
                await connection().execute("select pg_terminate_backend(pg_backend_pid())")
    async with asyncio.timeout(10), transaction():
        assert await connection().fetchval("select 1") == 1


async def test_connections_that_break_before_they_are_used_cost_the_pool_no_place(db, monkeypatch):
    pool = type(db.pool)
    make = pool._get_new_connection

    async def broken(self):
        line = await make(self)
        line.terminate()
        return line

    await db.pool.expire_connections()
    monkeypatch.setattr(pool, "_get_new_connection", broken)
    for _ in range(2 * db.pool.get_max_size()):
        with pytest.raises(asyncpg.InterfaceError):
            async with transaction():
                await connection().fetchval("select 1")
    monkeypatch.setattr(pool, "_get_new_connection", make)
    lines = [await asyncio.wait_for(db.pool.acquire(), 10) for _ in range(db.pool.get_max_size())]
    for line in lines:
        await db.pool.release(line)
    assert db.pool.get_idle_size() == db.pool.get_max_size()


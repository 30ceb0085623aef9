"""Uploads that nobody takes in are cleared after the days that the rulebook says; what was applied, and what is younger, stays."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from backend.exchange import queries, service
from backend.history.queries import list_rows
from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.registry.service import load_industries, load_regions
from backend.rulebook.queries import find_retention
from backend.rulebook.service import RETENTION, save_retention
from backend.storage import engine
from backend.storage.engine import aside, transaction
from backend.usecases import import_registry
from tests.usecases.test_import import CITY, code, person, read, register, upload, work


@pytest.fixture(autouse=True)
async def codes(db):
    async with transaction():
        await load_regions()
        await load_industries()


def later(days: int) -> None:
    moment = clock.now() + timedelta(days=days)
    clock.hold(lambda: moment)


async def clear() -> int:
    n = 0
    while await import_registry.clear_leftovers():
        n += 1
    return n


async def rows_of(batch_id) -> int:
    return await aside().fetchval("select count(*) from import_row where batch = $1", batch_id)


async def set_days(days: int, valid_to: date | None = None) -> None:
    (row,) = [r for r in await list_rows(RETENTION) if r["what"] == "upload"]
    values = {name: row[name] for name in RETENTION.columns} | {"days": days, "valid_to": valid_to}
    async with transaction():
        await save_retention(row["id"], values, version=row["version"], by=uuid4())


async def test_a_preview_is_cleared_after_its_days_with_its_file_and_its_rows(home: Path):
    who = person()
    batch = await read(register([code(1), "甲", "麒麟区", "6210"], ["坏", "乙", "麒麟区", "6210"]), who)
    file = service.stored_path(batch.file_sha256)
    assert file.is_file()
    later(29)
    assert await clear() == 0
    later(2)
    assert await clear() == 1
    gone = await queries.find_batch(batch.id, CITY)
    assert (gone.state, gone.sample) == ("cancelled", [])
    assert "30" in gone.error["zh"]
    assert "30 days" in gone.error["en"]
    assert await rows_of(batch.id) == 0
    assert not file.exists()
    assert await clear() == 0
    with pytest.raises(service.NotPreviewed):
        await import_registry.ask_apply(batch.id, by=who)


async def test_a_file_whose_columns_nobody_names_is_cleared_too():
    batch = await read(register(["x", "y", "z", "w"], headers=["甲", "乙", "丙", "丁"]), person())
    assert batch.state == "mapping"
    later(31)
    assert await clear() == 1
    assert (await queries.find_batch(batch.id, CITY)).state == "cancelled"


async def test_what_was_applied_stays_and_what_was_cancelled_goes():
    who = person()
    kept = await read(register([code(1), "甲", "麒麟区", "6210"]), who)
    await import_registry.ask_apply(kept.id, by=who)
    await work()
    dropped = await read(register([code(2), "乙", "麒麟区", "6210"]), who)
    await import_registry.cancel(dropped.id, scope=who.scope)
    assert await rows_of(dropped.id) == 1
    later(31)
    assert await clear() == 1
    assert (await rows_of(kept.id), await rows_of(dropped.id)) == (1, 0)
    assert (await queries.find_batch(kept.id, CITY)).state == "applied"


async def test_the_file_stays_while_a_younger_import_reads_it():
    data = register([code(1), "甲", "麒麟区", "6210"])
    first = await read(data, person())
    later(31)
    other = person("530302")
    second = await upload(data, other)
    await work()
    assert await clear() == 1
    assert (await queries.find_batch(first.id, CITY)).state == "cancelled"
    assert (await queries.find_batch(second, CITY)).state == "previewed"
    assert service.stored_path(first.file_sha256).is_file()


async def test_the_days_are_the_rulebooks_of_today():
    batch = await read(register([code(1), "甲", "麒麟区", "6210"]), person())
    later(8)
    await set_days(7)
    assert await find_retention("upload", clock.today()) == 7
    assert await clear() == 1
    assert "7 天" in (await queries.find_batch(batch.id, CITY)).error["zh"]


async def test_without_a_row_in_force_nothing_is_cleared():
    batch = await read(register([code(1), "甲", "麒麟区", "6210"]), person())
    await set_days(7, valid_to=clock.today())
    later(400)
    assert await clear() == 0
    assert (await queries.find_batch(batch.id, CITY)).state == "previewed"


async def test_a_batch_that_somebody_has_in_hand_is_passed_over():
    batch = await read(register([code(1), "甲", "麒麟区", "6210"]), person())
    later(31)
    other = await asyncpg.connect(**engine.database().config)
    try:
        async with other.transaction():
            await other.execute("select 1 from import_batch where id = $1 for update", batch.id)
            assert await clear() == 0
    finally:
        await other.close()
    assert await clear() == 1


async def test_two_rows_for_the_same_days_are_refused():
    values = {"what": "upload", "days": 5, "valid_from": clock.today(), "valid_to": None, "source": "测试"}
    with pytest.raises(Invalid):
        async with transaction():
            await save_retention(uuid4(), values, version=None, by=uuid4())

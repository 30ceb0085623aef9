"""What an import did is taken back within a day, as far as nothing has come of it; and given up at any time before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.exchange import queries, service
from backend.kernel import clock
from backend.registry import exemptions
from backend.registry import queries as registry
from backend.registry.service import load_industries, load_regions
from backend.storage.engine import aside, connection, transaction
from backend.usecases import import_applying, import_registry
from tests.usecases.test_import import CITY, code, person, read, register, work


@pytest.fixture(autouse=True)
async def codes(db):
    async with transaction():
        await load_regions()
        await load_industries()
    yield
    clock.hold(None)


async def entries(kind: str) -> list[dict]:
    async with transaction():
        rows = await connection().fetch("select p.payload from ledger_entry e join ledger_payload p using (entry_id) where e.type = $1", kind)
    return [json.loads(row["payload"]) for row in rows]


async def count() -> int:
    return await aside().fetchval("select count(*) from enterprise")


async def test_an_import_is_undone_as_far_as_nothing_has_come_of_it():
    uploader, applier = person(), person()
    first = await read(register([code(1), "老店", "麒麟区", "6210"], [code(2), "另一店", "麒麟区", "6210"]), uploader)
    await import_registry.ask_apply(first.id, by=uploader)
    await work()
    rows = [[code(1), "老店改名", "麒麟区", "6210"], [code(2), "另一店改名", "沾益区", "5212"], *([code(n), f"新店{n}", "麒麟区", "6210"] for n in (3, 4, 5))]
    second = await read(register(*rows), uploader)
    await import_registry.ask_apply(second.id, by=applier)
    await work()
    done = await queries.find_batch(second.id, CITY)
    assert (done.account, done.applied_by, done.new, done.changed) == (uploader.account_id, applier.account_id, 3, 2)

    made = await registry.list_by_codes([code(n) for n in range(1, 6)])
    async with transaction():
        # Something refers to 3; somebody has changed 2 and 4 since.
        await exemptions.grant(
            made[code(3)].id, department="scjg", legal_basis="某办法第三条", valid_from=clock.today(), valid_to=None, by=applier.account_id
        )
        await connection().execute("update enterprise set phone = '1', version = version + 1 where code = any($1)", [code(2), code(4)])
    await import_registry.ask_undo(second.id, by=applier)
    await import_registry.ask_undo(second.id, by=applier)
    await work()
    undone = await queries.find_batch(second.id, CITY)
    assert (undone.state, undone.undo) == ("undone", {"removed": 1, "restored": 1, "kept": 3})
    assert [(row.code, row.undo) for row in await queries.list_kept(second.id)] == [(code(2), "changed"), (code(3), "referred"), (code(4), "changed")]
    left = await registry.list_by_codes([code(n) for n in range(1, 6)])
    assert set(left) == {code(n) for n in (1, 2, 3, 4)}
    assert (left[code(1)].name, left[code(1)].region, left[code(1)].version) == ("老店", "530302", 3)
    assert (left[code(2)].name, left[code(2)].phone) == ("另一店改名", "1")
    [entry] = await entries("registry.undone")
    assert (entry["removed"], entry["restored"], entry["kept"]) == (1, 1, 3)
    history = await aside().fetch("select kind from enterprise_change where enterprise = $1 order by id", left[code(1)].id)
    assert [row["kind"] for row in history] == ["import", "undo"]
    again = await read(register([code(5), "新店5", "麒麟区", "6210"]), uploader)
    assert again.new == 1


async def test_after_a_day_it_is_too_late():
    who = person()
    batch = await read(register([code(1), "甲", "麒麟区", "6210"]), who)
    with pytest.raises(service.NotPreviewed):
        await import_registry.ask_undo(batch.id, by=who)
    await import_registry.ask_apply(batch.id, by=who)
    await work()
    late = clock.now() + timedelta(days=1, minutes=1)
    clock.hold(lambda: late)
    with pytest.raises(service.TooLateToUndo):
        await import_registry.ask_undo(batch.id, by=who)
    assert await count() == 1


async def test_cancelled_while_it_is_applied_nothing_stays(monkeypatch):
    who = person()
    batch = await read(register(*([code(n), f"店{n}", "麒麟区", "6210"] for n in range(6))), who)
    await import_registry.ask_apply(batch.id, by=who)
    monkeypatch.setattr(import_applying, "PART", 2)
    parts = []
    tell = service.tell_progress

    async def tell_and_cancel(found, **how):
        parts.append(how)
        await tell(found, **how)
        if len(parts) == 2:
            # From another page, in another transaction, while four of six are written.
            assert await aside().fetchval("select applied_rows from import_batch where id = $1", batch.id) == 4
            await aside().execute("update import_batch set state = 'cancelled' where id = $1 and state = 'applying'", batch.id)

    monkeypatch.setattr(service, "tell_progress", tell_and_cancel)
    await work()
    assert len(parts) == 3
    assert (await queries.find_batch(batch.id, CITY)).state == "cancelled"
    assert await count() == 0
    assert await entries("registry.imported") == []
    assert not service.stored_path(batch.file_sha256).exists()


async def test_cancelling_by_the_button_does_not_wait_for_the_worker():
    who = person()
    batch = await read(register([code(1), "甲", "麒麟区", "6210"]), who)
    await import_registry.ask_apply(batch.id, by=who)
    await import_registry.cancel(batch.id, scope=who.scope)
    await work()
    assert (await queries.find_batch(batch.id, CITY)).state == "cancelled"
    assert await count() == 0


async def test_columns_are_named_by_a_person_and_remembered_for_the_department():
    who = person()
    headers = ["统一社会信用代码", "企业名称", "所在地方", "做什么", "备注"]
    rows = [[code(n), f"店{n}", "麒麟区", "6210", "x"] for n in range(3)]
    batch = await read(register(*rows, headers=headers), who)
    assert batch.state == "mapping"
    assert [c["field"] for c in batch.columns] == ["code", "name", None, None, None]
    assert batch.sample[0][2] == "麒麟区"
    with pytest.raises(import_registry.ColumnsMissing, match="Industry"):
        await import_registry.map_columns(batch.id, {2: "region"}, by=who)
    await import_registry.map_columns(batch.id, {2: "region", 3: "industry"}, by=who)
    await work()
    batch = await queries.find_batch(batch.id, CITY)
    assert (batch.state, batch.new, batch.is_mapped) == ("previewed", 3, True)
    # A preview may be read anew with other columns too, and nothing of the first reading stays.
    await import_registry.map_columns(batch.id, {2: "region", 3: "industry", 4: "address"}, by=who)
    await work()
    [row, *_] = await queries.list_rows(batch.id, "new")
    assert (row.values["address"], len(await queries.list_rows(batch.id, "new"))) == ("x", 3)
    next_time = await read(register([code(9), "店9", "麒麟区", "6210", "y"], headers=[" 统一社会信用代码", *headers[1:]]), who)
    assert (next_time.state, next_time.new) == ("previewed", 1)
    assert [c["field"] for c in next_time.columns] == ["code", "name", "region", "industry", "address"]
    other = replace(who, account_id=uuid4(), department="xfjy")
    elsewhere = await read(register([code(8), "店8", "麒麟区", "6210", "y"], headers=headers), other)
    assert elsewhere.state == "mapping"


async def test_codes_are_looked_for_among_the_rows_of_their_import_alone():
    """An index of codes over all imports would cost each of them more than it saves the few that take a refused row after all."""
    batch, codes = uuid4(), ["x1", "x2"]
    async with transaction():
        await connection().execute(
            "insert into import_row (batch, row_no, verdict, code) select b, g, 'same', 'x' || g from generate_series(1, 1000) g,"
            " (select $1::uuid as b union all select gen_random_uuid() from generate_series(1, 30)) b",
            batch,
        )
        await connection().execute("analyze import_row")
        assert await queries.list_codes(batch, codes) == {"x1": 1, "x2": 2}
        plan = await connection().fetch("explain " + queries.CODES.replace("{}", "${}").format(1, 2), batch, codes)
    assert "import_row_batch" in str(plan)
    assert "Seq Scan" not in str(plan)

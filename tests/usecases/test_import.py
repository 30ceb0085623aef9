"""名录导入 from the uploaded file to the register: preview, override, all or nothing, one ledger entry."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from backend.cli.demo.samples import write_sample_register
from backend.exchange import blocks, queries, service, sources
from backend.exchange.queries import BatchView
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.scope import EVERYTHING, Scope
from backend.people.rules import Principal
from backend.registry import queries as registry
from backend.registry.queries import Filter
from backend.registry.rules import make_uscc
from backend.registry.search import count_enterprises
from backend.registry.service import load_industries, load_regions
from backend.storage.engine import connection, transaction
from backend.usecases import import_reading, import_registry

HEADERS = ["统一社会信用代码", "企业名称", "行政区划", "行业代码"]
CITY = Scope("scjg", "5303")


def person(region: str = "5303") -> Principal:
    return Principal(uuid4(), "manager", "王芳", "manager", "scjg", region, None)


def code(number: int, region: str = "530302") -> str:
    return make_uscc("91" + region, f"YQ{number:06d}")


def register(*rows: list[str], headers: list[str] = HEADERS) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([headers, *rows])
    return text.getvalue().encode("gb18030")


async def upload(data: bytes, by: Principal, filename: str = "名录.csv") -> UUID:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(data), 1000):
            yield data[at : at + 1000]

    return await import_registry.upload(chunks(), filename=filename, by=by)


async def work() -> int:
    steps = 0
    while await import_registry.work_off():
        steps += 1
    return steps


async def read(data: bytes, by: Principal) -> BatchView:
    batch_id = await upload(data, by)
    await work()
    return await queries.find_batch(batch_id, by.scope)


async def entries() -> list[dict]:
    async with transaction():
        rows = await connection().fetch(
            "select p.payload from ledger_entry e join ledger_payload p using (entry_id) where e.type = 'registry.imported'"
        )
    return [json.loads(row["payload"]) for row in rows]


@pytest.fixture(autouse=True)
async def codes(db):
    async with transaction():
        await load_regions()
        await load_industries()


async def test_a_real_office_file_is_previewed_and_applied_with_its_bad_rows_named(tmp_path: Path):
    path = tmp_path / "sample.xlsx"
    sample = write_sample_register(path, "xlsx_mixed")
    who = person()
    batch = await read(path.read_bytes(), who)
    assert (batch.state, batch.total, batch.new, batch.bad) == ("previewed", sample.good + sample.bad, sample.good, sample.bad)
    assert batch.header_row == 3
    assert {c["field"] for c in batch.columns} >= {"code", "name", "region", "industry"}
    assert (await count_enterprises(EVERYTHING, Filter())).n == 0
    bad = await queries.list_rows(batch.id, "bad")
    assert all(error["zh"] and error["en"] for row in bad for error in row.errors)
    assert {error["reason"] for row in bad for error in row.errors} >= {"digits-lost", "id-card", "check-digit", "blank"}

    await import_registry.ask_apply(batch.id, by=who)
    await import_registry.ask_apply(batch.id, by=who)
    await work()
    done = await queries.find_batch(batch.id, CITY)
    assert (done.state, done.new) == ("applied", sample.good)
    assert (await count_enterprises(EVERYTHING, Filter())).n == sample.good
    [entry] = await entries()
    assert entry["file_sha256"] == batch.file_sha256
    assert (entry["new"], entry["changed"], entry["bad"]) == (sample.good, 0, sample.bad)


async def test_the_second_file_shows_what_it_changes_and_leaves_unsaid_fields_alone():
    who = person()
    both = [*HEADERS, "信用风险等级"]
    first = await read(register([code(1), "麒麟饭店", "麒麟区", "6210", "D"], [code(2), "老店", "麒麟区", "6210", "A"], headers=both), who)
    await import_registry.ask_apply(first.id, by=who)
    await work()
    second = await read(
        register([code(1), "麒麟大饭店", "麒麟区", "6210"], [code(2), "老店", "麒麟区", "6210"], [code(3), "新店", "沾益", "5212"]), who
    )
    assert (second.new, second.changed, second.same, second.bad) == (1, 1, 1, 0)
    [row] = await queries.list_rows(second.id, "changed")
    assert row.changes == {"name": ["麒麟饭店", "麒麟大饭店"]}
    await import_registry.ask_apply(second.id, by=who)
    await work()
    found = await registry.list_by_codes([code(1)])
    assert (found[code(1)].name, found[code(1)].credit_class, found[code(1)].version) == ("麒麟大饭店", "D", 2)


def in_small_blocks(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """About so many of this file's rows a stretch."""
    monkeypatch.setattr(sources, "BLOCK_BYTES", rows * len(register([code(1), "店1", "麒麟区", "6210"]).split(b"\r\n")[1]) + rows * 2)


async def test_reading_goes_on_where_a_killed_worker_stopped(monkeypatch):
    in_small_blocks(monkeypatch, 3)
    who = person()
    batch_id = await upload(register(*([code(n), f"店{n}", "麒麟区", "6210"] for n in range(8))), who)
    assert await import_registry.work_off()  # how the file is read
    assert await import_registry.work_off()
    half = await queries.find_batch(batch_id, CITY)
    assert (half.state, half.done, half.total, half.at_row) == ("reading", 3, 8, 5)
    import_reading.let_go()  # a new process knows nothing
    judged: list[int] = []
    judge = blocks.judge_block
    monkeypatch.setattr(blocks, "judge_block", lambda data, spec, first: judged.append(first) or judge(data, spec, first))
    await work()
    assert judged == [5, 8]  # the header is row 1; rows 2 to 4 were there
    whole = await queries.find_batch(batch_id, CITY)
    assert (whole.state, whole.new, whole.done, whole.total) == ("previewed", 8, 8, 8)


@pytest.mark.parametrize("rows_a_block", [1, 2, 3, 100])
async def test_known_rows_among_new_ones_are_found_wherever_the_blocks_end(monkeypatch, rows_a_block):
    who = person()
    first = await read(register([code(3), "店3", "麒麟区", "6210"], [code(5), "店5", "麒麟区", "6210"]), who)
    await import_registry.ask_apply(first.id, by=who)
    await work()
    in_small_blocks(monkeypatch, rows_a_block)
    rows = [[code(n), "新5" if n == 5 else f"店{n}", "麒麟区", "6210"] for n in range(1, 8)]
    second = await read(register(*rows, [code(7), "店7", "麒麟区", "6210"]), who)
    assert (second.new, second.changed, second.same, second.bad) == (5, 1, 1, 1)
    assert [row.code for row in await queries.list_rows(second.id, "new")] == [code(n) for n in (1, 2, 4, 6, 7)]
    [doubled] = await queries.list_rows(second.id, "bad")
    assert (doubled.row_no, doubled.errors[0]["reason"]) == (9, "duplicate")
    assert doubled.fields["name"] == "店7"
    await import_registry.ask_apply(second.id, by=who)
    await work()
    done = await queries.find_batch(second.id, CITY)
    assert (done.state, done.new, done.changed) == ("applied", 5, 1)
    found = await registry.list_by_codes([code(n) for n in range(1, 8)])
    assert {c: (e.name, e.version) for c, e in found.items()} == {
        code(n): ("新5" if n == 5 else f"店{n}", 2 if n == 5 else 1) for n in range(1, 8)
    }
    await import_registry.ask_undo(second.id, by=who)
    await work()
    left = await registry.list_by_codes([code(n) for n in range(1, 8)])
    assert {c: e.name for c, e in left.items()} == {code(3): "店3", code(5): "店5"}


async def test_two_workers_share_the_queue_and_no_row_is_read_twice(monkeypatch):
    in_small_blocks(monkeypatch, 2)
    who = person()
    ids = [await upload(register(*([code(n + 100 * k), f"店{n}", "麒麟区", "6210"] for n in range(6))), who) for k in range(2)]
    for _ in range(20):
        await asyncio.gather(import_registry.work_off(), import_registry.work_off())
    for batch_id in ids:
        batch = await queries.find_batch(batch_id, CITY)
        assert (batch.state, batch.new, batch.done) == ("previewed", 6, 6)
        assert [row.row_no for row in await queries.list_rows(batch_id, "new")] == [2, 3, 4, 5, 6, 7]


async def test_a_code_given_twice_and_a_row_of_another_region_are_row_errors():
    who = person("530302")
    batch = await read(
        register([code(1), "甲", "麒麟区", "6210"], [code(1), "乙", "麒麟区", "6210"], [code(2, "530303"), "丙", "沾益区", "6210"]), who
    )
    assert (batch.new, batch.bad) == (1, 2)
    reasons = [error["reason"] for row in await queries.list_rows(batch.id, "bad") for error in row.errors]
    assert reasons == ["duplicate", "region-not-yours"]


async def test_an_enterprise_of_another_region_cannot_be_pulled_over():
    city, qilin = person(), person("530302")
    first = await read(register([code(1), "甲", "沾益区", "6210"]), city)
    await import_registry.ask_apply(first.id, by=city)
    await work()
    batch = await read(register([code(1), "甲", "麒麟区", "6210"]), qilin)
    assert (batch.changed, batch.bad) == (0, 1)


async def test_the_same_file_while_one_is_pending_is_the_same_batch():
    who = person()
    data = register([code(1), "甲", "麒麟区", "6210"])
    first, second = await asyncio.gather(upload(data, who), upload(data, who))
    assert first == second
    await work()
    assert await upload(data, who) == first
    await import_registry.cancel(first, scope=CITY)
    assert await upload(data, who) != first


async def test_a_bad_check_digit_is_taken_with_a_reason_and_stays_taken():
    who = person()
    wrong = code(1)[:-1] + ("1" if code(1)[-1] != "1" else "2")
    batch = await read(register([wrong, "甲", "麒麟区", "6210"], ["123", "乙", "麒麟区", "6210"]), who)
    assert await queries.list_numbers_that_can_be_overridden(batch.id) == [2]
    with pytest.raises(Invalid):
        await import_registry.override(batch.id, [2], "  是 ", by=who)
    assert await import_registry.override(batch.id, [2, 3], "营业执照原件如此", by=who) == 1
    batch = await queries.find_batch(batch.id, CITY)
    assert (batch.new, batch.bad) == (1, 1)
    await import_registry.ask_apply(batch.id, by=who)
    await work()
    kept = (await registry.list_by_codes([wrong]))[wrong]
    assert (kept.code_kind, kept.override_reason) == ("override", "营业执照原件如此")
    [entry] = await entries()
    assert entry["overrides"] == [{"code": wrong, "reason": "营业执照原件如此", "by": str(who.account_id)}]
    again = await read(register([wrong, "甲", "麒麟区", "6210"]), who)
    assert (again.same, again.bad) == (1, 0)


async def test_nothing_is_half_applied(monkeypatch):
    who = person()
    batch = await read(register([code(1), "甲", "麒麟区", "6210"], [code(2), "乙", "麒麟区", "6210"]), who)
    await import_registry.ask_apply(batch.id, by=who)

    async def fail(*_args: object, **_named: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(service.ledger, "record", fail)
    await work()
    batch = await queries.find_batch(batch.id, CITY)
    assert batch.state == "failed"
    assert batch.error
    assert (await count_enterprises(EVERYTHING, Filter())).n == 0


async def test_a_region_that_changed_hands_after_the_preview_stops_the_whole_import():
    city, qilin = person(), person("530302")
    mine = await read(register([code(1), "甲", "麒麟区", "6210"], [code(2), "乙", "麒麟区", "6210"]), qilin)
    other = await read(register([code(1), "甲", "沾益区", "6210"]), city)
    for batch, who in ((other, city), (mine, qilin)):
        await import_registry.ask_apply(batch.id, by=who)
        await work()
    states = {b.id: b.state for b in await queries.list_batches(EVERYTHING)}
    assert (states[other.id], states[mine.id]) == ("applied", "failed")
    assert set(await registry.list_by_codes([code(1), code(2)])) == {code(1)}


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"%PDF-1.7 x", "表格"), (b"a,b\n1,2\n", "表头")],
)
async def test_a_file_that_cannot_be_used_fails_with_its_reason(data: bytes, says: str):
    batch = await read(data, person())
    assert batch.state == "failed"
    assert says in batch.error["zh"]
    assert batch.error["en"].isascii() or "“" in batch.error["en"]


async def test_an_empty_and_a_huge_file_are_refused_and_leave_nothing_behind(home: Path, monkeypatch):
    with pytest.raises(service.FileEmpty):
        await upload(b"", person())
    monkeypatch.setattr(service, "MAX_BYTES", 1500)
    with pytest.raises(service.FileTooLarge):
        await upload(b"x" * 5000, person())
    assert not list((home / "imports").glob("upload-*"))


async def test_states_hold_and_other_regions_see_nothing():
    who = person("530302")
    batch = await read(register([code(1), "甲", "麒麟区", "6210"]), who)
    with pytest.raises(NotFound):
        await import_registry.cancel(batch.id, scope=Scope("scjg", "530303"))
    with pytest.raises(NotFound):
        await import_registry.ask_apply(batch.id, by=person("530303"))
    await import_registry.cancel(batch.id, scope=who.scope)
    with pytest.raises(service.NotPreviewed):
        await import_registry.ask_apply(batch.id, by=who)
    empty = await read(register(["", "甲", "麒麟区", "6210"]), who)
    with pytest.raises(service.NothingToApply):
        await import_registry.ask_apply(empty.id, by=who)

"""Check items in dated editions, checklists in versions, a spreadsheet applied whole or not at all."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from backend.history.queries import list_changes
from backend.history.rules import ChangedByOther
from backend.inspections.queries import list_pinned_items
from backend.inspections.rules import Plan
from backend.inspections.service import create_campaign
from backend.items import checklists, editions, imports
from backend.items.checklist_rules import empty
from backend.items.import_rules import judge_rows
from backend.items.item_rules import ItemDraft
from backend.items.queries import find_draft, find_item, list_items, list_register, list_versions
from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.scope import Scope
from backend.storage.engine import connection, transaction

TODAY = clock.today()
BY = uuid4()
QUALIFICATIONS = ("law", "food")
DRAFT = ItemDraft("餐饮检查", "Catering", "general", "食品安全法", "onsite", "food")


async def add(code: str = "SC01", **fields: object) -> None:
    async with transaction():
        await editions.add_item(
            code, ItemDraft(**{**{n: getattr(DRAFT, n) for n in DRAFT.__dataclass_fields__}, **fields}),
            department="scjg", valid_from=TODAY, qualifications=QUALIFICATIONS, by=BY,
        )  # fmt: skip


async def change(version: int, days: int = 0, code: str = "SC01", **fields: object) -> bool:
    async with transaction():
        return await editions.change_item(
            code, ItemDraft(**{**{n: getattr(DRAFT, n) for n in DRAFT.__dataclass_fields__}, **fields}),
            effective_from=TODAY + timedelta(days=days), version=version, department="scjg", qualifications=QUALIFICATIONS, by=BY,
        )  # fmt: skip


def ask(id_: str, **fields: str) -> dict[str, str]:
    return empty(id_) | {"zh": f"问题{id_}", "en": f"Question {id_}"} | fields


async def publish(*questions: dict[str, str], code: str = "SC01", note: str = "首版") -> int:
    async with transaction():
        await checklists.open_draft(code, department="scjg", by=BY)
        draft = await find_draft(code)
        version = await checklists.save_draft(code, draft.title_zh, draft.title_en, questions, version=draft.version, department="scjg", by=BY)
        return await checklists.publish(code, note, version=version, department="scjg", by=BY)


async def plan() -> object:
    async with transaction():
        return await create_campaign(
            Plan("x", ("SC01",), "scjg", (), ("530302",), (), "fixed", {"n": 1}, 2, TODAY + timedelta(days=9)), by=BY, scope=Scope("scjg", "5303")
        )


async def test_an_item_can_be_planned_once_its_checklist_is_published(db):
    await add()
    assert await list_items() == []
    with pytest.raises(Invalid):
        await plan()
    assert await publish(ask("q1")) == 1
    assert [i.code for i in await list_items()] == ["SC01"]
    await plan()
    row = await find_item("SC01")
    assert (row.checklist, row.has_draft) == (1, False)


async def test_a_change_holds_from_its_day_and_what_was_planned_keeps_its_text(db):
    await add()
    await publish(ask("q1"))
    campaign = await plan()
    assert await change(1, days=3, legal_basis="新法")
    assert (await find_item("SC01")).legal_basis == "食品安全法"
    assert (await find_item("SC01")).ahead == TODAY + timedelta(days=3)
    assert (await list_items())[0].legal_basis == "食品安全法"
    then = clock.now() + timedelta(days=3)
    clock.hold(lambda: then)
    assert (await list_items())[0].legal_basis == "新法"
    async with transaction():
        assert await connection().fetchval("select legal_basis from check_item") == "食品安全法"
        assert await editions.settle() == 1
        assert await editions.settle() == 0
        assert await connection().fetchval("select legal_basis from check_item") == "新法"
    assert (await list_pinned_items([campaign]))[campaign]["SC01"].legal_basis == "食品安全法"
    (line, _added) = await list_changes("checkitem", "SC01")
    assert (line.old, line.new) == ({"legal_basis": "食品安全法"}, {"legal_basis": "新法", "effective_from": (TODAY + timedelta(days=3)).isoformat()})
    async with transaction():
        entry = await connection().fetchrow(
            "select p.payload, p.is_public from ledger_entry e join ledger_payload p using (entry_id) where type = 'checkitem.changed'"
        )
    assert entry["is_public"]
    assert json.loads(entry["payload"])["new"] == {"legal_basis": "新法"}


async def test_two_editors_other_departments_and_days_gone_by(db):
    await add()
    assert await change(1, name_zh="餐饮服务检查")
    assert not await change(2, name_zh="餐饮服务检查")
    with pytest.raises(ChangedByOther) as refused:
        await change(1, name_zh="餐饮监督")
    assert refused.value.theirs["name_zh"] == "餐饮服务检查"
    with pytest.raises(Invalid):
        await change(2, days=-1, name_zh="昨天")
    with pytest.raises(NotFound):
        async with transaction():
            await editions.end_item("SC01", valid_to=TODAY + timedelta(days=1), reason="x", version=2, department="xfjy", by=BY)
    with pytest.raises(NotFound):
        async with transaction():
            await checklists.open_draft("SC01", department="xfjy", by=BY)
    with pytest.raises(Invalid):
        await add()


async def test_an_item_that_ends_stays_in_its_campaigns(db):
    await add()
    await publish(ask("q1"))
    campaign = await plan()
    tomorrow = TODAY + timedelta(days=1)
    async with transaction():
        await editions.end_item("SC01", valid_to=tomorrow, reason="事项取消", version=1, department="scjg", by=BY)
    assert [i.code for i in await list_items()] == ["SC01"]
    assert await list_items(on=tomorrow) == []
    assert "SC01" in (await list_pinned_items([campaign]))[campaign]
    assert (await list_changes("checkitem", "SC01"))[0].reason == "事项取消"


async def test_a_new_version_leaves_the_old_one_and_running_campaigns_alone(db):
    await add()
    await publish(ask("q1"), ask("q2"))
    campaign = await plan()
    assert await publish(ask("q2"), ask("q1"), ask("q3"), note="增加一题") == 2
    newest, first = await list_versions("SC01")
    assert [q["id"] for q in first.questions] == ["q1", "q2"]
    assert [q["id"] for q in newest.questions] == ["q2", "q1", "q3"]
    assert (await list_pinned_items([campaign]))[campaign]["SC01"].checklist == first.id
    later = await plan()
    assert (await list_pinned_items([later]))[later]["SC01"].checklist == newest.id
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with transaction():
            await connection().execute("update checklist set title_zh = 'x' where version = 1")
    line = (await list_changes("checklist", "SC01"))[0]
    assert (line.what, line.old, line.new, line.reason) == ("published", {"version": 1}, {"version": 2}, "增加一题")


async def test_a_draft_keeps_what_was_typed_and_is_published_only_whole(db):
    await add()
    with pytest.raises(checklists.NotReady) as refused:
        await publish(ask("q1"), ask("q2", zh=""))
    assert refused.value.fields["count"] == 1
    async with transaction():
        await checklists.open_draft("SC01", department="scjg", by=BY)
        await checklists.save_draft("SC01", "标题", "Title", [ask("q1", unit="半句")], version=1, department="scjg", by=BY)
        await checklists.open_draft("SC01", department="scjg", by=BY)
    draft = await find_draft("SC01")
    assert (draft.version, draft.questions[0]["unit"]) == (2, "半句")
    with pytest.raises(ChangedByOther) as collided:
        async with transaction():
            await checklists.save_draft("SC01", "另一个", "Other", [], version=1, department="scjg", by=uuid4())
    assert collided.value.theirs["title_zh"] == "标题"
    for note in ("", "x" * 201):
        with pytest.raises(Invalid):
            async with transaction():
                await checklists.publish("SC01", note, version=2, department="scjg", by=BY)
    async with transaction():
        await checklists.publish("SC01", "首版", version=2, department="scjg", by=BY)
        await checklists.open_draft("SC01", department="scjg", by=BY)
    with pytest.raises(Invalid):  # no difference
        async with transaction():
            await checklists.publish("SC01", "再来", version=1, department="scjg", by=BY)
    async with transaction():
        await checklists.drop_draft("SC01", version=1, department="scjg")
    assert await find_draft("SC01") is None


async def read(*rows: tuple[str, str, str]) -> object:
    texts = [
        (n, {"code": code, "name_zh": name, "name_en": "x", "category": "一般", "legal_basis": basis, "method": "实地"})
        for n, (code, name, basis) in enumerate(rows, 2)
    ]
    async with transaction():
        judged = judge_rows(texts, await imports.load_known(), department="scjg", qualifications={"law": "law"})
        return await imports.open_import(judged, filename="a.csv", file_sha256="0" * 64, valid_from=TODAY, department="scjg", by=BY)


async def apply(import_id, department: str = "scjg") -> None:
    async with transaction():
        await imports.apply_import(import_id, department=department, qualifications=QUALIFICATIONS, by=BY)


async def test_a_file_is_applied_whole_and_once(db):
    await add()
    made = await read(("SC01", "餐饮检查", "新法"), ("SC02", "药品检查", "药品管理法"))
    assert [r.code for r in await list_register()] == ["SC01"]
    with pytest.raises(NotFound):
        await apply(made, "xfjy")
    await apply(made)
    await apply(made)
    assert {r.code: r.legal_basis for r in await list_register()} == {"SC01": "新法", "SC02": "药品管理法"}
    async with transaction():
        rows = await connection().fetch("select payload from ledger_payload p join ledger_entry e using (entry_id) where e.type = 'checkitem.imported'")
    assert [json.loads(r["payload"]) for r in rows] == [{"department": "scjg", "file_sha256": "0" * 64, "new": 1, "changed": 1, "same": 0}]


async def test_a_file_with_a_wrong_row_or_a_list_that_moved_on_applies_nothing(db):
    await add()
    bad = await read(("SC02", "药品检查", "药品管理法"), ("SC03", "", "x"))
    with pytest.raises(imports.RowsAreBad):
        await apply(bad)
    stale = await read(("SC02", "药品检查", "药品管理法"), ("SC01", "餐饮检查", "新法"))
    async with transaction():
        await editions.end_item("SC01", valid_to=TODAY + timedelta(days=1), reason="x", version=1, department="scjg", by=BY)
    tomorrow = clock.now() + timedelta(days=1)
    clock.hold(lambda: tomorrow)
    with pytest.raises(imports.ListMovedOn):
        await apply(stale)
    assert [r.code for r in await list_register()] == ["SC01"]
    clock.hold(None)
    nothing = await read(("SC02", "药品检查", "药品管理法"))
    async with transaction():
        await imports.cancel_import(nothing, department="scjg")
    with pytest.raises(NotFound):
        await apply(nothing)

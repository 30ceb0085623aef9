"""Comments among colleagues: kept as written, told to whom they call, read by nobody outside the department."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.desk import queries as desk
from backend.inspections import queries as inspections
from backend.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from backend.storage.engine import connection, transaction
from backend.usecases.adhoc import list_choosable, reassign_officer
from backend.usecases.comment import add_comment
from backend.usecases.reassignments import list_reassignments
from tests.usecases.test_adhoc import adhoc, make_plan
from tests.usecases.test_records import principal


async def visit() -> UUID:
    async with transaction():
        return await connection().fetchval(
            "select id from inspection i where state = 'submitted' and department = 'scjg'"
            " and not exists (select from desk_comment c where c.inspection = i.id) order by id limit 1"
        )


async def told(account: UUID) -> int:
    async with transaction():
        return await connection().fetchval("select count(*) from inbox_entry where account = $1 and kind = 'comment.mentioned'", account)


async def test_a_colleague_who_is_called_is_told_once(demo):
    manager, reviewer = await principal("manager"), await principal("reviewer")
    inspection, comment, before = await visit(), uuid4(), await told(reviewer.account_id)
    await asyncio.gather(*(add_comment(inspection, comment, "@李文华 第三张照片看不清，@陈静 知悉", by=manager) for _ in range(3)))
    (found,) = await desk.list_comments(inspection)
    assert (found.author, found.text, found.mentions) == (manager.account_id, "@李文华 第三张照片看不清，@陈静 知悉", (reviewer.account_id,))
    assert await told(reviewer.account_id) == before + 1
    assert await told(manager.account_id) == 0, "nobody is told of their own words"
    with pytest.raises(Conflict):
        await add_comment(inspection, comment, "另一段话", by=manager)
    await add_comment(inspection, uuid4(), "收到", by=reviewer)
    assert [c.text for c in await desk.list_comments(inspection)][-1] == "收到"
    async with transaction():
        logged = await connection().fetch(
            "select p.is_public, p.payload::text as t from ledger_entry e join ledger_payload p using (entry_id)"
            " where e.type = 'comment.added' and e.subject = $1",
            str(inspection),
        )
    assert len(logged) == 2
    assert not any(entry["is_public"] or "照片" in entry["t"] for entry in logged), "the words stay inside the office"


async def test_who_may_comment(demo):
    manager, inspection = await principal("manager"), await visit()
    with pytest.raises(NotFound):
        await add_comment(inspection, uuid4(), "别的部门", by=replace(manager, department="xfjy"))
    for who in ("auditor", "inspector"):
        with pytest.raises(Forbidden):
            await add_comment(inspection, uuid4(), "不是本科室", by=await principal(who))
    with pytest.raises(Invalid):
        await add_comment(inspection, uuid4(), "  ", by=manager)
    assert await desk.list_comments(inspection) == []


async def test_a_comment_is_never_changed_or_deleted(demo):
    inspection = await visit()
    await add_comment(inspection, uuid4(), "原话", by=await principal("manager"))
    for statement in ("update desk_comment set text = 'x'", "delete from desk_comment"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with transaction():
                await connection().execute(statement)


async def test_a_change_of_officers_says_why(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    plan, _shop = await make_plan(manager, officer)
    campaign = await adhoc.open_adhoc(plan, by=manager)
    async with transaction():
        (opened,) = await inspections.list_visits(campaign, manager.scope)
    taker = next(o for o in await list_choosable(manager) if opened.county in o.counties and o.id not in opened.officers)
    with pytest.raises(Invalid, match="reason"):
        await reassign_officer(opened.id, officer.inspector_id, taker.id, reason=" ", by=manager)
    await reassign_officer(opened.id, officer.inspector_id, taker.id, reason="原人员出差培训", by=manager)
    (change,) = await list_reassignments(opened.id)
    assert (change.before, change.after, change.reason, change.is_drawn) == (officer.name, taker.name, "原人员出差培训", False)

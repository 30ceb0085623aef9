"""A published result is corrected and withdrawn: versions stay, both are in the public log, nobody decides on their own visit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.publicity import queries as publicity
from backend.publicity.rules import OtherVersion, Withdrawn
from backend.publicity.search import search_results
from backend.publicity.search_rules import ResultFilter
from backend.storage.engine import connection, transaction
from backend.usecases.revise_result import correct_result, load_history, withdraw_result
from tests.usecases.test_board import CLEAN
from tests.usecases.test_records import principal


async def published() -> tuple[UUID, str]:
    async with transaction():
        row = await connection().fetchrow(
            f"select i.id, p.number from publication p join inspection i on i.id = p.inspection where i.department = 'scjg'"
            f" and p.snapshot->'outcomes'->0->>'code' = '1' {CLEAN} order by p.number limit 1"
        )
    return row["id"], row["number"]


async def entries(number: str) -> list[tuple[str, bool, dict]]:
    async with transaction():
        rows = await connection().fetch(
            "select e.type, p.is_public, p.payload from ledger_entry e join ledger_payload p using (entry_id) where e.subject = $1 order by e.at, e.type",
            number,
        )
    return [(r["type"], r["is_public"], json.loads(r["payload"])) for r in rows]


async def test_a_corrected_result_stands_beside_what_it_was(demo):
    reviewer = await principal("reviewer")
    inspection, number = await published()
    before = await publicity.find_publication(number)
    count = await publicity.count_publications()
    assert await correct_result(inspection, seen=1, outcomes=["E"], reason="检查结果代码录入有误", by=reviewer) == number
    now, was = await publicity.find_publication(number), await publicity.find_publication(number, 1)
    assert (now.version, now.status, [o["code"] for o in now.snapshot["outcomes"]]) == (2, "corrected", ["E"])
    assert was == before, "the first version is not touched"
    same = set(before.snapshot) - {"version", "outcomes"}
    assert {k: now.snapshot[k] for k in same} == {k: before.snapshot[k] for k in same}
    assert [v.version for v in await publicity.list_versions(number)] == [1, 2]
    assert await publicity.count_publications() == count
    assert [p.version for p in await search_results(ResultFilter(text=before.enterprise_code)) if p.number == number] == [2]
    ((kind, is_public, payload),) = [e for e in await entries(number) if e[0] == "result.corrected"]
    assert (kind, is_public, payload) == ("result.corrected", True, now.snapshot)
    async with transaction():
        assert await connection().fetchval("select count(*) from inbox_entry where kind = 'result.revised' and inspection = $1", inspection) == 2


async def test_a_withdrawn_result_says_so_and_is_the_end(demo):
    manager = await principal("manager")
    inspection, number = await published()
    count = await publicity.count_publications()
    today = clock.today()
    await withdraw_result(inspection, seen=1, reason="行政复议撤销了处理决定", decided_on=today, by=manager)
    now = await publicity.find_publication(number)
    assert (now.version, now.status, now.snapshot["outcomes"], now.decided_on) == (2, "withdrawn", [], today)
    assert await publicity.count_publications() == count - 1
    assert (await publicity.find_publication(number, 1)).snapshot["outcomes"]
    with pytest.raises(Withdrawn):
        await correct_result(inspection, seen=2, outcomes=["1"], reason="改正录入", by=manager)
    history = await load_history(inspection)
    assert history is not None
    assert history.late == frozenset()
    assert "result.withdrawn" in [k for k, is_public, _ in await entries(number) if is_public]
    async with transaction():
        shown = await publicity.list_latest_of([(await connection().fetchval("select enterprise from inspection where id = $1", inspection))])
    assert number not in [p.number for views in shown.values() for p in views], "an officer's phone no longer shows it"


async def test_a_withdrawal_after_three_working_days_is_marked(demo):
    manager = await principal("manager")
    inspection, _number = await published()
    await withdraw_result(inspection, seen=1, reason="法院判决撤销", decided_on=clock.today() - timedelta(days=8), by=manager)
    history = await load_history(inspection)
    assert history is not None
    assert history.late == {2}


async def test_two_people_on_one_result_are_told(demo):
    manager, reviewer = await principal("manager"), await principal("reviewer")
    inspection, _number = await published()
    await correct_result(inspection, seen=1, outcomes=["E"], reason="第一次更正", by=reviewer)
    with pytest.raises(OtherVersion, match="Version 2"):
        await withdraw_result(inspection, seen=1, reason="没看到更正", decided_on=clock.today(), by=manager)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"reason": " "}, "reason"), ({"outcomes": []}, "outcomes"), ({"outcomes": ["ZZ"]}, "outcomes"), ({"outcomes": "same"}, "outcomes")],
)
async def test_what_cannot_stand_is_named(demo, changed, field):
    reviewer = await principal("reviewer")
    inspection, number = await published()
    if changed.get("outcomes") == "same":
        changed = {"outcomes": [o["code"] for o in (await publicity.find_publication(number)).snapshot["outcomes"]]}
    with pytest.raises(Invalid) as refused:
        await correct_result(inspection, **{"seen": 1, "outcomes": ["E"], "reason": "录入有误", "by": reviewer, **changed})
    assert refused.value.fields["field"] == field
    with pytest.raises(Invalid, match="decided_on"):
        await withdraw_result(inspection, seen=1, reason="还没决定", decided_on=clock.today() + timedelta(days=1), by=reviewer)
    assert (await publicity.find_publication(number)).version == 1


async def test_who_was_there_and_who_is_elsewhere_decide_nothing(demo):
    reviewer = await principal("reviewer")
    inspection, _number = await published()
    async with transaction():
        officer = await connection().fetchval("select inspector from inspection_officer where inspection = $1 and slot = 0", inspection)
        unpublished = await connection().fetchval("select id from inspection where state = 'submitted' limit 1")
    given = {"seen": 1, "outcomes": ["E"], "reason": "录入有误"}
    with pytest.raises(Forbidden):
        await correct_result(inspection, **given, by=replace(reviewer, inspector_id=officer))
    with pytest.raises(Forbidden):
        await correct_result(inspection, **given, by=await principal("auditor"))
    with pytest.raises(NotFound):
        await correct_result(inspection, **given, by=replace(reviewer, department="xfjy"))
    with pytest.raises(NotFound):
        await correct_result(unpublished, **given, by=reviewer)


async def test_no_version_is_ever_changed_or_deleted(demo):
    for statement in ("update publication set reason = 'x'", "delete from publication"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with transaction():
                await connection().execute(statement)

"""Erasing personal data: by two people, or when its time is over; the log's proofs hold, and nothing of it can be read any more."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.erasure import rules
from backend.intake import service as intake
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.ledger import queries as ledger
from backend.ledger import sequencer
from backend.ledger.verify import verify_log
from backend.objections.rules import Undecided
from backend.people.queries import find_principal_of
from backend.storage.engine import connection, transaction
from backend.usecases import erasing
from tests.files.strangers import CORPUS

WHO, HOW, WHY = "何某某", "13987451234", "照片里不是我店，是隔壁何某某的店"


async def person(username: str):
    async with transaction():
        return await find_principal_of(await connection().fetchval("select id from account where username = $1", username))


@pytest.fixture
async def matter(demo):
    """A decided objection of the demo county with a person's data and a photo, and its ledger entry."""
    clean = await intake.inspect(CORPUS[0].make(), "店.jpg")
    async with transaction():
        await connection().execute("delete from erasure_request")  # the demo county's own
        row = await connection().fetchrow("select id, number, entry_id from objection where state = 'decided' order by number limit 1")
        await connection().execute("update objection set objector = $2, contact = $3, grounds = $4 where id = $1", row["id"], WHO, HOW, WHY)
        await connection().execute(
            "update ledger_payload set payload = payload || jsonb_build_object('grounds', $2::text) where entry_id = $1", row["entry_id"], WHY
        )
        await intake.keep([clean], purpose="objection", subject=row["id"])
    return row


async def everything() -> str:
    """All rows of all tables as one text."""
    found = []
    async with transaction():
        for r in await connection().fetch("select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"):
            found += [x["t"] for x in await connection().fetch(f'select t::text from "{r["table_name"]}" t')]
    return "\n".join(found)


async def test_by_two_people(matter):
    admin, auditor = await person("admin"), await person("auditor")
    request = uuid4()
    for _ in range(2):  # a retry
        await erasing.ask(request, kind="objection", number=matter["number"], ground="2026-11-26 书面申请，身份证核验", by=admin)
    with pytest.raises(rules.AlreadyAsked):
        await erasing.ask(uuid4(), kind="objection", number=matter["number"], ground="再次申请", by=auditor)
    with pytest.raises(rules.SamePerson):
        await erasing.decide(request, approved=True, reason="", by=admin)
    assert WHO in await everything()

    await erasing.decide(request, approved=True, reason="", by=auditor)
    left = await everything()
    for word in (WHO, HOW, WHY):
        assert word not in left, word
    [shown] = await erasing.list_requests(admin)
    assert (shown.state, shown.tombstones, shown.number) == ("erased", 1, matter["number"])
    with pytest.raises(rules.AlreadyDecided):
        await erasing.decide(request, approved=True, reason="", by=auditor)

    while await sequencer.sequence():
        pass
    assert [str(p) for p in await verify_log()] == []
    proof = await ledger.find_proof(matter["entry_id"])
    assert proof is not None
    entry = await ledger.find_entry(proof.index)
    assert entry is not None
    assert entry.payload is None
    assert entry.erased_at is not None
    subjects = [str(request), str(matter["entry_id"])]
    async with transaction():
        rows = await connection().fetch("select type from ledger_entry where (type like 'erasure%' or type = 'payload.erased') and subject = any($1)", subjects)
        types = [r["type"] for r in rows]
    assert sorted(types) == ["erasure.decided", "erasure.requested", "payload.erased"]


async def test_a_refusal_has_its_reason_and_erases_nothing(matter):
    admin, auditor = await person("admin"), await person("auditor")
    request = uuid4()
    await erasing.ask(request, kind="objection", number=matter["number"], ground="书面申请", by=auditor)
    with pytest.raises(Invalid):
        await erasing.decide(request, approved=False, reason=" ", by=admin)
    await erasing.decide(request, approved=False, reason="行政复议期内，仍需保存", by=admin)
    assert WHO in await everything()


async def test_who_may_and_what(matter):
    manager, admin = await person("manager"), await person("admin")
    with pytest.raises(Forbidden):
        await erasing.ask(uuid4(), kind="objection", number=matter["number"], ground="书面申请", by=manager)
    for kind, number, ground in (("objection", "YY-0", "书面申请"), ("record", matter["number"], "书面申请"), ("objection", matter["number"], "")):
        with pytest.raises(Invalid):
            await erasing.ask(uuid4(), kind=kind, number=number, ground=ground, by=admin)
    with pytest.raises(NotFound):
        await erasing.decide(uuid4(), approved=True, reason="", by=admin)


async def test_an_open_objection_is_not_erased(matter):
    admin, auditor = await person("admin"), await person("auditor")
    async with transaction():
        await connection().execute(
            "update objection set state = 'open', decision = '', decision_reason = '', decided_by = null, decided_at = null where id = $1", matter["id"]
        )
    request = uuid4()
    await erasing.ask(request, kind="objection", number=matter["number"], ground="书面申请", by=admin)
    with pytest.raises(Undecided):
        await erasing.decide(request, approved=True, reason="", by=auditor)
    assert WHO in await everything()


async def test_when_its_time_is_over(matter):
    async with transaction():
        decided = await connection().fetchval("select decided_at from objection where id = $1", matter["id"])
        days = await connection().fetchval("select days from retention where what = 'objection'")
        inbox = await connection().fetchval("select count(*) from inbox_entry")
        tips = await connection().fetchval(
            "select count(*) from tip where clock is null and erased_at is null"
            " and coalesce(closed_at, decided_at, filed_at) < $1::timestamptz - make_interval(days =>"
            " (select max(days) from retention where what = 'tip'))",
            decided + timedelta(days=days - 1),
        )
        others = await connection().fetchval(
            "select (select count(*) from evaluation where text <> '') + (select count(*) from webhook_delivery where state in ('sent', 'dead'))"
        )
    clock.hold(lambda: decided + timedelta(days=days - 1))
    assert inbox > 0
    assert await erasing.erase_what_is_due() == inbox + tips + others, "alerts are kept for a year only, and a complaint may be older than this objection"
    assert WHO in await everything()
    clock.hold(lambda: decided + timedelta(days=days, hours=1))
    assert await erasing.erase_what_is_due() == 1
    left = await everything()
    assert WHO not in left
    assert WHY not in left
    assert await erasing.erase_what_is_due() == 0
    async with transaction():
        assert await connection().fetchval("select count(*) from inbox_entry") == 0

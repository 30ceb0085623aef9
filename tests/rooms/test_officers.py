"""Officers on their list: added, changed, suspended, reinstated, each with its entry and its history; pages of ten thousand."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.history.queries import list_changes
from backend.history.rules import ChangedByOther
from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.scope import Scope
from backend.people import officer_queries, officers, service
from backend.people.officer_queries import OfficerFilter
from backend.people.officer_rules import OfficerDraft, end_state
from backend.storage.engine import connection, transaction

MINE = Scope("scjg", "5303")
CODES = frozenset({"530302", "530303", "530304"})
BY = uuid4()


def draft(name: str = "王芳", number: str = "滇D1", days: int = 400, **fields: object) -> OfficerDraft:
    base = {"qualifications": ("law",), "counties": ("530302",), "phone": "0874-5551000"}
    return OfficerDraft(name, number, clock.today() + timedelta(days=days), **(base | fields))


@pytest.fixture(autouse=True)
async def departments(db):
    async with transaction():
        await service.add_department("scjg", "市场监督管理局", "AMR")
        await service.add_department("xfjy", "消防救援支队", "Fire")


async def add(draft_: OfficerDraft | None = None, department: str = "scjg") -> UUID:
    async with transaction():
        return await officers.add_officer(draft_ or draft(), department=department, counties=CODES, scope=MINE, by=BY)


async def payloads(subject: UUID) -> list[dict[str, object]]:
    async with transaction():
        rows = await connection().fetch(
            "select p.payload, e.entry_id from ledger_entry e join ledger_payload p using (entry_id) where e.type = 'inspector.changed' and e.subject = $1"
            " order by e.at, p.payload->>'what'",
            str(subject),
        )
    return [json.loads(r["payload"]) for r in rows]


async def test_a_change_is_saved_with_its_history_and_its_entry(db):
    who = await add()
    async with transaction():
        assert await officers.change_officer(who, draft(days=800, qualifications=("law", "food")), version=1, counties=CODES, scope=MINE, by=BY)
    now = await officer_queries.find_officer(who, MINE)
    assert (now.version, now.qualifications) == (2, ("law", "food"))
    changed, added = await list_changes("inspector", str(who))
    assert (added.what, added.old, added.new["name"]) == ("added", {}, "王芳")
    assert changed.old == {"certificate_expires_on": (clock.today() + timedelta(days=400)).isoformat(), "qualifications": ["law"]}
    assert changed.new == {"certificate_expires_on": (clock.today() + timedelta(days=800)).isoformat(), "qualifications": ["law", "food"]}
    assert (changed.by, changed.version) == (BY, 2)
    said = [p for p in await payloads(who) if p["what"] == "changed"]
    assert said == [{"what": "changed", "fields": ["certificate_expires_on", "qualifications"], **changed.new}]
    async with transaction():
        assert not await officers.change_officer(who, draft(days=800, qualifications=("law", "food")), version=2, counties=CODES, scope=MINE, by=BY)
    assert len(await list_changes("inspector", str(who))) == 2


async def test_the_second_of_two_editors_is_shown_what_the_first_saved(db):
    who = await add()
    async with transaction():
        await officers.change_officer(who, draft(phone="0874-5552000"), version=1, counties=CODES, scope=MINE, by=BY)
    with pytest.raises(ChangedByOther) as refused:
        async with transaction():
            await officers.change_officer(who, draft(name="王方"), version=1, counties=CODES, scope=MINE, by=uuid4())
    assert refused.value.theirs["phone"] == "0874-5552000"
    assert refused.value.version == 2
    assert (await officer_queries.find_officer(who, MINE)).name == "王芳"


async def test_suspending_and_reinstating_write_their_reason_into_log_and_history(db):
    who = await add()
    for verb, reason in ((officers.suspend_officer, "离岗培训"), (officers.reinstate_officer, "培训合格")):
        with pytest.raises(Invalid):
            async with transaction():
                await verb(who, "  ", scope=MINE, by=BY)
        async with transaction():
            await verb(who, reason, scope=MINE, by=BY)
            await verb(who, reason, scope=MINE, by=BY)  # a double click
    assert [(c.what, c.reason) for c in await list_changes("inspector", str(who))][:2] == [("reinstated", "培训合格"), ("suspended", "离岗培训")]
    said = {(p["what"], p.get("reason")) for p in await payloads(who)}
    assert {("suspended", "离岗培训"), ("reinstated", "培训合格")} <= said
    assert len(await payloads(who)) == 3


async def test_giving_an_account_writes_log_and_history(db):
    who = await add()
    async with transaction():
        who_signs_in = {"username": "fang", "password": "a longer pass phrase", "name": "王芳", "role": "inspector"}
        account = await service.create_account(**who_signs_in, department="scjg", region="5303")
        await officers.give_account(who, account, department="scjg", by=BY)
    assert (await list_changes("inspector", str(who)))[0].new == {"account": str(account)}
    assert {"what": "account", "account": str(account)} in await payloads(who)


async def test_nobody_edits_outside_their_department_or_region(db):
    who = await add()
    for scope in (Scope("xfjy", "5303"), Scope("scjg", "530303")):
        with pytest.raises(NotFound):
            async with transaction():
                await officers.suspend_officer(who, "越权", scope=scope, by=BY)
        with pytest.raises(NotFound):
            await officer_queries.find_officer(who, scope)
    async with transaction():
        await officers.change_officer(who, draft(counties=("530302", "530304")), version=1, counties=CODES, scope=MINE, by=BY)
        # A county's manager changes what lies in the county; the rest of the officer's region stays.
        await officers.change_officer(who, draft(counties=("530302",)), version=2, counties=CODES, scope=Scope("scjg", "530302"), by=BY)
    assert (await officer_queries.find_officer(who, MINE)).counties == ("530302", "530304")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"number": ""}, "certificate_no"),
        ({"counties": ()}, "counties"),
        ({"counties": ("539999",)}, "counties"),
        ({"qualifications": ("x",)}, "qualifications"),
    ],
)
async def test_what_cannot_stand_is_refused_by_its_field(db, wrong, field):
    with pytest.raises(Invalid) as refused:
        await add(draft(**wrong))
    assert refused.value.fields["field"] == field


async def test_a_certificate_stands_once(db):
    await add()
    other = await add(draft("李强", "滇D2"))
    with pytest.raises(Invalid) as refused:
        await add(draft("赵敏"))
    assert refused.value.fields["field"] == "certificate_no"
    with pytest.raises(Invalid):
        async with transaction():
            await officers.change_officer(other, draft("李强", "滇D1"), version=1, counties=CODES, scope=MINE, by=BY)


def test_how_near_the_end_is():
    on = clock.today()
    assert [end_state(on + timedelta(days=d), on) for d in (-1, 0, 30, 31, 60, 61)] == ["expired", "30", "30", "60", "60", "good"]


async def test_endings_filters_and_search(db):
    for n, days in enumerate((-1, 0, 30, 31, 60, 61)):
        await add(draft(f"员{n}", f"滇D-{n}", days))
    on = clock.today()
    ends = await officer_queries.count_endings(MINE, on=on)
    assert (ends.expired, ends.soon, ends.later, ends.total) == (1, 2, 2, 5)

    async def names(**by: str) -> list[str]:
        return [o.name for o in (await officer_queries.search_officers(MINE, OfficerFilter(**by), on=on)).rows]

    assert await names(certificate="expired") == ["员0"]
    assert await names(certificate="30") == ["员1", "员2"]
    assert await names(certificate="60") == ["员1", "员2", "员3", "员4"]
    assert await names(text="D-5") == ["员5"]
    assert await names(text="员3") == ["员3"]
    assert await names(text="%") == []
    assert await names(county="530303") == []
    assert await officer_queries.count_officers(MINE, OfficerFilter(state="suspended"), on=on) == 0


async def test_ten_thousand_officers_are_walked_page_by_page(db):
    async with transaction():
        await connection().execute(
            "insert into inspector (id, name, department, certificate_no, certificate_expires_on, qualifications, counties, phone, is_valid)"
            " select gen_random_uuid(), '员' || (n % 700), 'scjg', '滇D' || n, current_date + 300, '{law}', '{530302}', '', true"
            " from generate_series(1, 10000) n"
        )
        await connection().execute("analyze inspector")
    seen: list[UUID] = []
    after, on = "", clock.today()
    while True:
        page = await officer_queries.search_officers(MINE, OfficerFilter(), on=on, after=after, limit=997)
        seen += [o.id for o in page.rows]
        if page.next is None:
            break
        after = page.next
    assert len(seen) == len(set(seen)) == 10000
    async with transaction():
        await connection().execute("select gin_clean_pending_list('inspector_text')")
        after = f" and (name, id) > ('员5', '{seen[0]}')"
        for by, extra in ((OfficerFilter(), after), (OfficerFilter(text="D9876"), ""), (OfficerFilter(certificate="30"), "")):
            where, values = officer_queries._where(MINE, by, on)
            plan = " ".join(r[0] for r in await connection().fetch(f"explain select * from inspector where {where}{extra} order by name, id limit 51", *values))
            assert "inspector_by_name" in plan or "inspector_text" in plan or "inspector_by_end" in plan, plan
            assert "Seq Scan" not in plan

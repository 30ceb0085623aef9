"""What a code on a door leads to, and what a passer-by may know of the enterprise behind it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.inspections import record_rules
from backend.kernel import clock
from backend.placards import queries, rules, signing
from backend.registry.queries import Filter, list_by_codes
from backend.storage.engine import connection, transaction
from backend.usecases import door
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.placards import Choice, issue_placards, revoke_placard
from tests.usecases.test_placards import some_codes
from tests.usecases.test_records import principal, visit  # noqa: F401 - the fixture


async def run(sql: str, *args) -> None:
    async with transaction():
        await connection().execute(sql, *args)


async def row(sql: str, *args):
    async with transaction():
        return await connection().fetchrow(sql, *args)


async def issue(code: str, **how) -> queries.PlacardView:
    batch = uuid4()
    await issue_placards(batch, Choice("sticker", Filter(), code, **how), by=await principal("manager"))
    return (await queries.list_of_batch(batch))[0]


async def test_each_kind_of_code_leads_where_it_should(demo):
    manager, [code] = await principal("manager"), await some_codes(1)
    (e,) = (await list_by_codes([code])).values()
    found = await door.open_door(e.qr_token)
    assert (found.state, found.is_old, found.current) == (door.OPEN, True, e.qr_token), "no signed one yet: the old card opens the page"
    first = await issue(code)
    assert (await door.open_door(first.code)).state == door.OPEN
    moved = await door.open_door(e.qr_token)
    assert (moved.state, moved.current, moved.is_old) == (door.MOVED, first.code, True)

    second = await issue(code, is_reissue=True)
    moved = await door.open_door(first.code)
    assert (moved.state, moved.current, moved.is_old) == (door.MOVED, second.code, False)
    await revoke_placard(second.id, ground="lost", reason="店主说丢了", by=manager)
    assert (await door.open_door(second.code)).current == e.qr_token, "nothing newer: the page itself"

    third = await issue(code)
    await revoke_placard(third.id, ground="abuse", reason="贴在另一家店", by=manager)
    stopped = await door.open_door(third.code)
    assert (stopped.state, stopped.current) == (door.STOPPED, "")

    assert (await door.open_door("a" * 26)).state == door.UNKNOWN
    assert (await door.open_door(signing.code_of("aaaaaaaaaaaaaaaa"))).state == door.UNKNOWN, "signed, and not in the table"
    assert (await door.open_door(third.code[:-1] + ("a" if third.code[-1] != "a" else "b"))).state == door.FORGED
    assert (await door.open_door("nosuchcode")).state == door.FORGED


async def test_a_forged_code_asks_the_database_nothing(monkeypatch):
    def refuse():
        raise AssertionError("asked the database")

    monkeypatch.setattr(queries, "reader", refuse)
    assert (await door.open_door("1" + "a" * 26)).state == door.FORGED


async def test_the_years_visits_are_counted_as_the_caps_count_them(demo):
    found = await row("select enterprise, department, campaign from inspection where completed_on is not null and state = 'published' limit 1")
    enterprise, department, campaign = found["enterprise"], found["department"], found["campaign"]
    await run("delete from inspection_officer where inspection in (select id from inspection where enterprise = $1 and completed_on is null)", enterprise)
    await run("update inspection set completed_on = null where enterprise = $1", enterprise)
    assert (await door.load_year(enterprise))[0] == []

    async def visit_of(kind: str, region: str, completed_on) -> None:
        copy = uuid4()
        async with transaction():
            sql = connection()
            columns = [r[0] for r in await sql.fetch("select column_name from information_schema.columns where table_name = 'campaign'")]
            other = {"id": "$2::uuid", "number": "left($2::uuid::text, 30)", "kind": "$3::text", "region": "$4::text"}
            await sql.execute(
                f"insert into campaign ({', '.join(columns)}) select {', '.join(other.get(c, c) for c in columns)} from campaign where id = $1",
                campaign, copy, kind, region,
            )  # fmt: skip
            columns = [r[0] for r in await sql.fetch("select column_name from information_schema.columns where table_name = 'inspection'")]
            other = {"id": "gen_random_uuid()", "campaign": "$2::uuid", "completed_on": "$3::date"}
            other |= dict.fromkeys(("draw", "sealed_salt", "sealed_leaf", "sealed_index"), "null")
            await sql.execute("set local session_replication_role = replica")
            await sql.execute(
                f"insert into inspection ({', '.join(columns)})"
                f" select {', '.join(other.get(c, c) for c in columns)} from inspection where enterprise = $1 limit 1",
                enterprise, copy, completed_on,
            )  # fmt: skip

    today = clock.today()
    await visit_of("random", "5303", today)
    await visit_of("random", "530302", today)
    await visit_of("random", "530302", today - timedelta(days=400))
    await visit_of("complaint", "530302", today)
    await visit_of("recheck", "5303", today)
    await visit_of("random", "5303", None)
    (year,), general = await door.load_year(enterprise)
    assert year.department == department
    assert year.used == {"city": 1, "county": 1, "together": 2}
    assert year.others == {"complaint": 1, "recheck": 1}, "told beside it, counted by no cap"
    assert {level: cap.most for level, cap in general.items()} == {"city": 2, "county": 2, "together": 4}
    assert year.most["together"].most == 4


async def test_orders_show_with_a_result_that_stands_and_not_their_follow_up(demo):
    found = await row("select o.enterprise, o.number from rectification_order o join rectification_followup f on f.of_order = o.id where f.result = ''")
    enterprise = await door.registry.find_public(found["enterprise"])
    assert enterprise
    orders = await door.list_public_orders(enterprise)
    ((order,),) = orders.values()
    assert (order.number, order.state, order.is_over) == (found["number"], "open", True)
    page = await door.load_door_page(enterprise)
    assert list(page.orders) == [r.number for r in page.results if r.number == order.result]
    await run("update rectification_order set demand = $2 where number = $1", found["number"], f"请{enterprise.legal_rep}（13987654321）改正")
    ((order,),) = (await door.list_public_orders(enterprise)).values()
    assert enterprise.legal_rep not in order.demand
    assert "139****4321" in order.demand

    withdrawn = await row("select enterprise, inspection from publication where status = 'withdrawn'")
    moved = "update rectification_order set enterprise = $2, inspection = $3 where number = $1"
    await run(moved, found["number"], withdrawn["enterprise"], withdrawn["inspection"])
    owner = await door.registry.find_public(withdrawn["enterprise"])
    assert owner
    assert found["number"] not in {o.number for many in (await door.list_public_orders(owner)).values() for o in many}


async def test_penalties_are_shown_for_as_long_as_the_table_says_and_not_once_taken_back(demo):
    found = await row("select enterprise from penalty order by enterprise limit 1")
    enterprise = await door.registry.find_public(found["enterprise"])
    assert enterprise
    before = (await door.load_door_page(enterprise)).facts.penalties
    assert before
    assert all((p.party, p.remark, p.source, p.state) == ("", "", "", "") for p in before)
    await run("update penalty set state = '撤销' where enterprise = $1", enterprise.id)
    assert (await door.load_door_page(enterprise)).facts.penalties == []
    await run("update penalty set state = '异议', title = $2 where enterprise = $1", enterprise.id, f"{enterprise.legal_rep}无证经营案")
    (shown, *_more) = (await door.load_door_page(enterprise)).facts.penalties
    assert shown.state == "异议"
    assert enterprise.legal_rep not in shown.title
    await run("update penalty set decided_on = $2 where enterprise = $1", enterprise.id, clock.today() - timedelta(days=1100))
    assert (await door.load_door_page(enterprise)).facts.penalties == []
    await run("update retention set days = 2000 where what = 'penalty'")
    assert len((await door.load_door_page(enterprise)).facts.penalties) == len(before)


@pytest.mark.parametrize("ground", ["", "damaged", "abuse"])
async def test_a_record_with_a_signed_code_is_accepted_also_when_that_was_revoked(visit, ground):  # noqa: F811 - the fixture
    code = visit.inspection["enterprise"]["code"]
    placard = await issue(code)
    if ground:
        await revoke_placard(placard.id, ground=ground, reason="现场核对过", by=await principal("manager"))
    bundle = await build_field_bundle(by=visit.officer)
    mine = next(i for i in bundle["inspections"] if i["id"] == visit.inspection["id"])
    assert mine["enterprise"]["placards"] == [{"code": placard.code, "ground": ground}]
    await visit.send_files()
    record = {**visit.work.record, "scan": {**visit.work.record["scan"], "value": placard.code}}
    accepted = await visit.submit(record=record, signature=visit.phone.sign(record))
    assert accepted.inspection == UUID(visit.inspection["id"])


async def test_another_enterprises_code_is_refused_in_a_record(visit):  # noqa: F811 - the fixture
    [other] = await some_codes(1, f"status = 'active' and code <> '{visit.inspection['enterprise']['code']}'")
    placard = await issue(other)
    await visit.send_files()
    record = {**visit.work.record, "scan": {**visit.work.record["scan"], "value": placard.code}}
    with pytest.raises(record_rules.Invalid):
        await visit.submit(record=record, signature=visit.phone.sign(record))
    assert signing.read(placard.code)[0] == rules.SIGNED

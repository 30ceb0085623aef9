"""The forecast on the demo county: what is drawn and what is planned, the norm, a certificate that ends; caps before they are broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.forecast import queries
from backend.forecast.rules import PlannedRound, visits_by_county
from backend.inspections.rules import Plan
from backend.kernel import clock
from backend.kernel.errors import Forbidden, NotFound
from backend.storage.engine import connection, transaction
from backend.usecases import forecast
from backend.usecases.announce_draw import estimate
from backend.usecases.annual_plans import begin_campaign
from backend.usecases.create_campaign import create_campaign
from tests.usecases.test_caps import a_shop, visited
from tests.usecases.test_records import principal

COUNTIES = ("530302", "530303")


def a_round(**changed) -> PlannedRound:
    today = clock.today()
    given = {
        "key": "x", "name": "x", "kind": "plan", "departments": ("scjg",), "region": "5303", "counties": COUNTIES, "industries": ("5265",),
        "items": ("SC04",), "rate_mode": "rate", "rates": {"-": (1, 2)}, "officers_per_visit": 2, "first": today, "last": today + timedelta(days=20),
    }  # fmt: skip
    return PlannedRound(**given | changed)


async def draft(**changed) -> UUID:
    plan = {
        "name": "预测", "items": ("SC04",), "department": "scjg", "partners": (), "counties": COUNTIES, "industries": ("5265",), "rate_mode": "rate",
        "rates": {"-": (1, 1)}, "officers_per_visit": 2, "due_on": clock.today() + timedelta(days=20),
    }  # fmt: skip
    return await create_campaign(Plan(**plan | changed), by=await principal("manager"))


async def no_other_rounds() -> None:
    async with transaction():
        await connection().execute("update campaign set state = 'voided' where state in ('draft', 'announced')")
        await connection().execute("update plan_edition set state = 'superseded' where state in ('approved', 'published')")


async def total(sql: str, *args) -> int:
    async with transaction():
        return int(await connection().fetchval(sql, *args))


async def test_strata_are_what_the_register_has(demo):
    async with transaction():
        strata = await queries.list_strata(COUNTIES, ["5265", "6210"])
    where = "status = 'active' and region = any($1) and industry in ('5265', '6210')"
    assert sum(s.n for s in strata) == await total(f"select count(*) from enterprise where {where}", list(COUNTIES)) > 0
    assert {s.class_code for s in strata} <= {"A", "B", "C", "D"}


async def test_a_planned_round_expects_what_the_estimate_of_a_draw_does(demo):
    projection, lines = await forecast.load(["scjg"], clock.today() + timedelta(days=40), extra=[a_round(rates={"-": (1, 1)})])
    (mine,) = [line for line in lines if line.round.key == "x"]
    found = await estimate(
        departments=["scjg"], region="5303", counties=COUNTIES, industries=("5265",), cap=2, fixed=None, rate=(1, 1)
    )  # fmt: skip
    assert mine.visits == pytest.approx(found.eligible + found.frame.get("X:OPEN", 0)), "what is open now is free again by then"
    weeks = projection.weekly("scjg", list(COUNTIES))
    assert sum(v for _m, v, _most in weeks) >= mine.visits - 1e-6


async def test_what_officers_hold_already_is_theirs(demo):
    await no_other_rounds()
    async with transaction():
        rows = await connection().fetch(
            "select o.inspector, count(*) as n from inspection_officer o join inspection i on i.id = o.inspection"
            " where i.state in ('dispatched', 'received', 'on_site', 'returned') and o.department = 'sthj' or"
            " (i.state in ('dispatched', 'received', 'on_site', 'returned') and o.department = 'xfjy') group by 1"
        )
        last = await connection().fetchval("select max(due_on) from inspection")
    held = {r["inspector"]: r["n"] for r in rows}
    projection, lines = await forecast.load(["sthj", "xfjy"], max(last, clock.today()) + timedelta(days=7))
    assert lines == []
    loads: dict[UUID, float] = {}
    for week in projection.weeks:
        for officer, n in week.loads.items():
            loads[officer] = loads.get(officer, 0) + n
    assert loads == pytest.approx(held)


async def test_a_department_has_its_own_norm_and_one_that_ended_judges_nobody(demo):
    today = clock.today()
    async with transaction():
        norms = await queries.find_norms(["scjg", "xfjy"], today)
        assert (norms["scjg"].most, norms["xfjy"].most) == (5, 6)
        assert await queries.find_norms(["scjg"], date(2025, 12, 31)) == {}
        await connection().execute("update workload_norm set valid_to = $1", today)
    projection, _lines = await forecast.load(["scjg"], today + timedelta(days=60))
    assert {m.lamp for line in projection.county_lines(["530302"]) for m in line.months if not m.unserved} == {""}


async def test_a_certificate_that_ends_leaves_the_others_with_more(demo):
    today = clock.today()
    last = today + timedelta(days=60)
    before, _lines = await forecast.load(["scjg"], last, extra=[a_round()])
    async with transaction():
        await connection().execute(
            "update inspector set certificate_expires_on = $1 where department = 'scjg' and '530303' = any(counties) and name <>"
            " (select min(name) from inspector where department = 'scjg' and '530303' = any(counties) and is_valid and certificate_expires_on > $1)",
            today + timedelta(days=1),
        )
    after, _lines = await forecast.load(["scjg"], last, extra=[a_round()])
    assert sum(o.expires for o in after.officer_lines(["530303"])) > sum(o.expires for o in before.officer_lines(["530303"]))
    one, two = (max(week[2] for week in p.weekly("scjg", ["530303"])) for p in (before, after))
    assert two > one


async def test_conflicts_count_who_has_reached_a_cap_and_who_will(demo):
    await no_other_rounds()
    reached = await a_shop()
    await visited(reached, "5303", "5303")
    one = await a_shop()
    await visited(one, "5303")
    shop = await a_shop()
    before = await forecast.find_conflicts(a_round(rates={"-": (0, 1)}))
    assert before.reached >= 1
    assert (before.caps.level, before.caps.together) == (2, 4)
    certain = await draft()  # draws everybody of the place
    alone = await forecast.find_conflicts(a_round(rates={"-": (0, 1)}))
    both = await forecast.find_conflicts(a_round(rates={"-": (1, 1)}))
    assert str(certain) in {r.round.key for r in both.rivals}
    # Whoever was inspected once this year gets a second visit by the campaign, and a third one by the round.
    async with transaction():
        visits = await queries.list_visited("scjg", is_county=False, counties=COUNTIES, today=clock.today(), year=clock.today().year)
    ones = sum(v.n for v in visits if v.industry == "5265" and v.done + v.open == 1 and v.done_both < 4)
    assert both.over - alone.over == pytest.approx(ones)
    assert ones >= 1
    (rival,) = [r for r in both.rivals if r.round.key == str(certain)]
    assert rival.shared == pytest.approx(both.total)
    page = await forecast.list_over(a_round(rates={"-": (1, 1)}), (await principal("manager")).scope)
    listed = {r.id: r for r in page.rows}
    assert listed[reached].is_reached
    assert (listed[one].is_reached, listed[one].done, listed[one].expected) == (False, 1, pytest.approx(3))
    assert shop not in listed, "two visits at most"


async def test_plans_that_alone_exceed_a_cap_list_who_was_never_visited_page_by_page(demo, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 5)
    await no_other_rounds()
    shop = await a_shop()
    for name in ("一", "二"):
        await draft(name=name)
    mine, scope = a_round(rates={"-": (1, 1)}), (await principal("manager")).scope
    conflicts = await forecast.find_conflicts(mine)
    seen: list[str] = []
    ids, after = set(), ""
    while True:
        page = await forecast.list_over(mine, scope, after=after)
        assert len(page.rows) <= 5
        seen += [r.code for r in page.rows]
        ids |= {r.id for r in page.rows}
        if page.next is None:
            break
        after = page.next
    assert seen == sorted(set(seen))
    assert shop in ids
    assert len(seen) == pytest.approx(conflicts.over + conflicts.reached), "three certain draws of two allowed: everybody"
    county = await forecast.list_over(mine, replace(scope, region="530303"))
    assert {r.county for r in county.rows} == {"530303"}


async def test_exempt_enterprises_are_in_no_count(demo):
    shop, manager = await a_shop(), await principal("manager")
    before = (await forecast.find_conflicts(a_round())).total
    async with transaction():
        await connection().execute(
            "insert into exemption (id, enterprise, department, legal_basis, valid_from, decided_by, decided_at)"
            " values (gen_random_uuid(), $1, 'scjg', 'test', current_date - 1, $2, now())",
            shop,
            manager.account_id,
        )
    assert (await forecast.find_conflicts(a_round())).total == before - 1


async def test_the_lead_and_the_oversight_see_a_rounds_conflicts_and_a_partner_does_not(demo):
    campaign = await draft(partners=("xfjy",), officers_per_visit=3)
    for name in ("manager", "auditor"):
        assert (await forecast.find_round(campaign, await principal(name))).key == str(campaign)
    with pytest.raises(Forbidden):
        await forecast.find_round(campaign, await principal("manager2"))
    with pytest.raises(NotFound):
        await forecast.find_round(campaign, await principal("manager3"))


def test_the_last_day_of_a_horizon():
    assert forecast.end_of(date(2026, 11, 25), 3) == date(2027, 1, 31)
    assert forecast.end_of(date(2026, 12, 1), 1) == date(2026, 12, 31)
    assert visits_by_county(a_round(), []) == {}


async def a_line() -> UUID:
    """A line of one of the demo's plans in force of which no campaign was made."""
    async with transaction():
        found = await connection().fetchval(
            "select l.line from plan_line l join plan_edition e on e.id = l.edition join annual_plan p on p.id = e.plan"
            " where e.state in ('approved', 'published')"
            " and p.department = 'scjg' and l.due_on >= current_date and not exists (select from plan_campaign c where c.line = l.line) limit 1"
        )
    assert found
    return UUID(str(found))


async def test_lines_of_plans_in_force_are_ahead_until_a_campaign_is_made_of_them(demo):
    line, manager = await a_line(), await principal("manager")
    last = clock.today() + timedelta(days=90)
    _projection, rounds = await forecast.load(["scjg"], last)
    (planned,) = [r for r in rounds if r.round.key == str(line)]
    assert (planned.state, planned.round.kind) == ("plan", "plan")
    assert planned.visits > 0
    assert (await forecast.find_round(line, manager)).name == planned.round.name
    with pytest.raises(NotFound):
        await forecast.find_round(line, await principal("manager3"))
    async with transaction():
        plan = await connection().fetchval("select e.plan from plan_line l join plan_edition e on e.id = l.edition where l.line = $1 limit 1", line)
    campaign = await begin_campaign(plan, line, by=manager)
    _projection, rounds = await forecast.load(["scjg"], last)
    keys = {r.round.key for r in rounds}
    assert (str(line) in keys, str(campaign) in keys) == (False, True), "counted once"


async def test_next_years_rounds_are_not_judged_by_this_years_visits(demo):
    await no_other_rounds()
    shop = await a_shop()
    await visited(shop, "5303", "5303")
    now = await forecast.find_conflicts(a_round())
    year = clock.today().year + 1
    later = await forecast.find_conflicts(a_round(first=date(year, 3, 1), last=date(year, 4, 1)))
    assert (now.reached >= 1, later.reached) == (True, 0)
    listed = await forecast.list_over(a_round(first=date(year, 3, 1), last=date(year, 4, 1)), (await principal("manager")).scope)
    assert shop not in {r.id for r in listed.rows}


async def test_a_plan_shows_what_is_left_of_it_to_its_own_department(demo):
    line, manager = await a_line(), await principal("manager")
    async with transaction():
        plan = await connection().fetchval("select e.plan from plan_line l join plan_edition e on e.id = l.edition where l.line = $1 limit 1", line)
    ahead = await forecast.look_at_plan(plan, None, by=manager)
    assert ahead is not None
    assert str(line) in {c.round.key for c in ahead.conflicts}
    assert ahead.visits[str(line)] > 0
    with pytest.raises(Forbidden):
        await forecast.look_at_plan(plan, None, by=await principal("manager2"))

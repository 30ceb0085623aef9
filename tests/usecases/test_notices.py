"""Every visit that is dispatched has its notice at once: drawn, after a complaint, or in the place of one that was gone."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.storage.engine import connection, transaction
from backend.usecases.adhoc import open_adhoc
from backend.usecases.field_bundle import build_field_bundle
from tests.usecases.test_adhoc import make_plan
from tests.usecases.test_records import principal


async def test_every_visit_of_the_county_has_one_number_and_the_numbers_have_no_gap(demo):
    async with transaction():
        without = await connection().fetchval("select count(*) from inspection i where not exists (select 1 from notice n where n.inspection = i.id)")
        series = await connection().fetch("select department, year, count(*) as n, max(serial) as last from notice group by 1, 2")
    assert without == 0
    assert series
    assert all(row["n"] == row["last"] for row in series)


async def test_the_phone_gets_the_notice_with_this_years_count(demo):
    officer = await principal("inspector")
    bundle = await build_field_bundle(by=officer)
    for visit in bundle["inspections"]:
        assert visit["notice"]["number"].startswith("TZ-")
        assert visit["authority_zh"]
        assert visit["campaign"]["legal_basis"]
        assert all(o["certificate_no"] for o in visit["officers"])
    shown = bundle["inspections"][0]
    async with transaction():
        # A finished visit of this year, as a review leaves it behind.
        await connection().execute(
            "update inspection set completed_on = current_date, state = 'published' where id = (select id from inspection where enterprise <> $1"
            " and state = 'published' limit 1)",
            UUID(shown["enterprise"]["id"]),
        )
    again = (await build_field_bundle(by=officer))["inspections"][0]
    assert again["notice"] == shown["notice"], "what was counted when it was issued stays"


async def test_a_visit_after_a_complaint_counts_what_was_before(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    plan, shop = await make_plan(manager, officer, due_on=date(2099, 1, 1))
    async with transaction():
        (before,) = await connection().fetch("select id from inspection where state = 'published' and department = 'scjg' limit 1")
        await connection().execute("update inspection set enterprise = $2 where id = $1", before["id"], shop["id"])
    campaign = await open_adhoc(plan, by=manager)
    visit = next(i for i in (await build_field_bundle(by=officer))["inspections"] if i["campaign"]["id"] == str(campaign))
    assert visit["notice"]["visits_before"] == 1
    assert visit["draw"] is None

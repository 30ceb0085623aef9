"""The yearly caps: at the department's level, and at city and county together; when the frame is frozen, and again at the door."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from backend.draws import changes
from backend.inspections import caps
from backend.inspections.caps import Reached
from backend.inspections.rules import CapReached, Plan
from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.storage.engine import connection, transaction
from backend.usecases.announce_draw import announce_draw, estimate
from backend.usecases.arrival import arrive
from backend.usecases.change_draw import request_replacement
from backend.usecases.create_campaign import create_campaign
from backend.usecases.field_bundle import build_field_bundle
from tests.usecases.test_records import principal

PLACE = {"counties": ("530302",), "industries": ("5265",)}


async def a_shop() -> UUID:
    """An enterprise of the place that nobody visits, has visited or exempted."""
    async with transaction():
        found = await connection().fetchval(
            "select id from enterprise e where region = '530302' and industry = '5265' and status = 'active'"
            " and not exists (select from inspection i where i.enterprise = e.id) and not exists (select from exemption x where x.enterprise = e.id)"
            " order by code limit 1"
        )
    assert found
    return UUID(str(found))


async def visited(shop: UUID, *regions: str, department: str = "scjg", kind: str = "random", on: date | None = None) -> None:
    """One finished visit of the shop for each of the regions of its campaign."""
    async with transaction():
        sql = connection()
        for region in regions:
            campaign = await sql.fetchval(
                "insert into campaign (id, number, name, plan_name, state, department, partners, region, counties, industries, rate_mode, rates,"
                " officers_per_visit, due_on, kind, source_ref, created_by, created_at, version)"
                " select gen_random_uuid(), 'T-' || gen_random_uuid(), 'earlier', '', 'closed', $1, '{}', $2, '{530302}', '{}', 'fixed', '{\"n\": 1}', 2,"
                " current_date, $3, '', id, now(), 1 from account where username = 'manager' returning id",
                department,
                region,
                kind,
            )
            await sql.execute(
                "insert into inspection (id, campaign, enterprise, enterprise_code, enterprise_name, department, county, state, due_on, dispatched_at,"
                " completed_on, sealed_salt, sealed_leaf, sealed_index, version, updated_at)"
                " select gen_random_uuid(), $1, id, code, name, $2, region, 'published', $4, now(), $4, null, null, null, 1, now()"
                " from enterprise where id = $3",
                campaign,
                department,
                shop,
                on or clock.today(),
            )


async def state_in_frame(shop: UUID) -> str:
    manager, today = await principal("manager"), clock.today()
    plan = Plan("上限", ("SC04",), "scjg", (), PLACE["counties"], PLACE["industries"], "fixed", {"n": 1}, 2, today + timedelta(days=20))
    campaign = await create_campaign(plan, by=manager)
    await announce_draw(campaign, sources=[{"kind": "dice", "name": "dice", "date": "2099-01-01", "rule": "", "count": "20"}], by=manager)
    async with transaction():
        found = "select f.st from draw_frame_row f join draw d on d.id = f.draw where d.campaign = $1 and f.enterprise = $2"
        return str(await connection().fetchval(found, campaign, shop))


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        ((), "E"),
        (("5303",), "E"),
        (("5303", "5303"), "X:FREQ"),  # the city's two
        (("530302", "530302", "5303"), "E"),  # the county's two do not fill the city's
        (("530302", "530302", "530302", "530302"), "X:FREQ"),  # four of both levels together
        (("530302", "530302", "530302", "5303"), "X:FREQ"),
    ],
)
async def test_a_frame_leaves_out_who_has_had_its_number(demo, regions, expected):
    shop = await a_shop()
    await visited(shop, *regions)
    assert await state_in_frame(shop) == expected


async def test_only_this_years_drawn_visits_of_the_department_count(demo):
    shop = await a_shop()
    await visited(shop, "5303", "5303", department="xfjy")
    await visited(shop, "5303", "5303", kind="complaint")
    await visited(shop, "5303", "5303", on=date(clock.today().year - 1, 12, 31))
    async with transaction():
        assert shop not in await caps.count_visits("scjg", "city")
    assert await state_in_frame(shop) == "E"


async def test_a_cap_that_ended_binds_no_more_and_the_estimate_says_the_same(demo):
    shop = await a_shop()
    await visited(shop, *("530302",) * 4)
    asked = {"departments": ["scjg"], "region": "5303", **PLACE, "cap": 2, "fixed": 1, "rate": None}
    before = (await estimate(**asked)).frame.get("X:FREQ", 0)
    async with transaction():
        await connection().execute("update visit_cap set valid_to = current_date where level = 'together'")
    assert (await estimate(**asked)).frame.get("X:FREQ", 0) == before - 1


def test_the_level_goes_before_both_and_no_cap_binds_nobody():
    one, two, three = UUID(int=1), UUID(int=2), UUID(int=3)
    visits = {one: (2, 2), two: (1, 4), three: (1, 3)}
    assert caps.judge(visits, 2, 4) == {one: Reached(2, 2, False), two: Reached(4, 4, True)}
    assert caps.judge(visits, None, None) == {}
    assert caps.judge(visits, 0, None).keys() == visits.keys()


async def open_visit():
    officer = await principal("inspector")
    bundle = await build_field_bundle(by=officer)
    visit = next(i for i in bundle["inspections"] if i["state"] == "dispatched" and i["campaign"]["kind"] == "random")
    return officer, UUID(visit["id"]), UUID(visit["enterprise"]["id"]), visit


async def test_a_visit_does_not_begin_once_the_number_is_used_up(demo):
    officer, visit, shop, told = await open_visit()
    assert told["cap"] is None
    await visited(shop, "5303", "5303")
    (told,) = [i for i in (await build_field_bundle(by=officer))["inspections"] if i["id"] == str(visit)]
    assert told["cap"] == {"used": 2, "most": 2}
    with pytest.raises(CapReached):
        await arrive(visit, how="qr", t_dev_ms=None, by=officer)
    async with transaction():
        assert await connection().fetchval("select state from inspection where id = $1", visit) == "dispatched"
    manager = await principal("manager")
    await request_replacement(visit, reason="capped", finding="", evidence_files=[], by=manager)
    async with transaction():
        assert await connection().fetchval("select state from draw_replacement where inspection = $1", visit) == "requested"


async def test_four_of_both_levels_stop_it_too_and_a_visit_that_began_goes_on(demo):
    officer, visit, shop, _told = await open_visit()
    await visited(shop, "530302", "530302", "530302")
    state, _version = await arrive(visit, how="qr", t_dev_ms=None, by=officer)
    assert state == "on_site"
    await visited(shop, "530302")
    assert (await arrive(visit, how="qr", t_dev_ms=None, by=officer))[0] == "on_site", "a repeat of what was told before"


async def test_capped_is_no_excuse_where_it_is_not_so(demo):
    _officer, visit, _shop, _told = await open_visit()
    with pytest.raises(Invalid) as refused:
        await request_replacement(visit, reason="capped", finding="", evidence_files=[], by=await principal("manager"))
    assert refused.value.fields["field"] == "reason"
    assert changes.IN_THE_BOOKS in changes.REASONS


async def test_a_record_that_came_all_the_same_is_accepted_and_its_reviewer_is_told(demo):
    async with transaction():
        row = await connection().fetchrow(
            "select i.id, i.enterprise, s.id as submission from inspection i join submission s on s.inspection = i.id and s.state = 'submitted'"
            " join campaign c on c.id = i.campaign where i.state = 'submitted' and c.kind = 'random' and i.department = 'scjg' limit 1"
        )
        assert await caps.find_beyond(row["id"]) is None
        await connection().execute("update inspection set completed_on = $2, submitted_at = now() where id = $1", row["id"], clock.today())
    await visited(row["enterprise"], "5303", "5303")
    async with transaction():
        assert await caps.find_beyond(row["id"]) == Reached(2, 2, False)
        await connection().execute("update inspection set completed_on = completed_on - 1 where id = $1", row["id"])
        assert await caps.find_beyond(row["id"]) is None, "what came after it is not its business"

"""What became of everything that was drawn: the sums add up, and each number is what the database says."""

from __future__ import annotations

import json
from datetime import timedelta

from backend.draws import service as draws
from backend.draws.queries import list_draws
from backend.kernel import clock
from backend.storage.engine import connection, transaction
from backend.usecases.change_draw import approve_replacement, request_replacement
from backend.usecases.draw_counters import Account, Visits, account_for
from tests.usecases.test_draw_steps import a_file, drawn, visits_of
from tests.usecases.test_records import principal


async def value(sql: str, *args):
    async with transaction():
        return await connection().fetchval(sql, *args)


async def test_every_draw_of_the_demo_adds_up(demo):
    rows = await list_draws()
    accounts = await account_for([d.draw_id for d in rows])
    assert {d.state for d in rows} >= {"announced", "drawn", "revealed"}
    for d in rows:
        a = accounts[d.draw_id]
        draw = await value("select id from draw where draw_id = $1", d.draw_id)
        result = json.loads(await value("select coalesce(result, '{\"teams\": {}, \"exceptions\": []}') from draw where id = $1", draw))
        assert a.drawn == len(result["teams"]), d.draw_id
        assert a.adds_up, (d.draw_id, a)
        assert a.without_team == len({e[0] for e in result["exceptions"]})
        visits = await value("select count(*) from inspection where draw = $1", draw)
        assert a.own.total + a.alternates.total == visits
        approved = await value("select count(*) from draw_replacement where draw = $1 and state = 'approved'", draw)
        assert a.own.replaced + a.alternates.replaced == approved == sum(a.reasons.values())
        assert a.without_alternate == await value("select count(*) from draw_replacement where draw = $1 and state = 'approved' and replaced_by is null", draw)
        assert a.published == await value("select count(distinct number) from publication where draw_id = $1", d.draw_id)
    assert any(a.own.open for a in accounts.values())
    assert any(a.own.published for a in accounts.values())


async def test_replaced_ones_and_their_alternates_are_counted_apart(demo):
    draw = await drawn()
    manager, reviewer = await principal("manager"), await principal("reviewer")
    ask = {"reason": "untraceable", "finding": "三次上门均无人", "evidence_files": [await a_file(manager)], "by": manager}
    gone = (await visits_of(draw))[0]
    for _ in range(2):
        alternate = await approve_replacement(await request_replacement(gone["id"], **ask), by=reviewer)
        gone = next(v for v in await visits_of(draw) if v["enterprise_code"] == alternate)
    a = (await account_for([draw.draw_id]))[draw.draw_id]
    assert a == Account(5, Visits(replaced=1, open=4), Visits(replaced=1, open=1), 0, {"untraceable": 2})
    assert (a.adds_up, a.without_alternate) == (True, 0)
    async with transaction():
        await draws.void(draw.draw_id, "测试作废", by=manager.account_id)
        await connection().execute("update inspection set state = 'voided' where draw = $1 and state = 'dispatched'", draw.id)
    a = (await account_for([draw.draw_id]))[draw.draw_id]
    assert (a.own.given_up, a.alternates.given_up, a.adds_up) == (4, 1, True)


async def test_a_result_that_is_held_back_is_a_number(demo):
    draw = await value("select d.draw_id from draw d join inspection i on i.draw = d.id where i.state = 'submitted' limit 1")
    before = (await account_for([draw]))[draw]
    moment = clock.now() + timedelta(days=70)
    clock.hold(lambda: moment)
    after = (await account_for([draw]))[draw]
    assert after.withheld == after.own.inspected + after.alternates.inspected > before.withheld
    assert after.own.late + after.alternates.late == after.own.open + after.alternates.open
    assert after.adds_up


async def test_nothing_was_drawn_yet(demo):
    draw = await value("select draw_id from draw where state = 'announced'")
    assert (await account_for([draw]))[draw] == Account()
    assert await account_for([]) == {}


def test_the_sums():
    a = Account(10, Visits(published=3, inspected=2, replaced=2, open=1), Visits(published=1), without_team=2)
    assert a.adds_up
    assert (a.without_alternate, a.visited, a.published) == (1, 6, 4)
    assert not Account(9, a.own, a.alternates, 2).adds_up

"""The end of a draw: revealed when its work is done or its date has come, and then anyone recomputes it."""

from __future__ import annotations

import asyncio
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from backend.draws import queries, verifier
from backend.draws.service import NotYet
from backend.inspections.rules import Plan
from backend.kernel import clock, jcs
from backend.storage.engine import connection, transaction
from backend.usecases.announce_draw import announce_draw
from backend.usecases.close_draw import reveal_draw, reveal_what_is_due
from backend.usecases.create_campaign import create_campaign
from backend.usecases.run_draw import run_draw
from tests.usecases.test_records import principal

PWA = Path(__file__).parents[2] / "pwa"


async def drawn() -> str:
    async with transaction():
        return str(await connection().fetchval("select draw_id from draw where state = 'drawn'"))


async def test_a_secret_is_not_revealed_while_visits_are_open(demo):
    with pytest.raises(NotYet):
        await reveal_draw(await drawn(), by=await principal("manager"))
    assert await reveal_what_is_due() == 0


async def test_on_the_announced_date_it_is_revealed_by_itself_once(demo, tmp_path):
    draw_id = await drawn()
    due = (await queries.find_draw(draw_id)).reveal_by
    clock.hold(lambda: due + timedelta(seconds=1))
    assert await reveal_what_is_due() == 1
    assert await reveal_what_is_due() == 0
    (tmp_path / "bundle.json").write_bytes(jcs.encode(await queries.build_bundle(draw_id)))
    assert verifier.main([str(tmp_path / "bundle.json")]) == 0


async def test_announcements_at_once_get_one_number_each_and_a_double_click_none(demo):
    manager, today = await principal("manager"), clock.today()
    plan = Plan(
        name="同时公告",
        items=("SC04",),
        department="scjg",
        partners=(),
        counties=("530302",),
        industries=(),
        rate_mode="fixed",
        rates={"n": 1},
        officers_per_visit=2,
        due_on=today + timedelta(days=20),
    )
    one, other = await create_campaign(plan, by=manager), await create_campaign(plan, by=manager)
    source = {"kind": "beacon", "name": "drand", "date": today.isoformat(), "rule": "round 1"}
    done = await asyncio.gather(*(announce_draw(c, sources=[source], by=manager) for c in (one, one, other)), return_exceptions=True)
    numbers = sorted(int(d[-4:]) for d in done if isinstance(d, str))
    assert len(numbers) == 2
    assert numbers[1] == numbers[0] + 1
    assert [d.status for d in done if not isinstance(d, str)] == [409]


async def test_what_was_announced_cannot_be_changed_even_by_hand(demo):
    draw_id = await drawn()
    for change in ("seed = sha256('x')", "announcement = '{}'", "randomness = '[]'", "result = '{}'"):
        with pytest.raises(Exception, match="never changed"):
            async with transaction():
                await connection().execute(f"update draw set {change} where draw_id = $1", draw_id)
    with pytest.raises(Exception, match="never changed"):
        async with transaction():
            await connection().execute("delete from draw_frame_row")


async def test_a_draw_by_credit_class_is_checked_without_telling_a_class(demo, tmp_path):
    manager = await principal("manager")
    today = clock.today()
    plan = Plan(
        name="按信用风险分类抽查",
        items=("SC04",),
        department="scjg",
        partners=(),
        counties=("530302", "530303"),
        industries=("6210", "5251"),
        rate_mode="classes",
        rates={"A": (2, 100), "B": (5, 100), "C": (21, 100), "D": (61, 100)},
        officers_per_visit=2,
        due_on=today + timedelta(days=20),
    )
    campaign = await create_campaign(plan, by=manager)
    source = {"kind": "beacon", "name": "drand", "date": today.isoformat(), "rule": "round 1"}
    draw_id = await announce_draw(campaign, sources=[source], by=manager)
    await run_draw(draw_id, ["ab" * 32], by=manager)
    outcome = await run_draw(draw_id, ["ab" * 32], by=await principal("reviewer"))
    assert outcome.drawn > 0
    due = outcome.draw.reveal_by
    clock.hold(lambda: due)
    await reveal_what_is_due()
    bundle = await queries.build_bundle(draw_id)
    assert bundle["classes"] is None
    assert bundle["result"]["cells"] is None
    assert len(bundle["result"]["drawn"]) == outcome.drawn
    path = tmp_path / "public.json"
    path.write_bytes(jcs.encode(bundle))
    assert verifier.main([str(path)]) == 0
    program = (
        'import { readFileSync } from "node:fs"; import { verifyBundle } from "./src/model/draw.js";'
        'console.log((await verifyBundle(JSON.parse(readFileSync(process.argv[1], "utf8")))).verdict);'
    )
    command = ["node", "--input-type=module", "-e", program, str(path)]
    done = await asyncio.to_thread(subprocess.run, command, cwd=PWA, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "verified", done.stderr
    smuggled = {**bundle, "result": {**bundle["result"], "drawn": [*bundle["result"]["drawn"], next(r["id"] for r in bundle["frame"] if r["st"] != "E")]}}
    path.write_bytes(jcs.encode(smuggled))
    assert verifier.main([str(path)]) == 1
    path.write_bytes(jcs.encode(await queries.build_bundle(draw_id, "auditor")))
    assert verifier.main([str(path)]) == 0


async def test_officers_who_are_recused_do_not_meet_their_enterprise(demo):
    manager = await principal("manager")
    plan = Plan(
        name="回避",
        items=("SC01",),
        department="scjg",
        partners=(),
        counties=("530302",),
        industries=("6210",),
        rate_mode="rate",
        rates={"-": (1, 1)},
        officers_per_visit=2,
        due_on=clock.today() + timedelta(days=20),
    )
    async with transaction():
        inspector = await connection().fetchval("select p.id from inspector p join account a on a.id = p.account where a.username = 'inspector'")
        await connection().execute(
            "insert into recusal (id, inspector, enterprise, reason, decided_by, decided_at)"
            " select gen_random_uuid(), $1, id, 'a-cousin', $2, now() from enterprise where region = '530302' and industry = '6210'",
            inspector,
            manager.account_id,
        )
    campaign = await create_campaign(plan, by=manager)
    source = {"kind": "dice", "name": "dice", "date": clock.today().isoformat(), "rule": "", "count": "20"}
    draw_id = await announce_draw(campaign, sources=[source], by=manager)
    for witness in ("manager", "reviewer"):
        await run_draw(draw_id, ["31415926535897932384"], by=await principal(witness))
    async with transaction():
        met = await connection().fetchval(
            "select count(*) from inspection_officer o join inspection i on i.id = o.inspection where i.campaign = $1 and o.inspector = $2", campaign, inspector
        )
        visits = await connection().fetchval("select count(*) from inspection where campaign = $1", campaign)
    assert (met, visits > 20) == (0, True)
    assert "a-cousin" not in str(await queries.build_bundle(draw_id))


async def test_a_joint_visit_has_an_officer_of_each_department(demo):
    async with transaction():
        draw_id = await connection().fetchval("select draw_id from draw where state = 'announced' and not uses_classes")
    balls = " ".join(map(str, range(1, 21)))
    await run_draw(draw_id, ["31415926535897932384", balls], by=await principal("manager"))
    outcome = await run_draw(draw_id, ["31415926535897932384", balls], by=await principal("reviewer"))
    assert outcome.drawn == 15
    async with transaction():
        teams = await connection().fetch(
            "select array_agg(o.department order by o.slot) as departments from inspection i join inspection_officer o on o.inspection = i.id"
            " where i.draw = $1 group by i.id",
            outcome.draw.id,
        )
    assert outcome.opened == len(teams) > 0
    assert all(team["departments"] == ["scjg", "xfjy", "scjg"] for team in teams)
    assert outcome.opened + len({i for i, _ in (outcome.draw.result or {})["exceptions"]}) == 15

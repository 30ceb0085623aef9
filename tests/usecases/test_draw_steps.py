"""Steps around a draw: two witnesses, a beacon that proves itself, replacement, substitution, exemption, silence."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pyrage
import pytest

from backend.cli.demo.fieldwork import draw_photo
from backend.draws import changes, queries, rules, shares
from backend.draws.changes import NobodyLeft
from backend.draws.service import DoNotAgree
from backend.evidence import service as evidence
from backend.inspections.rules import Plan, WrongState
from backend.kernel import clock
from backend.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from backend.kernel.settings import settings
from backend.storage.engine import connection, transaction
from backend.usecases import announce_draw as announcing
from backend.usecases.announce_draw import announce_draw
from backend.usecases.change_draw import approve_replacement, refuse_replacement, request_replacement, substitute_officer
from backend.usecases.close_draw import reveal_what_is_due, tell_what_is_overdue
from backend.usecases.create_campaign import create_campaign
from backend.usecases.exempt import end_exemption, grant_exemption
from backend.usecases.run_draw import run_draw
from tests.rules.test_beacon import RANDOMNESS, ROUND, SIGNATURE
from tests.usecases.test_records import principal

DICE = "31415926535897932384"


async def announced(sources=None, **changed):
    plan = {
        "name": "test",
        "items": ("SC01",),
        "department": "scjg",
        "partners": (),
        "counties": ("530302", "530303"),
        "industries": ("6210",),
        "rate_mode": "fixed",
        "rates": {"n": 5},
        "officers_per_visit": 2,
        "due_on": clock.today() + timedelta(days=20),
    }
    manager = await principal("manager")
    campaign = await create_campaign(Plan(**plan | changed), by=manager)
    dice = {"kind": "dice", "name": "dice", "date": clock.today().isoformat(), "rule": "", "count": "20"}
    return await announce_draw(campaign, sources=sources or [dice], by=manager)


async def drawn(**changed):
    draw_id = await announced(**changed)
    for witness in ("manager", "reviewer"):
        await run_draw(draw_id, [DICE], by=await principal(witness))
    return await queries.find_draw(draw_id)


async def visits_of(draw):
    async with transaction():
        return await connection().fetch(
            "select i.*, array(select inspector from inspection_officer o where o.inspection = i.id order by slot) as officers"
            " from inspection i where draw = $1 order by enterprise_code",
            draw.id,
        )


async def one_chunk(content):
    yield content


async def a_file(by):
    photo = draw_photo(random.Random(1), (64, 48))
    stored = await evidence.upload(rules.sha256(photo).hex(), one_chunk(photo), uploader=by.account_id, total=len(photo))
    return stored.sha256


# randomness


async def test_nothing_is_drawn_before_two_people_typed_the_same(demo):
    draw_id = await announced()
    first = await run_draw(draw_id, [DICE], by=await principal("manager"))
    assert (first.witnesses, first.draw.state) == (1, "announced")
    again = await run_draw(draw_id, [DICE], by=await principal("manager"))
    assert (again.witnesses, again.draw.state) == (1, "announced"), "the same person twice is one witness"
    with pytest.raises(DoNotAgree) as differ:
        await run_draw(draw_id, [DICE[::-1]], by=await principal("reviewer"))
    assert "dice" in differ.value.message("zh")
    assert DICE not in differ.value.message("zh")
    second = await run_draw(draw_id, [DICE], by=await principal("reviewer"))
    assert (second.draw.state, second.drawn) == ("drawn", 5)
    repeat = await run_draw(draw_id, [DICE], by=await principal("reviewer"))
    assert repeat.is_repeat
    with pytest.raises(Conflict):
        await run_draw(draw_id, [DICE[::-1]], by=await principal("reviewer"))


async def test_inspectors_and_other_departments_are_no_witnesses(demo):
    draw_id = await announced()
    for name in ("inspector", "auditor"):
        with pytest.raises(Forbidden):
            await run_draw(draw_id, [DICE], by=await principal(name))


async def test_a_beacon_round_needs_nobody_to_be_believed(demo):
    moment = datetime(2023, 9, 15, 3, 0, tzinfo=UTC)
    clock.hold(lambda: moment)
    async with transaction():  # the demo's item list begins in 2026
        await connection().execute("update check_item set valid_from = '2023-01-01' where code = 'SC01'")
        await connection().execute(
            "insert into check_item_edition (id, item, valid_from, name_zh, name_en, category, legal_basis, method, qualification, created_at)"
            " select gen_random_uuid(), code, valid_from, name_zh, name_en, category, legal_basis, method, qualification, now() from check_item"
            " where code = 'SC01'"
        )
    source = {"kind": "drand", "name": "drand quicknet", "date": "2023-09-15", "rule": ""}
    draw_id = await announced([source], due_on=moment.date() + timedelta(days=20))
    announced_source = (await queries.find_draw(draw_id)).announcement["sources"][0]
    assert int(announced_source["round"]) > 0
    with pytest.raises(Invalid) as refused:
        await run_draw(draw_id, [SIGNATURE], by=await principal("manager"))
    assert announced_source["round"] in refused.value.message("zh")
    assert (await queries.find_draw(draw_id)).state == "announced"


async def test_the_published_round_draws_at_once(demo, monkeypatch):
    monkeypatch.setattr(announcing.beacon, "round_after", lambda seconds: ROUND)
    source = {"kind": "drand", "name": "drand quicknet", "date": (clock.today() + timedelta(days=1)).isoformat(), "rule": ""}
    draw_id = await announced([source])
    outcome = await run_draw(draw_id, [SIGNATURE], by=await principal("manager"))
    assert outcome.draw.state == "drawn"
    assert outcome.draw.randomness == [RANDOMNESS]
    assert (await queries.build_bundle(draw_id))["beacons"] == {"0": SIGNATURE}


async def test_randomness_from_before_the_announcement_is_refused(demo):
    for kind in ("dice", "drand"):
        with pytest.raises(Invalid) as refused:
            await announced([{"kind": kind, "name": "yesterday's", "date": (clock.today() - timedelta(days=1)).isoformat(), "rule": "", "count": "20"}])
        assert "yesterday's" in refused.value.message("en")


# replacement and substitution


async def test_a_replacement_takes_two_people_and_the_next_alternate(demo):
    draw = await drawn()
    visit = (await visits_of(draw))[0]
    manager, reviewer = await principal("manager"), await principal("reviewer")
    file = await a_file(manager)
    ask = {"reason": "untraceable", "finding": "三次上门均无人", "evidence_files": [file], "by": manager}
    with pytest.raises(Invalid):
        await request_replacement(visit["id"], **ask | {"evidence_files": []})
    with pytest.raises(Invalid):
        await request_replacement(visit["id"], **ask | {"evidence_files": ["00" * 32]})
    with pytest.raises(Invalid):
        await request_replacement(visit["id"], **ask | {"reason": "dislike"})
    replacement = await request_replacement(visit["id"], **ask)
    with pytest.raises(Conflict):
        await request_replacement(visit["id"], **ask)
    assert await approve_replacement(replacement, by=manager) is None, "the same person does not count twice"
    prk = rules.pseudorandom_key(rules.secret_of(draw.seed), draw.randomness, draw.announcement_sha256)
    cells = (await queries.build_bundle(draw.draw_id, "auditor"))["result"]["cells"]
    cell = next(c for c in cells if visit["enterprise_code"] in c["order"])
    alternate = await approve_replacement(replacement, by=reviewer)
    assert alternate == cell["order"][cell["n"]]
    assert rules.ticket(prk, "obj", alternate) > rules.ticket(prk, "obj", cell["order"][cell["n"] - 1])
    after = {v["enterprise_code"]: v for v in await visits_of(draw)}
    assert after[visit["enterprise_code"]]["state"] == "replaced"
    assert after[alternate]["state"] == "dispatched"
    assert after[alternate]["officers"] == visit["officers"]
    assert await queries.list_changes(draw.id) == [{"kind": "replacement", "id": visit["enterprise_code"], "by": alternate, "reason": "untraceable"}]
    with pytest.raises(Conflict):
        await approve_replacement(replacement, by=reviewer)
    # The alternate may be gone, too.
    second = await request_replacement(after[alternate]["id"], **ask)
    assert await approve_replacement(second, by=reviewer) == cell["order"][cell["n"] + 1]


async def test_a_refused_replacement_leaves_everything(demo):
    draw = await drawn()
    visit = (await visits_of(draw))[0]
    manager = await principal("manager")
    replacement = await request_replacement(visit["id"], reason="moved", finding="x", evidence_files=[await a_file(manager)], by=manager)
    with pytest.raises(Forbidden):
        await refuse_replacement(replacement, by=manager)
    await refuse_replacement(replacement, by=await principal("reviewer"))
    assert {v["state"] for v in await visits_of(draw)} == {"dispatched"}
    with pytest.raises(NotFound):
        await approve_replacement(draw.id, by=manager)


async def test_who_takes_over_is_the_next_candidate_of_the_place(demo):
    draw = await drawn()
    visit = (await visits_of(draw))[0]
    manager = await principal("manager")
    after = await substitute_officer(visit["id"], visit["officers"][1], ground="recusal", by=manager)
    assert after not in visit["officers"]
    moved = next(v for v in await visits_of(draw) if v["id"] == visit["id"])
    assert moved["officers"] == [visit["officers"][0], after]
    (change,) = await queries.list_changes(draw.id)
    prk = rules.pseudorandom_key(rules.secret_of(draw.seed), draw.randomness, draw.announcement_sha256)
    code, slot = visit["enterprise_code"], 1
    county = next(r.county for r, _ in await queries.list_frame_rows(draw.id, draw.salt_key) if r.id == code)
    wanted = draw.announcement["slots"][slot]
    order = sorted(
        (r.pid for r, _ in await queries.list_pool_rows(draw.id) if wanted["dept"] in (None, r.dept) and county in r.counties),
        key=lambda pid: rules.ticket(prk, "pair", code, str(slot), pid),
    )
    team = {await changes.pid_of(draw, o) for o in visit["officers"]}
    before, to = await changes.pid_of(draw, visit["officers"][1]), next(p for p in order if p not in team)
    assert change == {"kind": "substitution", "id": code, "slot": slot, "from": before, "to": to}
    with pytest.raises(Invalid):
        await substitute_officer(visit["id"], visit["officers"][1], ground="recusal", by=manager)
    async with transaction():
        await connection().execute("update inspection set state = 'submitted' where id = $1", visit["id"])
    with pytest.raises(WrongState):
        await substitute_officer(visit["id"], after, ground="recusal", by=manager)


async def test_where_nobody_is_left_nobody_is_made_up(demo):
    draw = await drawn()
    visit = (await visits_of(draw))[0]
    async with transaction():
        await connection().execute("update inspector set is_valid = false where not (id = any($1))", list(visit["officers"]))
    with pytest.raises(NobodyLeft):
        await substitute_officer(visit["id"], visit["officers"][0], ground="recusal", by=await principal("manager"))


# exemption


async def test_an_exempt_enterprise_stays_in_the_frame_with_its_reason(demo):
    manager = await principal("manager")
    async with transaction():
        enterprise = await connection().fetchrow("select id, code from enterprise where region = '530302' and industry = '6210' and status = 'active' limit 1")
    with pytest.raises(Invalid):
        await grant_exemption(enterprise["id"], legal_basis=" ", valid_to=None, by=manager)
    exemption = await grant_exemption(enterprise["id"], legal_basis="《优化营商环境条例》第五十三条", valid_to=None, by=manager)
    with pytest.raises(Conflict):
        await grant_exemption(enterprise["id"], legal_basis="《优化营商环境条例》第五十三条", valid_to=None, by=manager)
    draw = await queries.find_draw(await announced())
    assert {r.id: r.st for r, _ in await queries.list_frame_rows(draw.id, draw.salt_key)}[enterprise["code"]] == "X:EXEMPT"
    await end_exemption(exemption, by=manager)
    with pytest.raises(NotFound):
        await end_exemption(exemption, by=manager)
    draw = await queries.find_draw(await announced())
    assert {r.id: r.st for r, _ in await queries.list_frame_rows(draw.id, draw.salt_key)}[enterprise["code"]] == "E"


# silence


async def test_silence_is_counted_and_told_to_the_oversight_office_once(demo):
    draw_id = await announced()
    draw = await queries.find_draw(draw_id)
    assert await queries.count_not_revealed_in_time(clock.now()) == 0
    assert await tell_what_is_overdue() == 0
    late = draw.reveal_by + timedelta(days=1, seconds=1)
    clock.hold(lambda: late)
    told = await tell_what_is_overdue()
    assert told >= 1
    assert await tell_what_is_overdue() == 0
    async with transaction():
        alerts = await connection().fetch(
            "select e.params from inbox_entry e join account a on a.id = e.account where a.role = 'auditor' and e.kind = 'draw.overdue'"
        )
    assert len(alerts) == told
    assert any(draw_id in a["params"] for a in alerts)
    assert await queries.count_not_revealed_in_time(clock.now()) >= told
    await reveal_what_is_due()
    assert (await queries.find_draw(draw_id)).state == "announced", "a draw that was never made has nothing to reveal"


async def test_two_witnesses_open_what_the_office_keeps_shut(demo, tmp_path, monkeypatch):
    keys = [pyrage.x25519.Identity.generate() for _ in range(3)]
    path = tmp_path / "keepers"
    path.write_text("\n".join(f"{name} {key.to_public()}" for name, key in zip(("司法局", "审计局", "云南大学"), keys, strict=True)))
    real = settings()
    monkeypatch.setattr(announcing, "settings", lambda: type("S", (), {"secret_witnesses": path, **{f: getattr(real, f) for f in ("data_dir",)}})())
    draw = await queries.find_draw(await announced())
    assert [s["witness"] for s in draw.shares] == ["司法局", "审计局", "云南大学"]
    opened = [pyrage.decrypt(s["sealed"].encode(), [k]).decode() for s, k in zip(draw.shares, keys, strict=True)]
    assert shares.combine(opened[1:], draw.announcement["anchor"]) == rules.secret_of(draw.seed)

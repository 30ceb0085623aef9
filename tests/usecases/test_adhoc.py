"""A visit after a complaint: not drawn, but announced, in the log, on the phone, reviewed, published and counted as such."""

from __future__ import annotations

import random
from datetime import date, timedelta
from uuid import uuid4

import pytest

from backend.cli.demo.fieldwork import make_work
from backend.evidence import service as evidence
from backend.inspections import queries as inspections
from backend.inspections.rules import AdhocPlan, WrongState
from backend.kernel.errors import Forbidden, Invalid
from backend.kernel.scope import EVERYTHING
from backend.publicity import queries as publicity
from backend.storage.engine import connection, transaction
from backend.usecases import adhoc, recuse
from backend.usecases.accept_submission import accept_submission
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.review_submission import approve_submission
from tests.usecases.test_records import chunks, enrol, principal

DUE = date(2099, 12, 31)


async def enterprise_in(county: str):
    """An active enterprise that no inspection has touched."""
    async with transaction():
        return await connection().fetchrow(
            "select id, code, name from enterprise e where status = 'active' and region = $1"
            " and not exists (select 1 from inspection i where i.enterprise = e.id) order by code limit 1",
            county,
        )


async def team(manager, county: str, *must):
    chosen = [o for o in await adhoc.list_choosable(manager) if county in o.counties]
    return tuple(dict.fromkeys([*must, *(o.id for o in chosen)]))[:2]


async def make_plan(manager, officer, **changed) -> tuple[AdhocPlan, dict]:
    county = next(o for o in await adhoc.list_choosable(manager) if o.id == officer.inspector_id).counties[0]
    shop = await enterprise_in(county)
    given = {
        "kind": "complaint",
        "source_ref": "12315-2026-000123",
        "enterprise_code": shop["code"],
        "items": ("SC01",),
        "officers": await team(manager, county, officer.inspector_id),
        "due_on": DUE,
    }
    return AdhocPlan(**{**given, **changed}), dict(shop)


async def entries_of(subject: str):
    async with transaction():
        rows = await connection().fetch(
            "select e.type, p.is_public, p.payload from ledger_entry e join ledger_payload p using (entry_id) where e.subject = $1"
            " order by e.at, e.type",
            subject,
        )
    return [(row["type"], row["is_public"], str(row["payload"])) for row in rows]


async def test_from_the_complaint_to_the_published_result(demo):
    officer, manager, reviewer = [await principal(who) for who in ("inspector", "manager", "reviewer")]
    plan, shop = await make_plan(manager, officer)
    before = await adhoc.load_figures()
    campaign = await inspections.find_campaign(await adhoc.open_adhoc(plan, by=manager), manager.scope)
    assert (campaign.kind, campaign.state, campaign.source_ref) == ("complaint", "drawn", plan.source_ref)

    logged = await entries_of(campaign.number)
    assert {(kind, public) for kind, public, _ in logged} == {("campaign.created", False), ("campaign.adhoc", True)}
    (announced,) = [payload for kind, _, payload in logged if kind == "campaign.adhoc"]
    for secret in (shop["code"], shop["name"], plan.source_ref):
        assert secret not in announced, "nobody is warned, and the complaint stays inside the office"

    bundle = await build_field_bundle(by=officer)
    visit = next(i for i in bundle["inspections"] if i["campaign"]["id"] == str(campaign.id))
    assert (visit["draw"], visit["sealed_entry"], visit["campaign"]["kind"]) == (None, "", "complaint")
    phone = await enrol(officer)
    work = make_work(visit, bundle["checklists"], phone, t_dev_ms=1_790_000_000_000, dice=random.Random(2), bad=False)
    for sha256, content in work.files.items():
        await evidence.upload(sha256, chunks(content), uploader=officer.account_id, total=len(content))
    await accept_submission(work.submission, record=work.record, signature=work.signature, device=phone.id, by=officer)
    number = await approve_submission(work.submission, "", by=reviewer)

    published = await publicity.find_publication(number)
    assert (published.draw_id, published.snapshot["draw"], published.snapshot["kind"]) == ("", None, "complaint")
    assert plan.source_ref not in str(published.snapshot)
    after = await adhoc.load_figures()
    assert (after.drawn, after.not_drawn["complaint"]) == (before.drawn, before.not_drawn["complaint"] + 1)
    assert (after.latest[0].number, after.latest[0].published_at is not None) == (campaign.number, True)
    assert (await inspections.find_campaign(campaign.id, EVERYTHING)).state == "closed"
    async with transaction():
        assert shop["id"] in await inspections.count_visits_this_year("scjg")
        assert shop["id"] not in await inspections.count_capped_visits("scjg"), "no yearly cap counts a complaint"

    second = await adhoc.open_adhoc(AdhocPlan(**{**plan_fields(plan), "source_ref": "12315-2026-000124"}), by=manager)
    visit = next(i for i in (await build_field_bundle(by=officer))["inspections"] if i["campaign"]["id"] == str(second))
    assert [r["number"] for r in visit["earlier"]] == [number]
    assert visit["enterprise"]["visits_this_year"] == 1
    assert all(o["phone"] for o in visit["officers"])


async def test_a_second_click_opens_nothing_more(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    plan, _shop = await make_plan(manager, officer)
    before = len((await adhoc.load_figures()).latest)
    await adhoc.open_adhoc(plan, by=manager)
    with pytest.raises(Invalid, match="source_ref"):
        await adhoc.open_adhoc(plan, by=manager)
    assert len((await adhoc.load_figures()).latest) == before + 1


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("kind", {"kind": "random"}),
        ("source_ref", {"source_ref": "  "}),
        ("enterprise_code", {"enterprise_code": "91530302XXXXXXXXXX"}),
        ("items", {"items": ()}),
        ("items", {"items": ("XF01",)}),
        ("officers", {"officers": ()}),
        ("officers", {"officers": (uuid4(), uuid4())}),
        ("due_on", {"due_on": date(2020, 1, 1)}),
    ],
)
async def test_what_cannot_stand_is_named(demo, field, changed):
    manager = await principal("manager")
    plan, _shop = await make_plan(manager, await principal("inspector"), **changed)
    before = await adhoc.load_figures()
    with pytest.raises(Invalid) as refused:
        await adhoc.open_adhoc(plan, by=manager)
    assert refused.value.fields["field"] == field
    assert await adhoc.load_figures() == before, "nothing is left behind"


async def test_one_officer_twice_is_no_team(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    plan, _shop = await make_plan(manager, officer, officers=(officer.inspector_id, officer.inspector_id))
    with pytest.raises(Invalid):
        await adhoc.open_adhoc(plan, by=manager)


async def test_only_a_manager_opens_one(demo):
    manager = await principal("manager")
    plan, _shop = await make_plan(manager, await principal("inspector"))
    for who in ("reviewer", "auditor", "inspector", "admin"):
        with pytest.raises(Forbidden):
            await adhoc.open_adhoc(plan, by=await principal(who))


async def test_a_recused_officer_is_not_sent_and_a_place_changes_hands(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    plan, shop = await make_plan(manager, officer)
    campaign = await adhoc.open_adhoc(plan, by=manager)
    async with transaction():
        (visit,) = await inspections.list_visits(campaign, manager.scope)
    serving = [o for o in await adhoc.list_choosable(manager) if visit.county in o.counties and o.id not in visit.officers]
    taker = serving[0].id
    with pytest.raises(Invalid):
        await adhoc.reassign_officer(visit.id, officer.inspector_id, visit.officers[1], reason="另有任务", by=manager)
    await adhoc.reassign_officer(visit.id, officer.inspector_id, taker, reason="另有任务", by=manager)
    async with transaction():
        assert taker in await inspections.list_officers(visit.id)
    assert "inspection.reassigned" in [kind for kind, _, _ in await entries_of(str(visit.id))]
    await recuse.declare_as_head(officer.inspector_id, shop["code"], "亲属关系", by=manager)
    with pytest.raises(Invalid, match="stand back"):
        await adhoc.reassign_officer(visit.id, taker, officer.inspector_id, reason="另有任务", by=manager)
    with pytest.raises(Invalid, match="stand back"):
        await adhoc.open_adhoc(AdhocPlan(**{**plan_fields(plan), "source_ref": "12315-2026-000999"}), by=manager)


def plan_fields(plan: AdhocPlan) -> dict:
    return {name: getattr(plan, name) for name in AdhocPlan.__dataclass_fields__}


async def test_of_a_drawn_visit_nobody_chooses_the_officer(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    visit = next(i for i in (await build_field_bundle(by=officer))["inspections"] if i["state"] == "dispatched")
    others = [o for o in await adhoc.list_choosable(manager) if str(o.id) not in {p["inspector_id"] for p in visit["officers"]}]
    with pytest.raises(Forbidden):
        await adhoc.reassign_officer(visit["id"], officer.inspector_id, others[0].id, reason="另有任务", by=manager)


async def test_a_handed_in_visit_keeps_its_team(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    plan, _shop = await make_plan(manager, officer, due_on=date.today() + timedelta(days=3))  # noqa: DTZ011 - any day ahead
    campaign = await adhoc.open_adhoc(plan, by=manager)
    async with transaction():
        (visit,) = await inspections.list_visits(campaign, manager.scope)
        await connection().execute("update inspection set state = 'submitted' where id = $1", visit.id)
    with pytest.raises(WrongState):
        await adhoc.reassign_officer(visit.id, visit.officers[0], uuid4(), reason="另有任务", by=manager)

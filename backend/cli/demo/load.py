"""Load the demonstration county through the real use cases, so that every state on the screens is one that work can reach."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from uuid import UUID

from backend.cli.demo import checkitems, county, doors, history, joint, openface, plans, rounds, rulebook
from backend.cli.demo.aftermath import show_aftermath
from backend.cli.demo.claims import show_claims
from backend.cli.demo.dossiers import tell_histories
from backend.cli.demo.factors import show_factors
from backend.cli.demo.fieldwork import Work
from backend.cli.demo.imports import show_imports
from backend.cli.demo.registers import show_registers
from backend.cli.demo.stage import DICE, KUAILE8, Team, hold_draw, open_visits, set_clock
from backend.cli.demo.voices import show_voices
from backend.items import service as items
from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.kernel.ids import new_id
from backend.kernel.settings import settings
from backend.ledger import sequencer
from backend.ledger import service as ledger
from backend.ledger.queries import list_subjects
from backend.people import officers
from backend.people import queries as people_queries
from backend.people import service as people
from backend.people.rules import ADMIN, AUDITOR, INSPECTOR, MANAGER, REVIEWER, Principal
from backend.registry import service as registry
from backend.registry.rules import EnterpriseDraft
from backend.rulebook.service import save_cap, save_norm, save_rate
from backend.storage import engine
from backend.storage.engine import connection, transaction
from backend.usecases.announce_draw import announce_draw
from backend.usecases.close_draw import reveal_draw
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.receive_inspection import receive_inspection
from backend.usecases.review_submission import approve_submission, return_submission

PASSWORD = "sunlot-demo"  # noqa: S105 - the demo's password is no secret: the sign-in page shows it
REGION = "5303"
VALID_FROM = date(2026, 1, 1)


class NotForProduction(DomainError):
    code = "not-for-production"
    status = 403
    zh = "生产环境不能载入演示数据"
    en = "Demonstration data does not load into a production system"


class HalfLoaded(DomainError):
    code = "half-loaded"
    status = 409
    zh = "上次载入演示数据时被中断，请删除数据目录 {folder} 后重试"
    en = "Loading the demonstration data was interrupted: remove the folder {folder} and start again"


async def load_if_empty() -> bool:
    """Load into a database without accounts. Returns whether it did. Raises ``NotForProduction``, ``HalfLoaded``."""
    if settings().production:
        raise NotForProduction()
    async with engine.pool(4):
        async with transaction():
            marks = await list_subjects("demo.loaded")
            if "done" in marks:
                return False
            if "begun" in marks:
                raise HalfLoaded(folder=str(settings().data_dir))
            if await connection().fetchval("select exists (select 1 from account)"):
                return False
            await ledger.record("demo.loaded", actor=None, subject="begun", payload={"seed": county.SEED})
        try:
            admin = await _load()
        finally:
            clock.hold(None)
        while await sequencer.sequence():
            pass
        await openface.show_webhook(admin)
        async with transaction():
            await ledger.record("demo.loaded", actor=None, subject="done", payload={"seed": county.SEED})
        while await sequencer.sequence():
            pass
    return True


async def _load() -> Principal:
    """Returns the administrator."""
    today = clock.today()
    set_clock(today - timedelta(days=150), 9)
    accounts = await load_registers()
    who = {name: await _principal(account) for name, account in accounts.items()}
    await plans.write_plans(set_clock, today, who)
    await history.joint_visits(today - timedelta(days=148), who)
    await _finished(today - timedelta(days=45), who)
    await plans.change_plan(set_clock, today, who)
    await _in_progress(today - timedelta(days=6), who)
    await _announced(today - timedelta(days=1), who)
    await joint.show_invitations(set_clock, today, who)
    await show_aftermath(set_clock, today, who)
    await show_claims(set_clock, today, who, PASSWORD)
    await doors.issue_codes(set_clock, today, who)
    await show_voices(set_clock, today, who)
    await show_imports(who["manager"], await doors.list_published())
    await show_registers(who["manager"], who["admin"])
    await plans.look_ahead(set_clock, today, who)
    await show_factors(accounts["officer03"])
    return who["admin"]


async def _principal(account: UUID) -> Principal:
    async with transaction():
        found = await people_queries.find_principal_of(account)
    assert found is not None
    return found


async def load_registers() -> dict[str, UUID]:
    """The county before its first campaign. Returns account ids by user name."""
    accounts: dict[str, UUID] = {}
    async with transaction():
        await registry.load_regions()
        await registry.load_industries()
        for d in county.departments():
            await people.add_department(d["code"], d["name_zh"], d["name_en"])
        for item in checkitems.check_items():
            await items.add_check_item(item, VALID_FROM)
        for code in checkitems.outcome_codes():
            await items.add_outcome_code(code["code"], code["parent"], code["zh"], code["en"], code["position"], code["valid_from"])
        for cap in rulebook.caps():
            await save_cap(new_id(), cap, version=None, by=None)
        for norm in rulebook.norms():
            await save_norm(new_id(), norm, version=None, by=None)
        for rate in rulebook.rates():
            await save_rate(new_id(), rate, version=None, by=None)
        for username, name, role, department in (
            ("admin", "系统管理员", ADMIN, None),
            ("manager", "陈静", MANAGER, "scjg"),
            ("reviewer", "李文华", REVIEWER, "scjg"),
            ("auditor", "督查室", AUDITOR, None),
            ("manager2", "杨建军", MANAGER, "xfjy"),
            ("manager3", "何丽萍", MANAGER, "sthj"),
        ):
            accounts[username] = await people.create_account(
                username=username, password=PASSWORD, name=name, role=role, department=department, region=REGION, is_demo=True
            )
        for n, officer in enumerate(county.make_inspectors(), 1):
            username = {1: "inspector", 2: "inspector2"}.get(n, f"officer{n:02d}")
            accounts[username] = await people.create_account(
                username=username,
                # Only the two named logins are for visitors; nobody knows the others' passwords.
                password=PASSWORD if n <= 2 else secrets.token_urlsafe(24),
                name=officer["name"],
                role=INSPECTOR,
                department=officer["department"],
                region=REGION,
                is_demo=True,
            )
            fields = {k: v for k, v in officer.items() if k != "is_valid"}
            inspector = await people.add_inspector(**fields, account=accounts[username])
            if not officer["is_valid"]:
                await officers.suspend_officer(inspector, "调离执法岗位")
    made = county.make_enterprises()
    names = EnterpriseDraft.__dataclass_fields__
    drafts = [EnterpriseDraft(**{"override_reason": None, **{k: v for k, v in e.items() if k in names}}) for e in made]
    async with transaction():
        await registry.put_enterprises(drafts, places={e["code"]: (e["lat_e7"], e["lon_e7"]) for e in made})
        await tell_histories([d.code for d in drafts[:2]], region=REGION, by=accounts["manager"])
        await openface.fill_lists([d.code for d in drafts[-6:]], region=REGION, by=accounts["manager"])
    return accounts


async def _finished(day: date, who: dict[str, Principal]) -> None:
    draw_id = await hold_draw(rounds.pharmacies(day), day, who, 1)
    team = Team(who, 11)
    for n, (inspection, checklists, officer) in enumerate(await open_visits(who)):
        set_clock(day + timedelta(days=4 + n), 9, 10)
        await receive_inspection(UUID(str(inspection["id"])), t_dev_ms=None, by=officer)
        set_clock(day + timedelta(days=4 + n), 16, 20)
        work = await team.visit(inspection, checklists, officer, bad=n % 4 == 1)
        set_clock(day + timedelta(days=6 + n), 11)
        await approve_submission(work.submission, "", by=who["reviewer"])
    await team.hand_back(who["admin"])
    set_clock(day + timedelta(days=20), 9)
    await reveal_draw(draw_id, by=who["manager"])


async def _in_progress(day: date, who: dict[str, Principal]) -> None:
    await hold_draw(rounds.catering(day), day, who, 2)
    team = Team(who, 12)
    named = {who["inspector"].inspector_id, who["inspector2"].inspector_id}
    # The visitors' own inspections stay untouched, so that they can walk the whole way themselves.
    others = [v for v in await open_visits(who) if not {UUID(o["inspector_id"]) for o in v[0]["officers"]} & named]  # type: ignore[attr-defined]
    submitted: list[Work] = []
    for n, (inspection, checklists, officer) in enumerate(others[:8]):
        set_clock(day + timedelta(days=3), 9, n)
        await receive_inspection(UUID(str(inspection["id"])), t_dev_ms=None, by=officer)
        if n == 3:
            # Handed in, returned the same morning, and handed in again in the afternoon.
            set_clock(day + timedelta(days=4), 9, 30)
            first = await team.visit(inspection, checklists, officer, bad=False)
            set_clock(day + timedelta(days=4), 10, 40)
            await return_submission(first.submission, "后厨温度记录与照片不一致，请核实后补拍。", by=who["reviewer"])
            bundle = await build_field_bundle(by=officer)
            again = next(i for i in bundle["inspections"] if i["id"] == inspection["id"])
            set_clock(day + timedelta(days=4), 15, n)
            submitted.append(await team.visit(again, checklists, officer, bad=False, remark="已复测并补拍照片。"))
        elif n < 6:
            set_clock(day + timedelta(days=3 + n // 3), 15, n)
            submitted.append(await team.visit(inspection, checklists, officer, bad=n % 3 == 1, is_cosigned=n < 5))
    await team.hand_back(who["admin"])
    set_clock(day + timedelta(days=5), 9)
    for n, work in enumerate(submitted[:3]):
        if n < 2:
            await approve_submission(work.submission, "", by=who["reviewer"])
        else:
            await return_submission(work.submission, "请补充经营场所内部照片。", by=who["reviewer"])


async def _announced(day: date, who: dict[str, Principal]) -> None:
    manager = who["manager"]
    plan = rounds.winter_stations(day)
    set_clock(day, 9, 30)
    campaign = await plans.begin(plan, by=manager)
    await joint.agree(campaign, plan.partners, who)
    set_clock(day, 10)
    draw_on = (day + timedelta(days=3)).isoformat()
    sources = [{**DICE, "date": draw_on}, {**KUAILE8, "date": draw_on}]
    await announce_draw(campaign, sources=sources, by=manager)
    # The shop that claims its page opens its class against what this draw has committed to.
    set_clock(day, 11)
    await announce_draw(await plans.begin(rounds.dispensers(day), by=manager), sources=sources, by=manager)

"""Yearly plans of the demo county: this year's in force and changed once, a joint one, and next year's, copied, returned and handed in again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid5

from backend.cli.demo import rounds
from backend.history.queries import list_rows
from backend.inspections.rules import Plan
from backend.kernel.ids import new_id
from backend.notify.queries import list_inbox
from backend.notify.service import mark_read
from backend.people.rules import Principal
from backend.planning import queries, rules
from backend.planning.rules import Head, Line
from backend.rulebook.service import RATE
from backend.storage.engine import transaction
from backend.usecases import annual_plans, edit_codes, plan_copy
from backend.usecases.create_campaign import create_campaign

NAMES = UUID("3f1d9a60-5b0e-4d2b-9a7e-1f4be1c8a1d7")
BASIS = "《国务院关于在市场监管领域全面推行部门联合“双随机、一公开”监管的意见》（国发〔2019〕5号）；本年度随机抽查事项清单"
At = Callable[[date, int], None]


def _plan_id(year: int, *, is_joint: bool) -> UUID:
    return uuid5(NAMES, f"{year} {is_joint}")


def _line(plan: Plan, first_on: date, responsible: str) -> Line:
    return Line(uuid5(NAMES, plan.name), plan, first_on, responsible)


def _name(year: int, *, is_joint: bool) -> str:
    return f"曲靖市{year}年度部门联合抽查工作计划" if is_joint else f"曲靖市市场监管局{year}年度抽查工作计划"


async def write_plans(at: At, today: date, who: dict[str, Principal]) -> None:
    """The plans that the demo's campaigns come from, in force when the first of them begins. A round belongs to the year in which it begins."""
    pharmacies, catering = today - timedelta(days=45), today - timedelta(days=6)
    summer, winter, ahead = today - timedelta(days=148), today - timedelta(days=1), today + timedelta(days=14)
    thrifty = replace(rounds.catering(catering), rates={"-": (3, 100)})
    own = [
        _line(rounds.pharmacies(pharmacies), pharmacies, "药品监管科"),
        _line(thrifty, catering, "食品监管科"),
        _line(rounds.registered(ahead), ahead, "信用监管科"),
    ]
    joint = [_line(rounds.summer_stations(summer), summer, "信用监管科"), _line(rounds.winter_stations(winter), winter, "信用监管科")]
    at(today - timedelta(days=150), 10)
    for is_joint, lines in ((False, own), (True, joint)):
        # In the first half of a year some of the rounds are last year's.
        for year in sorted({line.first_on.year for line in lines} & {today.year - 1, today.year}):
            await _in_force(year, [line for line in lines if line.first_on.year == year], who, is_joint=is_joint)
    await _read_all(who)


async def _in_force(year: int, lines: Sequence[Line], who: dict[str, Principal], *, is_joint: bool) -> None:
    plan = _plan_id(year, is_joint=is_joint)
    head = Head(_name(year, is_joint=is_joint), BASIS)
    await annual_plans.draft_plan(plan, year=year, is_joint=is_joint, head=head, by=who["manager"])
    for line in lines:
        await annual_plans.save_line(plan, line, version=None, by=who["manager"])
    await _through(plan, who)


async def _through(plan: UUID, who: dict[str, Principal]) -> None:
    """Submitted, approved by the head of the department and by the joint office, published."""
    await annual_plans.submit(plan, by=who["manager"])
    for step, decider in enumerate(("reviewer", "admin")):
        edition = await queries.find_edition(plan, who["manager"].scope)
        await annual_plans.decide(plan, verdict=rules.APPROVED, reason="", at_step=step, in_round=edition.round, by=who[decider])
    await annual_plans.publish(plan, by=who["manager"])


async def _read_all(who: dict[str, Principal]) -> None:
    """What was told of plans that have long been decided is read."""
    for name in ("manager", "reviewer", "admin"):
        account = who[name].account_id
        told = [entry.id for entry in await list_inbox(account) if entry.kind.startswith("plan.")]
        async with transaction():
            await mark_read(account, told)


async def begin(plan: Plan, *, by: Principal) -> UUID:
    """The campaign of the line of this name."""
    for edition in await queries.list_editions(by.scope):
        if edition.state in rules.IN_FORCE:
            for view in (await queries.list_lines([edition.edition_id]))[edition.edition_id]:
                if view.line.campaign.name == plan.name:
                    return await annual_plans.begin_campaign(edition.id, view.key, by=by)
    return await create_campaign(plan, by=by)


async def change_plan(at: At, today: date, who: dict[str, Principal]) -> None:
    """The second edition of the plan that the catering round is in: a higher rate, a longer window, a line more."""
    day = today - timedelta(days=6)
    plan = _plan_id(day.year, is_joint=False)
    manager = who["manager"]
    at(today - timedelta(days=30), 9)
    await annual_plans.reopen(plan, reason="市局部署特种设备专项整治，增加一项抽查；餐饮抽查比例由3%提高到4%", by=manager)
    edition = await queries.find_edition(plan, manager.scope)
    for view in (await queries.list_lines([edition.edition_id]))[edition.edition_id]:
        campaign = view.line.campaign
        if campaign.rate_mode == "rate":
            changed = replace(view.line, campaign=replace(campaign, rates={"-": (4, 100)}))
        elif campaign.items[0] == "SC02":
            # After its campaign was made: the page shows where the two differ.
            changed = replace(view.line, campaign=replace(campaign, due_on=campaign.due_on + timedelta(days=10)))
        else:
            continue
        await annual_plans.save_line(plan, changed, version=view.version, by=manager)
    begun = today - timedelta(days=12)
    if begun.year == day.year:
        await annual_plans.save_line(plan, _line(rounds.equipment(begun), begun, "特种设备科"), version=None, by=manager)
    at(today - timedelta(days=28), 15)
    await _through(plan, who)
    await _read_all(who)


async def _tighten(year: int, admin: Principal) -> None:
    """From next year on fewer of class A are drawn: what is copied says so."""
    row = next(r for r in await list_rows(RATE) if r["class_code"] == "A" and r["valid_to"] is None)
    values = {name: row[name] for name in RATE.columns}
    begins = date(year, 1, 1)
    await edit_codes.save_code("rate", row["id"], values | {"valid_to": begins}, version=row["version"], by=admin)
    await edit_codes.save_code("rate", new_id(), values | {"high": 30, "valid_from": begins}, version=None, by=admin)


async def look_ahead(at: At, today: date, who: dict[str, Principal]) -> None:
    """Next year's plan waits for the head of the department, who has returned it once."""
    manager, reviewer = who["manager"], who["reviewer"]
    year = today.year + 1
    plan = _plan_id(year, is_joint=False)
    at(today - timedelta(days=8), 9)
    await _tighten(year, who["admin"])
    await annual_plans.draft_plan(plan, year=year, is_joint=False, head=Head(_name(year, is_joint=False), BASIS), by=manager)
    source = _plan_id((today - timedelta(days=6)).year, is_joint=False)
    copied = await queries.list_lines([(await queries.find_edition(source, manager.scope)).edition_id])
    await plan_copy.copy_lines(plan, source, {view.key for lines in copied.values() for view in lines}, by=manager)
    await annual_plans.submit(plan, by=manager)
    at(today - timedelta(days=7), 16)
    reason = "第四季度任务过于集中，请将特种设备专项抽查提前到上半年，并补充责任科室的分工说明。"
    await annual_plans.decide(plan, verdict=rules.RETURNED, reason=reason, at_step=0, in_round=1, by=reviewer)
    at(today - timedelta(days=2), 10)
    spring = date(year, 3, 9)
    earlier = replace(_line(rounds.equipment(spring), spring, "特种设备科"), notes="特种设备科牵头，各分局配合")
    edition = await queries.find_edition(plan, manager.scope)
    there = [v for v in (await queries.list_lines([edition.edition_id]))[edition.edition_id] if v.line.campaign.name == earlier.campaign.name]
    if there:
        await annual_plans.save_line(plan, replace(earlier, key=there[0].key), version=there[0].version, by=manager)
    else:
        await annual_plans.save_line(plan, earlier, version=None, by=manager)
    await _read_all(who)
    await annual_plans.submit(plan, by=manager)

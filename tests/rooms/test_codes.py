"""Code tables and the rulebook: dated rows with versions, history and public entries; the calendar that working days read."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest

from backend.deadlines.queries import list_periods, load_book
from backend.deadlines.service import PERIOD, save_period
from backend.figures.queries import list_standards
from backend.figures.targets import TARGET, save_target
from backend.history.queries import find_row, list_changes, list_rows
from backend.history.rules import ChangedByOther
from backend.inspections.rules import Plan, check_plan
from backend.items.outcomes import OUTCOME, save_outcome
from backend.items.queries import list_outcomes
from backend.items.service import add_outcome_code
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.kernel.scope import Scope
from backend.kernel.workdays import CalendarUnknown, add_working_days
from backend.people.departments import save_department
from backend.people.queries import list_departments, list_open_departments
from backend.people.rules import Principal
from backend.registry import queries as registry
from backend.registry.codes import INDUSTRY, REGION, save_industry, save_region
from backend.registry.service import load_industries, load_regions
from backend.rulebook import service as rulebook
from backend.rulebook.queries import count_by_year, find_limits, load_holidays
from backend.storage.engine import connection, transaction
from backend.usecases.edit_codes import may_add, may_edit, save_code

BY = uuid4()
TODAY = clock.today()


def region(**fields: object) -> dict[str, object]:
    return {"name_zh": "新城区", "name_en": "New Town", "parent": "530300", "valid_from": TODAY, "valid_to": None, "source": "云政发（测试）"} | fields


async def test_a_county_gives_way_to_a_district_and_both_stay(db):
    async with transaction():
        await load_regions()
        await save_region("5303N1", region(), version=None, by=BY)
        await save_region("530322", {**await _values(REGION, "530322"), "valid_to": TODAY}, version=1, by=BY)
    now = {r.code for r in await registry.list_regions()}
    assert "5303N1" in now
    assert "530322" not in now
    assert "530322" in {r["code"] for r in await list_rows(REGION)}
    (change,) = await list_changes("region", "530322")
    assert (change.what, change.old, change.new) == ("ended", {"valid_to": None}, {"valid_to": TODAY.isoformat()})
    async with transaction():
        entry = await connection().fetchrow(
            "select e.type, e.subject, p.is_public, p.payload from ledger_entry e join ledger_payload p using (entry_id) where e.entry_id = $1", change.entry_id
        )
    assert (entry["type"], entry["subject"], entry["is_public"]) == ("codebook.changed", "region/530322", True)
    assert json.loads(entry["payload"])["new"] == {"valid_to": TODAY.isoformat()}


async def _values(kind, key) -> dict[str, object]:
    row = await find_row(kind, key)
    return {name: row[name] for name in kind.columns}


async def test_a_row_of_tomorrow_holds_tomorrow(db):
    async with transaction():
        await load_regions()
        await save_region("5303N1", region(valid_from=TODAY + timedelta(days=1)), version=None, by=BY)
    assert "5303N1" not in {r.code for r in await registry.list_regions()}
    tomorrow = clock.now() + timedelta(days=1)
    clock.hold(lambda: tomorrow)
    assert "5303N1" in {r.code for r in await registry.list_regions()}


@pytest.mark.parametrize(
    ("code", "wrong", "field"),
    [("12", {}, "code"), ("5303N1", {"parent": "999999"}, "parent"), ("5303N1", {"valid_to": TODAY}, "valid_to"), ("5303N1", {"source": ""}, "source")],
)
async def test_a_region_that_cannot_stand(db, code, wrong, field):
    async with transaction():
        await load_regions()
    with pytest.raises(Invalid) as refused:
        async with transaction():
            await save_region(code, region(**wrong), version=None, by=BY)
    assert refused.value.fields["field"] == field


async def test_a_key_stands_once_and_a_version_is_checked(db):
    async with transaction():
        await load_industries()
        values = await _values(INDUSTRY, "6210")
        with pytest.raises(Invalid):
            await save_industry("6210", values, version=None, by=BY)
        await save_industry("6210", {**values, "name_en": "Served meals"}, version=1, by=BY)
    with pytest.raises(ChangedByOther) as refused:
        async with transaction():
            await save_industry("6210", {**values, "name_en": "Eating places"}, version=1, by=BY)
    assert refused.value.theirs["name_en"] == "Served meals"
    with pytest.raises(NotFound):
        async with transaction():
            await save_industry("9999", values, version=1, by=BY)


async def test_a_department_that_has_ended_is_no_choice_but_keeps_its_name(db):
    values = {"name_zh": "粮食和物资储备局", "name_en": "Grain Bureau", "valid_from": None, "valid_to": None}
    async with transaction():
        await save_department("lsj", values, version=None, by=BY)
        await save_department("lsj", {**values, "valid_to": TODAY}, version=1, by=BY)
    assert [d.code for d in await list_departments()] == ["lsj"]
    assert await list_open_departments() == []


async def test_the_tree_of_outcomes_has_two_storeys_and_ended_codes_serve_older_visits(db):
    day = TODAY - timedelta(days=30)
    async with transaction():
        await add_outcome_code("A", None, "发现问题", "Problem", 1, day)
        await add_outcome_code("B", "A", "未公示", "Not published", 2, day)
    values = await _values(OUTCOME, "B")
    for code, wrong in (("X", {"parent": "B"}), ("X", {"parent": "Z"}), ("lower", {})):
        with pytest.raises(Invalid):
            async with transaction():
                await save_outcome(code, {**values, **wrong}, version=None, by=BY)
    with pytest.raises(Invalid):  # a code with codes below stays on the first level
        async with transaction():
            await save_outcome("C", {**values, "parent": None}, version=None, by=BY)
            await save_outcome("A", {**await _values(OUTCOME, "A"), "parent": "C"}, version=1, by=BY)
    async with transaction():
        await save_outcome("B", {**values, "valid_to": TODAY}, version=1, by=BY)
    assert [o.code for o in await list_outcomes()] == ["A"]
    assert [o.code for o in await list_outcomes(since=TODAY - timedelta(days=3))] == ["A", "B"]


async def test_working_days_read_the_table(db):
    years = await count_by_year()
    assert {2024, 2025, 2026} <= set(years)
    table = await load_holidays(2024, 2026)
    for start, end in ((date(2024, 9, 13), date(2024, 10, 17)), (date(2025, 9, 26), date(2025, 10, 30)), (date(2026, 2, 10), date(2026, 3, 16))):
        assert add_working_days(start, 20, table) == end
    off = {"is_off": True, "name": "州庆日", "source": "自治条例（测试）"}
    async with transaction():
        await rulebook.save_holiday(date(2026, 3, 12), off, version=None, by=BY)
    assert add_working_days(date(2026, 2, 10), 20, await load_holidays(2026, 2026)) == date(2026, 3, 17)
    moment = clock.now().replace(year=2026, month=3, day=1)
    clock.hold(lambda: moment)
    assert (await load_book()).holidays[date(2026, 3, 12)] is True
    async with transaction():
        await rulebook.remove_holiday(date(2026, 3, 12), version=1, by=BY)
    assert date(2026, 3, 12) not in (await load_book()).holidays
    assert [c.what for c in await list_changes("holiday", "2026-03-12")] == ["removed", "added"]


async def test_a_year_is_filled_once_and_a_year_to_come_is_typed(db):
    async with transaction():
        await connection().execute("delete from holiday where day between '2025-10-01' and '2025-10-31'")
        assert await rulebook.fill_year(2025, by=BY) == 9
        assert await rulebook.fill_year(2025, by=BY) == 0
    assert (await find_row(rulebook.HOLIDAY, date(2025, 10, 6)))["name"] in ("国庆节", "中秋节")
    with pytest.raises(CalendarUnknown):
        async with transaction():
            await rulebook.fill_year(2027, by=BY)
    off = {"is_off": True, "name": "元旦", "source": "通知（测试）"}
    async with transaction():
        await rulebook.add_holidays(date(2027, 1, 1), date(2027, 1, 3), off, by=BY)
        await rulebook.save_holiday(date(2027, 1, 9), {**off, "is_off": False}, version=None, by=BY)
    assert (await count_by_year())[2027] == 4
    for first, last, is_off in ((date(2027, 2, 1), date(2027, 1, 1), True), (date(2027, 2, 1), date(2027, 2, 1), False)):
        with pytest.raises(Invalid):
            async with transaction():
                await rulebook.add_holidays(first, last, {**off, "is_off": is_off}, by=BY)
    assert (await count_by_year())[2027] == 4


def cap(most: int, **fields: object) -> dict[str, object]:
    return {"level": "city", "department": None, "most": most, "valid_from": date(2026, 1, 1), "valid_to": None, "source": "国办发〔2024〕54号"} | fields


def rate(c: str, low: int, usual: int, high: int, **fields: object) -> dict[str, object]:
    about = {"department": None, "valid_from": date(2026, 1, 1), "valid_to": None, "source": "国市监信发〔2022〕6号"}
    return about | {"class_code": c, "low": low, "usual": usual, "high": high} | fields


def plan(**fields: object) -> Plan:
    base = {
        "name": "x", "items": ("SC01",), "department": "scjg", "partners": (), "counties": ("530302",), "industries": (), "officers_per_visit": 2,
        "due_on": TODAY + timedelta(days=9), "rate_mode": "classes", "rates": {"A": (2, 100), "B": (10, 100), "C": (30, 100), "D": (80, 100)}, "yearly_cap": 2,
    }  # fmt: skip
    return Plan(**base | fields)


async def test_caps_and_rates_hold_on_their_days_and_limit_a_plan(db):
    async with transaction():
        await rulebook.save_cap(uuid4(), cap(3, valid_to=date(2026, 7, 1)), version=None, by=BY)
        await rulebook.save_cap(uuid4(), cap(2, valid_from=date(2026, 7, 1)), version=None, by=BY)
        await rulebook.save_cap(uuid4(), cap(1, department="xfjy"), version=None, by=BY)
        await rulebook.save_rate(uuid4(), rate("A", 0, 20, 50), version=None, by=BY)
    for wrong in (cap(9), cap(9, valid_from=date(2025, 1, 1)), cap(9, department="xfjy", valid_from=date(2030, 1, 1))):
        with pytest.raises(Invalid) as refused:
            async with transaction():
                await rulebook.save_cap(uuid4(), wrong, version=None, by=BY)
        assert refused.value.fields["field"] == "valid_from"
    assert (await find_limits(["scjg"], "5303", date(2026, 6, 30))).cap.most == 3
    assert (await find_limits(["scjg"], "5303", date(2026, 7, 1))).cap.most == 2
    assert (await find_limits(["scjg", "xfjy"], "5303", date(2026, 7, 1))).cap.most == 1
    assert (await find_limits(["scjg"], "530302", date(2026, 7, 1))).cap is None
    limits = await find_limits(["scjg"], "5303", date(2026, 11, 1))
    scope = Scope("scjg", "5303")
    check_plan(plan(), scope, TODAY, limits)
    for wrong, field in (({"yearly_cap": 3}, "yearly_cap"), ({"rates": {**plan().rates, "A": (51, 1000)}}, "rates")):
        with pytest.raises(Invalid) as refused:
            check_plan(plan(**wrong), scope, TODAY, limits)
        assert refused.value.fields["field"] == field
    check_plan(plan(rates={**plan().rates, "A": (50, 1000)}), scope, TODAY, limits)


@pytest.mark.parametrize("wrong", [rate("A", 30, 20, 50), rate("E", 0, 1, 2), rate("A", 0, 60, 50)])
async def test_a_rate_that_cannot_stand(db, wrong):
    with pytest.raises(Invalid):
        async with transaction():
            await rulebook.save_rate(uuid4(), wrong, version=None, by=BY)


def who(role: str, department: str | None = None, area: str = "5303") -> Principal:
    return Principal(uuid4(), role, role, role, department, area, None)


async def test_who_owns_which_row(db):
    general, own, others = ({"id": uuid4(), "department": d} for d in (None, "scjg", "xfjy"))
    admin, county_admin, manager, county_manager = who("admin"), who("admin", area="530302"), who("manager", "scjg"), who("manager", "scjg", "530302")
    for kind in ("department", "industry", "outcome", "holiday"):
        assert [may_edit(p, kind, {}) for p in (admin, county_admin, manager, who("reviewer", "scjg"), who("auditor"))] == [True, *[False] * 4]
    assert [may_edit(p, "cap", general) for p in (admin, county_admin, manager)] == [True, False, False]
    assert [may_edit(p, "rate", own) for p in (admin, manager, county_manager)] == [False, True, False]
    assert not may_edit(manager, "cap", others)
    for kind, seen in (("period", False), ("target", True)):
        people = (admin, county_admin, manager, who("auditor"), who("auditor", area="530302"))
        assert [may_edit(p, kind, {}) for p in people] == [True, False, False, seen, False]
        assert may_add(who("auditor"), kind) is seen
    assert may_edit(county_admin, "region", {"code": "530302"})
    assert not may_edit(county_admin, "region", {"code": "530303"})
    assert may_add(manager, "cap")
    assert not may_add(manager, "region")
    key = uuid4()
    with pytest.raises(Invalid):
        await save_code("cap", key, cap(5), version=None, by=manager)
    await save_code("cap", key, cap(5, department="scjg"), version=None, by=manager)
    with pytest.raises(Invalid):  # nor can it be handed to another department, or taken by one
        await save_code("cap", key, cap(5, department="xfjy"), version=1, by=manager)
    with pytest.raises(Forbidden):
        await save_code("cap", key, cap(5, department="xfjy"), version=1, by=who("manager", "xfjy"))


def period(amount: int, first: date, **fields: object) -> dict[str, object]:
    return {"clock": "review", "amount": amount, "unit": "working", "warn": 1, "valid_from": first, "source": "新规（测试）"} | fields


async def test_a_new_period_ends_the_one_before_and_every_day_keeps_one(db):
    summer, winter = uuid4(), uuid4()
    async with transaction():
        await save_period(winter, period(3, date(2027, 1, 1)), version=None, by=BY)
        await save_period(summer, period(4, date(2026, 7, 1)), version=None, by=BY)
    mine = [p for p in await list_periods() if p.clock == "review"]
    assert [(p.amount, p.valid_from, p.valid_to) for p in mine] == [
        (3, date(2027, 1, 1), None),
        (4, date(2026, 7, 1), date(2027, 1, 1)),
        (5, date(2019, 1, 1), date(2026, 7, 1)),
    ]
    book = await load_book()
    assert [book.period("review", d).amount for d in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31), date(2027, 1, 1))] == [5, 4, 4, 3]
    # A row that is moved takes the end of the one before along, in either direction.
    for moved in (date(2026, 9, 1), date(2026, 6, 1)):
        version = (await find_row(PERIOD, summer))["version"]
        async with transaction():
            await save_period(summer, period(4, moved), version=version, by=BY)
        assert [p.valid_to for p in await list_periods() if p.clock == "review" and p.amount == 5] == [moved]
    # Two rows may change places.
    async with transaction():
        await save_period(summer, period(4, date(2028, 1, 1)), version=(await find_row(PERIOD, summer))["version"], by=BY)
    assert [(p.amount, p.valid_to) for p in await list_periods() if p.clock == "review"] == [(4, None), (3, date(2028, 1, 1)), (5, date(2027, 1, 1))]
    async with transaction():
        await save_period(summer, period(4, date(2026, 6, 1)), version=(await find_row(PERIOD, summer))["version"], by=BY)
    first = next(r for r in await list_rows(PERIOD) if r["clock"] == "review" and r["amount"] == 5)
    assert {c.what for c in await list_changes("period", str(first["id"]))} == {"ended"}, "its end moved, and nothing else of it"
    refused = [
        (winter, period(3, date(2026, 6, 1)), 1),
        (first["id"], period(5, date(2019, 1, 2)), first["version"]),
        (uuid4(), period(3, date(2027, 1, 1)), None),
    ]
    for key, values, version in refused:
        with pytest.raises(Invalid) as why:
            async with transaction():
                await save_period(key, values, version=version, by=BY)
        assert why.value.fields["field"] == "valid_from"
    with pytest.raises(Invalid):
        async with transaction():
            await save_period(winter, period(3, date(2027, 1, 1), clock="publish"), version=1, by=BY)
    with pytest.raises(ChangedByOther):
        async with transaction():
            await save_period(summer, period(9, date(2026, 6, 1)), version=1, by=BY)


async def test_a_target_holds_on_its_days(db):
    old = next(r for r in await list_rows(TARGET) if r["measure"] == "joint")
    raised = {"measure": "joint", "value": 655, "valid_from": date(2027, 1, 1), "valid_to": None, "source": "考核办法（测试）"}
    with pytest.raises(Invalid) as refused:
        async with transaction():
            await save_target(uuid4(), raised, version=None, by=BY)
    assert refused.value.fields["field"] == "valid_from", "two targets for one day"
    async with transaction():
        await save_target(old["id"], {**{n: old[n] for n in TARGET.columns}, "valid_to": date(2027, 1, 1)}, version=1, by=BY)
        await save_target(uuid4(), raised, version=None, by=BY)
    assert (await list_standards(date(2026, 12, 31)))["joint", "target"].value == 60
    assert (await list_standards(date(2027, 1, 1)))["joint", "target"].value == 65.5
    for wrong in ({"measure": "weather"}, {"value": 1001}, {"source": ""}, {"valid_to": date(2026, 1, 1)}):
        with pytest.raises(Invalid):
            async with transaction():
                await save_target(uuid4(), {**raised, "measure": "scanned", **wrong}, version=None, by=BY)

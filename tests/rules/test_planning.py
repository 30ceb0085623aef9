"""Lines, chains, verdicts, editions compared, copies of last year, bars of the year, rows of a spreadsheet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.inspections.rules import Plan
from backend.kernel.errors import Invalid
from backend.kernel.scope import Scope
from backend.kernel.workdays import is_working_day, official_calendar
from backend.planning import calendar_rules, copy_rules, import_rules, rules
from backend.planning.copy_rules import Surroundings
from backend.planning.import_rules import Book
from backend.planning.rules import Line, Step
from backend.rulebook.rules import Cap, Limits, Rate

PLAN = Plan(
    name="2026年餐饮抽查",
    items=("SC01",),
    department="scjg",
    partners=(),
    counties=("530302", "530303"),
    industries=("6210",),
    rate_mode="classes",
    rates={"A": (2, 100), "B": (10, 100), "C": (30, 100), "D": (80, 100)},
    officers_per_visit=2,
    due_on=date(2026, 6, 30),
    yearly_cap=2,
)
LINE = Line(UUID(int=1), PLAN, date(2026, 5, 2), "食品科", "")
RATES = {"A": Rate(0, 20, 50, "s"), "B": Rate(50, 100, 200, "s"), "C": Rate(210, 300, 600, "s"), "D": Rate(610, 800, 1000, "s")}
LIMITS = Limits(Cap(2, "国办发〔2024〕54号"), RATES)
SCOPE = Scope("scjg", "5303")
ITEMS = {"SC01": "scjg", "XF01": "xfjy"}
HOLIDAYS = official_calendar(2026)


def check(line: Line, *, year: int = 2026, is_joint: bool = False, limits: Limits = LIMITS) -> None:
    rules.check_line(line, year=year, is_joint=is_joint, scope=SCOPE, limits=limits, items=ITEMS)


def changed(**fields: object) -> Line:
    return replace(LINE, campaign=replace(PLAN, **fields))


def test_a_line_that_is_right_is_accepted_also_where_its_days_have_passed():
    check(LINE)
    check(replace(changed(partners=("xfjy",), items=("SC01", "XF01")), notes="x"), is_joint=True)


@pytest.mark.parametrize(
    ("line", "field", "joint"),
    [
        (changed(name=" "), "name", False),
        (changed(items=()), "items", False),
        (changed(items=("SC09",)), "items", False),
        (changed(items=("XF01",)), "items", False),
        (changed(counties=("110101",)), "counties", False),
        (changed(officers_per_visit=1), "officers_per_visit", False),
        (changed(rates=PLAN.rates | {"C": (20, 100)}), "rates", False),
        (changed(yearly_cap=3), "yearly_cap", False),
        (changed(due_on=date(2026, 5, 1)), "due_on", False),
        (changed(due_on=date(2027, 5, 3)), "due_on", False),
        (replace(LINE, first_on=date(2025, 12, 31)), "first_on", False),
        (replace(LINE, responsible="长" * 81), "responsible", False),
        (LINE, "partners", True),
    ],
)
def test_a_line_that_cannot_stand_names_its_field(line, field, joint):
    with pytest.raises(Invalid) as e:
        check(line, is_joint=joint)
    assert e.value.fields["field"] == field


def step(position=1, role="reviewer", department=None, region=None, first=date(2019, 1, 1), last=None):
    return Step(position, role, f"第{position}步", f"step {position}", department, region, first, last)


def test_the_nearest_chain_holds():
    general = [step(2, "admin"), step(1)]
    own = step(1, "manager", "xfjy")
    county = step(1, "reviewer", None, "530302")
    every = [*general, own, county]
    on = date(2026, 6, 1)
    assert [s.role for s in rules.chain_of(every, "scjg", "5303", on)] == ["reviewer", "admin"]
    assert rules.chain_of(every, "xfjy", "5303", on) == (own,)
    assert rules.chain_of(every, "scjg", "530302", on) == (county,)
    assert rules.chain_of([step(last=on)], "scjg", "5303", on) == ()
    assert rules.chain_of([step(first=on + timedelta(days=1))], "scjg", "5303", on) == ()


def test_who_may_decide():
    def may(role="reviewer", department="scjg", region="5303", needed="reviewer", plan_region="5303"):
        return rules.may_decide(needed, role=role, department=department, region=region, plan_department="scjg", plan_region=plan_region)

    assert may()
    assert may(plan_region="530302")
    assert not may(department="xfjy")
    assert not may(role="manager")
    assert not may(region="530302"), "a county does not decide on the city's plan"
    assert may(role="admin", department=None, needed="admin")
    assert not may(role="admin", department=None)


def test_nobody_decides_on_their_own_nor_twice():
    me = uuid4()
    rules.require_other(me, authors={uuid4()}, earlier=[])
    with pytest.raises(rules.OwnPlan):
        rules.require_other(me, authors={me}, earlier=[])
    with pytest.raises(rules.SecondVoice):
        rules.require_other(me, authors=(), earlier=[me])


def test_a_chain_ends_with_its_last_step_or_at_a_return():
    assert rules.after("approved", 0, 2) == ("submitted", 1)
    assert rules.after("approved", 1, 2) == ("approved", None)
    assert rules.after("returned", 1, 2) == ("returned", None)
    with pytest.raises(Invalid):
        rules.check_verdict("returned", " ")
    with pytest.raises(Invalid):
        rules.check_verdict("perhaps", "because")


def test_editions_are_compared_by_key_and_whatever_has_no_order_is_not_a_change():
    same = changed(counties=("530303", "530302"))
    longer = replace(changed(due_on=date(2026, 7, 31)), key=UUID(int=2))
    gone = replace(LINE, key=UUID(int=3))
    new = replace(LINE, key=UUID(int=4))
    found = rules.compare([LINE, replace(LINE, key=UUID(int=2)), gone], [same, longer, new])
    assert [(c.key.int, c.what) for c in found] == [(2, "changed"), (4, "added"), (3, "removed")]
    assert found[0].fields == (("due_on", "2026-06-30", "2026-07-31"),)


def test_a_campaign_departs_from_its_line():
    assert rules.deviations(LINE, PLAN) == ()
    assert rules.deviations(LINE, replace(PLAN, rates=PLAN.rates | {"A": (4, 100)}))[0][0] == "rates"
    assert [d[0] for d in rules.deviations(LINE, replace(PLAN, counties=("530302",), yearly_cap=1))] == ["counties", "yearly_cap"]
    assert rules.deviations(changed(yearly_cap=None), PLAN) == (), "a line that names no cap leaves it to the rulebook"


def test_late_and_overdue():
    begin, end = LINE.first_on, LINE.due_on
    assert rules.lateness(LINE, rules.NOT_BEGUN, begin) == ""
    assert rules.lateness(LINE, rules.MADE, begin + timedelta(days=1)) == "late"
    assert rules.lateness(LINE, rules.DRAWN, end) == ""
    assert rules.lateness(LINE, rules.DRAWN, end + timedelta(days=1)) == "overdue"
    assert rules.lateness(LINE, rules.DONE, end + timedelta(days=99)) == ""


# Copying last year's lines.


def around(**other: object) -> Surroundings:
    fields = {
        "limits_then": LIMITS,
        "limits_now": LIMITS,
        "items": ITEMS,
        "names": {"SC01": ("餐饮", "Catering")},
        "departments": frozenset({"scjg", "xfjy"}),
        "counties": frozenset(PLAN.counties),
        "industries": frozenset({"6210"}),
    }
    return Surroundings(**{**fields, **other})


def copied(line: Line = LINE, **other: object):
    return copy_rules.copy_line(line, UUID(int=9), years=1, holidays={}, around=around(**other))


def test_an_unchanged_world_copies_without_a_word():
    line, told = copied()
    assert told == []
    assert line == Line(UUID(int=9), replace(PLAN, name="2027年餐饮抽查", due_on=date(2027, 6, 30)), date(2027, 5, 3), "食品科", "")


def test_whatever_is_gone_or_changed_is_named():
    line, told = copied(items={})
    assert line.campaign.items == ()
    assert "餐饮" in told[0].zh
    assert "Catering" in told[0].en
    line, told = copied(counties=frozenset({"530302"}))
    assert line.campaign.counties == ("530302",)
    assert "530303" in told[0].zh
    line, told = copied(industries=frozenset())
    assert line.campaign.industries == ()
    assert any("全部行业" in t.zh for t in told)
    line, told = copied(limits_now=Limits(Cap(1, "新文件"), RATES))
    assert line.campaign.yearly_cap == 1
    assert [("新文件" in t.zh, "1" in t.en) for t in told] == [(True, True), (False, True)]
    line, told = copied(limits_now=Limits(LIMITS.cap, RATES | {"C": Rate(350, 400, 600, "s")}))
    assert line.campaign.rates == PLAN.rates, "a rate is never changed in silence"
    assert any("C 类" in t.zh and "35%" in t.zh for t in told)
    assert any("须修改" in t.zh for t in told)


@given(st.dates(date(2025, 1, 1), date(2025, 12, 31)), st.integers(0, 120))
def test_a_moved_window_lies_on_working_days_of_its_year(first, length):
    begin, end = copy_rules.move_window(first, first + timedelta(days=length), 1, HOLIDAYS)
    assert begin.year == 2026
    assert begin <= end
    assert is_working_day(begin, HOLIDAYS)
    assert is_working_day(end, HOLIDAYS)


def test_a_leap_day_moves_to_the_28th():
    assert copy_rules.year_later(date(2024, 2, 29), 1) == date(2025, 2, 28)


# The year as a drawing.


def test_bars_are_cut_at_the_ends_of_the_year():
    assert calendar_rules.bar_of(date(2026, 1, 1), date(2026, 1, 1), 2026) == calendar_rules.Bar(0, 1, False, False)
    assert calendar_rules.bar_of(date(2025, 12, 1), date(2026, 1, 31), 2026) == calendar_rules.Bar(0, 31, True, False)
    assert calendar_rules.bar_of(date(2026, 12, 1), date(2027, 2, 1), 2026) == calendar_rules.Bar(334, 31, False, True)
    assert calendar_rules.bar_of(date(2025, 1, 1), date(2025, 12, 31), 2026) is None


@given(st.integers(2015, 2100))
def test_weeks_and_months_fill_the_year(year):
    weeks = calendar_rules.weeks_of(year)
    assert sum(width for _week, _x, width in weeks) == calendar_rules.days_of(year)
    assert all(a[1] + a[2] == b[1] for a, b in pairwise(weeks))
    assert sum(m.days for m in calendar_rules.months_of(year, {})) == calendar_rules.days_of(year)


def test_months_count_working_days_and_holidays_run():
    assert [m.working_days for m in calendar_rules.months_of(2026, HOLIDAYS)][1] == 16  # 春节 from 15 to 23 February, two Saturdays worked
    days = [(date(2026, 1, 2), "元旦"), (date(2026, 1, 1), "元旦"), (date(2026, 4, 5), "清明节"), (date(2027, 1, 1), "元旦")]
    runs = calendar_rules.runs_of(2026, days)
    assert [(r.name, r.first, r.last, r.x, r.width) for r in runs] == [
        ("元旦", date(2026, 1, 1), date(2026, 1, 2), 0, 2),
        ("清明节", date(2026, 4, 5), date(2026, 4, 5), 94, 1),
    ]


# A spreadsheet of lines.

BOOK = Book(
    items={"SC01": "SC01", "餐饮服务": "SC01"},
    counties={"麒麟区": "530302", "530303": "530303"},
    industries={"糕点、面包零售": "5222", "6210": "6210"},
    departments={"消防救援支队": "xfjy"},
)
ROW = {
    "name": "春季抽查", "items": "餐饮服务", "counties": "麒麟区；530303", "industries": "糕点、面包零售、6210", "partners": "消防救援支队", "rates": "20 户",
    "officers_per_visit": "3人", "yearly_cap": "2", "first_on": "2026-03-02", "due_on": "2026-04-30", "responsible": "食品科", "notes": "",
}  # fmt: skip


def judge(*rows: dict[str, str], existing: dict[str, Line] | None = None):
    return import_rules.judge_rows(list(enumerate(rows, 3)), existing or {}, department="scjg", plan=UUID(int=7), book=BOOK)


def test_a_row_becomes_a_line_and_the_same_row_the_same_line():
    (first,), (second,) = judge(ROW), judge(ROW)
    assert first.verdict == "new"
    assert first.line == second.line
    assert first.line.campaign.counties == ("530302", "530303")
    assert first.line.campaign.industries == ("5222", "6210"), "a name that contains a separator is one name"
    (again,) = judge(ROW, existing={"春季抽查": first.line})
    assert again.verdict == "same"
    (later,) = judge(ROW | {"due_on": "2026-05-29"}, existing={"春季抽查": first.line})
    assert (later.verdict, later.line.key) == ("changed", first.line.key)


def test_every_fault_of_a_row_is_told_with_its_field():
    bad, twice = judge({**ROW, "items": "没有", "rates": "很多", "first_on": "三月", "officers_per_visit": "几人"}, ROW)
    assert bad.verdict == "bad"
    assert [e.split("：")[0] for e in bad.zh] == ["抽查事项“没有”", "抽取数量或比例“很多”", "开始日期“三月”", "每组执法人员“几人”"]
    assert len(bad.en) == len(bad.zh)
    assert twice.verdict == "bad"
    assert "第 3 行" in twice.zh[0]
    (unnamed,) = judge({**ROW, "name": " "})
    assert unnamed.zh == ("项目名称：必填",)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("20", "fixed"),
        ("20户", "fixed"),
        ("５％", "rate"),
        ("2.5%", "rate"),
        ("A类2% B:10%、C 30%；D80%", "classes"),
        ("", None),
        ("A 2%", None),
        ("0.05x", None),
    ],
)
def test_ways_to_draw(text, mode):
    found = import_rules.read_rates(text)
    assert (found[0] if found else None) == mode
    if found:
        plan = replace(PLAN, rate_mode=found[0], rates=found[1])
        assert import_rules.read_rates(import_rules.write_rates(plan)) == found

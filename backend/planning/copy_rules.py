"""Last year's lines for another year: dates moved onto working days, and everything named that is no longer as it was. Pure.

Proven by tests/rules/test_planning.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from backend.inspections.rules import Plan, percent
from backend.kernel.workdays import is_working_day
from backend.planning.rules import Line
from backend.rulebook.rules import Limits


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to look at before the plan is submitted, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What held when the line was first planned and what holds on its new first day.

    ``items``: code -> department of the items in force on the new day; ``names``: code -> (zh, en) of every item there ever was;
    ``departments``, ``counties``, ``industries``: codes in use.
    """

    limits_then: Limits
    limits_now: Limits
    items: Mapping[str, str]
    names: Mapping[str, tuple[str, str]]
    departments: frozenset[str]
    counties: frozenset[str]
    industries: frozenset[str]


def year_later(day: date, years: int) -> date:
    """The same day of another year; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _working(day: date, step: int, holidays: Mapping[date, bool]) -> date:
    while not is_working_day(day, holidays):
        day += timedelta(days=step)
    return day


def move_window(first_on: date, due_on: date, years: int, holidays: Mapping[date, bool]) -> tuple[date, date]:
    """The window ``years`` later: it opens on the next working day and closes on the last one, and opens in the same plan year."""
    first, due = year_later(first_on, years), year_later(due_on, years)
    opened = _working(first, 1, holidays)
    if opened.year != first.year:
        opened = _working(first, -1, holidays)
    return opened, max(opened, _working(due, -1, holidays))


def copy_line(line: Line, key: UUID, *, years: int, holidays: Mapping[date, bool], around: Surroundings) -> tuple[Line, list[Caution]]:
    """The line for another year under the new ``key``. What no longer exists is left out, and every such thing is named."""
    plan, told = line.campaign, []
    items = tuple(i for i in plan.items if i in around.items)
    for code in plan.items:
        if code not in around.items:
            zh, en = around.names.get(code, (code, code))
            told.append(Caution(f"事项“{zh}”（{code}）届时已不在事项清单中，已去掉", f"The item “{en}” ({code}) is not on the list then and was left out"))
    kept: dict[str, tuple[str, ...]] = {}
    for name, known, zh, en in (
        ("partners", around.departments, "配合部门", "partner"),
        ("counties", around.counties, "区县", "county"),
        ("industries", around.industries, "行业", "industry"),
    ):
        before: tuple[str, ...] = getattr(plan, name)
        kept[name] = tuple(c for c in before if c in known)
        told += [Caution(f"{zh} {c} 已停用，已去掉", f"The {en} {c} is no longer in use and was left out") for c in before if c not in known]
    if plan.industries and not kept["industries"]:
        told.append(Caution("原定行业均已停用，现为全部行业，请核对", "None of the industries is in use any more: it now covers all, please check"))
    cap, capped = _cap(plan, around)
    first, due = move_window(line.first_on, line.due_on, years, holidays)
    # 2026年第三季度… is 2027年第三季度… a year later.
    name = plan.name.replace(str(line.first_on.year), str(line.first_on.year + years))
    campaign = replace(
        plan,
        name=name,
        items=items,
        partners=kept["partners"],
        counties=kept["counties"],
        industries=kept["industries"],
        due_on=due,
        yearly_cap=cap,
    )
    return Line(key, campaign, first, line.responsible, line.notes), [*told, *capped, *_rates(campaign, around)]


def _cap(plan: Plan, around: Surroundings) -> tuple[int | None, list[Caution]]:
    then, now = around.limits_then.cap, around.limits_now.cap
    told = []
    if (then.most if then else None) != (now.most if now else None):
        zh = f"年度检查上限由 {then.most if then else '无'} 次改为 {now.most if now else '无'} 次"
        en = f"The yearly cap was {then.most if then else 'none'} and is {now.most if now else 'none'}"
        told.append(Caution(zh + (f"（{now.source}）" if now else ""), en + (f" ({now.source})" if now else "")))
    if now and plan.yearly_cap is not None and plan.yearly_cap > now.most:
        told.append(Caution(f"本项上限已由 {plan.yearly_cap} 次降为 {now.most} 次", f"The cap of this line was lowered from {plan.yearly_cap} to {now.most}"))
        return now.most, told
    return plan.yearly_cap, told


def _rates(plan: Plan, around: Surroundings) -> list[Caution]:
    if plan.rate_mode != "classes":
        return []
    told = []
    for name, rate in sorted(plan.rates.items()):
        then, now = around.limits_then.rates.get(name), around.limits_now.rates.get(name)
        span_then, span_now = ((r.low, r.high) if r else None for r in (then, now))
        if span_then != span_now:
            was, is_ = (f"{percent(s[0])}%–{percent(s[1])}%" if s else "—" for s in (span_then, span_now))
            told.append(Caution(f"{name} 类抽查比例由 {was} 改为 {is_}", f"The rate of class {name} was {was} and is {is_}"))
        if now and isinstance(rate, tuple) and not now.low * rate[1] <= rate[0] * 1000 <= now.high * rate[1]:
            told.append(Caution(f"{name} 类的比例不在现行范围内，须修改后才能提交", f"Class {name} is outside the range in force: change it first"))
    return told

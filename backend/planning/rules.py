"""A yearly plan: its states, what a line needs, who decides next, what was changed, what departs from the plan. Pure.

An edition is edited while it is ``draft`` or ``returned``; once in force (``approved``, ``published``) it never changes: a change is the
next edition, through the whole chain again. Proven by tests/rules/test_planning.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from backend.history.rules import check_dates, check_text
from backend.inspections.rules import Plan, check_plan
from backend.kernel.errors import DomainError, Invalid
from backend.kernel.scope import Scope
from backend.people.rules import ADMIN, ALL_DEPARTMENTS, MANAGER, REVIEWER
from backend.rulebook.rules import Limits

DRAFT, SUBMITTED, RETURNED, APPROVED, PUBLISHED, SUPERSEDED, DROPPED = (
    "draft",
    "submitted",
    "returned",
    "approved",
    "published",
    "superseded",
    "dropped",
)
STATES: Final[Mapping[str, tuple[str, str]]] = {
    DRAFT: ("草稿", "Draft"),
    SUBMITTED: ("审批中", "Waiting for approval"),
    RETURNED: ("已退回", "Returned"),
    APPROVED: ("已批准", "Approved"),
    PUBLISHED: ("已发布", "Published"),
    SUPERSEDED: ("已被新版取代", "Replaced by a later version"),
    DROPPED: ("已放弃", "Given up"),
}
OPEN: Final = frozenset({DRAFT, SUBMITTED, RETURNED})
EDITABLE: Final = frozenset({DRAFT, RETURNED})
IN_FORCE: Final = frozenset({APPROVED, PUBLISHED})
READABLE: Final = IN_FORCE | {SUPERSEDED}  # by other departments
DECIDING: Final = (REVIEWER, ADMIN, MANAGER)
LONGEST_NAME: Final = 110  # with its number it still fits the name that a campaign keeps
MOST_LINES: Final = 300
FIRST_YEAR, LAST_YEAR = 2015, 2100

# How far a line has come.
NOT_BEGUN, MADE, ANNOUNCED, DRAWN, DONE = "not_begun", "made", "announced", "drawn", "done"
_STATUS: Final[Mapping[str, str]] = {"draft": MADE, "announced": ANNOUNCED, "drawn": DRAWN, "closed": DONE, "voided": MADE}


class WrongPlanState(DomainError):
    code = "plan-state"
    status = 409
    zh = "计划现在的状态是“{zh}”，不能进行此操作"
    en = "The plan is now “{en}”: this cannot be done"


class OwnPlan(DomainError):
    """Nobody approves what they wrote or handed in."""

    code = "own-plan"
    status = 403
    zh = "参与编制或提交计划的人不能审批该计划"
    en = "Whoever wrote or submitted the plan does not decide on it"


class SecondVoice(DomainError):
    """Two steps are two people."""

    code = "second-voice"
    status = 403
    zh = "您已审批过本轮的前一环节，须由另一人审批"
    en = "You decided an earlier step of this round: this one is another person's"


class NoChain(DomainError):
    code = "no-chain"
    status = 422
    zh = "基础数据“计划审批环节”中没有适用于本部门的环节，请先由管理员维护"
    en = "The register of approval steps has none for this department: ask the administrator to add one first"


class LinesNotReady(DomainError):
    """A plan that cannot be submitted yet; ``zh``/``en`` name each line and what is wrong with it."""

    code = "plan-lines"
    status = 422
    zh = "以下项目须先修改：{zh}"
    en = "These lines need a change first: {en}"


def wrong_state(state: str) -> WrongPlanState:
    zh, en = STATES[state]
    return WrongPlanState(zh=zh, en=en, state=state)


def make_number(department: str, year: int, serial: int) -> str:
    """``JH-2027-SCJG-000001``: 计划, the plan's year, department, serial from 1."""
    return f"JH-{year}-{department.upper()}-{serial:06d}"


@dataclass(frozen=True, slots=True)
class Head:
    """What a plan says before its lines."""

    name: str
    basis: str


@dataclass(frozen=True, slots=True)
class Line:
    """One planned campaign. ``key`` stays the same through all editions; the window is ``first_on`` .. ``campaign.due_on``, both inclusive."""

    key: UUID
    campaign: Plan
    first_on: date
    responsible: str = ""
    notes: str = ""

    @property
    def due_on(self) -> date:
        return self.campaign.due_on


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an approval chain. ``department`` and ``region`` None: any."""

    position: int
    role: str
    name_zh: str
    name_en: str
    department: str | None
    region: str | None
    valid_from: date
    valid_to: date | None


def _refuse(field: str, zh: str, en: str) -> None:
    raise Invalid(field=field, why_zh=zh, why_en=en)


def check_head(head: Head, year: int) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        _refuse("year", f"须在 {FIRST_YEAR} 至 {LAST_YEAR} 之间", f"must lie between {FIRST_YEAR} and {LAST_YEAR}")
    check_text({"name": head.name.strip()}, "name", LONGEST_NAME)
    check_text({"basis": head.basis.strip()}, "basis", 2000)


def check_line(line: Line, *, year: int, is_joint: bool, scope: Scope, limits: Limits, items: Mapping[str, str]) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand.

    ``scope``: the plan's department and region. ``items``: code -> department of the items in force on the line's first day.
    ``limits``: the caps and rates in force on that day.
    """
    plan = line.campaign
    # A plan may be written down when a part of its year has passed, so no day of it has to lie ahead.
    check_plan(plan, scope, date.min, limits)
    check_text({"name": plan.name.strip()}, "name", 160)
    if line.first_on.year != year:
        _refuse("first_on", f"须在 {year} 年内", f"must lie in {year}")
    if not line.first_on <= line.due_on < line.first_on + timedelta(days=366):
        _refuse("due_on", "须不早于开始日期，且不超过一年", "must not lie before the first day, nor a year after it")
    if is_joint and len(plan.departments) < 2:
        _refuse("partners", "部门联合计划的每一项至少有一个配合部门", "each line of a joint plan has a partner department")
    for code in plan.items:
        if code not in items:
            _refuse("items", f"事项 {code} 届时不在事项清单中", f"item {code} is not on the item list then")
        if items[code] not in plan.departments:
            _refuse("items", f"事项 {code} 不属于参与部门", f"item {code} belongs to no department taking part")
    check_text({"responsible": line.responsible}, "responsible", 80, required=False)
    check_text({"notes": line.notes}, "notes", 2000, required=False)


def check_step(values: Mapping[str, Any]) -> None:
    """One row of the register of steps. Raises ``Invalid``."""
    if values["role"] not in DECIDING:
        _refuse("role", "没有这种审批角色", "there is no such deciding role")
    check_text(values, "name_zh", 60)
    check_text(values, "name_en", 80)
    check_text(values, "source", 200)
    check_dates(values)


def chain_of(steps: Iterable[Step], department: str, region: str, on: date) -> tuple[Step, ...]:
    """The steps that a plan goes through, in order: the department's own before everybody's, the nearest region's before a wider one's."""
    fitting = [
        s
        for s in steps
        if s.valid_from <= on
        and (s.valid_to is None or s.valid_to > on)
        and s.department in (None, department)
        and (s.region is None or region.startswith(s.region))
    ]
    nearest = max(((s.department is not None, len(s.region or "")) for s in fitting), default=None)
    return tuple(sorted((s for s in fitting if (s.department is not None, len(s.region or "")) == nearest), key=lambda s: s.position))


def may_decide(role_needed: str, *, role: str, department: str | None, region: str, plan_department: str, plan_region: str) -> bool:
    """Whether a person of that role, department and region is one whom a step of the plan waits for."""
    return role == role_needed and (role in ALL_DEPARTMENTS or department == plan_department) and plan_region.startswith(region)


def require_other(account: UUID, *, authors: Collection[UUID], earlier: Collection[UUID]) -> None:
    """Raise ``OwnPlan`` for whoever had a hand in the edition, ``SecondVoice`` for whoever decided a step of this round."""
    if account in authors:
        raise OwnPlan()
    if account in earlier:
        raise SecondVoice()


def check_verdict(verdict: str, reason: str) -> None:
    if verdict not in (APPROVED, RETURNED):
        _refuse("verdict", "请选择批准或退回", "choose whether it is approved or returned")
    if verdict == RETURNED and len(reason.strip()) < 4:
        _refuse("reason", "退回须写明理由", "say why it is returned")
    if len(reason) > 2000:
        _refuse("reason", "不超过 2000 个字", "at most 2000 characters")


def after(verdict: str, waits_at: int, steps: int) -> tuple[str, int | None]:
    """(state, the step that it waits at next) once the step ``waits_at`` of ``steps`` was decided."""
    if verdict == RETURNED:
        return RETURNED, None
    return (SUBMITTED, waits_at + 1) if waits_at + 1 < steps else (APPROVED, None)


# What of a line is compared between editions, and the same of its campaign.
CAMPAIGN_FIELDS: Final = ("name", "items", "partners", "counties", "industries", "rates", "officers_per_visit", "yearly_cap", "due_on")
FIELDS: Final = (*CAMPAIGN_FIELDS[:-1], "first_on", "due_on", "responsible", "notes")
# What people call the fields of a line (zh, en).
FIELD_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "name": ("项目名称", "Name"),
    "items": ("抽查事项", "Check items"),
    "partners": ("配合部门", "Partners"),
    "counties": ("区县", "Counties"),
    "industries": ("行业", "Industries"),
    "rates": ("抽取数量或比例", "Number or rate"),
    "rate_mode": ("抽取方式", "Way to draw"),
    "officers_per_visit": ("每组执法人员", "Officers per team"),
    "yearly_cap": ("年度检查次数上限", "Yearly cap"),
    "first_on": ("开始日期", "First day"),
    "due_on": ("完成期限", "Last day"),
    "responsible": ("责任人", "Responsible"),
    "notes": ("备注", "Notes"),
    "department": ("部门", "Department"),
}


def rates_of(plan: Plan) -> dict[str, Any]:
    """Mode and rates as one value, as JSON keeps them."""
    return {"mode": plan.rate_mode, **{k: list(v) if isinstance(v, tuple) else v for k, v in sorted(plan.rates.items())}}


def values_of_campaign(plan: Plan) -> dict[str, Any]:
    """By ``CAMPAIGN_FIELDS``; what has no order is sorted."""
    return {
        "name": plan.name,
        "items": sorted(plan.items),
        "partners": sorted(plan.departments[1:]),
        "counties": sorted(plan.counties),
        "industries": sorted(plan.industries),
        "rates": rates_of(plan),
        "officers_per_visit": plan.officers_per_visit,
        "yearly_cap": plan.yearly_cap,
        "due_on": plan.due_on.isoformat(),
    }


def values_of(line: Line) -> dict[str, Any]:
    """By ``FIELDS``, as JSON can hold them."""
    return values_of_campaign(line.campaign) | {"first_on": line.first_on.isoformat(), "responsible": line.responsible, "notes": line.notes}


@dataclass(frozen=True, slots=True)
class LineChange:
    """``what``: added | removed | changed. ``fields``: (field, before, after) as ``values_of`` has them."""

    key: UUID
    name: str
    what: str
    fields: tuple[tuple[str, Any, Any], ...] = ()


def compare(old: Sequence[Line], new: Sequence[Line]) -> list[LineChange]:
    """What the edition ``new`` changes of ``old``, in the order of ``new``, what is gone last. Nothing for lines that are the same."""
    before = {line.key: line for line in old}
    found = []
    for line in new:
        if line.key not in before:
            found.append(LineChange(line.key, line.campaign.name, "added"))
            continue
        was, now = values_of(before[line.key]), values_of(line)
        if fields := tuple((name, was[name], now[name]) for name in FIELDS if was[name] != now[name]):
            found.append(LineChange(line.key, line.campaign.name, "changed", fields))
    kept = {line.key for line in new}
    return [*found, *(LineChange(line.key, line.campaign.name, "removed") for line in old if line.key not in kept)]


def deviations(line: Line, campaign: Plan) -> tuple[tuple[str, Any, Any], ...]:
    """(field, planned, as it is) where a campaign differs from its line. A line that names no cap leaves it to the rulebook."""
    planned, found = values_of_campaign(line.campaign), values_of_campaign(campaign)
    unsaid = {"yearly_cap"} if line.campaign.yearly_cap is None else set()
    return tuple((name, planned[name], found[name]) for name in CAMPAIGN_FIELDS if planned[name] != found[name] and name not in unsaid)


def status_of(campaign_state: str | None) -> str:
    """not_begun | made | announced | drawn | done, from the state of the line's campaign (None: there is none)."""
    return NOT_BEGUN if campaign_state is None else _STATUS[campaign_state]


def lateness(line: Line, status: str, today: date) -> str:
    """``overdue``: its window is over and the work is not; ``late``: its window has begun and nothing was announced; else empty."""
    if status != DONE and today > line.due_on:
        return "overdue"
    return "late" if status in (NOT_BEGUN, MADE) and today > line.first_on else ""

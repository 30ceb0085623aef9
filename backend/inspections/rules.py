"""Campaigns and the states of an inspection. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.kernel.errors import DomainError, Invalid
from backend.kernel.scope import Scope
from backend.rulebook.rules import Limits

DISPATCHED, RECEIVED, ON_SITE, SUBMITTED, UNDER_REVIEW, RETURNED, PUBLISHED = (
    "dispatched",
    "received",
    "on_site",
    "submitted",
    "under_review",
    "returned",
    "published",
)
REPLACED = "replaced"  # it was gone, an alternate is visited instead
VOIDED = "voided"  # its draw was given up before anybody signed for it
STATES: dict[str, tuple[str, str]] = {
    DISPATCHED: ("已派发", "Dispatched"),
    RECEIVED: ("已签收", "Received"),
    ON_SITE: ("现场检查", "On site"),
    SUBMITTED: ("已提交", "Submitted"),
    UNDER_REVIEW: ("审核中", "Under review"),
    RETURNED: ("已退回", "Returned"),
    PUBLISHED: ("已公示", "Published"),
    REPLACED: ("已替换", "Replaced"),
    VOIDED: ("已作废", "Voided"),
}
# Every move that an inspection may make. A record may arrive before its receipt did: the phone was offline.
MOVES: dict[str, frozenset[str]] = {
    DISPATCHED: frozenset({RECEIVED, ON_SITE, SUBMITTED, REPLACED}),
    RECEIVED: frozenset({ON_SITE, SUBMITTED, REPLACED}),
    ON_SITE: frozenset({SUBMITTED, REPLACED}),
    SUBMITTED: frozenset({UNDER_REVIEW, RETURNED, PUBLISHED}),
    UNDER_REVIEW: frozenset({RETURNED, PUBLISHED}),
    RETURNED: frozenset({SUBMITTED}),
    PUBLISHED: frozenset(),
    REPLACED: frozenset(),
    VOIDED: frozenset(),
}
# Why an enterprise is visited: drawn at random, or not drawn but on a complaint, a referral, or to see whether an order was obeyed.
RANDOM, COMPLAINT, REFERRAL, RECHECK = "random", "complaint", "referral", "recheck"
KINDS: dict[str, tuple[str, str]] = {
    RANDOM: ("双随机抽查", "Random inspection"),
    COMPLAINT: ("投诉举报核查", "After a complaint"),
    REFERRAL: ("移送交办核查", "After a referral"),
    RECHECK: ("责令改正复查", "Follow-up of an order to correct"),
}
OPEN = frozenset({DISPATCHED, RECEIVED, ON_SITE, SUBMITTED, UNDER_REVIEW, RETURNED})
MINIMUM_OFFICERS = 2  # 行政处罚法 42
CLASSES = ("A", "B", "C", "D")


class WrongState(DomainError):
    code = "wrong-state"
    status = 409
    zh = "当前状态不能进行此操作（{state}）"
    en = "This cannot be done in the present state ({state})"


class CapReached(DomainError):
    """Since its draw the enterprise was inspected by another campaign as often as a year allows."""

    code = "cap-reached"
    status = 409
    zh = "该企业本年度已检查 {used} 次，达到上限 {most} 次，不得再开展此次检查。请联系任务管理员办理替换"
    en = "This enterprise has had {used} of at most {most} inspections this year: the visit must not begin. Ask the campaign's manager to replace it"


def require_move(state: str, to: str) -> None:
    """Raise ``WrongState`` unless an inspection in ``state`` may become ``to``."""
    if to not in MOVES[state]:
        raise WrongState(state=state)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a manager plans. ``rates``: fixed {"n": 20}; rate {"-": (p, q)}; classes {"A": (p, q), ..}. Empty industries mean all."""

    name: str
    items: tuple[str, ...]
    department: str
    partners: tuple[str, ...]
    counties: tuple[str, ...]
    industries: tuple[str, ...]
    rate_mode: str
    rates: Mapping[str, int | tuple[int, int]]
    officers_per_visit: int
    due_on: date
    plan_name: str = ""
    yearly_cap: int | None = None

    @property
    def departments(self) -> tuple[str, ...]:
        """The lead first."""
        return (self.department, *(p for p in self.partners if p != self.department))


def _refuse(field: str, zh: str, en: str) -> None:
    raise Invalid(field=field, why_zh=zh, why_en=en)


def check_plan(plan: Plan, scope: Scope, today: date, limits: Limits | None = None) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand. ``limits``: the caps and rates in force."""
    if not plan.name.strip():
        _refuse("name", "请填写任务名称", "a name is needed")
    if not plan.items:
        _refuse("items", "至少选择一个抽查事项", "choose at least one check item")
    if not plan.counties:
        _refuse("counties", "至少选择一个县（市、区）", "choose at least one county")
    for county in plan.counties:
        if not county.startswith(scope.region):
            _refuse("counties", f"{county} 不在您的管辖范围内", f"{county} is outside your region")
    if scope.department is not None and plan.department != scope.department:
        _refuse("department", "只能以本部门名义发起任务", "a campaign is led by your own department")
    if plan.officers_per_visit < max(MINIMUM_OFFICERS, len(plan.departments)):
        _refuse(
            "officers_per_visit",
            f"每组至少 {max(MINIMUM_OFFICERS, len(plan.departments))} 名执法人员",
            f"a team has at least {max(MINIMUM_OFFICERS, len(plan.departments))} officers",
        )
    if plan.due_on <= today:
        _refuse("due_on", "完成期限须晚于今天", "the deadline must lie after today")
    _check_rates(plan)
    if limits is not None:
        _check_limits(plan, limits)


@dataclass(frozen=True, slots=True)
class AdhocPlan:
    """A visit that is not drawn: one enterprise, named officers, and the complaint, referral or order that it rests on.

    ``source_ref`` is the number under which that is on file; it stays inside the office.
    """

    kind: str
    source_ref: str
    enterprise_code: str
    items: tuple[str, ...]
    officers: tuple[UUID, ...]
    due_on: date
    name: str = ""


def check_adhoc(plan: AdhocPlan, today: date) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand."""
    if plan.kind not in (COMPLAINT, REFERRAL, RECHECK):
        _refuse("kind", "请选择投诉举报或移送交办", "choose a complaint or a referral")
    if not plan.source_ref.strip():
        _refuse("source_ref", "请填写投诉举报或移送文书的编号", "give the number of the complaint or the referral")
    if not plan.items:
        _refuse("items", "至少选择一个检查事项", "choose at least one check item")
    if len(set(plan.officers)) < MINIMUM_OFFICERS:
        _refuse("officers", f"至少选择 {MINIMUM_OFFICERS} 名执法人员", f"choose at least {MINIMUM_OFFICERS} officers")
    if plan.due_on < today:
        _refuse("due_on", "完成期限不得早于今天", "the deadline must not lie before today")


def _check_rates(plan: Plan) -> None:
    if plan.rate_mode == "fixed":
        n = plan.rates.get("n")
        if not isinstance(n, int) or n < 1:
            _refuse("rates", "抽取户数须为正整数", "the number to draw must be a positive integer")
        return
    wanted = {"rate": ("-",), "classes": CLASSES}.get(plan.rate_mode)
    if wanted is None:
        _refuse("rate_mode", "没有这种抽取方式", "there is no such way to draw")
        return
    for name in wanted:
        rate = plan.rates.get(name)
        if not isinstance(rate, tuple) or not 0 <= rate[0] <= rate[1] or rate[1] < 1:
            _refuse("rates", "抽取比例须在 0 到 100% 之间", "a rate lies between 0 and 100 %")


def _check_limits(plan: Plan, limits: Limits) -> None:
    if limits.cap and plan.yearly_cap is not None and plan.yearly_cap > limits.cap.most:
        most, source = limits.cap.most, limits.cap.source
        _refuse("yearly_cap", f"不得高于 {most} 次（{source}）", f"at most {most} a year ({source})")
    if plan.rate_mode != "classes":
        return
    for name, limit in limits.rates.items():
        rate = plan.rates.get(name)
        if isinstance(rate, tuple) and not limit.low * rate[1] <= rate[0] * 1000 <= limit.high * rate[1]:
            low, high = percent(limit.low), percent(limit.high)
            _refuse("rates", f"{name} 类须在 {low}% 至 {high}% 之间（{limit.source}）", f"class {name} lies between {low} % and {high} % ({limit.source})")


def percent(thousandths: int) -> str:
    """25 -> "2.5", 50 -> "5"."""
    return f"{thousandths / 10:g}"


def officer_slots(departments: tuple[str, ...], officers: int, qualification: Mapping[str, str | None]) -> list[tuple[str, str | None]]:
    """(department, qualification or None) per place of a team: each department once, the lead first, then more of the lead's.

    A department's first place asks for the qualification that its items need.
    """
    slots = [(d, qualification.get(d)) for d in departments]
    slots += [(departments[0], None)] * (officers - len(slots))
    return slots

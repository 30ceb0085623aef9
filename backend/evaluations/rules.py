"""What an evaluation needs, how long a visit may be evaluated, what is fixed of it in the log, which quarters are over. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from backend.history.rules import check_dates, check_text
from backend.kernel import jcs
from backend.kernel.errors import DomainError, Invalid

LONGEST: Final = 1000
SATISFIED: Final = 4  # from this mark on, of five, a visit counts as satisfactory
SHOWN_QUARTERS: Final = 4


class AlreadyEvaluated(DomainError):
    code = "already-evaluated"
    status = 409
    zh = "您已评价过这次检查，评价提交后不能更改"
    en = "You have evaluated this visit already; an evaluation cannot be changed"


class EnoughEvaluations(DomainError):
    """Whoever has the enterprise's code can evaluate, its visitors too: a flood must not drown the honest one."""

    code = "enough-evaluations"
    status = 409
    zh = "这次检查收到的评价已达 {most} 份，不再接受；如有问题请投诉举报"
    en = "This visit has {most} evaluations and takes no more: please file a complaint instead"


class NotEvaluable(DomainError):
    code = "not-evaluable"
    status = 422
    zh = "这次检查现在不能评价：检查人员扫码入企后才可评价，并须在规定天数内"
    en = "This visit cannot be evaluated now: only after the officers have scanned in, and within the days allowed"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the dated table. ``least``: so many enterprises before a department is told an average; ``window_days``: natural days after the
    visit; ``most``: evaluations of one visit."""

    least: int
    window_days: int
    most: int


@dataclass(frozen=True, slots=True)
class Answers:
    """One evaluation as it was given. Marks from 1 (worst) to 5."""

    certificates: bool
    scanned: bool
    gifts: bool
    polite: int
    clear: int
    overall: int
    text: str


YES_NO: Final = ("certificates", "scanned", "gifts")
MARKS: Final = ("polite", "clear", "overall")


def read_answers(form: Mapping[str, str]) -> Answers:
    """From a form's texts: ``yes``/``no`` and ``1`` .. ``5``. Raises ``Invalid`` for the first question without an answer."""
    values: dict[str, Any] = {}
    for name in YES_NO:
        if form.get(name) not in ("yes", "no"):
            raise Invalid(field=name, why_zh="请选择“是”或“否”", why_en="please answer yes or no")
        values[name] = form[name] == "yes"
    for name in MARKS:
        if form.get(name) not in ("1", "2", "3", "4", "5"):
            raise Invalid(field=name, why_zh="请选择 1 至 5", why_en="please choose from 1 to 5")
        values[name] = int(form[name])
    text = form.get("text", "").strip()
    if len(text) > LONGEST:
        raise Invalid(field="text", why_zh=f"不超过 {LONGEST} 个字", why_en=f"at most {LONGEST} characters")
    return Answers(**values, text=text)


def content(inspection: UUID, day: date, answers: Answers) -> bytes:
    """The canonical bytes of an evaluation (RFC 8785)."""
    return jcs.encode({"inspection": str(inspection), "day": day.isoformat(), **{f.name: getattr(answers, f.name) for f in fields(answers)}})


def commit(salt: bytes, said: bytes) -> str:
    """hex SHA-256(salt32 || content): what the sender is given and the week's entry lists. Tells nothing without the salt."""
    return hashlib.sha256(salt + said).hexdigest()


def is_grave(answers: Answers) -> bool:
    """What the oversight office is told of at once."""
    return answers.gifts


def is_in_time(visited_on: date, today: date, rule: Rule) -> bool:
    return visited_on <= today <= visited_on + timedelta(days=rule.window_days)


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def quarter_of(day: date) -> date:
    """The first day of its quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarters_over(today: date, n: int = SHOWN_QUARTERS) -> list[tuple[date, date]]:
    """(first, last) of the latest ``n`` quarters that are over, the latest first: nothing that is told of them changes any more."""
    found, following = [], quarter_of(today)
    for _ in range(n):
        first = quarter_of(following - timedelta(days=1))
        found.append((first, following - timedelta(days=1)))
        following = first
    return found


def check_rule(values: Mapping[str, Any]) -> None:
    """Raises ``Invalid``."""
    for name, lowest, highest in (("least", 2, 100), ("window_days", 1, 400), ("most", 1, 20)):
        if not lowest <= values[name] <= highest:
            raise Invalid(field=name, why_zh=f"须为 {lowest} 至 {highest}", why_en=f"must be {lowest} to {highest}")
    check_text(values, "source", 200)
    check_dates(values)

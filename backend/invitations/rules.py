"""What an answer must say, and when a joint campaign may be announced. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from backend.kernel.errors import Conflict, DomainError, Invalid

OPEN, ACCEPTED, DECLINED, OVERRIDDEN = "open", "accepted", "declined", "overridden"
STATES: Final[Mapping[str, tuple[str, str]]] = {
    OPEN: ("待答复", "Waiting for an answer"),
    ACCEPTED: ("同意参加", "Accepted"),
    DECLINED: ("不参加", "Declined"),
    OVERRIDDEN: ("督查室决定不再等待", "Overruled by the oversight office"),
}
SETTLED: Final = frozenset({ACCEPTED, OVERRIDDEN})
SHORTEST: Final = 4  # a reason in fewer characters is none
LONGEST: Final = 1000


class NotAnswered(DomainError):
    code = "partners-not-answered"
    status = 409
    zh = "配合部门尚未全部同意：{names_zh}。请等待答复、调整配合部门，或由督查室处理逾期未答复的邀请"
    en = "Not every partner department has accepted: {names_en}. Wait for the answer, take the department out, or have the oversight office decide"


class AnsweredOtherwise(Conflict):
    """The invitation moved on since the page was opened; nothing was written."""

    code = "invitation-changed"
    zh = "您打开页面之后，这份邀请已有变化。请对照现在的内容后再办理"
    en = "This invitation has changed since you opened the page. Compare it with what you wrote, then try again"


class NotLapsed(DomainError):
    code = "invitation-not-lapsed"
    status = 409
    zh = "邀请尚在答复期限内，不能代为决定"
    en = "The invitation can still be answered in time: it cannot be overruled yet"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner says. ``officers``, ``counties`` and ``items`` belong to a yes; ``text`` is a note, or the reason of a no."""

    accepted: bool
    officers: int
    counties: tuple[str, ...]
    items: tuple[str, ...]
    text: str

    @property
    def state(self) -> str:
        return ACCEPTED if self.accepted else DECLINED

    def cleaned(self) -> Answer:
        """As it is stored: sorted, without doubles, and a no names nothing."""
        text = self.text.strip()[:LONGEST]
        if not self.accepted:
            return Answer(False, 0, (), (), text)
        return Answer(True, self.officers, tuple(sorted(set(self.counties))), tuple(sorted(set(self.items))), text)


def check_answer(answer: Answer, *, asked: Collection[str], own_items: Collection[str], serving: Collection[Collection[str]]) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand.

    ``asked``: the campaign's counties; ``own_items``: the department's items in force; ``serving``: the counties of each of its fit officers.
    """
    if not answer.accepted:
        check_reason(answer.text, "answer")
        return
    if not answer.counties or not set(answer.counties) <= set(asked):
        raise Invalid(field="counties", why_zh="请从任务的区县中选择", why_en="choose among the campaign's counties")
    if not answer.items or not set(answer.items) <= set(own_items):
        raise Invalid(field="items", why_zh="请至少选择一个本部门的抽查事项", why_en="choose at least one check item of your own department")
    able = sum(bool(set(counties) & set(answer.counties)) for counties in serving)
    if not 1 <= answer.officers <= able:
        if not able:
            raise Invalid(field="counties", why_zh="本部门在所选区县没有有效的执法人员", why_en="none of your valid officers serves these counties")
        raise Invalid(
            field="officers",
            why_zh=f"本部门在所选区县的有效执法人员有 {able} 名，请填写 1 至 {able}",
            why_en=f"your department has {able} valid officers in these counties: give a number from 1 to {able}",
        )


def check_reason(text: str, field: str) -> None:
    """Raise ``Invalid`` for a reason that says nothing."""
    if len(text.strip()) < SHORTEST:
        raise Invalid(field=field, why_zh=f"请写明理由（至少 {SHORTEST} 个字）", why_en=f"give the reason, in {SHORTEST} characters at least")


def missing(partners: Collection[str], states: Mapping[str, str]) -> list[str]:
    """The partners whose yes, or the oversight office's word instead, is not there yet. ``states``: of the invitations that count."""
    return [p for p in partners if states.get(p) not in SETTLED]


def narrow(counties: Collection[str], offered: Collection[str] | None) -> tuple[str, ...]:
    """The counties in which an officer may be drawn: a partner's officers only where it offered them. None: no offer binds."""
    return tuple(c for c in counties if offered is None or c in offered)

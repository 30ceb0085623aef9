"""Orders to correct and what a follow-up visit says of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from backend.kernel.errors import DomainError, Invalid

ERASED: Final = "（已依法删除）"  # stands where the enterprise's words were
OPEN, UNCORRECTED, CORRECTED, ENDED = "open", "uncorrected", "corrected", "ended"
STATES: Final = {
    OPEN: ("待改正", "To be corrected"),
    UNCORRECTED: ("未改正", "Not corrected"),
    CORRECTED: ("已改正", "Corrected"),
    ENDED: ("已终结", "Ended"),
}
STANDING: Final = frozenset({OPEN, UNCORRECTED})


class OrderClosed(DomainError):
    code = "order-closed"
    status = 409
    zh = "该责令改正已办结"
    en = "This order is closed already"


class NoFiles(DomainError):
    code = "no-files"
    status = 422
    zh = "请至少选择一个文件，至多 {most} 个"
    en = "Choose at least one file, at most {most}"


MOST_FILES: Final = 9


class FollowUpOpen(DomainError):
    code = "followup-open"
    status = 409
    zh = "该责令改正的复查尚在进行"
    en = "A follow-up visit of this order is under way already"


def make_number(department: str, year: int, serial: int) -> str:
    """``ZG-2026-SCJG-000017``: without gaps or doubles within department and year."""
    return f"ZG-{year}-{department.upper()}-{serial:06d}"


def check_order(*, demand: str, legal_basis: str, due_on: date, today: date) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand."""
    if len(demand.strip()) < 4:
        raise Invalid(field="demand", why_zh="请写明须改正的内容", why_en="say what must be corrected")
    if len(legal_basis.strip()) < 4:
        raise Invalid(field="legal_basis", why_zh="请写明法律依据（文件和条款）", why_en="give the legal basis: act and article")
    if due_on <= today:
        raise Invalid(field="due_on", why_zh="改正期限须晚于今天", why_en="the deadline must lie after today")


class OrderStands(DomainError):
    code = "order-stands"
    status = 409
    zh = "该责令改正尚未办结，整改材料不能删除"
    en = "This order is still open: what was handed in for it cannot be erased yet"


class IsArchive(DomainError):
    """档案法; 行政处罚法 54, 57 in spirit: what a decision rests on stays as long as the decision."""

    code = "is-archive"
    status = 409
    zh = "该责令改正是凭这些材料办结的，材料属于案件档案，不能删除"
    en = "The order was closed on the strength of these papers: they are the archive of the case and are not erased"


def is_ground_of_closing(state: str, closing: str) -> bool:
    """Whether an order was closed on what the enterprise had handed in: by the office in words, not by a follow-up visit's own result."""
    return state == CORRECTED and closing != ""


def require_erasable(state: str, closing: str) -> None:
    """Raises ``OrderStands``, ``IsArchive``."""
    if state in STANDING:
        raise OrderStands()
    if is_ground_of_closing(state, closing):
        raise IsArchive()


def require_standing(state: str) -> None:
    if state not in STANDING:
        raise OrderClosed()


def judge_followup(outcomes: Sequence[str], settling: Collection[str]) -> str:
    """"corrected" where the follow-up visit gave nothing but outcomes after which nothing remains to be done, else "uncorrected"."""
    return CORRECTED if outcomes and set(outcomes) <= set(settling) else UNCORRECTED

"""What an objection needs, and who may decide it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from backend.kernel.errors import DomainError, Invalid

ERASED: Final = "（已依法删除）"  # stands where a person's name and words were
KEPT, CORRECTED, WITHDRAWN = "kept", "corrected", "withdrawn"
DECISIONS: Final = {KEPT: ("维持原结果", "Result stays"), CORRECTED: ("更正结果", "Result corrected"), WITHDRAWN: ("撤回结果", "Result withdrawn")}


class Involved(DomainError):
    """行政处罚法 43 in spirit: nobody decides on their own work."""

    code = "involved"
    status = 403
    zh = "参加过这次检查或审核过其记录的人员不能决定异议"
    en = "Whoever took part in the visit or approved its record does not decide on the objection"


class ObjectionOpen(DomainError):
    code = "objection-open"
    status = 409
    zh = "该结果已有未决的异议 {number}"
    en = "Objection {number} to this result is still open"


class Undecided(DomainError):
    code = "objection-undecided"
    status = 409
    zh = "异议尚未决定，不能删除"
    en = "The objection is undecided: it cannot be erased yet"


class Decided(DomainError):
    code = "objection-decided"
    status = 409
    zh = "该异议已作出决定"
    en = "This objection was decided already"


def make_number(department: str, year: int, serial: int) -> str:
    """``YY-2026-SCJG-000003``: without gaps or doubles within department and year."""
    return f"YY-{year}-{department.upper()}-{serial:06d}"


def check_filing(*, objector: str, grounds: str, filed_on: date, published_on: date, today: date) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand."""
    if not objector.strip():
        raise Invalid(field="objector", why_zh="请填写提出人", why_en="say who objects")
    if len(grounds.strip()) < 4:
        raise Invalid(field="grounds", why_zh="请写明异议的事实和理由", why_en="give the facts and grounds")
    if filed_on > today:
        raise Invalid(field="filed_on", why_zh="提出日期不得晚于今天", why_en="it cannot have been filed after today")
    if filed_on < published_on:
        raise Invalid(field="filed_on", why_zh="提出日期早于结果公示日期", why_en="it was filed before the result was published")


def require_uninvolved(account: UUID, inspector: UUID | None, *, officers: Collection[UUID], reviewers: Collection[UUID]) -> None:
    """Raise ``Involved`` for an officer of the visit and for whoever approved its record."""
    if account in reviewers or (inspector is not None and inspector in officers):
        raise Involved()


def check_decision(decision: str, reason: str) -> None:
    if decision not in DECISIONS:
        raise Invalid(field="decision", why_zh="请选择维持、更正或撤回", why_en="choose whether the result stays, is corrected or withdrawn")
    if len(reason.strip()) < 4:
        raise Invalid(field="reason", why_zh="请写明决定理由", why_en="give the reason for the decision")

"""How a notice is numbered. Pure."""

from __future__ import annotations

from typing import Any


def make_number(department: str, year: int, serial: int) -> str:
    """``TZ-2026-SCJG-000001``: 通知, year, department, serial from 1. Raises ``ValueError`` for a serial below 1."""
    if serial < 1:
        raise ValueError(f"{serial} is no serial number")
    return f"TZ-{year}-{department.upper()}-{serial:06d}"


APPROVAL, RESULTS, ORDER, REPLY, COPY, CASE, PLAN = "approval", "results", "order", "reply", "copy", "case", "plan"
# Kind of paper -> its name (zh, en) and the letters that its number begins with. An order, a copy and a hand-over have numbers of their own already.
PAPERS = {
    APPROVAL: ("检查审批表", "Approval sheet", "SP"),
    RESULTS: ("检查结果公示名单", "List of published results", "MD"),
    ORDER: ("责令改正通知书", "Order to correct", ""),
    PLAN: ("年度抽查工作计划", "Yearly plan of inspections", "ND"),
    REPLY: ("异议答复书", "Reply to an objection", "DF"),
    COPY: ("抄告函", "Letter of notice to a department", ""),
    CASE: ("移送函", "Letter of hand-over", ""),
}


def make_paper_number(kind: str, department: str, year: int, serial: int) -> str:
    """``SP-2026-SCJG-000001``. Raises ``ValueError`` for a serial below 1."""
    if serial < 1:
        raise ValueError(f"{serial} is no serial number")
    return f"{PAPERS[kind][2]}-{year}-{department.upper()}-{serial:06d}"


def places_of(content: Any) -> set[str]:
    """Every county and region that a paper's content names."""
    if isinstance(content, list):
        return {place for part in content for place in places_of(part)}
    if not isinstance(content, dict):
        return set()
    named = {str(content[key]) for key in ("county", "region") if isinstance(content.get(key), str) and content[key]}
    return named | {place for part in content.values() for place in places_of(part)}


def is_within(content: Any, region: str) -> bool:
    """Whether a paper is about the region: it names a place inside it, or one that holds it, or no place at all."""
    places = places_of(content)
    return not places or any(place.startswith(region) or region.startswith(place) for place in places)

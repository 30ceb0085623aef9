"""Copies to another department and hand-overs to the case unit. Pure."""

from __future__ import annotations

from typing import Final

from backend.kernel.errors import DomainError, Invalid

COPY, CASE = "copy", "case"
KINDS: Final = {COPY: ("抄告部门", "Copy to a department"), CASE: ("移送办案机构", "Handed to the case unit")}


class Acknowledged(DomainError):
    code = "acknowledged"
    status = 409
    zh = "已经签收"
    en = "It was acknowledged already"


def make_number(kind: str, department: str, year: int, serial: int) -> str:
    """``CG-2026-SCJG-000004`` for a copy, ``YS-..`` for a hand-over; one series within department and year, without gaps or doubles."""
    return f"{'CG' if kind == COPY else 'YS'}-{year}-{department.upper()}-{serial:06d}"


def check(kind: str, *, department: str, to_department: str, to_unit: str, known: frozenset[str], matter: str) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand."""
    if kind not in KINDS:
        raise Invalid(field="kind", why_zh="请选择抄告或移送", why_en="choose a copy or a hand-over")
    if kind == COPY and (to_department not in known or to_department == department):
        raise Invalid(field="to_department", why_zh="请选择要抄告的其他部门", why_en="choose another department")
    if kind == CASE and not to_unit.strip():
        raise Invalid(field="to_unit", why_zh="请填写办案机构", why_en="name the case unit")
    if len(matter.strip()) < 4:
        raise Invalid(field="matter", why_zh="请写明事由", why_en="say what it is about")

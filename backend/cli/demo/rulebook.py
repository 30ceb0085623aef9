"""Yearly caps and rates by class of the demo county: plausible numbers under the rules named, not a quotation of any one city's table."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

VALID_FROM: Final = date(2026, 1, 1)
CAPS_SOURCE: Final = "国办发〔2024〕54号（演示数值）"
RATES_SOURCE: Final = "国市监信发〔2022〕6号（演示数值）"


def caps() -> list[dict[str, Any]]:
    """Columns of ``rulebook.tables.VisitCap``."""
    rows = (("city", None, 2), ("county", None, 2), ("together", None, 4), ("city", "xfjy", 3))
    return [
        {"level": level, "department": department, "most": most, "valid_from": VALID_FROM, "valid_to": None, "source": CAPS_SOURCE}
        for level, department, most in rows
    ]


def norms() -> list[dict[str, Any]]:
    """Columns of ``rulebook.tables.WorkloadNorm``: visits an officer makes a week, usually and at most."""
    rows = ((None, 3, 5), ("xfjy", 4, 6))
    about = {"valid_from": VALID_FROM, "valid_to": None, "source": "市督查室 2026 年度工作量核定（演示数值）"}
    return [{"department": department, "usual": usual, "most": most, **about} for department, usual, most in rows]


def rates() -> list[dict[str, Any]]:
    """Columns of ``rulebook.tables.ClassRate``, in thousandths; the old row shows what was in force before."""
    held = (("A", 0, 20, 50), ("B", 50, 100, 200), ("C", 210, 300, 600), ("D", 610, 800, 1000))
    now = [
        {"department": None, "class_code": c, "low": low, "usual": usual, "high": high, "valid_from": VALID_FROM, "valid_to": None, "source": RATES_SOURCE}
        for c, low, usual, high in held
    ]
    before = {**now[0], "usual": 10, "high": 30, "valid_from": date(2025, 1, 1), "valid_to": VALID_FROM}
    return [*now, before]

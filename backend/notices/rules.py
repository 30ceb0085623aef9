"""How a notice is numbered. Pure."""

from __future__ import annotations


def make_number(department: str, year: int, serial: int) -> str:
    """``TZ-2026-SCJG-000001``: 通知, year, department, serial from 1. Raises ``ValueError`` for a serial below 1."""
    if serial < 1:
        raise ValueError(f"{serial} is no serial number")
    return f"TZ-{year}-{department.upper()}-{serial:06d}"

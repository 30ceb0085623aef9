"""Verbs on regions (GB/T 2260 with local additions) and industries (GB/T 4754): a part of this room's service with a file of its own.

A code is never given another meaning: where a county becomes a district, the old code ends and the new one begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.history import service as history
from backend.history.rules import Kind, check_dates, check_text
from backend.kernel.errors import Invalid
from backend.storage.engine import connection

REGION = Kind("region", "region", "code", ("name_zh", "name_en", "parent", "valid_from", "valid_to", "source"))
INDUSTRY = Kind("industry", "industry", "code", ("name_zh", "name_en", "edition", "valid_from", "valid_to"))


async def save_region(code: str, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    if version is None and not re.fullmatch(r"\d{4}[0-9A-Z]{2}", code):
        raise Invalid(
            field="code",
            why_zh="须为六位：四位数字加两位数字或大写字母（本地增补）",
            why_en="six characters: four digits, then two digits or capitals (local additions)",
        )
    check_text(values, "name_zh", 60)
    check_text(values, "name_en", 80)
    check_text(values, "source", 200)
    check_dates(values)
    parent = values.get("parent")
    if parent is not None and (parent == code or not await connection().fetchval("select exists (select 1 from region where code = $1)", parent)):
        raise Invalid(field="parent", why_zh="没有这个上级区划", why_en="there is no such region above it")
    await history.save(REGION, code, values, version=version, by=by)


async def save_industry(code: str, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    if version is None and not re.fullmatch(r"[A-T]|\d{2,4}", code):
        raise Invalid(field="code", why_zh="须为门类字母或二至四位数字", why_en="a section's letter or two to four digits")
    check_text(values, "name_zh", 80)
    check_text(values, "name_en", 120)
    check_text(values, "edition", 20)
    check_dates(values)
    await history.save(INDUSTRY, code, values, version=version, by=by)

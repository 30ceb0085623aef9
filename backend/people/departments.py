"""Verbs on departments: a part of this room's service with a file of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.history import service as history
from backend.history.rules import Kind, check_dates, check_text
from backend.kernel.errors import Invalid

DEPARTMENT = Kind("department", "department", "code", ("name_zh", "name_en", "valid_from", "valid_to"))


async def save_department(code: str, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    if version is None and not re.fullmatch(r"[a-z][a-z0-9]{1,19}", code):
        raise Invalid(field="code", why_zh="须为 2 至 20 位小写字母或数字，以字母开头", why_en="2 to 20 small letters or digits, a letter first")
    check_text(values, "name_zh", 80)
    check_text(values, "name_en", 120)
    check_dates(values)
    await history.save(DEPARTMENT, code, values, version=version, by=by)

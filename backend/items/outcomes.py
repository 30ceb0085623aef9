"""Verbs on the tree of outcome codes: a part of this room's service with a file of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.history import service as history
from backend.history.rules import Kind, check_dates, check_text
from backend.kernel.errors import Invalid
from backend.storage.engine import connection

OUTCOME = Kind("outcome", "outcome_code", "code", ("parent", "zh", "en", "position", "valid_from", "valid_to"))


async def save_outcome(code: str, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """The tree has two storeys, as the phone shows it. Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    if version is None and not re.fullmatch(r"[0-9A-Z]{1,4}", code):
        raise Invalid(field="code", why_zh="须为 1 至 4 位数字或大写字母", why_en="1 to 4 digits or capitals")
    check_text(values, "zh", 120)
    check_text(values, "en", 160)
    check_dates(values)
    parent = values["parent"]
    if parent is not None:
        above = await connection().fetchrow("select parent from outcome_code where code = $1", parent)
        has_children = await connection().fetchval("select exists (select 1 from outcome_code where parent = $1)", code)
        if above is None or above["parent"] is not None or parent == code or has_children:
            raise Invalid(
                field="parent",
                why_zh="上级须为一级代码，且本代码不得已有下级",
                why_en="the code above must be of the first level, and this one without codes below",
            )
    await history.save(OUTCOME, code, values, version=version, by=by)

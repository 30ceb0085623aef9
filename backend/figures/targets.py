"""The verb on the targets that measures are judged by, inside the caller's transaction, with its entry and its history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from backend.figures.rules import MEASURES
from backend.history import service as history
from backend.history.rules import Kind, check_dates, check_text
from backend.kernel.errors import Invalid

TARGET: Final = Kind("target", "figure_standard", "id", ("measure", "value", "valid_from", "valid_to", "source"))


async def save_target(target: UUID, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """``value`` in thousandths. A measure without a row on a day is not judged on it. Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    if values["measure"] not in MEASURES:
        raise Invalid(field="measure", why_zh="没有这项指标", why_en="there is no such figure")
    if not 0 <= values["value"] <= 1000:
        raise Invalid(field="value", why_zh="须为 0 到 100%", why_en="must be from 0 to 100 %")
    check_text(values, "source", 200)
    check_dates(values)
    await history.require_alone(TARGET, target, values, ("measure",))
    await history.save(TARGET, target, values, version=version, by=by)

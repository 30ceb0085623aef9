"""The verb on statutory periods, inside the caller's transaction, with its entries and its history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from backend.deadlines import rules
from backend.history import queries as rows
from backend.history import service as history
from backend.history.rules import Kind
from backend.kernel.errors import Invalid
from backend.storage.engine import connection

PERIOD: Final = Kind("period", "statutory_period", "id", ("clock", "amount", "unit", "warn", "valid_from", "valid_to", "source"))


async def save_period(period: UUID, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Add or change a row. ``values`` has no ``valid_to``: a row ends where the next of its clock begins, and the rows beside it follow.

    Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``.
    """
    rules.check_period(values)
    # One writer at a time: of two rows for the same days, neither would see the other.
    await connection().execute(f"lock table {PERIOD.table} in share row exclusive mode")
    known = {row["id"]: row for row in await rows.list_rows(PERIOD)}
    if period in known and known[period]["clock"] != values["clock"]:
        raise Invalid(field="clock", why_zh="已有条目不能改为另一种期限", why_en="a row cannot become another clock's")
    same = {key: row["valid_from"] for key, row in known.items() if row["clock"] == values["clock"]}
    ends = rules.chain({**same, period: values["valid_from"]}, min(same.values(), default=None))
    moved = [key for key in same if key != period and known[key]["valid_to"] != ends[key]]
    # Never two for one day, not even on the way: what becomes shorter first, what becomes longer last.
    shorter = [key for key in moved if (ends[key] or date.max) < (known[key]["valid_to"] or date.max)]
    for key in shorter:
        await history.save(PERIOD, key, {"valid_to": ends[key]}, version=known[key]["version"], by=by)
    await history.save(PERIOD, period, {**values, "valid_to": ends[period]}, version=version, by=by)
    for key in moved:
        if key not in shorter:
            await history.save(PERIOD, key, {"valid_to": ends[key]}, version=known[key]["version"], by=by)

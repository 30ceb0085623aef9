"""Verbs on the rulebook: holidays, caps, rates, norms, how long things are kept. Each is one transaction of the caller, with entry and history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from backend.history import service as history
from backend.history.rules import Kind
from backend.kernel.errors import Invalid
from backend.kernel.workdays import official_calendar, official_name
from backend.ledger import service as ledger
from backend.rulebook import rules
from backend.storage.engine import connection

HOLIDAY = Kind("holiday", "holiday", "day", ("is_off", "name", "source"))
CAP = Kind("cap", "visit_cap", "id", ("level", "department", "most", "valid_from", "valid_to", "source"))
NORM = Kind("norm", "workload_norm", "id", ("department", "usual", "most", "valid_from", "valid_to", "source"))
RATE = Kind("rate", "class_rate", "id", ("department", "class_code", "low", "usual", "high", "valid_from", "valid_to", "source"))
RETENTION = Kind("retention", "retention", "id", ("what", "days", "valid_from", "valid_to", "source"))


async def save_holiday(day: date, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    rules.check_holiday(day, values)
    await history.save(HOLIDAY, day, values, version=version, by=by)


async def add_holidays(first: date, last: date, values: Mapping[str, Any], *, by: UUID | None) -> None:
    """A run of days, as a notice names them. Raises ``Invalid``; nothing is written then."""
    if not first <= last <= first + timedelta(days=30):
        raise Invalid(field="until", why_zh="末日不得早于首日，最多 31 天", why_en="the last day must not lie before the first, and 31 days at most")
    for n in range((last - first).days + 1):
        await save_holiday(first + timedelta(days=n), values, version=None, by=by)


async def fill_year(year: int, *, by: UUID | None) -> int:
    """Put the announced days of a year that are missing into the table; what is there stays. How many. Raises ``CalendarUnknown``."""
    announced = official_calendar(year)
    source = f"国务院办公厅 {year} 年节假日安排（chinesecalendar 收录）"
    added = await connection().fetch(
        "insert into holiday (day, is_off, name, source, version) select day, is_off, name, $4, 1"
        " from unnest($1::date[], $2::bool[], $3::text[]) as u(day, is_off, name) on conflict do nothing returning day, is_off, name",
        list(announced),
        list(announced.values()),
        [official_name(day) for day in announced],
        source,
    )
    if added:
        entry = await ledger.record("codebook.loaded", actor=by, subject=f"holiday/{year}", payload={"source": source, "added": len(added)}, public=True)
        for row in added:
            new = {"is_off": row["is_off"], "name": row["name"]}
            await history.note("holiday", row["day"], "added", old={}, new=new, version=1, by=by, entry=entry, reason=source)
    return len(added)


async def remove_holiday(day: date, *, version: int, by: UUID) -> None:
    """Raises ``NotFound``, ``ChangedByOther``."""
    await history.remove(HOLIDAY, day, version=version, by=by)


async def save_cap(cap: UUID, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    rules.check_cap(values)
    await history.require_alone(CAP, cap, values, ("level", "department"))
    await history.save(CAP, cap, values, version=version, by=by)


async def save_norm(norm: UUID, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    rules.check_norm(values)
    await history.require_alone(NORM, norm, values, ("department",))
    await history.save(NORM, norm, values, version=version, by=by)


async def save_rate(rate: UUID, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    rules.check_rate(values)
    await history.require_alone(RATE, rate, values, ("class_code", "department"))
    await history.save(RATE, rate, values, version=version, by=by)


async def save_retention(row: UUID, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    rules.check_retention(values)
    await history.require_alone(RETENTION, row, values, ("what",))
    await history.save(RETENTION, row, values, version=version, by=by)

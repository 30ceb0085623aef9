"""Reads on check items, checklists and outcome codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.kernel import clock
from backend.storage.engine import reader

# The edition of an item that holds on the day $1: the latest that has begun, and of two for one day the one that was saved last.
EDITION = (
    "join lateral (select * from check_item_edition e where e.item = i.code and e.valid_from <= $1"
    " order by e.valid_from desc, e.created_at desc limit 1) e on true"
)
IN_FORCE = "i.valid_from <= $1 and (i.valid_to is null or i.valid_to > $1)"


@dataclass(frozen=True, slots=True)
class ItemView:
    code: str
    department: str
    name_zh: str
    name_en: str
    category: str
    legal_basis: str
    method: str
    qualification: str | None
    checklist: UUID
    edition: UUID


@dataclass(frozen=True, slots=True)
class OutcomeView:
    code: str
    parent: str | None
    zh: str
    en: str


async def list_items(departments: list[str] | None = None, *, on: date | None = None) -> list[ItemView]:
    """The items in force on a day (today), each in that day's edition with its newest checklist."""
    rows = await reader().fetch(
        "select distinct on (i.code) i.code, i.department, e.name_zh, e.name_en, e.category, e.legal_basis, e.method, e.qualification,"
        f" l.id as checklist, e.id as edition from check_item i {EDITION} join checklist l on l.item = i.code"
        f" where {IN_FORCE} and ($2::text[] is null or i.department = any($2)) order by i.code, l.version desc",
        on or clock.today(),
        departments,
    )
    return [ItemView(**row) for row in rows]


async def list_outcomes(*, since: date | None = None) -> list[OutcomeView]:
    """The codes in force today; with ``since`` also those that were in force on that day or later, for a record that took its time."""
    today = clock.today()
    rows = await reader().fetch(
        "select code, parent, zh, en from outcome_code where valid_from <= $1 and (valid_to is null or valid_to > $2) order by position, code",
        today,
        since or today,
    )
    return [OutcomeView(**row) for row in rows]

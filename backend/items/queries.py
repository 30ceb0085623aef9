"""Reads on check items, checklists and outcome codes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import NotFound
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


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One item of the list as it stands today. ``checklist``: the newest version's number, 0 before the first;
    ``ahead``: the day of an edition that has not begun."""

    code: str
    department: str
    name_zh: str
    name_en: str
    category: str
    legal_basis: str
    method: str
    qualification: str | None
    valid_from: date
    valid_to: date | None
    version: int
    checklist: int
    has_draft: bool
    ahead: date | None


_REGISTER = (
    "select i.code, i.department, coalesce(e.name_zh, i.name_zh) as name_zh, coalesce(e.name_en, i.name_en) as name_en,"
    " coalesce(e.category, i.category) as category, coalesce(e.legal_basis, i.legal_basis) as legal_basis, coalesce(e.method, i.method) as method,"
    " case when e.id is null then i.qualification else e.qualification end as qualification, i.valid_from, i.valid_to, i.version,"
    " coalesce((select max(version) from checklist l where l.item = i.code), 0) as checklist,"
    " exists (select 1 from checklist_draft d where d.item = i.code) as has_draft,"
    " (select min(valid_from) from check_item_edition a where a.item = i.code and a.valid_from > $1 and a.valid_from > i.valid_from) as ahead"
    f" from check_item i left {EDITION}"
)


_PLACE = "(i.valid_to is not null and i.valid_to <= $1), i.department, i.code"
_WANTED = "($2 = '' or i.department = $2) and ($3 = '' or i.code ilike $4 or i.name_zh ilike $4 or i.name_en ilike $4 or i.legal_basis ilike $4)"


def _wanted(department: str, text: str) -> list[Any]:
    return [clock.today(), department, text, "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"]


async def list_register(*, department: str = "", text: str = "", after: str = "", limit: int | None = None) -> list[RegisterRow]:
    """The list by department and code, ended ones last, from behind the item ``after``. The item list is public, so no scope applies."""
    rows = await reader().fetch(
        f"{_REGISTER} where {_WANTED} and ($5 = '' or ({_PLACE}) > (select {_PLACE} from check_item i where i.code = $5)) order by {_PLACE} limit $6",
        *_wanted(department, text),
        after,
        limit,
    )
    return [RegisterRow(**row) for row in rows]


async def count_register(*, department: str = "", text: str = "") -> int:
    # The day is a parameter of the texts above; here nothing depends on it.
    return int(await reader().fetchval(f"select count(*) from check_item i where $1::date is not null and {_WANTED}", *_wanted(department, text)))


async def find_item(code: str) -> RegisterRow:
    """Raises ``NotFound``."""
    row = await reader().fetchrow(f"{_REGISTER} where i.code = $2", clock.today(), code)
    if row is None:
        raise NotFound()
    return RegisterRow(**row)


@dataclass(frozen=True, slots=True)
class Version:
    """One published version of a checklist."""

    id: UUID
    version: int
    title_zh: str
    title_en: str
    questions: list[dict[str, Any]]
    created_at: datetime
    note: str
    published_by: UUID | None


async def list_versions(item: str) -> list[Version]:
    """The newest first."""
    rows = await reader().fetch(
        "select id, version, title_zh, title_en, questions, created_at, note, published_by from checklist where item = $1 order by version desc", item
    )
    return [Version(**{**dict(row), "questions": json.loads(row["questions"])}) for row in rows]


@dataclass(frozen=True, slots=True)
class Draft:
    """The next version as it was typed so far. ``base``: the version that it began from, 0 for none."""

    title_zh: str
    title_en: str
    questions: list[dict[str, str]]
    base: int
    version: int
    updated_by: UUID
    updated_at: datetime


async def find_draft(item: str) -> Draft | None:
    row = await reader().fetchrow("select title_zh, title_en, questions, base, version, updated_by, updated_at from checklist_draft where item = $1", item)
    return None if row is None else Draft(**{**dict(row), "questions": json.loads(row["questions"])})

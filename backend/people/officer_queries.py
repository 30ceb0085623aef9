"""Reads on the register of officers as its editors see it: filtered, page by page, with how near the certificates' ends are."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.people.officer_rules import LATER, SOON
from backend.people.queries import InspectorView
from backend.storage.engine import reader

PAGE = 50
_COLUMNS = ", ".join(InspectorView.__dataclass_fields__)
# An officer is a scope's where the department is, and one of the counties lies in the region.
_MINE = "($1::text is null or department = $1) and ($2 = '' or exists (select from unnest(counties) c where starts_with(c, $2)))"


@dataclass(frozen=True, slots=True)
class OfficerFilter:
    """``certificate``: "" | expired | 30 | 60 (ends within so many days, not yet over); ``state``: "" | valid | suspended."""

    text: str = ""
    department: str = ""
    county: str = ""
    certificate: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class OfficerPage:
    """``next``: the cursor of the page after this one, or None at the end."""

    rows: Sequence[InspectorView]
    next: str | None


@dataclass(frozen=True, slots=True)
class Endings:
    """Valid officers whose certificate is over, ends within 30 days, or within 31 to 60."""

    expired: int
    soon: int
    later: int

    @property
    def total(self) -> int:
        return self.expired + self.soon + self.later


def _view(row: Any) -> InspectorView:
    return InspectorView(**{**dict(row), "qualifications": tuple(row["qualifications"]), "counties": tuple(row["counties"])})


def _where(scope: Scope, by: OfficerFilter, on: date) -> tuple[str, list[Any]]:
    values: list[Any] = [scope.department, scope.region]
    conditions = [_MINE]

    def also(condition: str, *more: Any) -> None:
        values.extend(more)
        numbers = range(len(values) - len(more) + 1, len(values) + 1)
        conditions.append(condition.format(*(f"${n}" for n in numbers)))

    if by.department:
        also("department = {}", by.department)
    if by.county:
        also("{} = any(counties)", by.county)
    if by.state in ("valid", "suspended"):
        also("is_valid = {}", by.state == "valid")
    if by.certificate == "expired":
        also("is_valid and certificate_expires_on < {}", on)
    elif by.certificate in ("30", "60"):
        also("is_valid and certificate_expires_on between {} and {}", on, on + (SOON if by.certificate == "30" else LATER))
    if text := " ".join(by.text.split()):
        also("(name || ' ' || certificate_no) ilike {}", "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%")
    return " and ".join(f"({c})" for c in conditions), values


def _place(cursor: str) -> tuple[str, UUID] | None:
    try:
        name, _, last = base64.urlsafe_b64decode(cursor.encode()).decode().rpartition("\n")
        return name, UUID(last)
    except (ValueError, binascii.Error):
        return None


async def search_officers(scope: Scope, by: OfficerFilter, *, on: date, after: str = "", limit: int = PAGE) -> OfficerPage:
    """Officers of the scope by name: part of a name or of a certificate's number, a department, a county, how near the end is."""
    where, values = _where(scope, by, on)
    if after and (place := _place(after)):
        values += place
        where += f" and (name, id) > (${len(values) - 1}, ${len(values)})"
    rows = await reader().fetch(f"select {_COLUMNS} from inspector where {where} order by name, id limit {limit + 1}", *values)
    views = [_view(row) for row in rows[:limit]]
    following = base64.urlsafe_b64encode(f"{views[-1].name}\n{views[-1].id}".encode()).decode() if len(rows) > limit else None
    return OfficerPage(views, following)


async def count_officers(scope: Scope, by: OfficerFilter, *, on: date) -> int:
    where, values = _where(scope, by, on)
    return int(await reader().fetchval(f"select count(*) from inspector where {where}", *values))


async def count_endings(scope: Scope, *, on: date) -> Endings:
    """What the register warns of."""
    row = await reader().fetchrow(
        "select count(*) filter (where certificate_expires_on < $3) as expired,"
        " count(*) filter (where certificate_expires_on between $3 and $4) as soon,"
        " count(*) filter (where certificate_expires_on > $4) as later"
        f" from inspector where {_MINE} and is_valid and certificate_expires_on <= $5",
        scope.department,
        scope.region,
        on,
        on + SOON,
        on + LATER,
    )
    return Endings(**row)


async def find_officer(inspector_id: UUID, scope: Scope) -> InspectorView:
    """Raises ``NotFound`` outside the scope, as for an officer who is not there."""
    row = await reader().fetchrow(f"select {_COLUMNS} from inspector where id = $3 and {_MINE}", scope.department, scope.region, inspector_id)
    if row is None:
        raise NotFound()
    return _view(row)


async def list_without_account(scope: Scope, text: str = "", *, chosen: UUID | None = None, limit: int) -> Sequence[InspectorView]:
    """Officers of the scope whom an account may still be given to, ``chosen`` first, then by name."""
    by = OfficerFilter(text=text)
    where, values = _where(scope, by, date.max)
    rows = await reader().fetch(
        f"select {_COLUMNS} from inspector where {_MINE} and account is null and (id = ${len(values) + 1} or ({where}))"
        f" order by id is distinct from ${len(values) + 1}, name, id limit {limit}",
        *values,
        chosen,
    )
    return [_view(row) for row in rows]


async def list_account_names(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Who did it, for a history."""
    rows = await reader().fetch("select id, name from account where id = any($1)", list(ids))
    return {row["id"]: row["name"] for row in rows}

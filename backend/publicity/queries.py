"""Reads on published results: all of them are public."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.kernel.errors import NotFound
from backend.storage.engine import reader

PAGE = 30


@dataclass(frozen=True, slots=True)
class PublicationView:
    """One version of a published result; ``draw_id`` is empty where the visit was not drawn. ``reason``: why it replaces the one before."""

    number: str
    version: int
    status: str
    reason: str
    decided_on: date | None
    enterprise_code: str
    enterprise_name: str
    department: str
    county: str
    draw_id: str
    completed_on: date
    published_at: datetime
    snapshot: dict[str, Any]
    entry_id: UUID
    enterprise: UUID


ONE = (
    "select number, version, status, reason, decided_on, enterprise_code, enterprise_name, department, county, draw_id, completed_on, published_at,"
    " snapshot, entry_id, enterprise from publication p"
)
# Of each result the version that stands.
LATEST = "not exists (select from publication n where n.number = p.number and n.version > p.version)"


def view_of(row: Any) -> PublicationView:
    """A row of ``ONE``."""
    return PublicationView(**{**dict(row), "snapshot": json.loads(row["snapshot"])})


async def find_publication(number: str, version: int | None = None) -> PublicationView:
    """The version that stands, or the one that is asked for. Raises ``NotFound``."""
    row = await reader().fetchrow(f"{ONE} where number = $1 and ($2::int is null or version = $2) order by version desc limit 1", number, version)
    if row is None:
        raise NotFound()
    return view_of(row)


async def list_versions(number: str) -> list[PublicationView]:
    """All versions, the first one first."""
    return [view_of(row) for row in await reader().fetch(f"{ONE} where number = $1 order by version", number)]


async def find_number_of(inspection: UUID) -> str | None:
    """The number under which an inspection's result is public. Not scoped: it is public."""
    number = await reader().fetchval("select number from publication where inspection = $1 limit 1", inspection)
    return None if number is None else str(number)


async def list_of_enterprise(enterprise: UUID, limit: int = 100) -> list[PublicationView]:
    """The newest first, each in the version that stands."""
    rows = await reader().fetch(f"{ONE} where {LATEST} and enterprise = $1 order by completed_on desc, number desc limit $2", enterprise, limit)
    return [view_of(row) for row in rows]


async def list_latest_of(enterprises: Sequence[UUID], each: int = 3) -> dict[UUID, list[PublicationView]]:
    """The newest results of each enterprise that stand, newest first; withdrawn ones are left out."""
    rows = await reader().fetch(
        f"select w.id as of_enterprise, r.* from unnest($1::uuid[]) as w (id) cross join lateral"
        f" ({ONE} where {LATEST} and status <> 'withdrawn' and enterprise = w.id order by published_at desc limit $2) r",
        list(set(enterprises)),
        each,
    )
    found: dict[UUID, list[PublicationView]] = {}
    for row in rows:
        found.setdefault(row["of_enterprise"], []).append(view_of({k: v for k, v in row.items() if k != "of_enterprise"}))
    return found


async def count_publications() -> int:
    """Results that stand."""
    return int(await reader().fetchval(f"select count(*) from publication p where {LATEST} and status <> 'withdrawn'"))


async def list_of_inspections(inspections: Sequence[UUID]) -> list[PublicationView]:
    """The standing versions of these visits' results, by number."""
    return [view_of(row) for row in await reader().fetch(f"{ONE} where {LATEST} and inspection = any($1) order by number", list(inspections))]

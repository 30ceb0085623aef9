"""What changed: reads on the history of an enterprise and on the lists that it was on. The caller has found the enterprise in scope."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from backend.storage.engine import reader

PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry or a change came from. ``kind``: import | undo | office | unknown; ``source``: the batch."""

    kind: str
    source: UUID | None
    account: UUID | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: the fields that differ, before and after, as text."""

    version: int
    at: datetime
    origin: Origin
    reason: str
    was: Mapping[str, str | None]
    now: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class ListingView:
    """One entry on a list; ``removed_on`` None: it still stands. ``as_of``: the day on which ``source`` said so."""

    id: UUID
    list: str
    ground: str
    authority: str
    document: str
    listed_on: date
    removed_on: date | None
    removal: str
    source: str
    as_of: date


async def list_changes(enterprise: UUID, limit: int = PAGE) -> Sequence[ChangeView]:
    """The latest first."""
    rows = await reader().fetch("select * from enterprise_change where enterprise = $1 order by id desc limit $2", enterprise, limit)
    return [
        ChangeView(r["version"], r["at"], Origin(r["kind"], r["source"], r["account"]), r["reason"], json.loads(r["was"]), json.loads(r["now"])) for r in rows
    ]


async def find_arrival(enterprise: UUID) -> Origin:
    """By what an enterprise came into the register; ``unknown`` where that was not told."""
    row = await reader().fetchrow(
        "select a.kind, a.source, a.account from enterprise e join enterprise_arrival a on a.created_at = e.created_at where e.id = $1", enterprise
    )
    return Origin(**row) if row else Origin("unknown", None, None)


async def list_listings(enterprise: UUID) -> Sequence[ListingView]:
    """The latest first."""
    columns = ", ".join(ListingView.__dataclass_fields__)
    rows = await reader().fetch(f"select {columns} from enterprise_listing where enterprise = $1 order by listed_on desc, id", enterprise)
    return [ListingView(**row) for row in rows]

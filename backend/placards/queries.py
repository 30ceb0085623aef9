"""Reads on placards. A code on a door is read by anybody; batches are the department's own, within the person's ``Scope``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.placards import rules, signing
from backend.storage.engine import reader

PAGE = 50


@dataclass(frozen=True, slots=True)
class PlacardView:
    """One code. ``ground``: why it no longer holds, empty while it does. ``serial`` stands on it; ``code`` is what its address carries."""

    id: UUID
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    address: str
    county: str
    kind: str
    token: str
    key_no: int
    position: int
    number: str
    department: str
    authority_zh: str
    authority_en: str
    issued_at: datetime
    revoked_at: datetime | None
    ground: str
    reason: str

    @property
    def serial(self) -> str:
        return rules.serial_of(self.number, self.position)

    @property
    def code(self) -> str:
        return signing.code_of(self.token, self.key_no)


@dataclass(frozen=True, slots=True)
class BatchView:
    """One batch; ``standing``: how many of its ``n`` codes still hold."""

    id: UUID
    number: str
    department: str
    region: str
    format: str
    asked: Mapping[str, Any]
    n: int
    skipped: int
    inactive: int
    replaced: int
    authority_zh: str
    authority_en: str
    issued_by: UUID
    issued_at: datetime
    entry_id: UUID
    standing: int
    printed: int


@dataclass(frozen=True, slots=True)
class SheetView:
    """One file of a batch; ``made_at`` None while it waits or after it was removed (``is_removed``)."""

    id: int
    batch: UUID
    part: int
    first: int
    last: int
    pages: int
    made_at: datetime | None
    is_removed: bool
    printed: int
    printed_at: datetime | None


_ONE = (
    "select p.id, p.enterprise, p.enterprise_code, p.enterprise_name, p.address, p.county, p.kind, p.token, p.key_no, p.position, b.number, b.department,"
    " b.authority_zh, b.authority_en, p.issued_at, p.revoked_at, p.ground, p.reason from placard p join placard_batch b on b.id = p.batch"
)
_BATCH = (
    "select b.id, b.number, b.department, b.region, b.format, b.asked, b.n, b.skipped, b.inactive, b.replaced, b.authority_zh, b.authority_en, b.issued_by,"
    " b.issued_at, b.entry_id, (select count(*) from placard p where p.batch = b.id and p.revoked_at is null) as standing,"
    " (select coalesce(sum(s.printed), 0) from placard_sheet s where s.batch = b.id) as printed from placard_batch b"
)
_MINE = "($1::text is null or b.department = $1) and starts_with(b.region, $2)"


def _batch(row: Any) -> BatchView:
    return BatchView(**{**dict(row), "asked": json.loads(row["asked"])})


async def find_by_token(token: str) -> PlacardView | None:
    """Whose code it is, revoked or not. Not scoped: it hangs on a door, for everyone."""
    row = await reader().fetchrow(f"{_ONE} where p.token = $1", token)
    return PlacardView(**row) if row else None


async def find_current(enterprise: UUID) -> PlacardView | None:
    """The newest code of an enterprise that holds, whoever issued it."""
    row = await reader().fetchrow(f"{_ONE} where p.enterprise = $1 and p.revoked_at is null order by p.issued_at desc, p.id limit 1", enterprise)
    return PlacardView(**row) if row else None


async def find_owner(code: str) -> UUID | None:
    """The enterprise of a signed code that was not revoked for abuse; None for anything else."""
    verdict, token = signing.read(code)
    if verdict != rules.SIGNED:
        return None
    found = await reader().fetchval("select enterprise from placard where token = $1 and ground <> $2", token, rules.ABUSE)
    return None if found is None else UUID(str(found))


async def list_of_enterprise(enterprise: UUID, limit: int = 20) -> list[PlacardView]:
    """The newest first. For a caller that has found the enterprise within a scope."""
    return [PlacardView(**row) for row in await reader().fetch(f"{_ONE} where p.enterprise = $1 order by p.issued_at desc, p.id limit $2", enterprise, limit)]


async def list_codes(enterprises: Sequence[UUID], each: int = 20) -> dict[UUID, list[tuple[str, str]]]:
    """Enterprise -> (code, ground) of its newest codes, revoked ones too: what an officer's phone accepts at that door."""
    rows = await reader().fetch(
        "select w.enterprise, p.token, p.key_no, p.ground from unnest($1::uuid[]) as w (enterprise) cross join lateral"
        " (select token, key_no, ground, issued_at, id from placard where enterprise = w.enterprise order by issued_at desc, id limit $2) p"
        " order by p.issued_at desc, p.id",
        list(set(enterprises)),
        each,
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["enterprise"], []).append((signing.code_of(row["token"], row["key_no"]), row["ground"]))
    return found


async def list_standing(enterprises: Sequence[UUID], *, kind: str, department: str) -> set[UUID]:
    """Which of them have a code of the kind from the department that holds."""
    rows = await reader().fetch(
        "select distinct p.enterprise from placard p join placard_batch b on b.id = p.batch"
        " where p.enterprise = any($1) and p.kind = $2 and b.department = $3 and p.revoked_at is null",
        list(enterprises),
        kind,
        department,
    )
    return {row["enterprise"] for row in rows}


async def list_batches(scope: Scope, *, after: UUID | None = None, limit: int = PAGE) -> list[BatchView]:
    """The newest first; ``after``: the batch behind which the page begins."""
    rows = await reader().fetch(
        f"{_BATCH} where {_MINE} and ($3::uuid is null or (b.issued_at, b.id) < (select issued_at, id from placard_batch where id = $3))"
        " order by b.issued_at desc, b.id desc limit $4",
        scope.department,
        scope.region,
        after,
        limit,
    )
    return [_batch(row) for row in rows]


async def find_batch(batch: UUID, scope: Scope) -> BatchView:
    """Raises ``NotFound`` outside the scope, as for one that is not there."""
    row = await reader().fetchrow(f"{_BATCH} where b.id = $3 and {_MINE}", scope.department, scope.region, batch)
    if row is None:
        raise NotFound()
    return _batch(row)


async def list_sheets(batch: UUID) -> list[SheetView]:
    """For a caller that has found the batch within a scope."""
    rows = await reader().fetch(
        "select id, batch, part, first, last, pages, made_at, made_at is not null and pdf is null as is_removed, printed, printed_at"
        " from placard_sheet where batch = $1 order by part",
        batch,
    )
    return [SheetView(**row) for row in rows]


async def list_of_batch(batch: UUID, *, after: int = 0, last: int | None = None, limit: int = PAGE) -> list[PlacardView]:
    """In the order in which they are printed, behind the position ``after``. For a caller that has found the batch within a scope."""
    rows = await reader().fetch(
        f"{_ONE} where p.batch = $1 and p.position > $2 and ($3::int is null or p.position <= $3) order by p.position limit $4", batch, after, last, limit
    )
    return [PlacardView(**row) for row in rows]


async def find_by_serial(text: str, scope: Scope) -> PlacardView | None:
    """The placard whose number somebody reads from it, within the scope."""
    number, _dash, position = text.strip().upper().rpartition("-")
    if not (position.isascii() and position.isdigit() and len(position) < 9):
        return None
    row = await reader().fetchrow(
        f"{_ONE} where b.number = $3 and p.position = $4 and {_MINE}", scope.department, scope.region, number, int(position)
    )
    return PlacardView(**row) if row else None


async def find_placard(placard: UUID, scope: Scope) -> PlacardView:
    """Raises ``NotFound`` outside the scope."""
    row = await reader().fetchrow(f"{_ONE} where p.id = $3 and {_MINE}", scope.department, scope.region, placard)
    if row is None:
        raise NotFound()
    return PlacardView(**row)


async def find_batch_of(placard: UUID, scope: Scope) -> BatchView:
    """Raises ``NotFound`` outside the scope."""
    row = await reader().fetchrow(
        f"{_BATCH} where b.id = (select batch from placard where id = $3) and {_MINE}", scope.department, scope.region, placard
    )
    if row is None:
        raise NotFound()
    return _batch(row)

"""Verbs on rows that people edit: lock one, note its change, or save it whole. Each runs inside the caller's transaction.

A row is saved against the version that its editor opened; where it has moved on, nothing is written and both texts are shown.
Proven by tests/rooms/test_officers.py and tests/rooms/test_codes.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.history.queries import list_rows
from backend.history.rules import ChangedByOther, Kind, differences, overlap, plain
from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.ledger import service as ledger
from backend.storage.engine import connection


async def take(kind: Kind, key: Any, version: int | None) -> dict[str, Any]:
    """The row, locked. ``version`` None: whatever it is now. Raises ``NotFound``, ``ChangedByOther``."""
    row = await connection().fetchrow(f"select * from {kind.table} where {kind.key} = $1 for no key update", key)
    if row is None:
        raise NotFound()
    if version is not None and row["version"] != version:
        raise ChangedByOther(theirs={name: row[name] for name in (kind.key, *kind.columns)}, version=row["version"])
    return dict(row)


async def note(
    kind: str, key: object, what: str, *, old: Mapping[str, Any], new: Mapping[str, Any], version: int, by: UUID | None, entry: UUID, reason: str = ""
) -> None:
    """Write one line of history beside the ledger entry ``entry``."""
    before, after = differences(old, new)
    await connection().execute(
        "insert into register_change (kind, key, what, version, old, new, reason, by, at, entry_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        kind,
        str(key),
        what,
        version,
        json.dumps(before, ensure_ascii=False),
        json.dumps(after, ensure_ascii=False),
        reason,
        by,
        clock.now(),
        entry,
    )


async def update(kind: Kind, row: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Write the columns of a row that ``take`` has locked; gives its new version."""
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, 2))
    await connection().execute(f"update {kind.table} set {sets}, version = version + 1 where {kind.key} = $1", row[kind.key], *values.values())
    return int(row["version"]) + 1


async def save(kind: Kind, key: Any, values: Mapping[str, Any], *, version: int | None, by: UUID | None, reason: str = "") -> bool:
    """Add a row (``version`` None) or change one, with its history and its public entry. Whether anything changed.

    ``values``: columns of the kind. Raises ``NotFound``, ``ChangedByOther``, and ``Invalid`` for a key that is taken.
    """
    if version is None:
        names = (kind.key, *values)
        places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
        done = await connection().execute(
            f"insert into {kind.table} ({', '.join(names)}, version) values ({places}, 1) on conflict do nothing", key, *values.values()
        )
        if done.endswith("0"):
            raise Invalid(field=str(key), why_zh="已有此条目，请在列表中打开修改", why_en="this row exists already: open it in the list to change it")
        old: dict[str, Any] = {}
        what, now_version = "added", 1
    else:
        old = await take(kind, key, version)
        values = {name: value for name, value in values.items() if old[name] != value}
        if not values:
            return False
        now_version = await update(kind, old, values)
        what = "ended" if set(values) == {"valid_to"} and values["valid_to"] is not None else "changed"
    before, after = differences(old, values)
    entry = await ledger.record(
        "codebook.changed",
        actor=by,
        subject=f"{kind.name}/{key}",
        payload={"kind": kind.name, "key": str(key), "what": what, "old": before, "new": after, "reason": reason},
        public=True,
    )
    await note(kind.name, key, what, old=old, new=values, version=now_version, by=by, entry=entry, reason=reason)
    return True


async def remove(kind: Kind, key: Any, *, version: int, by: UUID, reason: str = "") -> None:
    """Take a row out that should never have been there; its history stays. Raises ``NotFound``, ``ChangedByOther``."""
    old = await take(kind, key, version)
    await connection().execute(f"delete from {kind.table} where {kind.key} = $1", key)
    before = {name: plain(old[name]) for name in kind.columns}
    entry = await ledger.record(
        "codebook.changed",
        actor=by,
        subject=f"{kind.name}/{key}",
        payload={"kind": kind.name, "key": str(key), "what": "removed", "old": before, "new": {}, "reason": reason},
        public=True,
    )
    gone = dict.fromkeys(kind.columns)
    await note(kind.name, key, "removed", old=old, new=gone, version=version + 1, by=by, entry=entry, reason=reason)


async def require_alone(kind: Kind, key: UUID, values: Mapping[str, Any], same: Sequence[str]) -> None:
    """Raise ``Invalid`` where another row speaks of the same thing (the columns ``same``) on a day on which this one would."""
    # One writer at a time: of two rows for the same days, neither would see the other.
    await connection().execute(f"lock table {kind.table} in share row exclusive mode")
    other = overlap(values, (row for row in await list_rows(kind) if row[kind.key] != key), same)
    if other:
        span = f"{other['valid_from']} – {other['valid_to'] or '…'}"
        raise Invalid(
            field="valid_from", why_zh=f"与现有条目（{span}）重叠，请先给原条目填写停用日期", why_en=f"overlaps the row {span}: give that one a last day first"
        )

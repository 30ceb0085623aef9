"""Verbs on check items: add, change from a day on, end. A part of this room's service with a file of its own.

What a campaign was planned with stays its own (campaign_item.edition). Proven by tests/rooms/test_items.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from backend.history import service as history
from backend.history.rules import Kind, differences
from backend.items import item_rules
from backend.items.item_rules import FIELDS, ItemDraft
from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection

ITEM = Kind("checkitem", "check_item", "code", ("department", *FIELDS, "valid_from", "valid_to"))


async def add_item(code: str, draft: ItemDraft, *, department: str, valid_from: date, qualifications: Collection[str], by: UUID) -> None:
    """Put an item on the list; it can be planned once its first checklist is published. Raises ``Invalid`` naming the field."""
    item_rules.check_code(code)
    item_rules.check_item(draft, qualifications)
    fields = asdict(draft)
    done = await connection().execute(
        f"insert into check_item (code, department, {', '.join(FIELDS)}, valid_from) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        code,
        department,
        *(fields[name] for name in FIELDS),
        valid_from,
    )
    if done.endswith("0"):
        raise Invalid(field="code", why_zh="事项清单中已有此编号", why_en="this code is on the item list already")
    await _put_edition(code, draft, valid_from)
    entry = await ledger.record(
        "checkitem.added",
        actor=by,
        subject=code,
        payload={"code": code, "department": department, "name_zh": draft.name_zh, "legal_basis": draft.legal_basis, "valid_from": valid_from.isoformat()},
        public=True,
    )
    new = {**fields, "department": department, "valid_from": valid_from}
    await history.note("checkitem", code, "added", old={}, new=new, version=1, by=by, entry=entry)


async def _put_edition(code: str, draft: ItemDraft, valid_from: date) -> None:
    await connection().execute(
        f"insert into check_item_edition (id, item, valid_from, {', '.join(FIELDS)}, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new_id(),
        code,
        valid_from,
        *(getattr(draft, name) for name in FIELDS),
        clock.now(),
    )


async def _take(code: str, version: int | None, department: str) -> dict[str, Any]:
    row = await history.take(ITEM, code, None)
    if row["department"] != department:
        raise NotFound()
    return await history.take(ITEM, code, version)


async def change_item(
    code: str, draft: ItemDraft, *, effective_from: date, version: int, department: str, qualifications: Collection[str], by: UUID
) -> bool:
    """A new edition from a day on. Whether it differs from what would hold that day.

    Raises ``NotFound`` for another department's item, ``ChangedByOther``, ``Invalid`` naming the field.
    """
    item_rules.check_item(draft, qualifications)
    item_rules.check_beginning(effective_from, clock.today())
    row = await _take(code, version, department)
    before = await connection().fetchrow(
        "select * from check_item_edition where item = $1 and valid_from <= $2 order by valid_from desc, created_at desc limit 1", code, effective_from
    )
    if before is None:
        raise Invalid(field="effective_from", why_zh="生效日期早于事项启用日期", why_en="it begins before the item itself")
    fields = asdict(draft)
    old, new = differences({name: before[name] for name in FIELDS}, fields)
    if not new:
        return False
    await _put_edition(code, draft, effective_from)
    now_version = await history.update(ITEM, row, fields if effective_from <= clock.today() else {"code": code})
    day = effective_from.isoformat()
    entry = await ledger.record(
        "checkitem.changed", actor=by, subject=code, payload={"code": code, "what": "changed", "effective_from": day, "old": old, "new": new}, public=True
    )
    await history.note(
        "checkitem", code, "changed", old=dict(before), new={**{n: fields[n] for n in new}, "effective_from": day}, version=now_version, by=by, entry=entry
    )
    return True


async def end_item(code: str, *, valid_to: date, reason: str, version: int, department: str, by: UUID) -> None:
    """From that day it is planned no more; campaigns that have it go on. Raises as ``change_item`` does."""
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise Invalid(field="reason", why_zh="请填写原因，不超过 500 字", why_en="give a reason of at most 500 characters")
    row = await _take(code, version, department)
    if valid_to < clock.today() or valid_to <= row["valid_from"]:
        raise Invalid(field="valid_to", why_zh="停用日期不得早于今天或启用日期", why_en="it cannot end before today or before it began")
    now_version = await history.update(ITEM, row, {"valid_to": valid_to})
    entry = await ledger.record(
        "checkitem.changed",
        actor=by,
        subject=code,
        payload={"code": code, "what": "ended", "valid_to": valid_to.isoformat(), "reason": reason},
        public=True,
    )
    await history.note("checkitem", code, "ended", old=row, new={"valid_to": valid_to}, version=now_version, by=by, entry=entry, reason=reason)


async def settle() -> int:
    """Bring the item list up to today: editions whose day has come. How many items moved. Idempotent; plans read the editions themselves."""
    done = await connection().execute(
        f"update check_item i set ({', '.join(FIELDS)}) = (e.name_zh, e.name_en, e.category, e.legal_basis, e.method, e.qualification)"
        " from (select distinct on (item) * from check_item_edition where valid_from <= $1 order by item, valid_from desc, created_at desc) e"
        f" where e.item = i.code and ({', '.join(f'i.{f}' for f in FIELDS)}) is distinct from ({', '.join(f'e.{f}' for f in FIELDS)})",
        clock.today(),
    )
    return int(done.split()[-1])

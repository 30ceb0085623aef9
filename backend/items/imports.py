"""Verbs on a spreadsheet of check items: keep what was read and judged, drop it, apply it whole. A part of this room's service."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.items import editions, item_rules
from backend.items.import_rules import BAD, CHANGED, NEW, Judged, Known
from backend.items.item_rules import FIELDS, ItemDraft
from backend.items.queries import list_register
from backend.kernel import clock
from backend.kernel.errors import Conflict, DomainError, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection, reader


class RowsAreBad(DomainError):
    code = "item-rows-bad"
    status = 422
    zh = "还有 {bad} 行有误：请改正文件后重新上传，本次未导入任何事项"
    en = "{bad} rows are wrong: mend the file and upload it again. Nothing was imported"


class NothingNew(DomainError):
    code = "items-nothing-new"
    status = 422
    zh = "文件中没有新增或变更的事项"
    en = "The file adds and changes nothing"


class ListMovedOn(Conflict):
    code = "item-list-moved-on"
    zh = "预览之后事项清单已有更改，请重新上传文件"
    en = "The item list has changed since the preview: upload the file again"


@dataclass(frozen=True, slots=True)
class ImportView:
    """One file as it was judged. ``rows``: of ``import_rules.Judged``, as JSON."""

    id: UUID
    department: str
    filename: str
    state: str
    valid_from: date
    rows: list[dict[str, Any]]
    created_at: datetime

    @property
    def counts(self) -> Counter[str]:
        return Counter(row["verdict"] for row in self.rows)


async def load_known() -> dict[str, Known]:
    """The item list as a file is judged against it."""
    today = clock.today()
    return {
        r.code: Known(r.department, r.valid_to is not None and r.valid_to <= today, ItemDraft(**{name: getattr(r, name) for name in FIELDS}))
        for r in await list_register()
    }


async def find_import(import_id: UUID, department: str) -> ImportView:
    """Raises ``NotFound``, also for another department's."""
    row = await reader().fetchrow(
        "select id, department, filename, state, valid_from, rows, created_at from item_import where id = $1 and department = $2", import_id, department
    )
    if row is None:
        raise NotFound()
    return ImportView(**{**dict(row), "rows": json.loads(row["rows"])})


async def open_import(judged: Sequence[Judged], *, filename: str, file_sha256: str, valid_from: date, department: str, by: UUID) -> UUID:
    """Keep a judged file for the preview. The item list is not touched. Raises ``Invalid`` for a day that has passed."""
    item_rules.check_beginning(valid_from, clock.today())
    import_id = new_id()
    await connection().execute(
        "insert into item_import (id, department, filename, file_sha256, state, valid_from, rows, created_by, created_at)"
        " values ($1, $2, $3, $4, 'previewed', $5, $6, $7, $8)",
        import_id,
        department,
        filename[:200],
        file_sha256,
        valid_from,
        json.dumps([asdict(j) for j in judged], ensure_ascii=False),
        by,
        clock.now(),
    )
    return import_id


async def _take(import_id: UUID, department: str) -> ImportView:
    state = await connection().fetchval("select state from item_import where id = $1 and department = $2 for update", import_id, department)
    if state is None:
        raise NotFound()
    return await find_import(import_id, department)


async def cancel_import(import_id: UUID, *, department: str) -> None:
    """Nothing where it was applied already."""
    await _take(import_id, department)
    await connection().execute(
        "update item_import set state = 'cancelled', done_at = $2 where id = $1 and state = 'previewed'", import_id, clock.now()
    )


async def apply_import(import_id: UUID, *, department: str, qualifications: Collection[str], by: UUID) -> None:
    """All rows in one transaction, or none. Idempotent. Raises ``RowsAreBad``, ``NothingNew``, ``ListMovedOn``, ``NotFound``."""
    view = await _take(import_id, department)
    if view.state == "applied":
        return
    if view.state != "previewed":
        raise NotFound()
    counts = view.counts
    if counts[BAD]:
        raise RowsAreBad(bad=counts[BAD])
    if not counts[NEW] + counts[CHANGED]:
        raise NothingNew()
    known = await load_known()
    versions = {r.code: r.version for r in await list_register()}
    for row in view.rows:
        draft, before = ItemDraft(**row["fields"]), known.get(row["code"])
        verdict = NEW if before is None else "same" if before.draft == draft else CHANGED
        if verdict != row["verdict"] or (before is not None and (before.department != department or before.is_ended)):
            raise ListMovedOn()
        if verdict == NEW:
            await editions.add_item(row["code"], draft, department=department, valid_from=view.valid_from, qualifications=qualifications, by=by)
        elif verdict == CHANGED:
            await editions.change_item(
                row["code"],
                draft,
                effective_from=view.valid_from,
                version=versions[row["code"]],
                department=department,
                qualifications=qualifications,
                by=by,
            )
    await connection().execute("update item_import set state = 'applied', done_at = $2 where id = $1", import_id, clock.now())
    sha256 = await connection().fetchval("select file_sha256 from item_import where id = $1", import_id)
    await ledger.record(
        "checkitem.imported",
        actor=by,
        subject=str(import_id),
        payload={"department": department, "file_sha256": sha256, "new": counts[NEW], "changed": counts[CHANGED], "same": counts["same"]},
        public=True,
    )

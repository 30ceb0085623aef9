"""Reads on import batches, within the person's department and region."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

# ImportBatch.raw runs the SQL of both tables: ImportRow has a column named raw, which hides the method.
from backend.exchange.tables import ImportBatch
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope

PAGE = 50


UNDO_WITHIN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BatchView:
    """One batch; ``columns`` is [{"header", "field"}], ``error`` {"zh", "en"} of a failed one, ``undo`` {"removed", "restored", "kept"}."""

    id: UUID
    kind: str
    account: UUID
    department: str | None
    applied_by: UUID | None
    undone_by: UUID | None
    filename: str
    file_sha256: str
    bytes: int
    region: str
    state: str
    columns: Sequence[Mapping[str, Any]]
    headers_sha256: str | None
    sample: Sequence[Sequence[str]]
    is_mapped: bool
    header_row: int
    source: Mapping[str, Any] | None
    at_byte: int
    at_row: int
    rate: int
    total: int
    done: int
    new: int
    changed: int
    same: int
    bad: int
    skipped: int
    applied_rows: int
    error: Mapping[str, str] | None
    undo: Mapping[str, int] | None
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None

    @property
    def is_working(self) -> bool:
        return self.state in ("reading", "applying", "undoing")

    @property
    def progress(self) -> tuple[int, int]:
        """Rows done and rows in all, of the step that is under way."""
        return (self.applied_rows, self.new + self.changed) if self.state == "applying" else (self.done, self.total)

    @property
    def seconds_left(self) -> int | None:
        """At the rate of late; None while there is none."""
        done, total = self.progress
        return -(-max(total - done, 0) // self.rate) if self.rate else None

    def can_be_undone(self, now: datetime) -> bool:
        return self.state == "applied" and self.applied_at is not None and now < self.applied_at + UNDO_WITHIN


@dataclass(frozen=True, slots=True)
class RowView:
    """One row as judged. ``values`` are a good row's, null where unsaid; ``fields`` and ``cells`` are a refused one's, as read.

    ``can_override``: all that is wrong with it is a check digit.
    """

    row_no: int
    verdict: str
    code: str
    values: Mapping[str, Any]
    fields: Mapping[str, str]
    cells: Sequence[str]
    changes: Mapping[str, Sequence[str]]
    errors: Sequence[Mapping[str, Any]]
    undo: str | None

    @property
    def can_override(self) -> bool:
        return bool(self.errors) and all(error["overridable"] for error in self.errors)


_JSON: Final = ("columns", "sample", "source", "error", "undo")
_VALUES: Final = ("name", "region", "industry", "kind", "status", "address", "legal_rep", "phone", "established_on", "credit_class")


# An import from before departments were kept is everybody's in its region.
_MINE: Final = "starts_with(region, {}) and ({} or department is null or department = {})"


def _mine(scope: Scope) -> tuple[str, bool, str]:
    return scope.region, scope.department is None, scope.department or ""


def to_batch(row: Mapping[str, Any]) -> BatchView:
    fields = {name: row[name] for name in BatchView.__dataclass_fields__}
    return BatchView(**{**fields, **{name: json.loads(row[name]) if row[name] else None for name in _JSON}})


def _to_row(row: Mapping[str, Any]) -> RowView:
    raw, draft, changes, errors = (json.loads(row[name]) if row[name] else None for name in ("raw", "draft", "changes", "errors"))
    raw = raw or {}
    values = {name: row[name] for name in _VALUES} | (draft or {})
    return RowView(
        row["row_no"], row["verdict"], row["code"] or "", values, raw.get("fields", {}), raw.get("cells", ()), changes or {}, errors or (), row["undo"]
    )


async def find_batch(batch_id: UUID, scope: Scope) -> BatchView:
    rows = await ImportBatch.raw(f"select * from import_batch where id = {{}} and {_MINE}", batch_id, *_mine(scope))
    if not rows:
        raise NotFound()
    return to_batch(rows[0])


async def list_batches(scope: Scope, limit: int = 30, *, after: UUID | None = None) -> list[BatchView]:
    """The latest batches of the region, newest first. ``after``: the batch behind which the page begins."""
    rows = await ImportBatch.raw(
        f"select * from import_batch where {_MINE}"
        " and ({}::uuid is null or (created_at, id) < (select created_at, id from import_batch where id = {})) order by created_at desc, id desc limit {}",
        *_mine(scope),
        after,
        after,
        limit,
    )
    return [to_batch(row) for row in rows]


async def list_rows(batch_id: UUID, verdict: str, *, after: int = 0, limit: int = PAGE) -> list[RowView]:
    rows = await ImportBatch.raw(
        "select * from import_row where batch = {} and verdict = {} and row_no > {} order by row_no limit {}",
        batch_id,
        verdict,
        after,
        limit,
    )
    return [_to_row(row) for row in rows]


async def list_kept(batch_id: UUID, *, after: int = 0, limit: int = PAGE) -> list[RowView]:
    """Applied rows that could not be undone, with the reason in ``undo``."""
    rows = await ImportBatch.raw(
        "select * from import_row where batch = {} and undo in ('referred', 'changed') and row_no > {} order by row_no limit {}", batch_id, after, limit
    )
    return [_to_row(row) for row in rows]


async def list_rows_by_number(batch_id: UUID, numbers: Sequence[int]) -> list[RowView]:
    rows = await ImportBatch.raw(
        "select * from import_row where batch = {} and verdict = 'bad' and row_no = any({}) order by row_no", batch_id, list(numbers)
    )
    return [_to_row(row) for row in rows]


async def find_width(batch_id: UUID) -> int:
    """The most cells that a refused row has."""
    rows = await ImportBatch.raw(
        "select coalesce(max(jsonb_array_length(raw->'cells')), 0) as width from import_row where batch = {} and verdict = 'bad'", batch_id
    )
    return int(rows[0]["width"])


async def find_mapping(department: str | None, layout: str, headers_sha256: str) -> Sequence[Mapping[str, Any]] | None:
    """What the department has said the columns of such a file are: [{"header", "field"}]."""
    rows = await ImportBatch.raw(
        "select columns from import_mapping where department = {} and layout = {} and headers_sha256 = {}", department, layout, headers_sha256
    )
    return json.loads(rows[0]["columns"]) if rows else None


async def list_numbers_that_can_be_overridden(batch_id: UUID, limit: int = 1000) -> list[int]:
    rows = await ImportBatch.raw(
        "select row_no from import_row r where batch = {} and verdict = 'bad' and not exists"
        " (select from jsonb_array_elements(r.errors) e where e->>'overridable' = 'false') order by row_no limit {}",
        batch_id,
        limit,
    )
    return [row["row_no"] for row in rows]


CODES: Final = (
    "select code, min(row_no) as row_no from import_row where batch = {} and verdict in ('new', 'changed', 'same') and code = any({}) group by code"
)


async def list_codes(batch_id: UUID, codes: Sequence[str]) -> dict[str, int]:
    """Which of the codes good rows of the batch claim, with the first such row. Looks at all rows of the batch."""
    rows = await ImportBatch.raw(CODES, batch_id, list(codes))
    return {row["code"]: row["row_no"] for row in rows}

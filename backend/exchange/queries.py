"""Reads on import batches, within the person's region."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

# ImportBatch.raw runs the SQL of both tables: ImportRow has a column named raw, which hides the method.
from backend.exchange.tables import ImportBatch
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope

PAGE = 50


@dataclass(frozen=True, slots=True)
class BatchView:
    """One batch; ``columns`` is [{"header", "field"}], ``error`` {"zh", "en"} of a failed one."""

    id: UUID
    account: UUID
    filename: str
    file_sha256: str
    bytes: int
    region: str
    state: str
    columns: Sequence[Mapping[str, Any]]
    header_row: int
    total: int
    done: int
    new: int
    changed: int
    same: int
    bad: int
    error: Mapping[str, str] | None
    created_at: datetime
    applied_at: datetime | None

    @property
    def is_working(self) -> bool:
        return self.state in ("reading", "applying")


@dataclass(frozen=True, slots=True)
class RowView:
    """One row as read and judged. ``can_override``: all that is wrong with it is a check digit."""

    row_no: int
    verdict: str
    fields: Mapping[str, str]
    cells: Sequence[str]
    draft: Mapping[str, Any] | None
    errors: Sequence[Mapping[str, Any]]

    @property
    def can_override(self) -> bool:
        return bool(self.errors) and all(error["overridable"] for error in self.errors)

    @property
    def changes(self) -> Mapping[str, Sequence[str]]:
        return self.draft.get("changes", {}) if self.draft else {}


def to_batch(row: Mapping[str, Any]) -> BatchView:
    fields = {name: row[name] for name in BatchView.__dataclass_fields__}
    return BatchView(**{**fields, "columns": json.loads(row["columns"]), "error": json.loads(row["error"]) if row["error"] else None})


def _to_row(row: Mapping[str, Any]) -> RowView:
    raw = json.loads(row["raw"])
    draft, errors = (json.loads(row[name]) if row[name] else None for name in ("draft", "errors"))
    return RowView(row["row_no"], row["verdict"], raw["fields"], raw["cells"], draft, errors or ())


async def find_batch(batch_id: UUID, scope: Scope) -> BatchView:
    rows = await ImportBatch.raw("select * from import_batch where id = {} and starts_with(region, {})", batch_id, scope.region)
    if not rows:
        raise NotFound()
    return to_batch(rows[0])


async def list_batches(scope: Scope, limit: int = 30) -> list[BatchView]:
    """The latest batches of the region, newest first."""
    rows = await ImportBatch.raw(
        "select * from import_batch where starts_with(region, {}) order by created_at desc, id limit {}", scope.region, limit
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


async def list_rows_by_number(batch_id: UUID, numbers: Sequence[int]) -> list[RowView]:
    rows = await ImportBatch.raw("select * from import_row where batch = {} and row_no = any({}) order by row_no", batch_id, list(numbers))
    return [_to_row(row) for row in rows]


async def list_numbers_that_can_be_overridden(batch_id: UUID) -> list[int]:
    rows = await ImportBatch.raw(
        "select row_no from import_row r where batch = {} and verdict = 'bad' and not exists"
        " (select from jsonb_array_elements(r.errors) e where e->>'overridable' = 'false') order by row_no",
        batch_id,
    )
    return [row["row_no"] for row in rows]


async def list_codes(batch_id: UUID, codes: Sequence[str] | None = None) -> dict[str, int]:
    """Codes that rows of the batch already claim, with the first such row."""
    if codes is None:
        rows = await ImportBatch.raw(
            "select draft->>'code' as code, row_no from import_row where batch = {} and draft is not null", batch_id
        )
    else:
        rows = await ImportBatch.raw(
            "select draft->>'code' as code, row_no from import_row where batch = {} and draft->>'code' = any({})", batch_id, list(codes)
        )
    return {row["code"]: row["row_no"] for row in rows}


async def find_last_row_no(batch_id: UUID) -> int:
    rows = await ImportBatch.raw("select coalesce(max(row_no), 0) as last from import_row where batch = {}", batch_id)
    return int(rows[0]["last"])


async def list_drafts(batch_id: UUID) -> list[str]:
    """The drafts to take in, as JSON texts, in the file's order."""
    rows = await ImportBatch.raw(
        "select draft from import_row where batch = {} and verdict in ('new', 'changed') order by row_no", batch_id
    )
    return [row["draft"] for row in rows]


async def list_imports_of(code: str, limit: int = 5) -> list[tuple[str, datetime]]:
    """The applied files that last made or changed an enterprise: file name and moment, newest first."""
    rows = await ImportBatch.raw(
        "select b.filename, b.applied_at from import_row r join import_batch b on b.id = r.batch where b.state = 'applied'"
        " and r.verdict in ('new', 'changed') and r.draft->>'code' = {} order by b.applied_at desc limit {}",
        code,
        limit,
    )
    return [(row["filename"], row["applied_at"]) for row in rows]

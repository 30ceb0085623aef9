"""Verbs on import batches: keep the file, open, fill, override, ask for, finish, fail, cancel."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final
from uuid import UUID

from backend.exchange.queries import BatchView, find_batch, to_batch
from backend.exchange.readers import MAX_BYTES
from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.kernel.ids import new_id
from backend.kernel.scope import Scope
from backend.kernel.settings import settings
from backend.ledger import service as ledger
from backend.storage.engine import connection

PENDING: Final = ("reading", "previewed", "applying")


class FileTooLarge(DomainError):
    code = "file-too-large"
    status = 413
    zh = "文件超过 {mb} MB，请拆分后上传"
    en = "The file is larger than {mb} MB: split it"


class FileEmpty(DomainError):
    code = "file-empty"
    status = 422
    zh = "请选择要导入的文件，文件不能为空"
    en = "Choose a file to import; it must not be empty"


class NotPreviewed(DomainError):
    code = "import-not-previewed"
    status = 409
    zh = "该批次当前状态不能进行此操作，请刷新页面"
    en = "This import is not in a state that allows this: reload the page"


class NothingToApply(DomainError):
    code = "import-nothing-to-apply"
    status = 422
    zh = "没有可以导入的行"
    en = "There is no row to take in"


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One row with its verdict. ``raw`` is {"fields", "cells"}; ``draft`` and ``errors`` as the row's table says."""

    row_no: int
    verdict: str  # new | changed | same | bad
    raw: Mapping[str, Any]
    draft: Mapping[str, Any] | None
    errors: Sequence[Mapping[str, Any]] | None


def stored_path(sha256: str) -> Path:
    return settings().data_dir / "imports" / sha256


async def keep_file(chunks: AsyncIterator[bytes], limit: int | None = None) -> StoredFile:
    """Write an upload to DATA_DIR/imports/<sha256> without ever holding it whole. Needs no transaction.

    ``limit`` in bytes, a register's where none is given. Raises ``FileTooLarge`` as soon as it is, ``FileEmpty``.
    """
    limit = MAX_BYTES if limit is None else limit
    folder = settings().data_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with NamedTemporaryFile(dir=folder, prefix="upload-", delete=False) as fresh:
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise FileTooLarge(mb=limit >> 20)
                digest.update(chunk)
                await asyncio.to_thread(fresh.write, chunk)
            if not size:
                raise FileEmpty()
        except BaseException:
            Path(fresh.name).unlink()  # noqa: ASYNC240 - one inode, no waiting
            raise
    Path(fresh.name).replace(  # noqa: ASYNC240 - as above
        stored_path(digest.hexdigest())
    )
    return StoredFile(digest.hexdigest(), size)


async def open_batch(file: StoredFile, *, account: UUID, region: str, filename: str) -> UUID:
    """The batch that reads this file: the one that is already pending for the region, else a new one in state ``reading``."""
    sql = connection()
    # Two clicks at once must not open two: the second waits here and then finds the first.
    await sql.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", file.sha256)
    pending = await sql.fetchrow(
        "select id from import_batch where file_sha256 = $1 and region = $2 and state = any($3) order by created_at limit 1",
        file.sha256,
        region,
        list(PENDING),
    )
    if pending:
        return UUID(str(pending["id"]))
    batch_id = new_id()
    await sql.execute(
        "insert into import_batch (id, account, filename, file_sha256, bytes, region, state, columns, created_at)"
        " values ($1, $2, $3, $4, $5, $6, 'reading', '[]', $7)",
        batch_id,
        account,
        filename[-255:],
        file.sha256,
        file.bytes,
        region,
        clock.now(),
    )
    return batch_id


async def take_batch() -> BatchView | None:
    """The oldest batch that waits for work and that nobody else has in hand; held until the transaction ends."""
    row = await connection().fetchrow(
        "select * from import_batch where state in ('reading', 'applying') order by created_at, id limit 1 for update skip locked"
    )
    return to_batch(row) if row else None


async def note_columns(batch_id: UUID, *, columns: Sequence[Mapping[str, Any]], header_row: int, total: int) -> None:
    await connection().execute(
        "update import_batch set columns = $2, header_row = $3, total = $4 where id = $1",
        batch_id,
        json.dumps(columns, ensure_ascii=False),
        header_row,
        total,
    )


def _record(batch_id: UUID, row: JudgedRow) -> tuple[Any, ...]:
    def text(value: object) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False)

    return batch_id, row.row_no, row.verdict, text(row.raw), text(row.draft), text(row.errors)


async def add_rows(batch_id: UUID, rows: Sequence[JudgedRow]) -> None:
    """Append judged rows and move the counts on; the batch is ``previewed`` once all its rows are there."""
    await connection().copy_records_to_table(
        "import_row",
        records=[_record(batch_id, row) for row in rows],
        columns=["batch", "row_no", "verdict", "raw", "draft", "errors"],
    )
    await connection().execute(
        "update import_batch set done = done + $2, new = new + $3, changed = changed + $4, same = same + $5, bad = bad + $6,"
        " state = case when done + $2 >= total then 'previewed' else state end where id = $1",
        batch_id,
        len(rows),
        *(sum(row.verdict == verdict for row in rows) for verdict in ("new", "changed", "same", "bad")),
    )


async def lock_previewed(batch_id: UUID, scope: Scope) -> BatchView:
    """Hold the batch for a change to its preview. Raises ``NotFound`` or ``NotPreviewed``."""
    await connection().execute("select 1 from import_batch where id = $1 for update", batch_id)
    batch = await find_batch(batch_id, scope)
    if batch.state != "previewed":
        raise NotPreviewed()
    return batch


async def replace_rows(batch_id: UUID, rows: Sequence[JudgedRow]) -> None:
    """Put a new verdict on rows that are there, and count the batch anew."""
    await connection().executemany(
        "update import_row set verdict = $3, raw = $4, draft = $5, errors = $6 where batch = $1 and row_no = $2",
        [_record(batch_id, row) for row in rows],
    )
    await connection().execute(
        "update import_batch set new = n.new, changed = n.changed, same = n.same, bad = n.bad from (select"
        " count(*) filter (where verdict = 'new') as new, count(*) filter (where verdict = 'changed') as changed,"
        " count(*) filter (where verdict = 'same') as same, count(*) filter (where verdict = 'bad') as bad"
        " from import_row where batch = $1) n where id = $1",
        batch_id,
    )


async def ask_apply(batch_id: UUID, *, by: UUID, scope: Scope) -> None:
    """Hand a previewed batch to the worker. From here on ``by`` answers for it in the ledger. Asking twice is asking once."""
    batch = await find_batch(batch_id, scope)
    if batch.state in ("applying", "applied"):
        return
    batch = await lock_previewed(batch_id, scope)
    if not batch.new + batch.changed:
        raise NothingToApply()
    await connection().execute("update import_batch set state = 'applying', account = $2 where id = $1", batch_id, by)


async def mark_applied(batch: BatchView, *, new: int, changed: int, same: int, overrides: Sequence[Mapping[str, Any]]) -> None:
    await connection().execute(
        "update import_batch set state = 'applied', applied_at = $2, new = $3, changed = $4, same = same + $5 where id = $1",
        batch.id,
        clock.now(),
        new,
        changed,
        same,
    )
    await ledger.record(
        "registry.imported",
        actor=batch.account,
        subject=str(batch.id),
        payload={
            "file_sha256": batch.file_sha256,
            "rows": batch.total,
            "new": new,
            "changed": changed,
            "same": batch.same + same,
            "bad": batch.bad,
            "overrides": list(overrides),
        },
    )


async def mark_failed(batch_id: UUID, *, zh: str, en: str) -> None:
    await connection().execute(
        "update import_batch set state = 'failed', error = $2 where id = $1", batch_id, json.dumps({"zh": zh, "en": en}, ensure_ascii=False)
    )


async def cancel(batch_id: UUID, scope: Scope) -> None:
    """Give a batch up before anything of it is in the register. Raises ``NotPreviewed`` once it is being applied."""
    await connection().execute("select 1 from import_batch where id = $1 for update", batch_id)
    batch = await find_batch(batch_id, scope)
    if batch.state == "cancelled":
        return
    if batch.state not in ("reading", "previewed"):
        raise NotPreviewed()
    await connection().execute("update import_batch set state = 'cancelled' where id = $1", batch_id)

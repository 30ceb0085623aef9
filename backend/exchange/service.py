"""Verbs on import batches: keep the file, open, move on, map, ask for, finish, undo, fail, cancel."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final
from uuid import UUID

from backend.exchange.queries import BatchView, find_batch, to_batch
from backend.exchange.readers import MAX_BYTES
from backend.exchange.sources import Source, headers_key, spool_path
from backend.exchange.staging import count_verdicts, forget_rows
from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.kernel.ids import new_id
from backend.kernel.scope import Scope
from backend.kernel.settings import settings
from backend.ledger import service as ledger
from backend.scanning import service as scanning
from backend.storage.engine import aside, connection, reader

PENDING: Final = ("reading", "mapping", "previewed", "applying")
UNDECIDED: Final = ("mapping", "previewed")  # waits for a person


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


class TooLateToUndo(DomainError):
    code = "import-too-late-to-undo"
    status = 409
    zh = "导入已超过一天，不能再撤销"
    en = "The import is more than a day old and cannot be undone any more"


class NothingToApply(DomainError):
    code = "import-nothing-to-apply"
    status = 422
    zh = "没有可以导入的行"
    en = "There is no row to take in"


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: str
    bytes: int


def stored_path(sha256: str) -> Path:
    return settings().data_dir / "imports" / sha256


async def keep_file(chunks: AsyncIterator[bytes], limit: int | None = None) -> StoredFile:
    """Write an upload to DATA_DIR/imports/<sha256> without ever holding it whole. Needs no transaction.

    ``limit`` in bytes, a register's where none is given. Raises ``FileTooLarge`` as soon as it is, ``FileEmpty``, ``NotScanned``.
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
            await asyncio.to_thread(fresh.flush)
            await scanning.scan_file(Path(fresh.name))
        except BaseException:
            Path(fresh.name).unlink()  # noqa: ASYNC240 - one inode, no waiting
            raise
    Path(fresh.name).replace(  # noqa: ASYNC240 - as above
        stored_path(digest.hexdigest())
    )
    return StoredFile(digest.hexdigest(), size)


def forget_file(sha256: str) -> None:
    """Remove an upload and its spool: what they hold in clear must not lie about longer than it is needed."""
    for path in (stored_path(sha256), spool_path(stored_path(sha256))):
        path.unlink(missing_ok=True)


async def is_wanted(sha256: str) -> bool:
    """Whether some import still reads the file, or may be asked to read it anew."""
    return bool(await reader().fetchval("select exists (select from import_batch where file_sha256 = $1 and state = any($2))", sha256, list(PENDING)))


async def open_batch(file: StoredFile, *, kind: str, account: UUID, department: str | None, region: str, filename: str) -> UUID:
    """The batch that reads this file: the one that is already pending for the region, else a new one in state ``reading``."""
    sql = connection()
    # Two clicks at once must not open two: the second waits here and then finds the first.
    await sql.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", file.sha256)
    pending = await sql.fetchrow(
        "select id from import_batch where file_sha256 = $1 and region = $2 and kind = $3 and department is not distinct from $4 and state = any($5)"
        " order by created_at limit 1",
        file.sha256,
        region,
        kind,
        department,
        list(PENDING),
    )
    if pending:
        return UUID(str(pending["id"]))
    batch_id = new_id()
    await sql.execute(
        "insert into import_batch (id, kind, account, department, filename, file_sha256, bytes, region, state, columns, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, 'reading', '[]', $9)",
        batch_id,
        kind,
        account,
        department,
        filename[-255:],
        file.sha256,
        file.bytes,
        region,
        clock.now(),
    )
    return batch_id


async def take_batch() -> BatchView | None:
    """The oldest batch that waits for work and that nobody else has in hand, held until the transaction ends.

    The row itself stays free, so that a person can give the batch up meanwhile.
    """
    rows = await connection().fetch("select * from import_batch where state in ('reading', 'applying', 'undoing') order by created_at, id limit 20")
    for row in rows:
        if await connection().fetchval("select pg_try_advisory_xact_lock(hashtextextended($1, 1))", str(row["id"])):
            # Read anew: whoever held it before us may just have moved it on.
            fresh = await connection().fetchrow("select * from import_batch where id = $1", row["id"])
            if fresh and fresh["state"] in ("reading", "applying", "undoing"):
                return to_batch(fresh)
    return None


class GivenUp(Exception):
    """The batch left the state that the worker found it in; what was being done of it must not stay."""


async def _move(batch: BatchView, sets: str, *values: object) -> None:
    """Change a batch that is still where we found it. Raises ``GivenUp`` otherwise."""
    done = await connection().execute(
        f"update import_batch set {sets} where id = $1 and state = $2 and at_byte = $3", batch.id, batch.state, batch.at_byte, *values
    )
    if done == "UPDATE 0":
        raise GivenUp()


async def note_source(batch: BatchView, source: Source, columns: Sequence[Mapping[str, Any]], *, needs_mapping: bool) -> None:
    """Keep how the file is read. A batch whose columns a person must name waits for that."""
    await _move(
        batch,
        "done = 0, rate = 0, source = $4, columns = $5, header_row = $6, total = $7, headers_sha256 = $8, sample = $9,"
        " state = case when $10 then 'mapping' else state end",
        json.dumps({**asdict(source), "sample": []}, ensure_ascii=False),
        json.dumps(columns, ensure_ascii=False),
        source.header_row,
        source.rows,
        headers_key(source.headers),
        json.dumps(source.sample, ensure_ascii=False),
        needs_mapping,
    )


async def note_stretch(batch: BatchView, *, at_byte: int, at_row: int, counts: Mapping[str, int], skipped: int, rate: int) -> None:
    """Move the place in the file and the counts on."""
    await _move(
        batch,
        "at_byte = $4, at_row = $5, done = done + $6, new = new + $7, changed = changed + $8, same = same + $9, bad = bad + $10, skipped = skipped + $11,"
        " rate = $12, total = greatest(total, done + $6)",
        at_byte,
        at_row,
        sum(counts.values()),
        *(counts.get(verdict, 0) for verdict in ("new", "changed", "same", "bad")),
        skipped,
        rate,
    )


async def tell_progress(batch: BatchView, *, done: int | None = None, applied: int | None = None, rate: int) -> None:
    """Let people see how far a step is that has not ended yet. Raises ``GivenUp`` where one of them has cancelled it."""
    told = await aside().execute(
        "update import_batch set done = coalesce($3, done), applied_rows = coalesce($4, applied_rows), rate = $5 where id = $1 and state = $2",
        batch.id,
        batch.state,
        done,
        applied,
        rate,
    )
    if told == "UPDATE 0":
        raise GivenUp()


async def note_read(batch: BatchView, counts: Mapping[str, int] | None = None) -> None:
    """The file is read to its end: let a person look at it. ``counts`` where rows have changed their verdict."""
    if counts:
        await _note_counts(batch.id, counts)
    await _move(batch, "state = 'previewed', total = done, rate = 0")


async def _note_counts(batch_id: UUID, counts: Mapping[str, int]) -> None:
    await connection().execute(
        "update import_batch set new = $2, changed = $3, same = $4, bad = $5 where id = $1",
        batch_id,
        *(counts.get(verdict, 0) for verdict in ("new", "changed", "same", "bad")),
    )


async def lock_previewed(batch_id: UUID, scope: Scope, states: Sequence[str] = ("previewed",)) -> BatchView:
    """Hold the batch for a change to its preview. Raises ``NotFound`` or ``NotPreviewed``."""
    await connection().execute("select 1 from import_batch where id = $1 for update", batch_id)
    batch = await find_batch(batch_id, scope)
    if batch.state not in states:
        raise NotPreviewed()
    return batch


async def recount(batch_id: UUID) -> None:
    """Count the batch anew after rows were taken that had been refused."""
    await _note_counts(batch_id, await count_verdicts(batch_id))


async def map_columns(batch: BatchView, columns: Sequence[Mapping[str, Any]], *, by: UUID, department: str | None) -> None:
    """Say what a file's columns are, read it anew so, and remember it for the department's next file with these headers."""
    sql = connection()
    await forget_rows(batch.id)
    text = json.dumps(columns, ensure_ascii=False)
    await sql.execute(
        "update import_batch set columns = $2, is_mapped = true, state = 'reading', at_byte = 0, at_row = 0, done = 0, new = 0, changed = 0, same = 0,"
        " bad = 0, skipped = 0 where id = $1",
        batch.id,
        text,
    )
    if department and batch.headers_sha256:
        await sql.execute(
            "insert into import_mapping (id, department, layout, headers_sha256, columns, mapped_by, mapped_at) values ($1, $2, $3, $4, $5, $6, $7)"
            " on conflict (department, layout, headers_sha256) do update set columns = excluded.columns, mapped_by = excluded.mapped_by,"
            " mapped_at = excluded.mapped_at",
            new_id(),
            department,
            batch.kind,
            batch.headers_sha256,
            text,
            by,
            clock.now(),
        )


async def ask_apply(batch_id: UUID, *, by: UUID, scope: Scope) -> None:
    """Hand a previewed batch to the worker. ``by`` answers for it in the ledger, the uploader stays. Asking twice is asking once."""
    batch = await find_batch(batch_id, scope)
    if batch.state in ("applying", "applied"):
        return
    batch = await lock_previewed(batch_id, scope)
    if not batch.new + batch.changed:
        raise NothingToApply()
    await connection().execute("update import_batch set state = 'applying', applied_by = $2, applied_rows = 0, rate = 0 where id = $1", batch_id, by)


async def mark_applied(batch: BatchView, *, new: int, changed: int, same: int) -> None:
    """The last step of applying. Raises ``GivenUp`` where somebody has cancelled it: then all of it goes back."""
    await _move(
        batch, "state = 'applied', applied_at = $4, new = $5, changed = $6, same = same + $7, rate = 0", clock.now(), new, changed, same
    )


async def note_register_applied(batch: BatchView, *, new: int, changed: int, same: int, overrides: Sequence[Mapping[str, Any]]) -> None:
    await ledger.record(
        "registry.imported",
        actor=batch.applied_by or batch.account,
        subject=str(batch.id),
        payload={
            "file_sha256": batch.file_sha256,
            "uploaded_by": str(batch.account),
            "rows": batch.total,
            "new": new,
            "changed": changed,
            "same": batch.same + same,
            "bad": batch.bad,
            "overrides": list(overrides),
        },
    )


async def ask_undo(batch_id: UUID, *, by: UUID, scope: Scope) -> None:
    """Hand an applied batch to the worker, to be taken back. Raises ``NotPreviewed`` in another state, ``TooLateToUndo`` after a day."""
    batch = await find_batch(batch_id, scope)
    if batch.state in ("undoing", "undone"):
        return
    batch = await lock_previewed(batch_id, scope, ("applied",))
    if not batch.can_be_undone(clock.now()):
        raise TooLateToUndo()
    await connection().execute("update import_batch set state = 'undoing', undone_by = $2 where id = $1", batch_id, by)


async def mark_undone(batch: BatchView, *, removed: int, restored: int, kept: int) -> None:
    told = {"removed": removed, "restored": restored, "kept": kept}
    await _move(batch, "state = 'undone', undone_at = $4, undo = $5", clock.now(), json.dumps(told))
    if batch.kind == "register":
        await ledger.record(
            "registry.undone", actor=batch.undone_by, subject=str(batch.id), payload={"file_sha256": batch.file_sha256, **told}
        )


async def mark_failed(batch: BatchView, *, zh: str, en: str) -> None:
    """Note why a step could not be done. An undoing that fails leaves the batch applied."""
    state = "applied" if batch.state == "undoing" else "failed"
    await connection().execute(
        "update import_batch set state = $3, error = $4 where id = $1 and state = $2",
        batch.id,
        batch.state,
        state,
        json.dumps({"zh": zh, "en": en}, ensure_ascii=False),
    )


async def cancel(batch_id: UUID, scope: Scope) -> None:
    """Give a batch up before it is in the register; also while it is being applied. Raises ``NotPreviewed`` once it is applied."""
    await connection().execute("select 1 from import_batch where id = $1 for update", batch_id)
    batch = await find_batch(batch_id, scope)
    if batch.state == "cancelled":
        return
    if batch.state not in PENDING:
        raise NotPreviewed()
    await connection().execute("update import_batch set state = 'cancelled', rate = 0 where id = $1", batch_id)


async def forget_leftover(kept_days: int) -> str | None:
    """Clear what one upload that nobody took in has left, once it is ``kept_days`` old: its rows, and of one still undecided the batch itself.

    Its file's SHA-256; None where nothing is left to clear. What a person has in hand at this moment is passed over.
    """
    row = await connection().fetchrow(
        "select id, state, file_sha256 from import_batch b where created_at < $1 and (state = any($2)"
        " or (state in ('cancelled', 'failed') and exists (select from import_row r where r.batch = b.id))) order by created_at, id limit 1"
        " for update skip locked",
        clock.now() - timedelta(days=kept_days),
        list(UNDECIDED),
    )
    if row is None:
        return None
    await forget_rows(row["id"])
    if row["state"] != "failed":
        said = {"zh": f"上传已满 {kept_days} 天，文件和预览已自动清除", "en": f"{kept_days} days after the upload its file and preview were removed"}
        await connection().execute(
            "update import_batch set state = 'cancelled', rate = 0, sample = '[]', error = $2 where id = $1", row["id"], json.dumps(said, ensure_ascii=False)
        )
    return str(row["file_sha256"])

"""A phone's backup of its unsent work (pwa/src/store/backup.js): reading the file, and what became of it.

A ZIP, stored: ``manifest.json``, ``evidence/<sha256>``, ``drafts/<sha256>``. The file is never believed: whether a record is an
officer's, and a photo the record's, only signatures and hashes say. Proven by tests/usecases/test_unsent_import.py.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from backend.exchange.service import StoredFile, stored_path
from backend.kernel import clock
from backend.kernel.errors import DomainError, NotFound
from backend.kernel.ids import new_id
from backend.kernel.scope import Scope
from backend.ledger import service as ledger
from backend.storage.engine import connection, reader

MAX_BYTES: Final = 1 << 30
MAX_PART: Final = 20 << 20  # bytes of one photo, as evidence.rules
MAX_MANIFEST: Final = 64 << 20
MAX_PARTS: Final = 20_000
MAX_RECORDS: Final = 2_000
KEEP: Final = timedelta(days=30)  # a file with refused records waits so long for another try
_NAME = re.compile(r"manifest\.json|(evidence|drafts)/[0-9a-f]{64}")


class NotABackup(DomainError):
    code = "not-a-backup"
    status = 422
    zh = "这不是完整的手机备份文件：{why_zh}"
    en = "This is not a whole backup of a phone: {why_en}"


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the manifest: what a phone would have sent. Only its shape is checked."""

    submission: UUID
    device: UUID
    record: dict[str, Any]
    signature: str  # base64url
    enterprise: str
    sealed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Backup:
    """A manifest. ``drafts``: [{"enterprise", "changed_at_ms", "photos"}]."""

    officer: str
    exported_at: datetime | None
    records: Sequence[Record]
    drafts: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ImportView:
    id: UUID
    file_sha256: str
    bytes: int
    filename: str
    account: UUID
    department: str | None
    region: str
    officer: str
    exported_at: datetime | None
    state: str  # waiting | done | failed
    drafts: Sequence[dict[str, Any]]
    why_zh: str
    why_en: str
    created_at: datetime
    done_at: datetime | None
    accepted: int
    duplicate: int
    refused: int
    waiting: int

    @property
    def scope(self) -> Scope:
        """Whose records the one who brought it may hand in."""
        return Scope(self.department, self.region)

    @property
    def has_file(self) -> bool:
        return stored_path(self.file_sha256).exists()


@dataclass(frozen=True, slots=True)
class RecordView:
    id: int
    position: int
    submission: UUID
    enterprise: str
    sealed_at: datetime | None
    outcome: str  # waiting | accepted | duplicate | refused
    why_zh: str
    why_en: str
    entry_id: UUID | None


def _bad(zh: str, en: str) -> NotABackup:
    return NotABackup(why_zh=zh, why_en=en)


def _moment(ms: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(ms)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _record(given: dict[str, Any]) -> Record:
    if not isinstance(given["record"], dict):
        raise ValueError("a record is an object")
    name = str(given.get("enterprise", ""))[:200]
    return Record(UUID(given["id"]), UUID(given["device"]), given["record"], str(given["signature"]), name, _moment(given.get("sealed_at_ms")))


def _open(path: Path) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as e:
        raise _bad("文件不完整或已损坏", "the file is cut off or damaged") from e
    parts = archive.infolist()
    limits = [MAX_MANIFEST if i.filename == "manifest.json" else MAX_PART for i in parts]
    if len(parts) > MAX_PARTS or any(not _NAME.fullmatch(i.filename) or i.compress_type != zipfile.ZIP_STORED for i in parts):
        archive.close()
        raise _bad("含有不认识的内容", "it has contents that do not belong")
    if any(i.file_size > limit for i, limit in zip(parts, limits, strict=True)):
        archive.close()
        raise _bad("其中的文件过大", "a file in it is too large")
    return archive


def read_backup(path: Path) -> Backup:
    """The manifest of a file. Reads no photo. Raises ``NotABackup``."""
    with _open(path) as archive:
        try:
            manifest = json.loads(archive.read("manifest.json"))
            if manifest["v"] != 1 or manifest["kind"] != "sunlot-unsent":
                raise _bad("版本不受支持", "its version is not supported")
            records = [_record(s) for s in manifest["submissions"]]
            drafts = [
                {"enterprise": str(d.get("enterprise", ""))[:200], "changed_at_ms": int(d.get("changed_at_ms") or 0), "photos": len(d.get("photos") or [])}
                for d in manifest.get("drafts", [])
            ]
            officer = str((manifest.get("officer") or {}).get("name", ""))[:80]
        except (KeyError, ValueError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile, RuntimeError) as e:
            raise _bad("清单无法读取", "its list cannot be read") from e
        if len(records) > MAX_RECORDS or len({r.submission for r in records}) != len(records):
            raise _bad("清单无法读取", "its list cannot be read")
        return Backup(officer, _moment(manifest.get("at_ms")), records, drafts)


def read_evidence(path: Path, sha256: str) -> bytes | None:
    """One photo or signature; None where the file has none. Whether it has its hash is for whoever stores it."""
    with _open(path) as archive:
        try:
            return archive.read(f"evidence/{sha256}")
        except KeyError:
            return None
        except (zipfile.BadZipFile, RuntimeError) as e:
            raise _bad("其中的照片已损坏", "a photo in it is damaged") from e


# -- verbs -----------------------------------------------------------------------------------------------------------


async def open_import(file: StoredFile, backup: Backup, *, filename: str, account: UUID, scope: Scope) -> UUID:
    """The import of this file: the one that is under way, else a new one with its records waiting."""
    sql = connection()
    await sql.execute("select pg_advisory_xact_lock(hashtextextended($1, 8))", file.sha256)
    if pending := await sql.fetchval("select id from unsent_import where file_sha256 = $1 and state = 'waiting' and account = $2", file.sha256, account):
        return UUID(str(pending))
    if await sql.fetchval("select true from unsent_import where file_sha256 = $1 and state = 'waiting'", file.sha256):
        raise _bad("同事正在补传这份备份", "a colleague is handing it in right now")
    import_id = new_id()
    await sql.execute(
        "insert into unsent_import (id, file_sha256, bytes, filename, account, department, region, officer, exported_at, state, drafts, why_zh, why_en,"
        " created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10, '', '', $11)",
        import_id,
        file.sha256,
        file.bytes,
        filename[:200],
        account,
        scope.department,
        scope.region,
        backup.officer,
        backup.exported_at,
        json.dumps(list(backup.drafts), ensure_ascii=False),
        clock.now(),
    )
    await sql.executemany(
        "insert into unsent_record (batch, position, submission, enterprise, sealed_at, outcome, why_zh, why_en)"
        " values ($1, $2, $3, $4, $5, 'waiting', '', '')",
        [(import_id, n, r.submission, r.enterprise, r.sealed_at) for n, r in enumerate(backup.records)],
    )
    return import_id


async def hold_record(record_id: int) -> bool:
    """Hold a waiting record until the transaction ends; False when another worker has it or had it."""
    return bool(await connection().fetchval("select true from unsent_record where id = $1 and outcome = 'waiting' for update skip locked", record_id))


async def note_record(record_id: int, outcome: str, *, why_zh: str = "", why_en: str = "", entry_id: UUID | None = None) -> None:
    await connection().execute(
        "update unsent_record set outcome = $2, why_zh = $3, why_en = $4, entry_id = $5, at = $6 where id = $1 and outcome = 'waiting'",
        record_id,
        outcome,
        why_zh[:500],
        why_en[:500],
        entry_id,
        clock.now(),
    )


async def finish(batch: ImportView, records: Sequence[RecordView]) -> None:
    """Every record has its outcome: the import is over and stands in the log."""
    done = await connection().fetchval(
        "update unsent_import set state = 'done', done_at = $2 where id = $1 and state = 'waiting' returning true", batch.id, clock.now()
    )
    if not done:
        return
    outcomes = {o: [str(r.submission) for r in records if r.outcome == o] for o in ("accepted", "duplicate", "refused")}
    payload = {"file_sha256": batch.file_sha256, "drafts_left_out": len(batch.drafts), **outcomes}
    await ledger.record("unsent.imported", actor=batch.account, subject=str(batch.id), payload=payload)


async def try_again(import_id: UUID, scope: Scope) -> None:
    """The refused records wait once more: what was missing may have been put right. Raises ``NotFound`` outside the scope or without the file."""
    batch = await find_import(import_id, scope)
    if batch.state == "waiting" or not batch.refused or not batch.has_file:
        raise NotFound()
    await connection().execute("update unsent_record set outcome = 'waiting', why_zh = '', why_en = '' where batch = $1 and outcome = 'refused'", import_id)
    await connection().execute("update unsent_import set state = 'waiting', done_at = null where id = $1", import_id)


async def list_forgettable() -> list[str]:
    """Hashes of files that no import needs any more: nothing was refused, or it was long ago."""
    rows = await reader().fetch(
        "select file_sha256 from unsent_import b group by file_sha256 having bool_and(state = 'done' and (done_at < $1 or not exists"
        " (select 1 from unsent_record r where r.batch = b.id and r.outcome = 'refused')))",
        clock.now() - KEEP,
    )
    return [row["file_sha256"] for row in rows]


# -- reads -----------------------------------------------------------------------------------------------------------

_IMPORT = (
    "select b.*, (select count(*) from unsent_record r where r.batch = b.id and r.outcome = 'accepted') as accepted,"
    " (select count(*) from unsent_record r where r.batch = b.id and r.outcome = 'duplicate') as duplicate,"
    " (select count(*) from unsent_record r where r.batch = b.id and r.outcome = 'refused') as refused,"
    " (select count(*) from unsent_record r where r.batch = b.id and r.outcome = 'waiting') as waiting from unsent_import b"
)
_MINE = "b.region like $2 || '%' and ($1::text is null or b.department = $1)"


def _view(row: Any) -> ImportView:
    return ImportView(**{**dict(row), "drafts": json.loads(row["drafts"])})


async def find_import(import_id: UUID, scope: Scope) -> ImportView:
    row = await reader().fetchrow(f"{_IMPORT} where b.id = $3 and {_MINE}", scope.department, scope.region, import_id)
    if row is None:
        raise NotFound()
    return _view(row)


async def list_imports(scope: Scope, limit: int = 50) -> list[ImportView]:
    rows = await reader().fetch(f"{_IMPORT} where {_MINE} order by b.created_at desc limit $3", scope.department, scope.region, limit)
    return [_view(row) for row in rows]


async def find_waiting() -> ImportView | None:
    """The import that has waited longest."""
    row = await reader().fetchrow(f"{_IMPORT} where b.state = 'waiting' order by b.created_at limit 1")
    return _view(row) if row else None


async def list_records(import_id: UUID) -> list[RecordView]:
    rows = await reader().fetch(
        "select id, position, submission, enterprise, sealed_at, outcome, why_zh, why_en, entry_id from unsent_record where batch = $1 order by position",
        import_id,
    )
    return [RecordView(**row) for row in rows]

"""Take a backup of a living installation.

The database is dumped under an exported snapshot, in which rows, list of evidence and the ledger's place are read, too: they belong to one
moment. A row of evidence means a durable file, so every file of the list is there to be copied after it. Proven by tests/rooms/test_backups.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import shutil
import tarfile
from importlib.metadata import version
from pathlib import Path

import msgspec
import pyrage

from backend.backups import postgres, queries, rules
from backend.backups.rules import BackupRefused, FileSum, Manifest
from backend.evidence.store import StoreAway, store
from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.settings import settings
from backend.storage.engine import connection, transaction

COPIES = 4  # files at once
PIECE = 1 << 20


async def make(folder: Path, recipients: list[str], *, without_keys: bool = False) -> Manifest:
    """One more backup in ``folder``. Raises ``BackupRefused``; what was begun is then taken away, evidence that was copied stays.

    Files of evidence that are lost or spoilt are named in ``absent``: the rest is worth keeping all the more.
    """
    sealed_to = [_recipient(r) for r in recipients]
    if not sealed_to and not without_keys:
        raise BackupRefused(
            why_zh="没有密钥的接收人；请用 --recipient age1… 或 BACKUP_RECIPIENTS 指定，或用 --without-keys 声明密钥另行保管",
            why_en="nobody to seal the keys to: give --recipient age1.. or BACKUP_RECIPIENTS, or say --without-keys if they are kept elsewhere",
        )
    at = clock.now().replace(microsecond=0)
    name = rules.name_of(at)
    part, target = folder / f".{name}", folder / name
    if target.exists() or part.exists():
        raise BackupRefused(why_zh=f"{name} 已存在", why_en=f"there is {name} already")
    part.mkdir(parents=True, mode=0o700)
    try:
        manifest = await _fill(folder, part, name, sealed_to, recipients)
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        _write(part / rules.MANIFEST, text)
        _write(part / rules.SUM, hashlib.sha256(text).hexdigest().encode() + b"\n")
        part.rename(target)
        _flush(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return manifest


async def _fill(folder: Path, part: Path, name: str, sealed_to: list[pyrage.x25519.Recipient], recipients: list[str]) -> Manifest:
    async with transaction("repeatable_read"):
        snapshot = await connection().fetchval("select pg_export_snapshot()")
        await postgres.dump(part / rules.DUMP, snapshot)
        rows, migrations, log = await queries.count_rows(), await queries.list_migrations(), await queries.find_log_place()
        evidence = await queries.list_evidence()
        server = str(await connection().fetchval("show server_version"))
    if sealed_to:
        _write(part / rules.KEYS, await asyncio.to_thread(_seal_keys, sealed_to))
    await asyncio.to_thread(_copy_spool, part / "imports")
    absent = await _copy_evidence(folder / "evidence", evidence)
    _write(part / rules.EVIDENCE_LIST, rules.write_list(evidence))
    files = await asyncio.to_thread(sums_of, part)
    return Manifest(
        v=rules.VERSION,
        name=name,
        at=clock.now(),
        release=version("sunlot"),
        server_version=server,
        migrations=migrations,
        rows=rows,
        log=log,
        files=files,
        evidence=FileSum(files[rules.EVIDENCE_LIST].sha256, sum(evidence.values())),
        absent=absent,
        recipients=recipients,
    )


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as e:
        raise BackupRefused(why_zh=f"{text} 不是 age 接收人", why_en=f"{text} is no age recipient") from e


def _seal_keys(recipients: list[pyrage.x25519.Recipient]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path in sorted(p for p in settings().keys_dir.glob("*") if p.is_file()):
            archive.add(path, path.name)
    sealed: bytes = pyrage.encrypt(out.getvalue(), recipients)
    return sealed


def _copy_spool(target: Path) -> None:
    """Uploads that wait to be read or applied. One that is finished with while we copy is gone, and nobody asks for it again."""
    source = settings().data_dir / "imports"
    for path in sorted(p for p in source.rglob("*") if p.is_file()) if source.exists() else []:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, place)
        except FileNotFoundError:
            place.unlink(missing_ok=True)
            continue
        _flush(place)


async def _copy_evidence(target: Path, hashes: dict[str, int]) -> list[str]:
    """Copy what is not there yet; give what could not be had whole. Small pictures are not kept: they are made again."""
    place = asyncio.Semaphore(COPIES)
    absent: list[str] = []

    async def copy(sha256: str, size: int) -> None:
        path = target / sha256[:2] / sha256
        async with place:
            if await asyncio.to_thread(_size, path) == size:
                return
            try:
                content = await store().get(sha256)
            except NotFound:
                absent.append(sha256)
                return
            except StoreAway as e:
                raise BackupRefused(why_zh=e.message("zh"), why_en=e.message("en")) from e
            if hashlib.sha256(content).hexdigest() != sha256:
                absent.append(sha256)
                return
            await asyncio.to_thread(_put, path, content)

    await asyncio.gather(*(copy(sha256, size) for sha256, size in hashes.items()))
    return sorted(absent)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.exists() else None


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    _write(fresh, content)
    fresh.replace(path)
    _flush(path.parent)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _flush(path)


def _flush(path: Path) -> None:
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def sum_of(path: Path) -> FileSum:
    """A file's hash and size. It is read in pieces: a dump may be large."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return FileSum(digest.hexdigest(), size)


def sums_of(part: Path) -> dict[str, FileSum]:
    """Every file of a backup but the manifest and its sum, by its name from the backup's folder."""
    names = sorted(str(p.relative_to(part)) for p in part.rglob("*") if p.is_file())
    return {name: sum_of(part / name) for name in names if name not in (rules.MANIFEST, rules.SUM)}

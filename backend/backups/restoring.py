"""Check a backup, and put one into an empty installation. Proven by tests/rooms/test_backups.py."""

from __future__ import annotations

import asyncio
import hashlib
import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import pyrage

from backend.backups import postgres, queries, rules, service
from backend.backups.rules import Damaged, Manifest, RestoreRefused
from backend.evidence.store import store
from backend.kernel.errors import NotFound
from backend.kernel.settings import settings
from backend.ledger import keys, witnessing
from backend.ledger.policy import policy
from backend.ledger.verify import verify_log
from backend.storage import migrate
from backend.storage.engine import transaction

WITNESS_PATIENCE_S = 15.0


@dataclass
class Restored:
    """``problems`` is empty where everything is as it was. ``witnesses``: continued | longer | silent | none."""

    manifest: Manifest
    problems: list[str] = field(default_factory=list)
    witnesses: str = "none"
    witnesses_say: str = ""
    pending: list[str] = field(default_factory=list)


def list_backups(folder: Path) -> list[str]:
    """Names of the finished ones, oldest first."""
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and rules.NAME.fullmatch(p.name)) if folder.exists() else []


def open_backup(folder: Path, name: str | None = None) -> Manifest:
    """The newest, or the one of this name. Raises ``RestoreRefused``, ``Damaged``."""
    names = list_backups(folder)
    if not names or (name is not None and name not in names):
        raise RestoreRefused(why_zh=f"{folder} 中没有备份 {name or ''}", why_en=f"there is no backup {name or ''} in {folder}")
    place = folder / (name or names[-1])
    try:
        return rules.read_manifest((place / rules.MANIFEST).read_bytes(), (place / rules.SUM).read_text())
    except OSError as e:
        raise Damaged(what=str(e)) from e


async def check(folder: Path, name: str | None = None) -> tuple[Manifest, list[str]]:
    """Read every byte of a backup; give everything that is not as its manifest says."""
    manifest = open_backup(folder, name)
    place = folder / manifest.name
    problems = await asyncio.to_thread(_check_files, folder, place, manifest)
    if not problems and not await postgres.is_readable(place / rules.DUMP):
        problems.append(f"{rules.DUMP} cannot be read by pg_restore")
    return manifest, problems


def _check_files(folder: Path, place: Path, manifest: Manifest) -> list[str]:
    found = service.sums_of(place)
    problems = [f"{name} is missing" for name in sorted(manifest.files.keys() - found.keys())]
    problems += [f"{name} is not of this backup" for name in sorted(found.keys() - manifest.files.keys())]
    problems += [f"{name} does not have its hash" for name in sorted(manifest.files.keys() & found.keys()) if manifest.files[name] != found[name]]
    if any(rules.EVIDENCE_LIST in problem for problem in problems):
        return problems
    for sha256 in rules.read_list((place / rules.EVIDENCE_LIST).read_text()):
        path = folder / "evidence" / sha256[:2] / sha256
        if sha256 in manifest.absent:
            problems.append(f"evidence {sha256} could not be had when the backup was made")
        elif not path.exists():
            problems.append(f"evidence {sha256} is missing")
        elif service.sum_of(path).sha256 != sha256:
            problems.append(f"evidence {sha256} does not have its hash")
    return problems


async def restore(folder: Path, name: str | None = None, *, identity: str | None = None, without_keys: bool = False) -> Restored:
    """Put a backup into this installation, which must be empty. Nothing is written before every hash has been checked.

    ``identity``: an age secret key that opens the keys. Raises ``RestoreRefused``, ``Damaged``. Evidence that was lost before the backup is
    told in ``problems`` and stops nothing.
    """
    manifest, problems = await check(folder, name)
    if serious := [p for p in problems if "when the backup was made" not in p]:
        raise Damaged(what="; ".join(serious[:5]))
    place = folder / manifest.name
    kept = _open_keys(place, manifest, identity, without_keys=without_keys)
    await _require_empty(keys_are_there=without_keys)
    await postgres.restore(place / rules.DUMP)
    await asyncio.to_thread(_put_spool, place / "imports")
    await _put_evidence(folder / "evidence", [h for h in rules.read_list((place / rules.EVIDENCE_LIST).read_text()) if h not in manifest.absent])
    for key_name, content in kept.items():
        _keep_key(key_name, content)
    done = Restored(manifest, problems)
    await _compare(done)
    done.pending = await migrate.list_pending()
    if _has_keys():
        await _ask_witnesses(done)
    return done


def _open_keys(place: Path, manifest: Manifest, identity: str | None, *, without_keys: bool) -> dict[str, bytes]:
    if without_keys:
        return {}
    if rules.KEYS not in manifest.files or not identity:
        raise RestoreRefused(
            why_zh="需要密钥：请用 --identity 指定 age 私钥文件；若密钥已另行放入 DATA_DIR/keys，请用 --without-keys",
            why_en="the keys are needed: name the age secret key's file with --identity, or say --without-keys if DATA_DIR/keys has them from elsewhere",
        )
    try:
        opened: bytes = pyrage.decrypt((place / rules.KEYS).read_bytes(), [pyrage.x25519.Identity.from_str(identity.strip())])
    except (pyrage.DecryptError, pyrage.IdentityError) as e:
        raise RestoreRefused(why_zh="这个 age 私钥打不开备份中的密钥", why_en="this age secret key does not open the backup's keys") from e
    with tarfile.open(fileobj=io.BytesIO(opened)) as archive:
        return {m.name: file.read() for m in archive.getmembers() if m.isfile() and "/" not in m.name and (file := archive.extractfile(m)) is not None}


async def _require_empty(*, keys_are_there: bool) -> None:
    s = settings()
    for inside in (*(() if keys_are_there else (s.keys_dir,)), s.evidence_dir, s.data_dir / "imports"):
        if inside.exists() and any(inside.iterdir()):
            raise RestoreRefused(why_zh=f"{inside} 不是空的", why_en=f"{inside} is not empty")
    async with transaction():
        if await queries.has_tables():
            raise RestoreRefused(why_zh="数据库不是空的", why_en="the database is not empty")


def _keep_key(name: str, content: bytes) -> None:
    folder = settings().keys_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    path.touch(mode=0o600)
    path.write_bytes(content)


def _put_spool(source: Path) -> None:
    target = settings().data_dir / "imports"
    for path in sorted(p for p in source.rglob("*") if p.is_file()) if source.exists() else []:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())


async def _put_evidence(source: Path, hashes: list[str]) -> None:
    for sha256 in hashes:
        content = await asyncio.to_thread((source / sha256[:2] / sha256).read_bytes)
        await store().put(sha256, content)


async def _compare(done: Restored) -> None:
    async with transaction("repeatable_read"):
        done.problems += [f"rows of {line}" for line in rules.compare_rows(done.manifest.rows, await queries.count_rows())]
        evidence = await queries.list_evidence()
        log = await queries.find_log_place()
    if (log.size, log.root, log.staged) != (done.manifest.log.size, done.manifest.log.root, done.manifest.log.staged):
        done.problems.append(f"the ledger stands at {log.size} {log.root}, the manifest says {done.manifest.log.size} {done.manifest.log.root}")
    for sha256 in evidence:
        try:
            if hashlib.sha256(await store().get(sha256)).hexdigest() != sha256:
                done.problems.append(f"evidence {sha256} does not have its hash")
        except NotFound:
            if sha256 not in done.manifest.absent:
                done.problems.append(f"evidence {sha256} is missing")
    if log.origin != done.manifest.log.origin:
        done.problems.append(f"LOG_ORIGIN is {log.origin}, the backup's log is {done.manifest.log.origin}")
    if _has_keys():
        keys.signing_key.cache_clear()
        done.problems += [str(problem) for problem in await verify_log()]


def _has_keys() -> bool:
    # Asked before anything that would make new ones: a new key would begin a log that nobody knows.
    return settings().keys_dir.exists() and any(settings().keys_dir.iterdir())


async def _ask_witnesses(done: Restored) -> None:
    if not any(w.url for w in policy().witnesses):
        return
    try:
        async with asyncio.timeout(WITNESS_PATIENCE_S):
            await witnessing.require_continuity()
        done.witnesses = "continued"
    except TimeoutError:
        done.witnesses = "silent"
    except witnessing.Contradicted as e:
        done.witnesses, done.witnesses_say = "longer", str(e)

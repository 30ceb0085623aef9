"""What a backup says of itself. Pure.

``manifest.json`` (version 1) names every file with its SHA-256 and size; ``manifest.sha256`` holds the manifest's own. A folder whose name
begins with a dot is one that was never finished.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any, Final

import msgspec

from backend.kernel.errors import DomainError

VERSION: Final = 1
NAME = re.compile(r"\d{8}T\d{6}Z")
DUMP, KEYS, EVIDENCE_LIST, MANIFEST, SUM = "database.dump", "keys.tar.age", "evidence.txt", "manifest.json", "manifest.sha256"


class FileSum(msgspec.Struct, frozen=True):
    sha256: str
    bytes: int


class LogPlace(msgspec.Struct, frozen=True):
    """Where the ledger stood. ``root`` is hex; ``note`` the signed checkpoint, absent while none is signed."""

    origin: str
    size: int
    root: str
    staged: int
    note: str | None


class Manifest(msgspec.Struct, frozen=True):
    """``evidence`` is how many files of the database's list there are, and their bytes; ``absent`` those that the store did not give whole."""

    v: int
    name: str
    at: datetime
    release: str
    server_version: str
    migrations: list[str]
    rows: dict[str, int]
    log: LogPlace
    files: dict[str, FileSum]
    evidence: FileSum
    absent: list[str]
    recipients: list[str]


class BackupRefused(DomainError):
    code = "backup-refused"
    status = 409
    zh = "无法备份：{why_zh}"
    en = "No backup was made: {why_en}"


class RestoreRefused(DomainError):
    code = "restore-refused"
    status = 409
    zh = "无法恢复：{why_zh}"
    en = "Nothing was restored: {why_en}"


class Damaged(DomainError):
    code = "backup-damaged"
    status = 409
    zh = "备份已损坏：{what}"
    en = "The backup is damaged: {what}"


def name_of(moment: datetime) -> str:
    """``20261126T010203Z``: names sort as their moments do."""
    return moment.strftime("%Y%m%dT%H%M%SZ")


def read_manifest(text: bytes, sha256: str) -> Manifest:
    """Raises ``Damaged`` for a manifest that is not the one that was written, or of another version."""
    if hashlib.sha256(text).hexdigest() != sha256.strip():
        raise Damaged(what=f"{MANIFEST} does not have the hash in {SUM}")
    try:
        found = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as e:
        raise Damaged(what=f"{MANIFEST}: {e}") from e
    if found.v != VERSION:
        raise Damaged(what=f"{MANIFEST} is of version {found.v}, this release reads {VERSION}")
    return found


def write_list(hashes: dict[str, int]) -> bytes:
    """``<sha256> <bytes>`` a line, sorted."""
    return "".join(f"{sha256} {size}\n" for sha256, size in sorted(hashes.items())).encode()


def read_list(text: str) -> dict[str, int]:
    return {line.split(" ")[0]: int(line.split(" ")[1]) for line in text.splitlines()}


def compare_rows(then: dict[str, int], now: dict[str, int]) -> list[str]:
    """Tables whose number of rows is not what the manifest says, each with both numbers."""
    return [f"{table}: {then.get(table, 0)} != {now.get(table, 0)}" for table in sorted(then.keys() | now.keys()) if then.get(table, 0) != now.get(table, 0)]


def describe(manifest: Manifest) -> dict[str, Any]:
    """For people and scripts: one line of facts."""
    return {
        "name": manifest.name,
        "at": manifest.at.isoformat(),
        "release": manifest.release,
        "rows": sum(manifest.rows.values()),
        "evidence_files": manifest.rows.get("blob", 0),
        "evidence_bytes": manifest.evidence.bytes,
        "log_size": manifest.log.size,
        "keys": bool(manifest.recipients),
        "absent": len(manifest.absent),
    }

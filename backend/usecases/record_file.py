"""One signed record as one file that proves itself: what the phone signed, its evidence, and its place in the log.

A ZIP (stored, not compressed) of ``manifest.json``, ``record.json`` (the bytes as signed) and ``evidence/<sha256>``; docs/ledger-spec.md,
"A record as a file". ``verify`` needs nothing but the file, and the log's key from elsewhere for whoever wants to be sure of that too.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from backend.evidence import service as evidence
from backend.evidence.queries import list_blobs
from backend.inspections import record_rules, submission_queries
from backend.inspections.parts_rules import NotReady, Outstanding
from backend.kernel import clock, jcs, merkle
from backend.kernel.errors import DomainError, NotFound
from backend.ledger import keys
from backend.ledger import queries as ledger
from backend.ledger import rules as log_rules
from backend.people import queries as people
from backend.people.rules import Principal
from backend.storage.engine import transaction
from backend.usecases import record_team
from backend.usecases.close_record import words_of

MANIFEST, RECORD, EVIDENCE = "manifest.json", "record.json", "evidence/"
LARGEST = 64 << 20  # bytes of one part; a photo from a phone has a tenth of that
BOOK = {
    "file": ("文件完整、可读", "the file is whole and readable"),
    "record": ("记录是规范文本", "the record is canonical"),
    "signature": ("设备签名与记录一致", "the device's signature holds"),
    "evidence": ("照片和签名逐个相符", "each photo and signature has its hash"),
    "strokes": ("手写签名签的正是这份内容", "the signatures on glass were made under this content"),
    "entry": ("存证日志登记的正是这份记录", "the log's entry is of this record"),
    "device": ("签名的设备在存证日志中登记", "the log knows the device's key"),
    "parts": ("同事手机填写的内容齐全、衔接并已登记", "the colleagues' parts are complete, chained and logged"),
    "words": ("联署和裁定由登记的设备对这份记录作出", "co-signatures and decisions are of this record, by enrolled devices"),
    "proof": ("条目包含在日志已签名的检查点中", "the entries are in the signed tree"),
    "key": ("日志公钥与指定的一致", "the log's key is the expected one"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One point of ``BOOK``; ``ok`` is None where it cannot be told yet."""

    code: str
    ok: bool | None
    detail: str = ""


async def _entry(entry_id: UUID) -> dict[str, Any]:
    proof, opened = await ledger.find_proof(entry_id), await ledger.find_payload(entry_id)
    entry: dict[str, Any] = {"payload": opened[0], "salt": opened[1].hex()} if opened else {"payload": None, "salt": ""}
    if proof is None:
        return entry | {"index": None}
    return entry | {
        "index": proof.index,
        "size": proof.size,
        "leaf": base64.b64encode(proof.leaf).decode(),
        "hashes": [h.hex() for h in proof.hashes],
        "checkpoint": proof.note,
    }


async def build_record_file(submission: UUID, *, by: Principal) -> bytes:
    """Raises ``NotFound`` outside the person's scope, ``NotReady`` while a colleague's phone still has files that the record names."""
    async with transaction():
        view = await submission_queries.find_record(submission, by.scope)
        signed = await submission_queries.find_signed(submission)
        device = UUID(str(view.record["device"]))
        public_key = await people.find_public_key(device)
        enrolled = await ledger.find_entry_id("device.enrolled", str(device))
        if public_key is None or enrolled is None:
            raise NotFound()
        manifest = {
            "v": 1,
            "submission": str(submission),
            "signature": base64.b64encode(signed.signature).decode(),
            "public_key": public_key,
            "received_at": clock.rfc3339(view.received_at),
            "clock_skew_ms": view.clock_skew_ms,
            "vkey": str(keys.log_key()),
            "submitted": await _entry(view.entry_id),
            "enrolled": await _entry(enrolled),
        }
        told, team_files = await record_team.list_files(view, _entry)
        manifest |= told
        hashes = sorted({e.sha256 for e in record_rules.list_evidence(view.record)})
        there = await list_blobs(hashes)
    if absent := [h for h in hashes if h not in there]:
        zh, en = words_of(Outstanding(photos=tuple(absent)), {})
        raise NotReady(what_zh=zh[0], what_en=en[0])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        archive.writestr(RECORD, signed.record)
        for name, content in team_files.items():
            archive.writestr(name, content)
        for sha256 in hashes:
            archive.writestr(EVIDENCE + sha256, await evidence.read(sha256))
    return out.getvalue()


def verify(path: Path, vkey: str | None = None) -> list[Check]:
    """Every point of ``BOOK`` in its order, as far as the file lets itself be read. ``vkey``: the log's key as known from elsewhere."""
    try:
        parts = _read(path)
        manifest, record = json.loads(parts[MANIFEST]), json.loads(parts[RECORD])
        if not isinstance(manifest, dict) or not isinstance(record, dict) or manifest.get("v") != 1:
            raise ValueError("not a record of version 1")
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, NotImplementedError) as e:
        return [Check("file", ok=False, detail=str(e))]
    return [Check("file", ok=True), *_checks(parts, manifest, record, vkey)]


def _read(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        if big := [i.filename for i in archive.infolist() if i.file_size > LARGEST]:
            raise ValueError(f"{big[0]} is too large")
        names = archive.namelist()
        if len(names) != len(set(names)):
            raise ValueError("a part stands in the file twice")
        return {name: archive.read(name) for name in names}


def _checks(parts: dict[str, bytes], manifest: dict[str, Any], record: dict[str, Any], vkey: str | None) -> Iterator[Check]:
    checks: list[tuple[str, Callable[[], str]]] = [
        ("record", lambda: _is_canonical(record, parts[RECORD])),
        ("signature", lambda: _is_signed(parts[RECORD], manifest)),
        ("evidence", lambda: _wrong_evidence(parts, record)),
        ("strokes", lambda: _wrong_strokes(parts, record)),
        ("entry", lambda: _is_of_record(manifest, record, parts[RECORD])),
        ("device", lambda: _is_enrolled(manifest, record)),
        ("parts", lambda: record_team.wrong_parts(parts, manifest, record)),
        ("words", lambda: record_team.wrong_words(parts, manifest, record, parts[RECORD])),
        ("proof", lambda: _is_proven(manifest)),
    ]
    for code, check in checks:
        try:
            detail = check()
        except (ValueError, KeyError, TypeError, AttributeError, jcs.NotCanonical, DomainError) as e:
            detail = str(e) or type(e).__name__
        waits = code == "proof" and not detail and any(entry.get("index") is None for _, _, entry in _entries(manifest))
        yield Check(code, None if waits else not detail, detail or (_late(manifest) if code == "device" else ""))
    if vkey is not None:
        yield Check("key", ok=manifest.get("vkey") == vkey, detail="" if manifest.get("vkey") == vkey else str(manifest.get("vkey")))


def _late(manifest: dict[str, Any]) -> str:
    """No fault, but to be known: the log says that the phone was reported lost before the record came."""
    way = (manifest["submitted"].get("payload") or {}).get("handed_in")
    at = way.get("key_revoked_at") if isinstance(way, dict) else None
    return f"报失后由本人的另一台手机提交 · reported lost {at}, handed in from its officer's other phone" if at else ""


# Each of these gives what is wrong, or nothing.


def _is_canonical(record: dict[str, Any], raw: bytes) -> str:
    return "" if jcs.encode(record) == raw else "not the canonical bytes"


def _is_signed(raw: bytes, manifest: dict[str, Any]) -> str:
    record_rules.verify_signature(raw, base64.b64decode(manifest["signature"]), manifest["public_key"])
    return ""


def _wrong_evidence(parts: dict[str, bytes], record: dict[str, Any]) -> str:
    named = {e.sha256 for e in record_rules.list_evidence(record)}
    there = {name.removeprefix(EVIDENCE): content for name, content in parts.items() if name.startswith(EVIDENCE)}
    wrong = sorted((named ^ set(there)) | {sha256 for sha256, content in there.items() if hashlib.sha256(content).hexdigest() != sha256})
    return ", ".join(wrong)


def _wrong_strokes(parts: dict[str, bytes], record: dict[str, Any]) -> str:
    content = record_rules.content_hash(record)
    return ", ".join(
        signer for signer, sha256 in record["strokes_sha256"].items() if json.loads(parts[EVIDENCE + sha256]).get("content_sha256") != content
    )


def _is_of_record(manifest: dict[str, Any], record: dict[str, Any], raw: bytes) -> str:
    wanted = {
        "submission": record["submission"],
        "record_sha256": hashlib.sha256(raw).hexdigest(),
        "device": record["device"],
        "evidence": sorted(e.sha256 for e in record_rules.list_evidence(record)),
    }
    said = {k: v for k, v in manifest["submitted"]["payload"].items() if k not in ("handed_in", "brought_by")}  # the way it came is no part of it
    return "" if said == wanted and manifest["submission"] == record["submission"] else "another record"


def _is_enrolled(manifest: dict[str, Any], record: dict[str, Any]) -> str:
    known = manifest["enrolled"]["payload"]["public_key"]
    if any(known[k] != manifest["public_key"][k] for k in ("x", "y")):
        return "another key"
    leaf = manifest["enrolled"].get("leaf")
    return "" if leaf is None or json.loads(base64.b64decode(leaf))["subject"] == record["device"] else "another device"


def _entries(manifest: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "submitted", "inspection.submitted", manifest["submitted"]
    yield "enrolled", "device.enrolled", manifest["enrolled"]
    yield from record_team.list_entries(manifest)


def _is_proven(manifest: dict[str, Any]) -> str:
    for name, type_, entry in _entries(manifest):
        if entry["index"] is None:
            continue
        leaf = base64.b64decode(entry["leaf"])
        said = json.loads(leaf)
        if said["type"] != type_ or said["ph"] != log_rules.payload_hash(bytes.fromhex(entry["salt"]), entry["payload"]):
            return f"{name}: the entry holds something else"
        text = log_rules.open_note(entry["checkpoint"], log_rules.parse_vkey(manifest["vkey"]))
        if text is None:
            return f"{name}: the checkpoint is not signed by the log"
        _origin, size, root = log_rules.parse_checkpoint(text)
        proof = [bytes.fromhex(h) for h in entry["hashes"]]
        if size != entry["size"] or not merkle.verify_inclusion(merkle.leaf_hash(leaf), entry["index"], size, proof, root):
            return f"{name}: the entry is not in the tree"
    return ""

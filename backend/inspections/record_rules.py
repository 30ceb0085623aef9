"""A record from a phone: is it whole, does it fit its inspection, is it signed. Pure.

The record is canonical JSON as the phone signed it (docs/ledger-spec.md, Signing on site).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from backend.inspections.attachment_rules import check_attachments
from backend.inspections.rules import MINIMUM_OFFICERS
from backend.kernel import clock, jcs
from backend.kernel.errors import Conflict, DomainError, Invalid

SCANS = frozenset({"qr", "licence", "typed", "photo", "backfill"})
HEX64 = re.compile(r"[0-9a-f]{64}")


class BadSignature(DomainError):
    code = "bad-signature"
    status = 422
    zh = "设备签名不正确"
    en = "The device's signature does not hold"


class MissingEvidence(DomainError):
    code = "missing-evidence"
    status = 422
    zh = "还有 {count} 份照片或签名未送达"
    en = "{count} photos or signatures have not arrived"


class AlreadySubmitted(Conflict):
    code = "already-submitted"
    zh = "此项检查已由 {by} 提交记录"
    en = "{by} has already submitted a record of this inspection"


class OtherBytes(Conflict):
    zh = "同一编号下已有内容不同的记录"
    en = "Another record is stored under this id"


@dataclass(frozen=True, slots=True)
class Form:
    """One item of the inspection with its pinned checklist."""

    item: str
    checklist: str
    questions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the server knows of the inspection that a record is about."""

    inspection: str
    submission: str
    device: str
    sealed_entry: str
    forms: Sequence[Form]
    outcome_codes: frozenset[str]
    officers: frozenset[str]
    enterprise_codes: frozenset[str]  # its QR token and its credit code


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file that the record names. ``role``: "photo" (an original), "copy" (of a photo, with facts and marks drawn in), "voice", "strokes"."""

    sha256: str
    role: str
    item: str | None
    question: str | None


def refuse(field: str, zh: str, en: str) -> NoReturn:
    """Raises ``Invalid``: a field of a signed text that cannot stand."""
    raise Invalid(field=field, why_zh=zh, why_en=en)


def verify_signature(record: bytes, signature: bytes, public_key: Mapping[str, str]) -> None:
    """ES256 over the canonical bytes; ``signature`` is r || s, 64 bytes. Raises ``BadSignature``."""
    try:
        x, y = (int.from_bytes(base64.urlsafe_b64decode(public_key[k] + "==")) for k in ("x", "y"))
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        if len(signature) != 64:
            raise BadSignature()
        der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        key.verify(der, record, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, KeyError, binascii.Error) as e:
        raise BadSignature() from e


def way_of(handed_in_by: UUID | None, key_revoked_at: datetime | None) -> dict[str, Any]:
    """What the log says of a record that another phone brought than the one that signed it; nothing for the usual way."""
    if handed_in_by is None:
        return {}
    return {"handed_in": {"device": str(handed_in_by), "key_revoked_at": clock.rfc3339(key_revoked_at) if key_revoked_at else None}}


def content_hash(record: Mapping[str, Any]) -> str:
    """What signers saw before they signed: SHA-256 of the record without its strokes."""
    return hashlib.sha256(jcs.encode({k: v for k, v in record.items() if k != "strokes_sha256"})).hexdigest()


def check_record(record: Mapping[str, Any], expected: Expected) -> None:
    """Raise ``Invalid`` naming the first field that does not stand."""
    for field in ("submission", "inspection", "device", "sealed_entry"):
        if record.get(field) != getattr(expected, field):
            refuse(field, "与任务不符", "does not belong to this inspection")
    if record.get("v") != 1 or record.get("alg") != "ES256":
        refuse("v", "记录版本不受支持", "this version of a record is not supported")
    if not isinstance(record.get("t_dev"), int) or not isinstance(record.get("seq"), int):
        refuse("t_dev", "缺少设备时间或序号", "the device's time or number is missing")
    _check_scan(record.get("scan"), expected)
    check_attachments(record)
    _check_answers(record, expected)
    outcomes = record.get("outcomes")
    if not isinstance(outcomes, list) or not outcomes or not set(outcomes) <= expected.outcome_codes:
        refuse("outcomes", "请选择有效的检查结果", "choose valid outcomes")
    _check_signers(record, expected)


def _check_scan(scan: object, expected: Expected) -> None:
    if not isinstance(scan, dict) or scan.get("how") not in SCANS:
        refuse("scan", "缺少扫码入企", "the enterprise was not scanned")
    if not isinstance(scan.get("t_dev"), int):
        refuse("scan", "缺少扫码时间", "the time of the scan is missing")
    if scan["how"] == "backfill":
        if not str(scan.get("reason") or "").strip():
            refuse("scan", "补录须说明理由", "a back-fill needs its reason")
    elif scan.get("value") not in expected.enterprise_codes:
        refuse("scan", "扫到的不是该检查对象", "another enterprise was scanned")


def _check_answers(record: Mapping[str, Any], expected: Expected) -> None:
    given = {item.get("item"): item for item in record.get("items", []) if isinstance(item, dict)}
    photographed = {(p.get("item"), p.get("q")) for p in record.get("photos", []) if isinstance(p, dict)}
    for form in expected.forms:
        item = given.get(form.item)
        if item is None or item.get("checklist") != form.checklist:
            refuse(form.item, "缺少该事项的检查表", "this item's checklist is missing")
        answers = {a.get("q"): a for a in item.get("answers", []) if isinstance(a, dict)}
        for question in form.questions:
            if is_shown(question, answers):
                _check_answer(form.item, question, answers.get(question["id"], {}).get("value"), (form.item, question["id"]) in photographed)
    unknown = set(given) - {form.item for form in expected.forms}
    if unknown:
        refuse("items", "含有任务之外的事项", "there is an item that is not of this inspection")


def is_shown(question: Mapping[str, Any], answers: Mapping[Any, Mapping[str, Any]]) -> bool:
    """A conditional question counts only where its condition holds."""
    condition = question.get("show_if")
    return condition is None or answers.get(condition["q"], {}).get("value") == condition["is"]


def is_within(question: Mapping[str, Any], value: str) -> bool:
    """A number within its checklist's limits. One outside is a finding, never a reason to refuse the record."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    low, high = question.get("min"), question.get("max")
    return (low is None or number >= Decimal(str(low))) and (high is None or number <= Decimal(str(high)))


def _check_answer(item: str, question: Mapping[str, Any], value: object, has_photo: bool) -> None:
    field = f"{item}/{question['id']}"
    kind = question["type"]
    if value in (None, "") and (kind != "text" or question.get("required")):
        refuse(field, "未填写", "not answered")
    if kind == "yes_no_na" and value not in ("yes", "no", "na"):
        refuse(field, "须为是、否或不适用", "must be yes, no or not applicable")
    if kind == "choice" and value not in {o["value"] for o in question["options"]}:
        refuse(field, "没有这个选项", "there is no such choice")
    if kind == "number":
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            refuse(field, "须为数字", "must be a number")
        if not number.is_finite():
            refuse(field, "须为数字", "must be a number")
    wanted = question.get("photo_required_when")
    if wanted is not None and value == wanted and not has_photo:
        refuse(field, "此项须附照片", "a photo is required here")


def _check_signers(record: Mapping[str, Any], expected: Expected) -> None:
    signers = record.get("signers")
    strokes = record.get("strokes_sha256")
    if not isinstance(signers, list) or not isinstance(strokes, dict):
        refuse("signers", "缺少签名", "signatures are missing")
    officers = [s for s in signers if s.get("role") == "officer"]
    if len({s.get("inspector") for s in officers} & expected.officers) < MINIMUM_OFFICERS:
        refuse("signers", "须有至少两名执法人员签名", "at least two officers sign")
    enterprise = next((s for s in signers if s.get("role") == "enterprise"), None)
    if enterprise is None:
        refuse("signers", "缺少企业代表签名或拒签说明", "the enterprise's signature, or the note of its refusal, is missing")
    if enterprise.get("refused"):
        if not str(enterprise.get("reason") or "").strip() or not str(enterprise.get("witness") or "").strip():
            refuse("signers", "拒签须注明原因和见证人", "a refusal needs its reason and a witness")
    elif not str(enterprise.get("name") or "").strip():
        refuse("signers", "请填写企业代表姓名", "the representative's name is missing")
    for signer in signers:
        if not signer.get("refused") and not HEX64.fullmatch(str(strokes.get(signer.get("key"), ""))):
            refuse("signers", f"缺少 {signer.get('name')} 的签名笔迹", f"the signature of {signer.get('name')} is missing")


def list_evidence(record: Mapping[str, Any]) -> list[Evidence]:
    """Every file that the record names. Raises ``Invalid`` for what is no hash."""
    photos, voices = record.get("photos", []), record.get("voices", [])
    named = [Evidence(str(p.get("sha256")), "photo", p.get("item"), p.get("q")) for p in photos]
    named += [Evidence(str(p["marked"]), "copy", p.get("item"), p.get("q")) for p in photos if p.get("marked") is not None]
    named += [Evidence(str(v.get("sha256")), "voice", v.get("item"), v.get("q")) for v in voices]
    named += [Evidence(str(h), "strokes", None, key) for key, h in sorted(record.get("strokes_sha256", {}).items())]
    for e in named:
        if not HEX64.fullmatch(e.sha256):
            refuse("photos", "照片指纹格式不正确", "a photo's hash is malformed")
    return named


MEDIA = {"photo": "image/", "copy": "image/", "voice": "audio/", "strokes": "application/json"}


def check_media(evidence: Sequence[Evidence], types: Mapping[str, str]) -> None:
    """A photo is a picture and a voice note a sound. ``types``: media type by hash. Raises ``Invalid``."""
    for e in evidence:
        if not types[e.sha256].startswith(MEDIA[e.role]):
            refuse(e.role, "文件类型与用途不符", "a file is of another kind than the record says")

"""What changed since a record was returned, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from backend.inspections import submission_queries as records
from backend.inspections import version_queries
from backend.inspections.diff_rules import compare
from backend.inspections.submission_queries import RecordView
from backend.kernel.scope import Scope
from backend.people import queries as people
from backend.web.shared.i18n import _
from backend.web.shared.record_words import Words


@dataclass(frozen=True, slots=True)
class Line:
    """One field, before and after. Of photos and voices: (shown file, original); those that went belong to the earlier record."""

    field: str
    before: str
    after: str
    gone: Sequence[tuple[str, str]] = ()
    came: Sequence[tuple[str, str]] = ()
    is_photo: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """A record beside the one that was returned before it. ``was``: earlier values of answers by (item, question)."""

    earlier: UUID
    handed_in_at: datetime
    comment: str
    reviewer: str
    returned_at: datetime
    lines: Sequence[Line]
    was: dict[tuple[str, str], str] = field(default_factory=dict)


def _scan(value: object, scans: dict[str, str]) -> str:
    how, reason = value if isinstance(value, list) else ("", "")
    return " · ".join(filter(None, (scans.get(str(how), str(how or "")), str(reason))))


def _signers(value: object) -> str:
    names = value if isinstance(value, list) else []
    note = _("拒签")
    return "、".join(f"{name}（{note}）" if refused else name for name, refused in names)


async def compare_with_returned(view: RecordView, scope: Scope, words: Words, scans: dict[str, str]) -> Comparison | None:
    """None where nothing was returned before this record."""
    before = [v for v in await version_queries.list_versions(view.inspection) if v.verdict == "returned" and v.received_at < view.received_at]
    if not before or before[-1].reviewer is None or before[-1].decided_at is None:
        return None
    last = before[-1]
    assert last.reviewer is not None
    assert last.decided_at is not None
    earlier = await records.find_record(last.id, scope)
    lines, was = [], {}
    # The copy is what is shown of a photo.
    shown = {str(p["sha256"]): str(p.get("marked") or p["sha256"]) for r in (earlier.record, view.record) for p in r.get("photos", [])}
    for change in compare(earlier.record, view.record):
        kind, item, question = [*change.key.split("/"), "", ""][:3]
        name = words.field(change.key)
        if kind in ("p", "v"):
            about = words.field(f"a/{item}/{question}") if question else ""
            came, gone = (tuple((shown.get(h, h), h) for h in hashes) for hashes in (change.after, change.before))
            lines.append(Line(f"{name} · {about}" if about else name, _count(gone), _count(came), gone, came, is_photo=kind == "p"))
            continue
        if kind == "scan":
            texts = [_scan(v, scans) for v in (change.before, change.after)]
        elif kind == "signers":
            name, texts = _("签名"), [_signers(v) for v in (change.before, change.after)]
        else:
            texts = [words.value(change.key, v) for v in (change.before, change.after)]
        lines.append(Line(name, texts[0], texts[1]))
        if kind == "a":
            was[item, question] = texts[0]
    reviewer = await people.find_account_name(last.reviewer)
    return Comparison(last.id, last.received_at, last.comment, reviewer, last.decided_at, lines, was)


def _count(files: Sequence[tuple[str, str]]) -> str:
    return _("%(n)s 个", n=len(files)) if files else _("（无）")

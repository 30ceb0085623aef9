"""Verbs on checklists: open a draft, save it, drop it, publish it as the next version. A part of this room's service with a file of its own.

A published version is never changed (trigger); campaigns keep the version that they were planned with. Proven by tests/rooms/test_items.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.history import service as history
from backend.history.rules import ChangedByOther, check_text
from backend.items.checklist_rules import TYPED, build, type_out
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection


class NotReady(DomainError):
    """The draft has mistakes; the page lists them question by question."""

    code = "checklist-not-ready"
    status = 422
    zh = "还有 {count} 处需要改正，检查表尚未发布"
    en = "{count} things are still wrong: the checklist was not published"


async def _require_own(item: str, department: str) -> dict[str, Any]:
    row = await connection().fetchrow("select code, department, name_zh, name_en from check_item where code = $1 for no key update", item)
    if row is None or row["department"] != department:
        raise NotFound()
    return dict(row)


async def open_draft(item: str, *, department: str, by: UUID) -> None:
    """Begin the next version from the newest one; a draft that is there stays. Raises ``NotFound``."""
    about = await _require_own(item, department)
    newest = await connection().fetchrow("select version, title_zh, title_en, questions from checklist where item = $1 order by version desc limit 1", item)
    typed = [type_out(q) for q in json.loads(newest["questions"])] if newest else []
    await connection().execute(
        "insert into checklist_draft (item, title_zh, title_en, questions, base, version, updated_by, updated_at) values ($1, $2, $3, $4, $5, 1, $6, $7)"
        " on conflict (item) do nothing",
        item,
        newest["title_zh"] if newest else f"{about['name_zh']}检查表",
        newest["title_en"] if newest else f"Checklist: {about['name_en']}",
        json.dumps(typed, ensure_ascii=False),
        newest["version"] if newest else 0,
        by,
        clock.now(),
    )


async def _take_draft(item: str, version: int, department: str) -> dict[str, Any]:
    await _require_own(item, department)
    row = await connection().fetchrow("select * from checklist_draft where item = $1 for update", item)
    if row is None:
        raise NotFound()
    if row["version"] != version:
        theirs = {"title_zh": row["title_zh"], "title_en": row["title_en"], "questions": json.loads(row["questions"])}
        raise ChangedByOther(theirs=theirs, version=row["version"])
    return dict(row)


async def save_draft(item: str, title_zh: str, title_en: str, questions: Sequence[Mapping[str, str]], *, version: int, department: str, by: UUID) -> int:
    """Keep whatever was typed, right or wrong; gives the draft's new version. Raises ``NotFound``, ``ChangedByOther`` with both texts."""
    await _take_draft(item, version, department)
    kept = [{name: q.get(name, "")[:5000] for name in TYPED} for q in questions[:200]]
    await connection().execute(
        "update checklist_draft set title_zh = $2, title_en = $3, questions = $4, version = version + 1, updated_by = $5, updated_at = $6 where item = $1",
        item,
        title_zh[:160],
        title_en[:200],
        json.dumps(kept, ensure_ascii=False),
        by,
        clock.now(),
    )
    return version + 1


async def drop_draft(item: str, *, version: int, department: str) -> None:
    """Give the next version up. Raises ``NotFound``, ``ChangedByOther``."""
    await _take_draft(item, version, department)
    await connection().execute("delete from checklist_draft where item = $1", item)


async def publish(item: str, note: str, *, version: int, department: str, by: UUID) -> int:
    """The draft becomes the next version; gives its number. Raises ``NotReady``, ``Invalid``, ``NotFound``, ``ChangedByOther``."""
    draft = await _take_draft(item, version, department)
    questions, problems = build(json.loads(draft["questions"]))
    if problems:
        raise NotReady(count=len(problems))
    check_text(draft, "title_zh", 160)
    check_text(draft, "title_en", 200)
    note = note.strip()
    if not note or len(note) > 200:
        raise Invalid(field="note", why_zh="请说明本版变更，不超过 200 字", why_en="say what is new in this version, in at most 200 characters")
    newest = await connection().fetchrow("select version, title_zh, title_en, questions from checklist where item = $1 order by version desc limit 1", item)
    if newest and (newest["title_zh"], newest["title_en"], json.loads(newest["questions"])) == (draft["title_zh"], draft["title_en"], questions):
        raise Invalid(field="note", why_zh=f"与第 {newest['version']} 版没有差别", why_en=f"there is no difference from version {newest['version']}")
    number = (newest["version"] if newest else 0) + 1
    stored = json.dumps(questions, ensure_ascii=False, sort_keys=True)
    await connection().execute(
        "insert into checklist (id, item, version, title_zh, title_en, questions, created_at, note, published_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new_id(),
        item,
        number,
        draft["title_zh"],
        draft["title_en"],
        stored,
        clock.now(),
        note,
        by,
    )
    await connection().execute("delete from checklist_draft where item = $1", item)
    sha256 = hashlib.sha256(stored.encode()).hexdigest()
    entry = await ledger.record(
        "checklist.published",
        actor=by,
        subject=item,
        payload={"item": item, "version": number, "questions": len(questions), "sha256": sha256, "note": note},
        public=True,
    )
    old = {"version": newest["version"]} if newest else {}
    await history.note("checklist", item, "published", old=old, new={"version": number}, version=number, by=by, entry=entry, reason=note)
    return number

"""Verbs on check items and outcome codes."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

from backend.history import service as history
from backend.kernel import clock
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection


async def add_check_item(item: dict[str, Any], valid_from: date, *, by: UUID | None = None) -> None:
    """Put one check item with the first version of its checklist into the item list. Idempotent by code."""
    done = await connection().execute(
        "insert into check_item (code, department, name_zh, name_en, category, legal_basis, method, qualification, valid_from)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (code) do nothing",
        item["code"],
        item["department"],
        item["name_zh"],
        item["name_en"],
        item["category"],
        item["legal_basis"],
        item["method"],
        item["qualification"],
        valid_from,
    )
    if done.endswith("0"):
        return
    await connection().execute(
        "insert into check_item_edition (id, item, valid_from, name_zh, name_en, category, legal_basis, method, qualification, created_at)"
        " select $2, code, valid_from, name_zh, name_en, category, legal_basis, method, qualification, $3 from check_item where code = $1",
        item["code"],
        new_id(),
        clock.now(),
    )
    form = item["checklist"]
    await connection().execute(
        "insert into checklist (id, item, version, title_zh, title_en, questions, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        item["code"],
        form["version"],
        form["title_zh"],
        form["title_en"],
        json.dumps(form["questions"], ensure_ascii=False),
        clock.now(),
    )
    entry = await ledger.record(
        "checkitem.added",
        actor=by,
        subject=item["code"],
        payload={name: item[name] for name in ("code", "department", "name_zh", "legal_basis")} | {"checklist": form["version"]},
        public=True,
    )
    new = {name: item[name] for name in ("name_zh", "name_en", "category", "legal_basis", "method", "qualification")} | {"valid_from": valid_from}
    await history.note("checkitem", item["code"], "added", old={}, new=new, version=1, by=by, entry=entry)


async def add_outcome_code(code: str, parent: str | None, zh: str, en: str, position: int, valid_from: date) -> None:
    """Idempotent by code."""
    done = await connection().execute(
        "insert into outcome_code (code, parent, zh, en, position, valid_from) values ($1, $2, $3, $4, $5, $6) on conflict (code) do nothing",
        code,
        parent,
        zh,
        en,
        position,
        valid_from,
    )
    if not done.endswith("0"):
        entry = await ledger.record("outcome.added", actor=None, subject=code, payload={"zh": zh, "en": en, "parent": parent}, public=True)
        await history.note("outcome", code, "added", old={}, new={"zh": zh, "en": en, "parent": parent}, version=1, by=None, entry=entry)

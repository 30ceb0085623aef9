"""Verbs on the register of officers: add, change, suspend, reinstate. A part of this room's service with a file of its own.

Each is one transaction of the caller, one ledger entry and one line of history. Proven by tests/rooms/test_officers.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any
from uuid import UUID

import asyncpg

from backend.history import service as history
from backend.history.rules import plain
from backend.kernel.errors import Conflict, Invalid, NotFound
from backend.kernel.scope import Scope
from backend.ledger import service as ledger
from backend.people import service
from backend.people.officer_rules import OfficerDraft, check_officer
from backend.people.service import OFFICER, certificate_taken

# What the log may say of a change; a name, a telephone or a certificate's number stays in the office.
PRIVATE = frozenset({"name", "phone", "certificate_no"})


async def add_officer(draft: OfficerDraft, *, department: str, counties: Collection[str], scope: Scope, by: UUID) -> UUID:
    """``counties``: the codes that hold today. Raises ``Invalid`` naming the field."""
    check_officer(draft, counties, scope)
    fields = asdict(draft) | {"qualifications": list(draft.qualifications), "counties": list(draft.counties)}
    return await service.add_inspector(**fields, department=department, by=by)


async def give_account(inspector_id: UUID, account_id: UUID, *, department: str, by: UUID) -> None:
    """Let an officer of the department sign in with an account. Raises ``Conflict`` where the officer has one already."""
    inspector = await history.take(OFFICER, inspector_id, None)
    if inspector["department"] != department:
        raise NotFound()
    if inspector["account"] is not None:
        raise Conflict()
    version = await history.update(OFFICER, inspector, {"account": account_id})
    entry = await ledger.record("inspector.changed", actor=by, subject=str(inspector_id), payload={"what": "account", "account": str(account_id)})
    await history.note("inspector", inspector_id, "account", old=inspector, new={"account": account_id}, version=version, by=by, entry=entry)


async def _take(inspector_id: UUID, version: int | None, scope: Scope | None) -> dict[str, Any]:
    row = await history.take(OFFICER, inspector_id, None)
    if scope is not None and not (scope.department in (None, row["department"]) and any(c.startswith(scope.region) for c in row["counties"])):
        raise NotFound()
    return await history.take(OFFICER, inspector_id, version)


async def change_officer(inspector_id: UUID, draft: OfficerDraft, *, version: int, counties: Collection[str], scope: Scope, by: UUID) -> bool:
    """Whether anything changed. Counties outside the editor's region stay as they are.

    Raises ``NotFound`` outside the scope, ``ChangedByOther``, ``Invalid`` naming the field.
    """
    check_officer(draft, counties, scope)
    row = await _take(inspector_id, version, scope)
    elsewhere = [c for c in row["counties"] if not c.startswith(scope.region)]
    fields = asdict(draft) | {"qualifications": list(draft.qualifications), "counties": sorted({*draft.counties, *elsewhere})}
    new = {name: value for name, value in fields.items() if value != (sorted(row[name]) if name == "counties" else row[name])}
    if not new:
        return False
    try:
        now_version = await history.update(OFFICER, row, new)
    except asyncpg.UniqueViolationError as e:
        raise certificate_taken() from e
    said = {name: plain(value) for name, value in new.items() if name not in PRIVATE}
    entry = await ledger.record(
        "inspector.changed", actor=by, subject=str(inspector_id), payload={"what": "changed", "fields": sorted(new), **said}
    )
    await history.note("inspector", inspector_id, "changed", old=row, new=new, version=now_version, by=by, entry=entry)
    return True


async def suspend_officer(inspector_id: UUID, reason: str, *, version: int | None = None, scope: Scope | None = None, by: UUID | None = None) -> None:
    """停用: the officer is drawn no more; what they did stays theirs. Nothing where that is so already."""
    await _set_valid(inspector_id, False, reason, version=version, scope=scope, by=by)


async def reinstate_officer(inspector_id: UUID, reason: str, *, version: int | None = None, scope: Scope | None = None, by: UUID | None = None) -> None:
    """恢复: the officer may be drawn again."""
    await _set_valid(inspector_id, True, reason, version=version, scope=scope, by=by)


async def _set_valid(inspector_id: UUID, is_valid: bool, reason: str, *, version: int | None, scope: Scope | None, by: UUID | None) -> None:
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise Invalid(field="reason", why_zh="请填写原因，不超过 500 字", why_en="give a reason of at most 500 characters")
    row = await _take(inspector_id, None, scope)
    if row["is_valid"] == is_valid:
        return
    row = await history.take(OFFICER, inspector_id, version)
    what = "reinstated" if is_valid else "suspended"
    now_version = await history.update(OFFICER, row, {"is_valid": is_valid})
    entry = await ledger.record("inspector.changed", actor=by, subject=str(inspector_id), payload={"what": what, "reason": reason})
    await history.note("inspector", inspector_id, what, old=row, new={"is_valid": is_valid}, version=now_version, by=by, entry=entry, reason=reason)

"""Verbs of the office on one enterprise: change it, put it on a list or take it off. A part of this room's service with a file of its own.

Each runs inside the caller's transaction and writes one ledger entry; the history of a change is written by the trigger on
``enterprise``, with the origin that ``note_origin`` told. Proven by tests/rooms/test_dossier.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from backend.history.rules import ChangedByOther, check_text
from backend.kernel import clock
from backend.kernel.errors import Conflict, Invalid, NotFound
from backend.kernel.ids import new_id
from backend.kernel.scope import Scope
from backend.ledger import service as ledger
from backend.registry.queries import load_codebook
from backend.registry.rules import check_row
from backend.storage.engine import connection

EDITABLE: Final = ("name", "region", "industry", "kind", "status", "address", "legal_rep", "phone", "established_on", "credit_class")
LISTS: Final = {"abnormal": ("经营异常名录", "List of abnormal operation"), "serious": ("严重违法失信名单", "List of serious breaches")}
MIN_REASON: Final = 4


async def note_origin(kind: str, *, source: UUID | None = None, account: UUID | None = None, reason: str = "") -> None:
    """Tell where the changes of this transaction come from: ``import``, ``undo`` (``source``: the batch) or ``office``.

    Whatever the transaction then does to ``enterprise``, by any statement, is in the history with this origin.
    """
    told = {"kind": kind, "source": source and str(source), "account": account and str(account), "reason": reason}
    await connection().execute("select set_config('sunlot.origin', $1, true)", json.dumps(told, ensure_ascii=False))


async def _lock(enterprise: UUID, scope: Scope) -> Any:
    row = await connection().fetchrow("select * from enterprise where id = $1 and starts_with(region, $2) for no key update", enterprise, scope.region)
    if row is None:
        raise NotFound()
    return row


def _check_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not MIN_REASON <= len(reason) <= 500:
        raise Invalid(field="reason", why_zh=f"请写明理由（{MIN_REASON} 到 500 字）", why_en=f"give the reason in {MIN_REASON} to 500 characters")
    return reason


async def change_enterprise(enterprise: UUID, values: Mapping[str, str], *, version: int, reason: str, scope: Scope, by: UUID) -> bool:
    """Whether anything changed. ``values``: texts by name of ``EDITABLE``, as typed; the code is what an enterprise is and stays.

    Raises ``NotFound`` outside the scope, ``ChangedByOther``, ``Invalid`` naming the first field that is wrong.
    """
    row = await _lock(enterprise, scope)
    if row["version"] != version:
        raise ChangedByOther(theirs={name: row[name] for name in EDITABLE}, version=row["version"])
    typed = {name: values.get(name, "") for name in EDITABLE}
    draft = check_row({"code": row["code"], **typed}, await load_codebook(), today=clock.today(), override_reason=row["override_reason"])
    if isinstance(draft, list):
        raise Invalid(field=draft[0].field, why_zh=draft[0].zh, why_en=draft[0].en)
    if not draft.region.startswith(scope.region):
        raise Invalid(field="region", why_zh="不在您的辖区内", why_en="it is not in your region")
    new = {name: getattr(draft, name) for name in EDITABLE if getattr(draft, name) != row[name]}
    if not new:
        return False
    reason = _check_reason(reason)
    await note_origin("office", account=by, reason=reason)
    written = new | ({"name_key": draft.name_key} if "name" in new else {})
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(written, 3))
    await connection().execute(
        f"update enterprise set {sets}, version = version + 1, updated_at = $2 where id = $1", enterprise, clock.now(), *written.values()
    )
    # Names, telephones and classes stay in the office: the log tells which fields, when and why.
    payload = {"what": "changed", "fields": sorted(new), "version": version + 1, "reason": reason}
    await ledger.record("enterprise.changed", actor=by, subject=str(enterprise), payload=payload)
    return True


async def put_on_list(
    enterprise: UUID, *, which: str, ground: str, authority: str, document: str, listed_on: date, source: str, scope: Scope, by: UUID
) -> UUID:
    """Enter what a decision says: the enterprise is on a list. Raises ``NotFound``, ``Invalid``, ``Conflict`` where it is entered already."""
    await _lock(enterprise, scope)
    if which not in LISTS:
        raise Invalid(field="list", why_zh="请选择名单", why_en="choose a list")
    texts = {"ground": ground.strip(), "authority": authority.strip(), "document": document.strip(), "source": source.strip()}
    for name, longest, required in (("ground", 500, True), ("authority", 120, True), ("document", 120, False), ("source", 200, True)):
        check_text(texts, name, longest, required=required)
    if listed_on > clock.today():
        raise Invalid(field="listed_on", why_zh="列入日期晚于今天", why_en="the day lies in the future")
    listing = new_id()
    done = await connection().execute(
        "insert into enterprise_listing (id, enterprise, list, ground, authority, document, listed_on, removal, source, as_of, entered_by, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, '', $8, $9, $10, $11) on conflict do nothing",
        listing, enterprise, which, texts["ground"], texts["authority"], texts["document"], listed_on, texts["source"], clock.today(), by, clock.now(),
    )  # fmt: skip
    if done.endswith("0"):
        raise Conflict()
    payload = {"what": "listed", "list": which, "authority": texts["authority"], "document": texts["document"], "on": listed_on.isoformat()}
    await ledger.record("enterprise.changed", actor=by, subject=str(enterprise), payload=payload)
    return listing


async def take_off_list(listing: UUID, *, removed_on: date, removal: str, scope: Scope, by: UUID) -> None:
    """Enter that it is on the list no more. Raises ``NotFound`` where it is not on it, ``Invalid``."""
    row = await connection().fetchrow("select * from enterprise_listing where id = $1 and removed_on is null for update", listing)
    if row is None:
        raise NotFound()
    await _lock(row["enterprise"], scope)
    if not row["listed_on"] <= removed_on <= clock.today():
        raise Invalid(field="removed_on", why_zh="移出日期须在列入之后、今天之前", why_en="the day lies before it was listed, or in the future")
    removal = _check_reason(removal)
    await connection().execute(
        "update enterprise_listing set removed_on = $2, removal = $3, as_of = $4 where id = $1", listing, removed_on, removal, clock.today()
    )
    payload = {"what": "delisted", "list": row["list"], "on": removed_on.isoformat(), "reason": removal}
    await ledger.record("enterprise.changed", actor=by, subject=str(row["enterprise"]), payload=payload)

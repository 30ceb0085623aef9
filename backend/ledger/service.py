"""Verbs of the log: record an entry, erase a payload."""

from __future__ import annotations

import json
import secrets
from typing import Any
from uuid import UUID

from backend.kernel import clock, merkle
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.ids import new_id
from backend.ledger import rules
from backend.ledger.keys import pseudonym
from backend.storage.engine import connection


async def record(type: str, *, actor: UUID | None, subject: str, payload: dict[str, Any], public: bool = False) -> UUID:  # noqa: A002 - the field's name in the entry
    """Write one entry inside the caller's transaction and give its id; its index comes with the sequencer.

    Raises ``RuntimeError`` outside a transaction, ``ValueError`` for an unknown type, ``NotCanonical`` for a payload outside the profile.
    """
    entry_id, salt, at = new_id(), secrets.token_bytes(32), clock.now().replace(microsecond=0)
    who = pseudonym(actor)
    leaf = rules.make_entry(type, at=at, actor=who, subject=subject, salt=salt, payload=payload)
    # One statement, one round trip: every verb of every room pays for this.
    await connection().execute(
        "with s as (insert into ledger_stage (entry_id, leaf) values ($1, $2)),"
        " e as (insert into ledger_entry (entry_id, type, at, actor, subject, leaf_sha256) values ($1, $3, $4, $5, $6, $7))"
        " insert into ledger_payload (entry_id, salt, payload, is_public) values ($1, $8, $9, $10)",
        entry_id,
        leaf,
        type,
        at,
        who,
        subject,
        merkle.leaf_hash(leaf),
        salt,
        json.dumps(payload, ensure_ascii=False),
        public,
    )
    return entry_id


async def erase(entry_id: UUID, reason: str, *, actor: UUID | None = None) -> None:
    """Delete an entry's payload and salt and leave a tombstone: the leaf stays, so every proof still holds.

    The erasure is an entry of its own, in public. Raises ``NotFound`` for an entry that is not there or was erased before.
    """
    if not reason.strip():
        raise Invalid(field="reason", why_zh="请写明删除依据", why_en="say on what ground it is erased")
    done = await connection().execute(
        "update ledger_payload set payload = null, salt = null, erased_at = $2, erased_reason = $3 where entry_id = $1 and erased_at is null",
        entry_id,
        clock.now(),
        reason,
    )
    if done == "UPDATE 0":
        raise NotFound()
    await record("payload.erased", actor=actor, subject=str(entry_id), payload={"reason": reason}, public=True)

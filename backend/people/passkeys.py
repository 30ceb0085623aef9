"""Verbs on passkeys (W3C Web Authentication, Level 3): ask, add, sign in, remove.

A part of this room's service with a file of its own. Each ceremony is two calls: a challenge is stored and given out, and is taken
back once, within minutes, whatever the answer is worth. What is asked and what an answer is worth says ceremonies.py. Proven by
tests/rooms/test_passkeys.py.
"""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import Conflict, DomainError, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.limits.rules import network
from backend.people import ceremonies, rules, service
from backend.people.ceremonies import NAME, BadPasskey, Ceremony, NoPasskeys, Question, StaleChallenge, TooManyPasskeys
from backend.storage.engine import connection

__all__ = [
    "NAME",
    "BadPasskey",
    "Ceremony",
    "NoPasskeys",
    "StaleChallenge",
    "TooManyPasskeys",
    "add",
    "ask_to_add",
    "ask_to_sign_in",
    "check",
    "remove",
    "remove_all",
    "remove_lost",
]


async def _ask(question: Question, account: UUID | None) -> Ceremony:
    now = clock.now()
    ceremony = new_id()
    await connection().execute("delete from passkey_challenge where expires_at < $1", now)
    await connection().execute(
        "insert into passkey_challenge (id, account, challenge, expires_at) values ($1, $2, $3, $4)",
        ceremony,
        account,
        question.challenge,
        now + rules.CHALLENGE_LIFETIME,
    )
    return Ceremony(ceremony, question.options)


async def _take(ceremony: UUID, account: UUID | None) -> bytes | None:
    """The challenge, which is gone from now on; None where there is none that may still be answered."""
    row = await connection().fetchrow(
        "delete from passkey_challenge where id = $1 and account is not distinct from $2 returning challenge, expires_at", ceremony, account
    )
    return bytes(row["challenge"]) if row and row["expires_at"] > clock.now() else None


async def ask_to_add(account_id: UUID, *, username: str, name: str) -> Ceremony:
    """What the browser needs to make a passkey for this account. Raises ``NoPasskeys``, ``TooManyPasskeys``."""
    known = await connection().fetch("select credential_id from passkey where account = $1", account_id)
    question = ceremonies.ask_to_make(account_id, username=username, name=name, known=[bytes(row["credential_id"]) for row in known])
    return await _ask(question, account_id)


async def add(ceremony: UUID, credential: dict[str, Any], *, account_id: UUID, device: UUID | None, name: str) -> UUID | DomainError:
    """The passkey's id, or the refusal *returned*: the challenge is spent either way, so nothing may be raised here."""
    ceremonies.require_party()
    challenge = await _take(ceremony, account_id)
    if challenge is None:
        return StaleChallenge()
    made = ceremonies.read_made(credential, challenge)
    if made is None:
        return BadPasskey()
    passkey_id = new_id()
    done = await connection().execute(
        "insert into passkey (id, account, device, credential_id, public_key, sign_count, is_synced, name, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (credential_id) do nothing",
        passkey_id,
        account_id,
        device,
        made.credential_id,
        made.public_key,
        made.sign_count,
        made.is_synced,
        name.strip()[:120],
        clock.now(),
    )
    if done.endswith("0"):
        return Conflict()
    await ledger.record(
        "passkey.added",
        actor=account_id,
        subject=str(passkey_id),
        payload={
            "account": str(account_id),
            "device": str(device) if device else None,
            "credential_sha256": hashlib.sha256(made.credential_id).hexdigest(),
            "synced": made.is_synced,
        },
    )
    return passkey_id


async def ask_to_sign_in() -> Ceremony:
    """What the browser needs to sign in with any passkey it holds for us."""
    return await _ask(ceremonies.ask_to_use(), None)


async def check(ceremony: UUID, credential: dict[str, Any], address: str) -> UUID | DomainError:
    """The account id, or the refusal *returned*: the spent challenge and the count of failures must be committed."""
    ceremonies.require_party()
    challenge = await _take(ceremony, None)
    key = ("ip:" + network(address), rules.FAILURES_PER_ADDRESS)
    if seconds := await service.seconds_blocked(*key):
        return service.TooManyAttempts(retry_after_s=seconds)
    if challenge is None:
        return StaleChallenge()
    row = await connection().fetchrow(
        "select p.id, p.account, p.public_key, p.sign_count from passkey p join account a on a.id = p.account"
        " where p.credential_id = $1 and a.active for update of p",
        ceremonies.raw_id(credential),
    )
    used = row and ceremonies.read_used(
        credential, challenge, owner=row["account"], public_key=bytes(row["public_key"]), sign_count=row["sign_count"]
    )
    if row is None or used is None:
        await service.count_failure(key[0])
        return BadPasskey()
    await connection().execute("update passkey set sign_count = $2, last_used_at = $3 where id = $1", row["id"], used, clock.now())
    return UUID(str(row["account"]))


async def remove_all(account_id: UUID, *, by: UUID | None, why: str) -> int:
    """End every passkey of an account. ``by``: None for the operator at the machine."""
    gone = await connection().fetch("delete from passkey where account = $1 returning id, credential_id", account_id)
    for row in gone:
        await _record_removed(row["id"], row["credential_id"], account_id=account_id, by=by, why=why)
    return len(gone)


async def remove(passkey_id: UUID, *, account_id: UUID, by: UUID) -> None:
    """End one passkey of an account. Raises ``NotFound`` for what is not this account's."""
    gone = await connection().fetchrow("delete from passkey where id = $1 and account = $2 returning credential_id", passkey_id, account_id)
    if gone is None:
        raise NotFound()
    await _record_removed(passkey_id, gone["credential_id"], account_id=account_id, by=by, why="owner" if by == account_id else "office")


async def remove_lost(device: UUID, *, account_id: UUID, by: UUID) -> int:
    """End every passkey that may be on a lost phone: made on it, synced to all of its owner's phones, or made who knows where."""
    gone = await connection().fetch(
        "delete from passkey where account = $1 and (device = $2 or device is null or is_synced) returning id, credential_id", account_id, device
    )
    for row in gone:
        await _record_removed(row["id"], row["credential_id"], account_id=account_id, by=by, why="lost phone")
    return len(gone)


async def _record_removed(passkey_id: UUID, credential_id: bytes, *, account_id: UUID, by: UUID | None, why: str) -> None:
    await ledger.record(
        "passkey.removed",
        actor=by,
        subject=str(passkey_id),
        payload={"account": str(account_id), "credential_sha256": hashlib.sha256(credential_id).hexdigest(), "why": why},
    )

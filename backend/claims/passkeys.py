"""Passkeys of an enterprise's people. A part of this room's service with a file of its own; the ceremonies are those of people/ceremonies.py."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from backend.claims import rules
from backend.kernel import clock
from backend.kernel.errors import Conflict, DomainError, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.limits.rules import network
from backend.people import ceremonies
from backend.people.ceremonies import BadPasskey, Ceremony, Question, StaleChallenge
from backend.people.rules import CHALLENGE_LIFETIME, FAILURES_PER_ADDRESS
from backend.people.service import TooManyAttempts, count_failure, seconds_blocked
from backend.storage.engine import connection


async def _ask(question: Question, member: UUID | None) -> Ceremony:
    now, ceremony = clock.now(), new_id()
    await connection().execute("delete from claim_challenge where expires_at < $1", now)
    await connection().execute(
        "insert into claim_challenge (id, member, challenge, expires_at) values ($1, $2, $3, $4)",
        ceremony,
        member,
        question.challenge,
        now + CHALLENGE_LIFETIME,
    )
    return Ceremony(ceremony, question.options)


async def _take(ceremony: UUID, member: UUID | None) -> bytes | None:
    row = await connection().fetchrow(
        "delete from claim_challenge where id = $1 and member is not distinct from $2 returning challenge, expires_at", ceremony, member
    )
    return bytes(row["challenge"]) if row and row["expires_at"] > clock.now() else None


async def ask_to_add(member: rules.Member) -> Ceremony:
    """Raises ``NoPasskeys``, ``TooManyPasskeys``."""
    known = await connection().fetch("select credential_id from claim_passkey where member = $1", member.id)
    question = ceremonies.ask_to_make(member.id, username=member.person, name=member.enterprise_name, known=[bytes(row["credential_id"]) for row in known])
    return await _ask(question, member.id)


async def add(ceremony: UUID, credential: dict[str, Any], *, member: UUID, name: str) -> UUID | DomainError:
    """The passkey's id, or the refusal *returned*: the challenge is spent either way."""
    challenge = await _take(ceremony, member)
    if challenge is None:
        return StaleChallenge()
    made = ceremonies.read_made(credential, challenge)
    if made is None:
        return BadPasskey()
    passkey = new_id()
    done = await connection().execute(
        "insert into claim_passkey (id, member, credential_id, public_key, sign_count, name, created_at) values ($1, $2, $3, $4, $5, $6, $7)"
        " on conflict (credential_id) do nothing",
        passkey,
        member,
        made.credential_id,
        made.public_key,
        made.sign_count,
        name.strip()[:120],
        clock.now(),
    )
    if done.endswith("0"):
        return Conflict()
    digest = hashlib.sha256(made.credential_id).hexdigest()
    await ledger.record("claim.changed", actor=member, subject=str(member), payload={"what": "passkey added", "credential_sha256": digest})
    return passkey


async def ask_to_sign_in() -> Ceremony:
    return await _ask(ceremonies.ask_to_use(), None)


async def check(ceremony: UUID, credential: dict[str, Any], address: str) -> UUID | DomainError:
    """The member, or the refusal *returned*: the spent challenge and the count of failures must be committed."""
    challenge = await _take(ceremony, None)
    key = ("ip:" + network(address), FAILURES_PER_ADDRESS)
    if seconds := await seconds_blocked(*key):
        return TooManyAttempts(retry_after_s=seconds)
    if challenge is None:
        return StaleChallenge()
    row = await connection().fetchrow(
        "select p.id, p.member, p.public_key, p.sign_count from claim_passkey p join claim_member m on m.id = p.member"
        " where p.credential_id = $1 and m.ended_at is null for update of p",
        ceremonies.raw_id(credential),
    )
    used = row and ceremonies.read_used(
        credential, challenge, owner=row["member"], public_key=bytes(row["public_key"]), sign_count=row["sign_count"]
    )
    if row is None or used is None:
        await count_failure(key[0])
        return BadPasskey()
    await connection().execute("update claim_passkey set sign_count = $2, last_used_at = $3 where id = $1", row["id"], used, clock.now())
    return UUID(str(row["member"]))


async def remove(passkey: UUID, *, member: UUID) -> None:
    """Raises ``NotFound`` for another person's."""
    gone = await connection().fetchval("delete from claim_passkey where id = $1 and member = $2 returning credential_id", passkey, member)
    if gone is None:
        raise NotFound()
    digest = hashlib.sha256(gone).hexdigest()
    await ledger.record("claim.changed", actor=member, subject=str(member), payload={"what": "passkey removed", "credential_sha256": digest})

"""Signing in and out of an enterprise's person, by password. A part of this room's service with a file of its own."""

from __future__ import annotations

import secrets
from uuid import UUID

from backend.claims import rules
from backend.claims.sealing import hash_login
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid
from backend.kernel.hashing import hash_key
from backend.limits.rules import network
from backend.people.rules import FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS, SESSION_LIFETIME
from backend.people.service import TooManyAttempts, clear_failures, count_failure, is_password, seconds_blocked
from backend.people.sessions import WrongPassword
from backend.storage.engine import connection


async def check_password(enterprise_code: str, phone: str, password: str, address: str) -> UUID | DomainError:
    """The member, or the refusal *returned*: its count of failures must be committed. One answer and one time for whatever is wrong."""
    try:
        number = rules.read_phone(phone)
    except Invalid:
        number = "-"
    return await _check(hash_login(enterprise_code, number), password, address, rules.BadSignIn())


async def check_present(member: UUID, password: str, address: str) -> DomainError | None:
    """Somebody who is in types their password again, before how they come in is changed. The refusal is *returned*, as above."""
    login = await connection().fetchval("select login_hash from claim_member where id = $1 and ended_at is null", member)
    found = await _check(str(login), password, address, WrongPassword())
    return found if isinstance(found, DomainError) else None


async def _check(login: str, password: str, address: str, refusal: DomainError) -> UUID | DomainError:
    keys = (("e:" + login, FAILURES_PER_ACCOUNT), ("ip:" + network(address), FAILURES_PER_ADDRESS))
    for key, limit in keys:
        if seconds := await seconds_blocked(key, limit):
            return TooManyAttempts(retry_after_s=seconds)
    row = await connection().fetchrow("select id, password_hash from claim_member where login_hash = $1 and ended_at is null", login)
    if not await is_password(row["password_hash"] if row else None, password) or row is None:
        for key, _limit in keys:
            await count_failure(key)
        return refusal
    await clear_failures(keys[0][0])
    return UUID(str(row["id"]))


async def open_session(member: UUID, replaces: str | None = None) -> str:
    """A new cookie. ``replaces`` ends the visitor's former session: a key is never kept over a sign-in."""
    if replaces:
        await close_session(replaces)
    cookie, now = secrets.token_urlsafe(32), clock.now()
    await connection().execute("delete from claim_session where expires_at < $1", now)
    await connection().execute(
        "insert into claim_session (key_sha256, member, created_at, expires_at) values ($1, $2, $3, $4)", hash_key(cookie), member, now, now + SESSION_LIFETIME
    )
    return cookie


async def close_session(cookie: str) -> None:
    await connection().execute("delete from claim_session where key_sha256 = $1", hash_key(cookie))

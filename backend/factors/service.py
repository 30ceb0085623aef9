"""Verbs on factors: show a secret, take its first code, take a code, hand out recovery codes, take everything off; wait for a code.

Secrets are sealed under one key of this installation (``factors.key``): a table alone makes no code. Lost key: whoever has an app comes in
by a recovery code, or through the administrator. Proven by tests/rooms/test_factors.py.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from uuid import UUID

import structlog
from cryptography.fernet import Fernet, InvalidToken

from backend.factors import rules
from backend.kernel import clock
from backend.kernel.hashing import hash_key, hash_slowly, matches
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection, reader
from backend.storage.keys import keep

log = structlog.get_logger()


def _safe() -> Fernet:
    return Fernet(keep("factors.key", Fernet.generate_key))


def _unseal(sealed: bytes, account_id: UUID) -> str | None:
    try:
        return _safe().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        log.error("factor.unreadable", account=str(account_id), why="factors.key is not the one that sealed it")
        return None


async def begin_app(account_id: UUID) -> None:
    """A new secret, which counts for nothing before its first code; an app that is in use stays until then."""
    secret = base64.b32encode(secrets.token_bytes(rules.SECRET_BYTES))
    await connection().execute(
        "insert into authenticator (account, last_step, pending, pending_at) values ($1, 0, $2, $3)"
        " on conflict (account) do update set pending = excluded.pending, pending_at = excluded.pending_at",
        account_id,
        _safe().encrypt(secret),
        clock.now(),
    )


async def find_pending(account_id: UUID) -> str | None:
    """The secret, in base 32, that waits for its first code."""
    sealed = await reader().fetchval(
        "select pending from authenticator where account = $1 and pending_at > $2", account_id, clock.now() - rules.PENDING_LIFETIME
    )
    return _unseal(sealed, account_id) if sealed else None


async def confirm_app(account_id: UUID, typed: str) -> bool:
    """The first code of the secret that was shown: from now on it counts. False for a wrong one. Raises ``NothingPending``."""
    await connection().execute("select from authenticator where account = $1 for update", account_id)
    secret, code = await find_pending(account_id), rules.read(typed)
    if secret is None:
        raise rules.NothingPending()
    step = rules.find_step(secret, code.text, clock.now(), after=0) if code is not None and code.way == rules.APP else None
    if step is None:
        return False
    await connection().execute(
        "update authenticator set sealed = pending, confirmed_at = $2, last_step = $3, pending = null, pending_at = null where account = $1",
        account_id,
        clock.now(),
        step,
    )
    await ledger.record("factor.added", actor=account_id, subject=str(account_id), payload={"what": rules.APP})
    return True


async def use(account_id: UUID, typed: str) -> str | None:
    """Spend a code: which way it was (``rules.APP`` or ``rules.RECOVERY``), or None. Whoever calls counts the failures."""
    code = rules.read(typed)
    if code is None:
        return None
    return await (_use_app(account_id, code.text) if code.way == rules.APP else _use_recovery(account_id, code.text))


async def _use_app(account_id: UUID, code: str) -> str | None:
    row = await connection().fetchrow("select sealed, last_step from authenticator where account = $1 and sealed is not null for update", account_id)
    secret = _unseal(row["sealed"], account_id) if row else None
    step = rules.find_step(secret, code, clock.now(), after=row["last_step"]) if row and secret else None
    if step is None:
        return None
    await connection().execute("update authenticator set last_step = $2 where account = $1", account_id, step)
    return rules.APP


async def _use_recovery(account_id: UUID, code: str) -> str | None:
    row = await connection().fetchrow(
        "select id, code_hash from recovery_code where account = $1 and place = $2 and used_at is null for update", account_id, code[0]
    )
    if row is None or not await matches(row["code_hash"], code):
        return None
    await connection().execute("update recovery_code set used_at = $2 where id = $1", row["id"], clock.now())
    return rules.RECOVERY


async def issue_codes(account_id: UUID) -> list[str]:
    """Ten recovery codes, which end all earlier ones. What is returned is stored nowhere: it is shown once."""
    places = secrets.SystemRandom().sample(range(len(rules.ALPHABET)), rules.CODES)
    codes = [rules.spell(place, secrets.randbits(rules.PROOF_BITS)) for place in places]
    hashes = await asyncio.gather(*map(hash_slowly, codes))
    await connection().execute("delete from recovery_code where account = $1", account_id)
    await connection().executemany(
        "insert into recovery_code (id, account, place, code_hash, created_at) values ($1, $2, $3, $4, $5)",
        [(new_id(), account_id, code[0], code_hash, clock.now()) for code, code_hash in zip(codes, hashes, strict=True)],
    )
    await ledger.record("factor.changed", actor=account_id, subject=str(account_id), payload={"what": "recovery codes", "count": rules.CODES})
    return [rules.dashed(code) for code in codes]


async def remove_app(account_id: UUID) -> bool:
    """Its owner takes the app off. Returns whether there was one."""
    done = await connection().fetchval("delete from authenticator where account = $1 returning sealed is not null", account_id)
    if done:
        await ledger.record("factor.removed", actor=account_id, subject=str(account_id), payload={"what": rules.APP, "why": "owner"})
    return bool(done)


async def forget_codes(account_id: UUID) -> None:
    """The account has no factor any more for which they could stand in."""
    await connection().execute("delete from recovery_code where account = $1", account_id)


async def take_off(account_id: UUID, *, by: UUID | None, why: str) -> None:
    """The office takes app and recovery codes off an account whose owner has lost them. ``by``: None for the operator at the machine."""
    await connection().execute("delete from authenticator where account = $1", account_id)
    await forget_codes(account_id)
    await ledger.record("factor.removed", actor=by, subject=str(account_id), payload={"what": "all", "why": why})


async def open_step(account_id: UUID) -> str:
    """The cookie of a sign-in whose password was right."""
    cookie, now = secrets.token_urlsafe(32), clock.now()
    await connection().execute("delete from sign_in_step where expires_at < $1", now)
    await connection().execute(
        "insert into sign_in_step (key_sha256, account, expires_at) values ($1, $2, $3)",
        hash_key(cookie),
        account_id,
        now + rules.STEP_LIFETIME,
    )
    return cookie


async def close_step(cookie: str) -> None:
    """This sign-in is through."""
    await connection().execute("delete from sign_in_step where key_sha256 = $1", hash_key(cookie))


async def end_steps(account_id: UUID) -> None:
    """No sign-in of this account waits any longer: something about the account has changed."""
    await connection().execute("delete from sign_in_step where account = $1", account_id)

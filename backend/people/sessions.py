"""What a person may do about their own sign-in, and an administrator about others': passwords, sessions, accounts that are stopped."""

from __future__ import annotations

from uuid import UUID

from backend.factors import service as factors
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid, NotFound
from backend.kernel.hashing import hash_key, hash_slowly, matches
from backend.ledger import service as ledger
from backend.people import password_rules, rules, service
from backend.storage.engine import connection, reader


def _same() -> Invalid:
    return Invalid(field="password", why_zh="与原密码相同", why_en="it is the old one")


async def prove(account_id: UUID, password: str, *, session: str = "") -> DomainError | None:
    """Whether somebody who is signed in knows the account's password. The refusal is *returned*: its count must be committed.

    ``session``: the cookie of the session that is fresh again by this.
    """
    key = f"own:{account_id}"
    if seconds := await service.seconds_blocked(key, rules.FAILURES_PER_ACCOUNT):
        return service.TooManyAttempts(retry_after_s=seconds)
    row = await connection().fetchrow("select password_hash from account where id = $1 and active", account_id)
    if row is not None and await matches(row["password_hash"], password):
        if session:
            await connection().execute("update session set proved_at = $2 where key_sha256 = $1", hash_key(session), clock.now())
        return None
    await service.count_failure(key)
    return WrongPassword()


async def is_fresh(cookie: str) -> bool:
    """Whether the owner of this session proved who they are within the last minutes (``rules.FRESH``): by signing in, or by the password since."""
    known = "select true from session where key_sha256 = $1 and proved_at > $2 and expires_at > $3"
    return bool(await reader().fetchval(known, hash_key(cookie), clock.now() - rules.FRESH, clock.now()))


class WrongPassword(DomainError):
    code = "wrong-password"
    status = 403
    zh = "当前密码不正确"
    en = "The present password is wrong"


async def change_password(account_id: UUID, current: str, new: str, *, keeps: str) -> DomainError | None:
    """The owner changes the password; every other session ends. ``keeps``: the cookie of the session that does it.

    A wrong present password is returned, see ``prove``; a weak new one raises ``Invalid``.
    """
    if refusal := await prove(account_id, current):
        return refusal
    row = await connection().fetchrow("select username, name from account where id = $1", account_id)
    if new == current:
        raise _same()
    await password_rules.check(new, row["username"], row["name"])
    await _put(account_id, new, must_change=False)
    await end_others(account_id, keeps=keeps)
    await ledger.record("password.changed", actor=account_id, subject=str(account_id), payload={"by": "owner"})
    return None


async def give_password(account_id: UUID, new: str, *, by: UUID | None) -> None:
    """An administrator gives a password for the next sign-in, after which the owner must choose another; all sessions end. Raises ``Invalid``, ``NotFound``.

    ``by``: None for the operator at the machine, here and below.
    """
    row = await connection().fetchrow("select username, name from account where id = $1 for update", account_id)
    if row is None:
        raise NotFound()
    await password_rules.check(new, row["username"], row["name"])
    await _put(account_id, new, must_change=True)
    await end_others(account_id, keeps="")
    await ledger.record("password.changed", actor=by, subject=str(account_id), payload={"by": "office" if by else "operator"})


async def _put(account_id: UUID, new: str, *, must_change: bool) -> None:
    await connection().execute(
        "update account set password_hash = $2, password_changed_at = $3, must_change = $4 where id = $1",
        account_id,
        await hash_slowly(new),
        clock.now(),
        must_change,
    )


async def set_standing(account_id: UUID, *, active: bool, reason: str, by: UUID | None) -> bool:
    """Stop an account, which ends its sessions, or let it in again. Returns whether anything changed. Raises ``Invalid`` without a reason."""
    if not reason.strip():
        raise Invalid(field="reason", why_zh="请填写原因", why_en="give the reason")
    done = await connection().execute("update account set active = $2 where id = $1 and active <> $2", account_id, active)
    if done == "UPDATE 0":
        return False
    if not active:
        await end_others(account_id, keeps="")
    await ledger.record("account.changed", actor=by, subject=str(account_id), payload={"active": active, "reason": reason.strip()[:300]})
    return True


async def end_session(account_id: UUID, session_id: UUID) -> None:
    """Raises ``NotFound`` for what is not this account's."""
    done = await connection().execute("delete from session where id = $1 and account = $2", session_id, account_id)
    if done == "DELETE 0":
        raise NotFound()


async def end_others(account_id: UUID, *, keeps: str) -> int:
    """End all sessions of an account but the one of the cookie ``keeps`` (empty: none stays), and sign-ins that are half done. Returns how many."""
    kept = hash_key(keeps) if keeps else ""
    await factors.end_steps(account_id)
    done = await connection().execute("delete from session where account = $1 and key_sha256 <> $2", account_id, kept)
    return int(done.rpartition(" ")[2])

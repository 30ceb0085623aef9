"""Signing in, and what is told to the owner of an account about it."""

from __future__ import annotations

from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import DomainError, Forbidden, NotFound
from backend.notify import service as notify
from backend.people import queries, rules, service, sessions
from backend.people.rules import ADMIN, Principal
from backend.people.service import require
from backend.storage.engine import transaction


def now_text() -> str:
    return clock.now().astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M")


async def check_password(username: str, password: str, address: str) -> UUID | DomainError:
    """``people.service.check_password``; whoever is kept out by failed tries finds it in the inbox. Inside the caller's transaction."""
    found = await service.check_password(username, password, address)
    if isinstance(found, service.BadCredentials) and found.locks is not None:
        minutes = round(rules.WINDOW.total_seconds() / 60)
        await notify.remind(found.locks, "account.locked", inspection=None, params={"minutes": str(minutes)})
    return found


async def change_password(current: str, new: str, *, by: Principal, keeps: str) -> None:
    """Raises ``WrongPassword``, ``TooManyAttempts``, ``Invalid``. Every other session of the account ends."""
    async with transaction():
        refusal = await sessions.change_password(by.account_id, current, new, keeps=keeps)
        if refusal is None:
            await notify.tell(by.account_id, "password.changed", inspection=None, params={"at": now_text()})
    if refusal is not None:
        raise refusal


async def prove(password: str, by: Principal) -> None:
    """Raises ``WrongPassword``, ``TooManyAttempts``; the count of failures is committed."""
    async with transaction():
        refusal = await sessions.prove(by.account_id, password)
    if refusal is not None:
        raise refusal


async def give_password(account: UUID, new: str, *, own: str, by: Principal) -> None:
    """An administrator, who proves it by the ``own`` password, gives somebody a password for one sign-in. Raises as the above, and ``NotFound``."""
    require(by, ADMIN)
    if account == by.account_id:
        raise Forbidden()
    await prove(own, by)
    async with transaction():
        await queries.find_account(account, by.scope)
        await sessions.give_password(account, new, by=by.account_id)
        await notify.tell(account, "password.changed", inspection=None, params={"at": now_text()})


async def set_standing(account: UUID, *, active: bool, reason: str, own: str, by: Principal) -> None:
    """Stop an account or let it in again; not one's own. Raises as ``give_password``."""
    require(by, ADMIN)
    if account == by.account_id:
        raise Forbidden()
    await prove(own, by)
    async with transaction():
        await queries.find_account(account, by.scope)
        await sessions.set_standing(account, active=active, reason=reason, by=by.account_id)


async def end_session(session: UUID, *, password: str, by: Principal) -> None:
    """One of the person's own sessions. Raises ``WrongPassword``, ``TooManyAttempts``, ``NotFound``."""
    await prove(password, by)
    async with transaction():
        await sessions.end_session(by.account_id, session)


async def end_others(*, password: str, keeps: str, by: Principal) -> int:
    await prove(password, by)
    async with transaction():
        return await sessions.end_others(by.account_id, keeps=keeps)


async def tell_of_passkey(account: UUID, name: str) -> None:
    """Inside the transaction that adds it."""
    if await queries.find_principal_of(account) is None:
        raise NotFound()
    await notify.tell(account, "passkey.added", inspection=None, params={"at": now_text(), "name": name[:60]})

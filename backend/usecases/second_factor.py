"""第二验证: the second step of a sign-in, setting a factor up, and taking it off; its owner is told of each.

Whatever counts a failure returns its refusal from the transaction and raises it afterwards, so that the count is committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.factors import queries as factor_queries
from backend.factors import rules
from backend.factors import service as factors
from backend.kernel.errors import DomainError, Forbidden, Invalid
from backend.notify import service as notify
from backend.people import passkeys, queries, service, sessions
from backend.people.ceremonies import Ceremony
from backend.people.rules import ADMIN, Principal
from backend.people.service import require
from backend.storage.engine import transaction
from backend.usecases import own_account


class ProveFirst(DomainError):
    """Nothing about how one signs in is changed on the strength of a session alone (ASVS 5.0, 7.5.1)."""

    code = "prove-first"
    status = 403
    zh = "请再次输入当前密码"
    en = "Please enter your present password again"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sign-in that waits for its second factor. ``by_app``: a code of an app may come; ``by_passkey``: a passkey may."""

    account_id: UUID
    username: str
    by_app: bool
    by_passkey: bool
    codes_left: int

    @property
    def ways(self) -> list[str]:
        known = {"app": self.by_app, "passkey": self.by_passkey, "recovery": self.codes_left > 0}
        return [way for way, is_there in known.items() if is_there]


async def begin(account_id: UUID) -> str | None:
    """The cookie under which a sign-in with the right password waits; None where the password is enough. Inside the caller's transaction."""
    return await factors.open_step(account_id) if await queries.has_factor(account_id) else None


async def find_waiting(cookie: str) -> Waiting | None:
    """The sign-in under a cookie, None where there is none or it waited too long."""
    account_id = await factor_queries.find_waiting(cookie) if cookie else None
    who = await queries.find_principal_of(account_id) if account_id else None
    if who is None:
        return None
    standing = await factor_queries.find_standing(who.account_id)
    known = await queries.list_passkeys(who.account_id)
    return Waiting(who.account_id, who.username, standing.app_added_at is not None, bool(known), standing.codes_left)


async def check_code(cookie: str, typed: str, address: str) -> UUID | DomainError:
    """The account id of a sign-in that is through, or the refusal *returned*. Inside the caller's transaction."""
    waiting = await find_waiting(cookie)
    if waiting is None:
        return rules.StepOver()
    if refusal := await service.refuse_blocked(waiting.username, address):
        return refusal
    way = await factors.use(waiting.account_id, typed)
    if way is None:
        if await service.count_failures(waiting.username, address):
            # Whoever is here knows the password: the owner must hear of it, and it must be typed again after the pause.
            await factors.end_steps(waiting.account_id)
            await notify.remind(waiting.account_id, "factor.failed", inspection=None, params={})
        return rules.BadFactor()
    await factors.close_step(cookie)
    await service.clear_failures(service.failures_key(waiting.username))
    if way == rules.RECOVERY:
        left = str((await factor_queries.find_standing(waiting.account_id)).codes_left)
        await notify.tell(waiting.account_id, "recovery.used", inspection=None, params={"at": own_account.now_text(), "left": left})
    return waiting.account_id


async def prove_again(password: str, *, by: Principal, session: str) -> None:
    """The present password, typed again: this session is fresh by it. Raises ``WrongPassword``, ``TooManyAttempts``."""
    async with transaction():
        refusal = await sessions.prove(by.account_id, password, session=session)
    if refusal is not None:
        raise refusal


async def require_fresh(session: str) -> None:
    """Raises ``ProveFirst`` where the session's owner has not proved who they are for some minutes."""
    if not await sessions.is_fresh(session):
        raise ProveFirst()


async def _require_proof(password: str, *, by: Principal, session: str) -> None:
    """The password; but whoever has just signed in and is led here to set up a first factor has typed it already."""
    if not password and by.lacks_factor and await sessions.is_fresh(session):
        return
    await prove_again(password, by=by, session=session)


async def begin_app(password: str, *, by: Principal, session: str) -> None:
    """Make the secret of an authenticator app, to be scanned and confirmed by its first code."""
    await _require_proof(password, by=by, session=session)
    async with transaction():
        await factors.begin_app(by.account_id)


async def find_pending(*, by: Principal, session: str) -> str | None:
    """The secret to be scanned: only in a session that is fresh."""
    if not await sessions.is_fresh(session):
        return None
    return await factors.find_pending(by.account_id)


async def confirm_app(typed: str, *, by: Principal, session: str) -> list[str]:
    """The app's first code. Returns recovery codes where there were none yet. Every other session ends.

    Raises ``ProveFirst``, ``BadFactor``, ``NothingPending``.
    """
    await require_fresh(session)
    async with transaction():
        if not await factors.confirm_app(by.account_id, typed):
            raise rules.BadFactor()
        standing = await factor_queries.find_standing(by.account_id)
        codes = [] if standing.codes_left else await factors.issue_codes(by.account_id)
        await sessions.end_others(by.account_id, keeps=session)
        await notify.tell(by.account_id, "factor.added", inspection=None, params={"at": own_account.now_text()})
    return codes


async def issue_codes(password: str, *, by: Principal, session: str) -> list[str]:
    """Ten recovery codes, shown once. The password is asked for unless there were none and somebody has just added the first factor."""
    standing = await factor_queries.find_standing(by.account_id)
    if password or standing.codes_made_at is not None or not await sessions.is_fresh(session):
        await prove_again(password, by=by, session=session)
    if not by.has_factor:
        raise Forbidden()
    async with transaction():
        codes = await factors.issue_codes(by.account_id)
        await notify.tell(by.account_id, "recovery.issued", inspection=None, params={"at": own_account.now_text()})
    return codes


async def ask_passkey(password: str, *, by: Principal, session: str) -> Ceremony:
    """What the browser needs to make a passkey at the desk. Raises ``NoPasskeys``, ``TooManyPasskeys``."""
    await _require_proof(password, by=by, session=session)
    async with transaction():
        return await passkeys.ask_to_add(by.account_id, username=by.username, name=by.name)


async def add_passkey(ceremony: UUID, credential: dict[str, Any], name: str, *, by: Principal, session: str) -> bool:
    """Every other session ends. Returns whether it is the first factor, so that recovery codes are due.

    Raises ``ProveFirst``, ``StaleChallenge``, ``BadPasskey``, ``Conflict``.
    """
    await require_fresh(session)
    async with transaction():
        added = await passkeys.add(ceremony, credential, account_id=by.account_id, device=by.device, name=name)
        if not isinstance(added, DomainError):
            await sessions.end_others(by.account_id, keeps=session)
            await own_account.tell_of_passkey(by.account_id, name)
    if isinstance(added, DomainError):
        raise added
    return await queries.has_factor(by.account_id) and (await factor_queries.find_standing(by.account_id)).codes_made_at is None


async def remove_passkey(passkey: UUID, *, password: str, by: Principal, session: str) -> None:
    """One of the person's own. Every other session ends. Raises ``WrongPassword``, ``TooManyAttempts``, ``NotFound``."""
    await prove_again(password, by=by, session=session)
    async with transaction():
        await passkeys.remove(passkey, account_id=by.account_id, by=by.account_id)
        await _after_removal(by, session, "通行密钥", "a passkey")


async def remove_app(*, password: str, by: Principal, session: str) -> None:
    """Every other session ends. Raises ``WrongPassword``, ``TooManyAttempts``."""
    await prove_again(password, by=by, session=session)
    async with transaction():
        if await factors.remove_app(by.account_id):
            await _after_removal(by, session, "验证器", "the authenticator app")


async def _after_removal(by: Principal, session: str, zh: str, en: str) -> None:
    if not await queries.has_factor(by.account_id):
        await factors.forget_codes(by.account_id)
    await sessions.end_others(by.account_id, keeps=session)
    await notify.tell(by.account_id, "factor.removed", inspection=None, params={"at": own_account.now_text(), "zh": zh, "en": en})


async def take_off(account: UUID, *, reason: str, own: str, by: Principal) -> None:
    """Somebody has lost their factors: an administrator takes all of them off. ``reason``: how the person was known (ASVS 5.0, 6.4.4).

    Sessions end, the owner is told. Raises ``Forbidden`` for one's own account, ``Invalid`` without a reason, and as ``own_account.give_password``.
    """
    require(by, ADMIN)
    if account == by.account_id:
        raise Forbidden()
    if not reason.strip():
        raise Invalid(field="reason", why_zh="请写明如何核实了本人身份", why_en="say how the person was known")
    await own_account.prove(own, by)
    async with transaction():
        await queries.find_account(account, by.scope)
        await _take_off(account, by=by.account_id, why=reason)


async def _take_off(account: UUID, *, by: UUID | None, why: str) -> None:
    await passkeys.remove_all(account, by=by, why="office" if by else "operator")
    await factors.take_off(account, by=by, why=why.strip()[:300])
    await sessions.end_others(account, keeps="")
    params = {"at": own_account.now_text(), "zh": "全部，由管理员", "en": "all of it, by an administrator"}
    await notify.tell(account, "factor.removed", inspection=None, params=params)


async def let_in(username: str, password: str, *, reason: str) -> Sequence[str]:
    """The operator at the machine lets somebody in again who has lost everything: ``password`` is for one sign-in, factors are off, sessions
    end, a stopped account stands again. What was done, in words of the log. Raises ``NotFound``, ``Invalid``.
    """
    if not reason.strip():
        raise Invalid(field="--reason", why_zh="请写明原因和如何核实了本人身份", why_en="say why, and how the person was known")
    async with transaction():
        account = await queries.find_by_username(username)
        if account is None:
            raise Invalid(field="username", why_zh="没有这个账号", why_en="there is no such account")
        if not account.active:
            await sessions.set_standing(account.id, active=True, reason=reason, by=None)
        await sessions.give_password(account.id, password, by=None)
        await _take_off(account.id, by=None, why=reason)
        await service.clear_failures(service.failures_key(username))
    return ["password.changed", "factor.removed", *([] if account.active else ["account.changed"])]

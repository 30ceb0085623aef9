"""A phone is lost: its key, its sessions, its alerts and its passkeys end together."""

from __future__ import annotations

from uuid import UUID

from backend.kernel.errors import Forbidden, NotFound
from backend.notify import service as notify
from backend.people import passkeys, queries, service
from backend.people.rules import ADMIN, MANAGER, PHONE_ONLY, Principal
from backend.people.service import require
from backend.storage.engine import transaction
from backend.usecases.own_account import now_text


async def revoke_device(device: UUID, *, by: Principal) -> UUID:
    """Report a phone as lost, for an administrator or the manager of its owner's department. Gives the owner's account; idempotent.

    Raises ``NotFound`` outside the person's scope.
    """
    require(by, ADMIN, MANAGER)
    async with transaction():
        owner = await queries.find_device_owner(device)
        if owner is None:
            raise NotFound()
        await queries.find_account(owner, by.scope)
        if await service.revoke_device(device, by=by.account_id) is not None:
            await passkeys.remove_lost(device, account_id=owner, by=by.account_id)
            await notify.forget_phone(owner, device)
        return owner


async def remove_passkey(passkey: UUID, account: UUID, *, by: Principal) -> None:
    """The office ends a passkey of an officer's phone in its scope, and the officer is told. Raises ``NotFound`` outside it.

    Of somebody in the office it is the second factor: its owner removes it, or an administrator takes all of it off (second_factor.py).
    """
    require(by, ADMIN, MANAGER)
    async with transaction():
        owner = await queries.find_account(account, by.scope)
        if owner.role not in PHONE_ONLY:
            raise Forbidden()
        await passkeys.remove(passkey, account_id=account, by=by.account_id)
        params = {"at": now_text(), "zh": "通行密钥，由单位", "en": "a passkey, by the office"}
        await notify.tell(account, "factor.removed", inspection=None, params=params)

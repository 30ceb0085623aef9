"""A phone is lost: its key, its sessions, its alerts and its passkeys end together."""

from __future__ import annotations

from uuid import UUID

from backend.kernel.errors import NotFound
from backend.notify import service as notify
from backend.people import passkeys, queries, service
from backend.people.rules import ADMIN, MANAGER, Principal
from backend.people.service import require
from backend.storage.engine import transaction


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
    """The office ends a passkey of somebody in its scope. Raises ``NotFound`` outside it."""
    require(by, ADMIN, MANAGER)
    async with transaction():
        await queries.find_account(account, by.scope)
        await passkeys.remove(passkey, account_id=account, by=by.account_id)

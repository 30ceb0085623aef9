"""How often somebody who is not signed in may do a thing, counted by where the request comes from.

A try is counted in a transaction of its own, so that one which is refused afterwards counts too.
"""

from __future__ import annotations

from backend.limits.rules import network
from backend.limits.service import keyed
from backend.people.service import count_try
from backend.storage.engine import transaction


async def spend(what: str, address: str, limit: int) -> None:
    """Count one of at most ``limit`` tries in ten minutes. Raises ``TooManyAttempts``.

    Nothing of the address is kept but a keyed hash.
    """
    async with transaction():
        await count_try(f"{what}:{keyed(network(address))[:32]}", limit)

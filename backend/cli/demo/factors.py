"""An officer with an authenticator app who has used some recovery codes: what an administrator sees, and can take off."""

from __future__ import annotations

from uuid import UUID

import pyotp

from backend.factors import service as factors
from backend.kernel import clock
from backend.storage.engine import transaction


async def show_factors(account: UUID) -> None:
    """Nobody keeps the secret: the account is not one that visitors sign in with."""
    async with transaction():
        await factors.begin_app(account)
        secret = await factors.find_pending(account)
        assert secret is not None
        await factors.confirm_app(account, pyotp.TOTP(secret).at(clock.now()))
        for code in (await factors.issue_codes(account))[:3]:
            await factors.use(account, code)

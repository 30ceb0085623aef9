"""How often strangers may ask: a handler names its limit in ``opt={"limit": ..}``, a guard counts before anything of the body is read.

Ordinary pages have none: a count is a write. Proven by tests/web/test_limits.py, which also asks a limit of every public route that writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.limits import service
from backend.limits.rules import Limit, network
from backend.web.shared.session import client_address

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """``only_with``: counted only where the query gives one of these a value; empty: always."""

    limit: Limit
    only_with: frozenset[str] = frozenset()


# A whole office may share one address, and so may many phones of one mobile network.
SIGN_IN: Final = Counted(Limit("sign-in", 120, 10 * _MINUTE))
PASSKEY: Final = Counted(Limit("passkey", 300, 10 * _MINUTE))  # asked for with each look at a fingerprint
SEND: Final = Counted(Limit("send", 30, 10 * _MINUTE))  # a stranger's form
HEAVY: Final = Counted(Limit("heavy", 60, _MINUTE))  # whole registers as files


def searching(*names: str) -> Counted:
    """A list that is only a search when one of these is asked for."""
    return Counted(Limit("search", 120, _MINUTE), frozenset(names))


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises ``TooManyRequests`` (429 with Retry-After)."""
    counted = handler.opt.get("limit")
    if counted is None or (counted.only_with and not any(connection.query_params.get(name) for name in counted.only_with)):
        return
    await service.spend(counted.limit, network(client_address(connection)))

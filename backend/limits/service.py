"""The verb of limits: spend one try."""

from __future__ import annotations

import hashlib
import hmac
from functools import cache

from backend.kernel import clock
from backend.limits.rules import SKEW, Limit, TooManyRequests, seconds_to_wait
from backend.storage.engine import reader
from backend.storage.keys import secret

# ``next_full`` of the rules in one statement: tries that meet on several servers are counted one after the other.
_SPEND = (
    "with spent as ("
    " insert into rate_limit as r (key, full_until) values ($1, $2::timestamptz + $3::interval)"
    " on conflict (key) do update set full_until = case when r.full_until > $2 + $4::interval + $5::interval then $2 else greatest(r.full_until, $2) end + $3"
    " where r.full_until > $2 + $4 + $5 or greatest(r.full_until, $2) + $3 <= $2 + $4"
    " returning full_until)"
    " select true as is_let_in, full_until from spent"
    " union all select false, full_until from rate_limit where key = $1 and not exists (select from spent)"
)


@cache
def _secret() -> bytes:
    return secret("limits").encode()


def _keyed(text: str) -> str:
    """What stands for an address where tries are counted, in hex: there are too few addresses for a plain hash."""
    return hmac.digest(_secret(), text.encode(), hashlib.sha256).hex()


async def spend(limit: Limit, who: str) -> None:
    """Count one try of ``who`` (an address by ``rules.network``, an account's id ..). Raises ``TooManyRequests`` with the seconds to wait.

    Call it before the verb's transaction: inside one, a refusal that follows would give the try back.
    """
    key = _keyed(f"{limit.name}\n{who}")
    now = clock.now()
    row = await reader().fetchrow(_SPEND, key, now, limit.step, limit.per, SKEW)
    if row is None:  # made by another process in this very moment, and full already
        raise TooManyRequests(retry_after_s=1)
    if not row["is_let_in"]:
        raise TooManyRequests(retry_after_s=seconds_to_wait(row["full_until"], now, limit))

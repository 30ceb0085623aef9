"""Who is counted as one, and how a bucket leaks (GCRA, ITU-T I.371). Pure. Proven by tests/rules/test_limits.py.

A bucket holds ``times`` and loses one each ``per / times``. It is one moment: ``full_until``, when it will be empty again. A try
adds ``per / times`` to it, and is refused where that would reach further ahead than ``per``. Nothing has to be reset, an idle
key's row says nothing and can be deleted.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from backend.kernel.errors import DomainError

SKEW: Final = timedelta(minutes=5)  # how far the clocks of servers may be apart


class TooManyRequests(DomainError):
    code = "too-many-requests"
    status = 429
    zh = "请求过于频繁，请 {retry_after_s} 秒后再试"
    en = "Too many requests: try again in {retry_after_s} seconds"


@dataclass(frozen=True, slots=True)
class Limit:
    """``times`` at once, and as many again in each ``per``. ``name`` keeps the keys of different limits apart."""

    name: str
    times: int
    per: timedelta

    @property
    def step(self) -> timedelta:
        return self.per / self.times


def next_full(full_until: datetime | None, now: datetime, limit: Limit) -> datetime | None:
    """``full_until`` after one more try, None where it is refused. What lies too far ahead was written by a clock that was wrong: it counts for nothing."""
    begins = now if full_until is None or full_until > now + limit.per + SKEW else max(full_until, now)
    after = begins + limit.step
    return after if after <= now + limit.per else None


def seconds_to_wait(full_until: datetime, now: datetime, limit: Limit) -> int:
    """Whole seconds until the next try is let through, at least 1."""
    return max(1, ceil((full_until + limit.step - limit.per - now).total_seconds()))


def network(address: str) -> str:
    """What counts as one visitor: an IPv4 address, the /64 of an IPv6 address (a household has all of it), the text itself where it is neither."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:60]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


def read_address(text: str) -> str | None:
    """An address as a proxy writes it in ``X-Forwarded-For``, with or without a port, in its one spelling; None where it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def visitor(direct: str, forwarded: list[str], proxies: int) -> str:
    """The visitor's address. ``forwarded``: every ``X-Forwarded-For`` line in order; ``proxies``: how many of ours stand in front.

    Each of our proxies appends whom it heard from, so the visitor stands ``proxies`` from the end; what stands before that anybody may
    have written. A request with fewer entries did not come through all of them: then nothing but the connection is believed.
    """
    hops = [hop for line in forwarded for hop in line.split(",") if hop.strip()]
    if proxies and len(hops) >= proxies:
        return read_address(hops[-proxies]) or read_address(direct) or direct
    return read_address(direct) or direct

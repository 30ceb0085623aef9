"""Limits in the database: the statement is the rule, tries that meet are all counted, what has run out is forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from backend.kernel import clock
from backend.limits import jobs, rules, service
from backend.limits.rules import Limit, TooManyRequests
from backend.storage.engine import connection, transaction

FIVE = Limit("five", 5, timedelta(seconds=50))


async def tries(n: int, who: str = "192.0.2.7", limit: Limit = FIVE) -> int:
    let_in = 0
    for _ in range(n):
        try:
            await service.spend(limit, who)
            let_in += 1
        except TooManyRequests:
            pass
    return let_in


async def test_the_statement_is_the_rule(db):
    start = clock.now()
    full = None
    for second in (0, 0, 0, 0, 0, 0, 4, 10, 10, 21, 300, 300, 300, 300, 300, 300):
        now = start + timedelta(seconds=second)
        clock.hold(lambda now=now: now)
        expected = rules.next_full(full, now, FIVE)
        assert await tries(1) == (expected is not None), second
        full = expected or full


async def test_the_refusal_says_how_long(db):
    await tries(5)
    with pytest.raises(TooManyRequests) as told:
        await service.spend(FIVE, "192.0.2.7")
    assert told.value.fields["retry_after_s"] in (9, 10)


async def test_tries_that_meet_are_all_counted(db):
    async def one() -> bool:
        return await tries(1) == 1

    assert sum(await asyncio.gather(*(one() for _ in range(40)))) == 5


async def test_keys_are_apart_and_hold_no_address(db):
    assert await tries(9) == 5
    assert await tries(9, who="192.0.2.8") == 5
    assert await tries(9, limit=Limit("other", 3, timedelta(minutes=1))) == 3
    async with transaction():
        keys = [row["key"] for row in await connection().fetch("select key from rate_limit")]
    assert len(keys) == 3
    assert all(len(key) == 64 and "192" not in key[:3] for key in keys)


async def test_a_clock_that_went_back_locks_nobody_out(db):
    ahead = clock.now() + timedelta(days=400)
    clock.hold(lambda: ahead)
    assert await tries(9) == 5
    clock.hold(None)
    assert await tries(9) == 5


async def test_what_has_run_out_is_forgotten(db):
    await tries(2)
    assert await jobs.sweep() == 0
    later = clock.now() + timedelta(seconds=60)
    clock.hold(lambda: later)
    await tries(1, who="192.0.2.8")
    assert await jobs.sweep() == 1
    async with transaction():
        assert await connection().fetchval("select count(*) from rate_limit") == 1

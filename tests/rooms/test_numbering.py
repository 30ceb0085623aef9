"""Numbers of published results: without gaps or doubles whoever asks at once, and at the same cost behind a million."""

from __future__ import annotations

import asyncio
import re
import time

import pytest

from backend.kernel import clock
from backend.publicity import service as publicity
from backend.storage.engine import connection, transaction
from backend.storage.numbering import next_in


async def publish(number: str) -> None:
    """As much of a result as the series looks at."""
    await connection().execute(
        "insert into publication (id, number, inspection, version, status, reason, enterprise, enterprise_code, enterprise_name, department, county,"
        " draw_id, completed_on, published_at, snapshot, entry_id) select gen_random_uuid(), $1, gen_random_uuid(), 1, status, reason, enterprise,"
        " enterprise_code, enterprise_name, department, county, draw_id, completed_on, published_at, snapshot, entry_id from publication limit 1",
        number,
    )


class TakenBack(Exception):
    pass


async def test_many_at_once_with_some_taken_back(demo):
    async with transaction():
        await connection().execute("alter table publication drop constraint if exists publication_inspection_fkey")
        first = int((await publicity.next_number())[-6:])
        await publish(f"GS-{clock.today().year}-{first:06d}")
    given: list[int] = []

    async def one(n: int) -> None:
        try:
            async with transaction():
                number = await publicity.next_number()
                await asyncio.sleep(0.001 * (n % 3))
                if n % 4 == 0:
                    raise TakenBack
                await publish(number)
            given.append(int(number[-6:]))
        except TakenBack:
            pass

    await asyncio.gather(*(one(n) for n in range(40)))
    assert sorted(given) == list(range(first + 1, first + 31)), "no gap, no double; what was taken back was given again"


async def test_the_series_goes_on_where_the_demo_countys_results_end(demo):
    year = clock.today().year
    async with transaction():
        numbers = [r["number"] for r in await connection().fetch("select number from publication where number like $1 and version = 1", f"GS-{year}-%")]
        assert sorted(numbers) == [f"GS-{year}-{n:06d}" for n in range(1, len(numbers) + 1)]
        assert await publicity.next_number() == f"GS-{year}-{len(numbers) + 1:06d}"


async def test_numbers_of_the_release_before_are_stepped_over(demo):
    async with transaction():
        await connection().execute("alter table publication drop constraint if exists publication_inspection_fkey")
        before = await publicity.next_number()
        await publish(before)
        n, series = int(before[-6:]), before[:7]
        await publish(f"{series}-{n + 1:06d}")  # counted by the release before, which knows no series
        assert await publicity.next_number() == f"{series}-{n + 2:06d}"


async def test_a_million_results_cost_what_one_does(demo):
    async with transaction():
        await connection().execute("update number_series set last = 999999")
        series = (await publicity.next_number())[:7]
        assert await publicity.next_number() == f"{series}-1000001", "and there is a number behind the last of six digits"
    async with transaction():
        plan = "\n".join(r[0] for r in await connection().fetch("explain select exists (select from publication where number = $1)", "GS-2026-000001"))
        assert "Seq Scan" not in plan or int(re.search(r"rows=(\d+)", plan)[1]) < 100, plan
        began = time.perf_counter()
        for _ in range(50):
            await publicity.next_number()
        assert (time.perf_counter() - began) / 50 < 0.02


async def test_each_series_counts_for_itself(db):
    async with transaction():
        assert [await next_in("A"), await next_in("A"), await next_in("B"), await next_in("A")] == [1, 2, 1, 3]
    with pytest.raises(TakenBack):
        async with transaction():
            await next_in("A")
            raise TakenBack
    async with transaction():
        assert await next_in("A") == 4

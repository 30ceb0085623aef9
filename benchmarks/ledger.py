"""The ledger: appending through the sequencer beside a bare COPY of the same rows."""

from __future__ import annotations

import random
import time

from benchmarks._database import run

ENTRIES = 20_000
PROOFS = 300


async def _measure() -> None:
    from backend.ledger import sequencer, service
    from backend.storage import engine, migrate
    from backend.storage.engine import connection, transaction

    await migrate.migrate()
    async with engine.pool(4):
        for batch in (100, 1_000):
            async with transaction():
                for i in range(ENTRIES):
                    await service.record("demo.loaded", actor=None, subject="bench", payload={"i": i})
            start = time.perf_counter()
            while await sequencer.sequence(batch):
                pass
            took = time.perf_counter() - start
            async with transaction():
                rows = await connection().fetch("select index, entry_id, leaf, leaf_sha256 from ledger_leaf order by index desc limit $1", ENTRIES)
                await connection().execute("create temp table bare (like ledger_leaf) on commit drop")
                start = time.perf_counter()
                await connection().copy_records_to_table("bare", records=[tuple(r) for r in rows])
                bare = time.perf_counter() - start
            print(f"sequence, batch {batch:>5}: {ENTRIES / took:9,.0f} entries/s   {took / bare:5.1f} x a bare COPY of the same rows")
        await _prove()


async def _prove() -> None:
    from backend.ledger import queries
    from backend.storage.engine import reader

    dice = random.Random(1)  # noqa: S311 - places to prove, no secret
    size = await queries.count_entries()
    places = [dice.randrange(size) for _ in range(PROOFS)]
    start = time.perf_counter()
    for index in places:
        assert await queries.find_proof_at(index)
    took = time.perf_counter() - start
    start = time.perf_counter()
    for index in places:
        await reader().fetchval("select leaf from ledger_leaf where index = $1", index)
    bare = time.perf_counter() - start
    print(f"proofs in a log of {size:,}: {PROOFS / took:9,.0f} a second   {took / bare:5.1f} x one select of the leaf")


def main() -> None:
    run(_measure)

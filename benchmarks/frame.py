"""Freeze (T0) and select (T1) in the database, beside what a hidden draw would do on the same table."""

from __future__ import annotations

import resource
import time
from uuid import uuid4

from benchmarks._database import run

SIZES = (10_000, 100_000, 1_000_000)
PERCENT = 5
COUNTIES = [f"5303{n:02d}" for n in range(1, 10)]


async def _measure() -> None:
    from backend.draws import frame
    from backend.registry import queries as registry
    from backend.storage import engine, migrate
    from backend.storage.engine import connection, transaction

    await migrate.migrate()
    async with engine.pool(2):
        async with transaction():
            # Filled here without what finds enterprises by name, which no draw reads.
            await connection().execute("alter table enterprise disable trigger user")
        filled = 0
        for n in SIZES:
            async with transaction():
                await connection().execute(
                    "insert into enterprise (id, code, code_kind, name, name_key, region, industry, kind, status, credit_class, qr_token)"
                    " select gen_random_uuid(), '9153' || lpad(g::text, 14, '0'), 'uscc', 'e' || g, 'e' || g, '5303' || lpad((g % 9 + 1)::text, 2, '0'),"
                    " (6210 + g / 9 % 12)::text, '', case when g % 20 = 0 then 'revoked' else 'active' end, 'B', 'q' || g from generate_series($1, $2::int) g",
                    filled + 1,
                    n,
                    timeout=300,
                )
            filled = n
            # A register lies still for days before it is drawn from: no first reading, no writing back of what was just filled in.
            await engine.database().pool.execute("vacuum analyze enterprise", timeout=300)
            await engine.database().pool.execute("checkpoint", timeout=300)
            draw = uuid4()
            start = time.perf_counter()
            async with transaction("repeatable_read"):
                frozen = await frame.freeze(draw, registry.frame_source(COUNTIES, []), {}, salt_key=bytes(32), by_class=False)
            took = time.perf_counter() - start
            assert frozen.n == n
            start = time.perf_counter()
            async with transaction():
                await connection().execute(
                    "create temp table bare on commit drop as select * from draw_frame_row where draw = $1".replace("$1", f"'{draw}'"), timeout=300
                )
            bare_copy = time.perf_counter() - start
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"freeze {n:>9,} rows  {took:6.2f} s  {took / bare_copy:4.1f} x writing the same rows bare   peak {memory:,.0f} MB")
            k = n * 19 // 20 * PERCENT // 100
            per_cell = -(-k // 108)
            rivals = {
                "order by random() limit k": f"select object_id from draw_frame_row where draw = $1 and st = 'E' order by random() limit {k}",
                "row_number() by cell": "select object_id from (select object_id, row_number() over (partition by cell order by random()) as r"
                f" from draw_frame_row where draw = $1 and st = 'E') f where r <= {per_cell}",
            }
            best: dict[str, float] = {}
            for run in range(5):
                async with transaction():
                    start = time.perf_counter()
                    cells = await frame.select(draw, run.to_bytes(32, "big"), {"-": (PERCENT, 100)}, frozen.strata)
                    best["select"] = min(best.get("select", 9e9), time.perf_counter() - start)
                    for name, sql in rivals.items():
                        start = time.perf_counter()
                        await connection().fetch(sql, draw)
                        best[name] = min(best.get(name, 9e9), time.perf_counter() - start)
            drawn = sum(len(c.drawn) for c in cells)
            print(f"select {n:>9,} rows  {best['select']:6.3f} s  {drawn:,} drawn", end="")
            print("".join(f"   {best['select'] / best[name]:4.2f} x {name} ({best[name]:.3f} s)" for name in rivals))


def main() -> None:
    run(_measure)


if __name__ == "__main__":
    main()

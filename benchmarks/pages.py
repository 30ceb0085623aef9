"""Server time of every public page on the demo county grown to a million enterprises: read for the first time, and once it is kept.

``ROWS=1000000`` enterprises, a third as many results and visits, one draw whose frame has all of them. Through the whole application in this process, one
question at a time; the median of three. Goal: 100 ms. What takes longer is listed at the end.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from statistics import median

from benchmarks._database import run
from benchmarks._million import COLUMNS, rows

SIZE = int(os.environ.get("ROWS") or 1_000_000)
GOAL_MS = 100
TIMES = 3
# By what a reader asks beside the addresses alone.
ASKED = (
    "/results?q=%E9%A5%AD%E5%BA%97", "/results?q=9153", "/results?county=530302", "/results?department=scjg&outcome=1",
    "/results?from=2026-01-01&to=2026-01-31", "/results?q=nothing-like-it", "/lists?q=%E9%A5%AD%E5%BA%97", "/lists?list=serious", "/statistics?year=2025",
    "/log?type=result.published", "/log?day=2026-11-26", "/api/v1/results?county=530303&limit=200", "/api/v1/changes?after=5",
)  # fmt: skip


async def _grow() -> None:
    from backend.storage import engine
    from backend.storage.engine import connection, transaction
    from tests.web.test_plans import COPIES, multiply

    n = {"inspection": SIZE // 3, "publication": SIZE // 3, "ledger_entry": SIZE // 3, "enterprise_listing": SIZE // 100, "rectification_order": SIZE // 50,
         "campaign": 400, "penalty": SIZE // 20, "permit": SIZE // 20}  # fmt: skip
    async with transaction():
        sql = connection()
        await sql.execute("set local session_replication_role = replica")
        await sql.copy_records_to_table("enterprise", records=rows(SIZE, datetime.now(UTC)), columns=COLUMNS, timeout=1800)
        for table, size in n.items():
            await multiply(table, size, COPIES[table][1])
        draw = await sql.fetchval("select draw_id from draw where state = 'revealed' order by draw_id limit 1")
        names = "select column_name from information_schema.columns where table_name = 'draw_frame_row' order by ordinal_position"
        columns = [row[0] for row in await sql.fetch(names)]
        chosen = ", ".join("'x' || g" if c == "object_id" else f"r.{c}" for c in columns)
        await sql.execute(
            f"insert into draw_frame_row ({', '.join(columns)}) select {chosen}"
            " from (select * from draw_frame_row where draw = (select id from draw where draw_id = $1) limit 1) r, generate_series(1, $2::int) g",
            draw,
            SIZE,
            timeout=1800,
        )
    await engine.database().pool.execute("vacuum analyze", timeout=1800)


async def _paths() -> list[str]:
    from backend.placards.signing import code_of
    from backend.storage.engine import connection, transaction
    from tests.web.test_plans import list_pages

    async with transaction():
        one = connection().fetchval
        return [
            *(p for p in list_pages() if not p.startswith(("/console", "/my"))),
            "/draws/" + await one("select draw_id from draw where state = 'revealed' order by draw_id limit 1"),
            "/plans/" + await one("select p.number from annual_plan p join plan_edition e on e.plan = p.id where e.published_at is not null limit 1"),
            "/results/" + await one("select number from publication order by published_at desc limit 1"),
            "/e/" + code_of(await one("select token from placard where ground = '' limit 1")),
            f"/log/entries/{await one('select max(index) from ledger_leaf')}",
            *ASKED,
        ]


async def _measure() -> None:
    import httpx

    from backend.app import create_app
    from backend.cli.demo.load import load_if_empty
    from backend.storage import engine, migrate

    await migrate.migrate()
    await load_if_empty()
    slow = []
    async with engine.pool(4):
        await _grow()
        transport = httpx.ASGITransport(create_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", timeout=600) as reader:

            async def ask(path: str, *, is_first: bool) -> float:
                if is_first:
                    await engine.database().pool.execute("truncate kept_page")
                start = time.perf_counter()
                answer = await reader.get(path)
                assert answer.status_code in (200, 303, 403), (path, answer.status_code)
                return 1000 * (time.perf_counter() - start)

            await ask("/", is_first=True)
            for path in await _paths():
                first = median([await ask(path, is_first=True) for _ in range(TIMES)])
                again = median([await ask(path, is_first=False) for _ in range(TIMES)])
                print(f"{path:<60} first {first:8.1f} ms   again {again:7.1f} ms", flush=True)
                if first > GOAL_MS:
                    slow.append(f"{path} {first:.0f} ({again:.0f} again)")
    print(f"over {GOAL_MS} ms: {'; '.join(slow) or 'none'}")


def main() -> None:
    run(_measure)


if __name__ == "__main__":
    main()

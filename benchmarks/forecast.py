"""What a forecast and the conflicts of one round cost over a million enterprises and a year's 100,000 visits, beside a bare count of the register."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import Any

from benchmarks._database import run

N, VISITS, TIMES = 1_000_000, 100_000, 7
COUNTIES = tuple(f"5303{n:02d}" for n in range(1, 10))


async def _fill() -> None:
    from backend.storage import engine
    from backend.storage.engine import connection, transaction

    async with transaction():
        sql = connection()
        # Without what finds enterprises by name, and without the checks of what visits hang on: neither is read here.
        await sql.execute("set local session_replication_role = replica")
        await sql.execute(
            "insert into enterprise (id, code, code_kind, name, name_key, region, industry, kind, status, credit_class, qr_token)"
            " select gen_random_uuid(), '9153' || lpad(g::text, 14, '0'), 'uscc', 'e' || g, 'e' || g, '5303' || lpad((g % 9 + 1)::text, 2, '0'),"
            " (1000 + g / 9 % 400)::text, '', case when g % 20 = 0 then 'revoked' else 'active' end, substr('ABCD', 1 + g / 97 % 4, 1), 'q' || g"
            f" from generate_series(1, {N}) g",
            timeout=600,
        )
        await sql.execute(
            "insert into campaign (id, number, name, plan_name, state, department, partners, region, counties, industries, rate_mode, rates,"
            " officers_per_visit, due_on, kind, source_ref, created_by, created_at, version) select gen_random_uuid(), 'B-' || g, 'b' || g, '',"
            " case when g <= 20 then 'draft' else 'closed' end, 'scjg', '{}', '5303', $1, '{}', 'rate', '{\"-\": [5, 100]}', 2, current_date + 60, 'random',"
            " '', gen_random_uuid(), now(), 1 from generate_series(1, 40) g",
            list(COUNTIES),
        )
        await sql.execute(
            "insert into inspection (id, campaign, enterprise, enterprise_code, enterprise_name, department, county, state, due_on, dispatched_at,"
            " completed_on, sealed_salt, sealed_leaf, sealed_index, version, updated_at) select gen_random_uuid(),"
            " (select array_agg(id) from campaign where state = 'closed')[1 + n % 20], e.id, e.code, e.name, 'scjg', e.region, 'published', current_date,"
            " now(), current_date, null, null, null, 1, now() from (select *, row_number() over () as n from enterprise tablesample system (20)) e"
            f" where n <= {VISITS}",
            timeout=600,
        )
    await engine.database().pool.execute("vacuum analyze", timeout=600)


async def _time(name: str, work: Callable[[], Awaitable[Any]], base: float | None = None) -> float:
    await work()
    took = []
    for _ in range(TIMES):
        start = time.perf_counter()
        await work()
        took.append(time.perf_counter() - start)
    beside = f"   {median(took) / base:4.2f} x a bare count" if base else ""
    print(f"{name:<46} {median(took) * 1000:7.0f} ms{beside}")
    return median(took)


async def _measure() -> None:
    from backend.forecast import queries
    from backend.forecast.rules import PLAN, PlannedRound
    from backend.kernel import clock
    from backend.kernel.scope import Scope
    from backend.storage import engine, migrate
    from backend.storage.engine import reader
    from backend.usecases import forecast

    await migrate.migrate()
    async with engine.pool(2):
        await _fill()
        today = clock.today()
        round_ = PlannedRound(
            "x", "x", PLAN, ("scjg",), "5303", COUNTIES, (), (), "classes", {"A": (2, 100), "B": (10, 100), "C": (30, 100), "D": (80, 100)}, 2,
            today, today + timedelta(days=20), cap=2,
        )  # fmt: skip
        one = replace(round_, counties=COUNTIES[:1], industries=("1001", "1002"))
        base = await _time("bare count of the active", lambda: reader().fetchval("select count(*) from enterprise where status = 'active'"))
        await _time("strata of the whole city", lambda: queries.list_strata(COUNTIES), base)
        await _time("strata of one county and two trades", lambda: queries.list_strata(one.counties, one.industries), base)
        visits = {"is_county": False, "counties": COUNTIES, "today": today, "year": today.year}
        await _time("a year's visits by stratum", lambda: queries.list_visited("scjg", **visits), base)
        await _time("forecast of a quarter, 20 drafts", lambda: forecast.load(["scjg"], forecast.end_of(today, 3)), base)
        await _time("conflicts of a round over everybody", lambda: forecast.find_conflicts(round_), base)
        await _time("conflicts of one county and two trades", lambda: forecast.find_conflicts(one), base)
        await _time("the first page of who is over", lambda: forecast.list_over(round_, Scope(None, "5303")), base)


def main() -> None:
    run(_measure)


if __name__ == "__main__":
    main()

"""The phone's bundle for an officer with many visits: the first, the same once more, nothing new, one visit changed.

Through the whole application, in this process; ``VISITS=600`` by default, drawn and dispatched as any others. The baseline is the least that the
same answer can cost: one select of these visits, and the answer put into JSON and squeezed.
"""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import msgspec

from benchmarks._database import run

VISITS = int(os.environ.get("VISITS") or 600)
TIMES = 5


async def _timed(ask: Callable[[], Awaitable[Any]], times: int = TIMES) -> tuple[float, Any]:
    """(the median in seconds, the last answer)."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        answer = await ask()
        took.append(time.perf_counter() - start)
    return median(took), answer


async def _measure() -> None:
    import httpx

    from backend.app import create_app
    from backend.inspections.submission_queries import list_for_inspector
    from backend.ledger.sequencer import sequence
    from backend.people import queries as people
    from backend.people import service
    from backend.storage import engine, migrate
    from backend.storage.engine import connection, transaction
    from backend.web.shared.session import cookie_name
    from tests.journeys.torture.office import OFFICERS, prepare

    await migrate.migrate()
    await prepare(VISITS)
    async with engine.pool(4):
        while await sequence():
            pass
        async with transaction():
            account = await connection().fetchval("select id from account where username = $1", OFFICERS[0])
            key = await service.open_session(account)
            who = await people.find_principal(key)
            await connection().execute("analyze")
        assert who is not None and who.inspector_id is not None
        inspector = who.inspector_id
        device, transport = "6f1d0c9a-0000-4000-8000-000000000001", httpx.ASGITransport(create_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", cookies={cookie_name(): key}, timeout=600) as phone:

            async def ask(since: str = "") -> httpx.Response:
                answer = await phone.get("/field/api/bundle", params={"since": since, "part": "true", "device": device})
                assert answer.status_code == 200, answer.text
                return answer

            await phone.get("/healthz")
            first, answer = await _timed(ask, 1)
            body = answer.json()
            assert len(body["inspections"]) == VISITS and body["inspections"][0]["proof"]["state"] == "proven"
            again, _ = await _timed(ask)
            none, _ = await _timed(lambda: ask(body["cursor"]))
            await phone.get("/field/api/session")
            cursor = body["cursor"]

            async def one_changed() -> httpx.Response:
                async with transaction():
                    await connection().execute("update inspection set version = version + 1 where id = $1", body["inspections"][0]["id"])
                nonlocal cursor
                answer = await ask(cursor)
                cursor = answer.json()["cursor"]
                return answer

            one, delta = await _timed(one_changed)

        async def least() -> bytes:
            await list_for_inspector(inspector)
            return gzip.compress(msgspec.json.encode(body), 6)

        bare, squeezed = await _timed(least)
    for name, took in (("the first", first), ("the same once more", again), ("nothing new", none), ("one visit changed", one)):
        print(f"bundle of {VISITS:,} visits, {name:<20} {1000 * took:8.0f} ms   {took / bare:6.2f} x the least ({1000 * bare:.0f} ms)")
    print(f"the whole has {len(answer.content) / 1e6:.1f} MB, {len(squeezed) / 1e6:.2f} MB squeezed; with one visit changed {len(delta.content) / 1e3:.0f} kB")


def main() -> None:
    run(_measure)


if __name__ == "__main__":
    main()

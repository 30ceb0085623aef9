"""Server time of every page of the office on the demo county: 20 requests each, beside an answer that asks the database little.

The list of pages is what the four roles find by following links (tests/journeys/office_walk.py). Times are those of a client on the same
machine, one request at a time, from sending to the last byte; the goal is a median under 200 ms.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import httpx

from tests.journeys import office_walk
from tests.journeys.conftest import System, running

ROUNDS = 20
GOAL_MS = 200.0
BASE = "/readyz"


def _times(client: httpx.Client, address: str) -> list[float]:
    """Milliseconds; the first request, which warms what is kept, does not count."""
    found = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        answer = client.get(address)
        found.append(1000 * (time.perf_counter() - start))
        assert answer.status_code == 200, (address, answer.status_code)
    return found[1:]


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[18]


def measure(system: System) -> list[tuple[str, float]]:
    """Print the times, slowest first, and give the pages whose median misses the goal."""
    seen = [one for role in office_walk.ROLES for one in office_walk.crawl(system, role)]
    main, _more = office_walk.unlike(office_walk.chosen(seen))
    lines: list[tuple[float, float, str]] = []
    for role in office_walk.ROLES:
        with office_walk.sign_in(system, role) as client:
            client.get("/console?lang=zh")
            if role == office_walk.ROLES[0]:
                base = _times(client, BASE)
            for one in (p for p in main if p.role == role):
                times = _times(client, one.address)
                lines.append((statistics.median(times), _p95(times), f"{role:<9} {one.address}"))
    typical = statistics.median(base)
    print(f"{'select 1':<9} {BASE}: p50 {typical:.1f}  p95 {_p95(base):.1f} ms")
    for p50, p95, name in sorted(lines, reverse=True):
        print(f"p50 {p50:7.1f}  p95 {p95:7.1f} ms  {p50 / typical:5.0f} x  {name}")
    return [(name, p50) for p50, _p95_, name in lines if p50 >= GOAL_MS]


def main() -> None:
    with running() as system:
        missed = measure(system)
    print(f"median of every page under {GOAL_MS:.0f} ms: {'held' if not missed else f'MISSED by {len(missed)}'}")


if __name__ == "__main__":
    main()

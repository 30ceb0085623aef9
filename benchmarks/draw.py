"""The public draw: tickets beside bare SHA-256, pairing at two sizes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from backend.draws import rules
from backend.draws.pairing import pair_people


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    prk = bytes(32)
    for n in (10_000, 100_000, 1_000_000):
        ids = [f"9153{i:014}" for i in range(n)]
        rows = [(i, f"c{k % 100}", "-") for k, i in enumerate(ids)]
        data = [prk + b"obj|" + i.encode() for i in ids]
        bare = seconds(lambda data=data: [hashlib.sha256(d).digest() for d in data])
        drawn = seconds(lambda rows=rows, n=n: rules.select_objects(prk, rows, {"-": (n // 20, n)}))
        print(f"select {n:>9,} rows in 100 cells  {drawn:7.3f} s   {drawn / bare:5.1f} x bare SHA-256 of the same ids")
    for places, people in ((1_000, 200), (10_000, 2_000)):
        objects = [(f"o{i}", f"c{i % 10}") for i in range(places)]
        pool = [(f"p{i}", "d", frozenset[str](), frozenset({f"c{i % 10}"}), 0) for i in range(people)]

        def key(*fields: str) -> str:
            return rules.ticket(prk, fields[0], *fields[1:])

        took = seconds(lambda o=objects, p=pool: pair_people(key, o, [(None, None)] * 2, p, frozenset()), runs=1)
        print(f"pair   {places:>9,} x 2 places, {people:,} officers  {took:7.3f} s")

"""The public draw: tickets beside bare SHA-256, pairing at three sizes."""

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
    # One slot (the second officer comes from a second one), officers of one department over so many counties.
    for objects, people, counties in ((1_000, 200, 10), (10_000, 2_000, 26), (100_000, 10_000, 129)):
        frame = [(f"9153{i:014}", f"c{i % counties}") for i in range(objects)]
        pool = [(f"{i:016x}", "d", frozenset[str](), frozenset({f"c{i % counties}"}), 0) for i in range(people)]
        for slots in (1, 2):
            part = frame[: objects // slots]
            took = seconds(lambda o=part, p=pool, s=slots: pair_people(prk, o, [(None, None)] * s, p, frozenset()), runs=1)
            print(f"pair   {objects:>9,} places ({slots} an object) x {people:,} officers in {counties} counties  {took:7.3f} s")


if __name__ == "__main__":
    main()

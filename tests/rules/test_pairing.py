"""Officers to places: as many as can be, nobody twice on one object, loads as even as can be."""

from __future__ import annotations

import hashlib
import random
from itertools import product

from backend.draws.pairing import pair_people


def key_of(seed):
    return lambda *fields: hashlib.sha256(f"{seed}|{'|'.join(fields)}".encode()).hexdigest()


def problem(seed, objects, people):
    rng = random.Random(seed)
    counties, departments, quals = "ab", "xy", "qr"
    return (
        [(f"o{i}", rng.choice(counties)) for i in range(rng.randint(1, objects))],
        [(rng.choice([None, *departments]), rng.choice([None, None, *quals])) for _ in range(rng.randint(1, 2))],
        [
            (
                f"p{i}",
                rng.choice(departments),
                frozenset(q for q in quals if rng.random() < 0.6),
                frozenset(c for c in counties if rng.random() < 0.7),
                rng.randint(0, 2),
            )
            for i in range(rng.randint(1, people))
        ],
        rng,
    )


def best_by_brute_force(objects, slots, people, recusals):
    """(most places served, then least sum of squared loads) over every assignment."""
    places = [(i, county, s) for i, county in objects for s in range(len(slots))]
    choices = []
    for i, county, s in places:
        dept, qual = slots[s]
        fit = [p[0] for p in people if dept in (None, p[1]) and (qual is None or qual in p[2]) and county in p[3] and (i, p[0]) not in recusals]
        choices.append([None, *fit])
    best = (-1, 0)
    for assignment in product(*choices):
        held = [(places[k][0], pid) for k, pid in enumerate(assignment) if pid]
        if len(held) != len(set(held)):
            continue
        loads = {p[0]: p[4] for p in people}
        for _, pid in held:
            loads[pid] += 1
        best = max(best, (len(held), -sum(v * v for v in loads.values())))
    return best


def test_small_problems_against_every_assignment():
    for seed in range(250):
        objects, slots, people, rng = problem(seed, 3, 4)
        recusals = frozenset((o[0], p[0]) for o in objects for p in people if rng.random() < 0.15)
        teams, exceptions = pair_people(key_of(seed), objects, slots, people, recusals)
        served = [(i, pid) for i, team in teams.items() for pid in team if pid]
        loads = {p[0]: p[4] for p in people}
        for _, pid in served:
            loads[pid] += 1
        assert len(served) == len(set(served)), f"seed {seed}: one officer twice on one object"
        assert not set(served) & recusals
        assert len(served) + len(exceptions) == len(objects) * len(slots)
        assert (len(served), -sum(v * v for v in loads.values())) == best_by_brute_force(objects, slots, people, recusals), f"seed {seed}"


def test_equally_qualified_officers_are_equally_likely():
    people = [(f"p{i}", "x", frozenset(), frozenset("a"), 0) for i in range(6)]
    counts = dict.fromkeys((p[0] for p in people), 0)
    rounds = 3000
    for seed in range(rounds):
        teams, _ = pair_people(key_of(seed), [("o", "a")], [(None, None)] * 2, people, frozenset())
        for pid in teams["o"]:
            counts[pid] += 1
    deviation = (rounds * (1 / 3) * (2 / 3)) ** 0.5
    assert max(abs(c - rounds / 3) for c in counts.values()) < 4.31 * deviation

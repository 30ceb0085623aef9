"""Officers to places: as many as can be, nobody twice on one object, loads as even as can be."""

from __future__ import annotations

import hashlib
import random
from itertools import product

import networkx as nx

from backend.draws.pairing import pair_people


def prk_of(seed):
    return hashlib.sha256(str(seed).encode()).digest()


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
        teams, exceptions = pair_people(prk_of(seed), objects, slots, people, recusals)
        served = [(i, pid) for i, team in teams.items() for pid in team if pid]
        loads = {p[0]: p[4] for p in people}
        for _, pid in served:
            loads[pid] += 1
        assert len(served) == len(set(served)), f"seed {seed}: one officer twice on one object"
        assert not set(served) & recusals
        assert len(served) + len(exceptions) == len(objects) * len(slots)
        assert (len(served), -sum(v * v for v in loads.values())) == best_by_brute_force(objects, slots, people, recusals), f"seed {seed}"


def best_by_flow(objects, slots, people, recusals):
    """(most places served, least sum of squared loads) by a maximum flow of minimum cost: the outside judge for problems of real size."""
    graph = nx.DiGraph()
    for i, county in objects:
        for s, (dept, qual) in enumerate(slots):
            graph.add_edge("source", ("place", i, s), capacity=1, weight=0)
            for pid, d, quals, counties, _ in people:
                if dept in (None, d) and (qual is None or qual in quals) and county in counties and (i, pid) not in recusals:
                    graph.add_edge(("place", i, s), ("once", i, pid), capacity=1, weight=0)
                    graph.add_edge(("once", i, pid), ("officer", pid), capacity=1, weight=0)
    for pid, *_, load in people:
        for k in range(len(objects)):
            # The k-th further task raises the square of the load by this much; the cheaper ones fill first.
            graph.add_edge(("officer", pid), ("load", pid, k), capacity=1, weight=2 * (load + k) + 1)
            graph.add_edge(("load", pid, k), "sink", capacity=1, weight=0)
    if "source" not in graph:
        return 0, sum(p[4] ** 2 for p in people)
    flow = nx.max_flow_min_cost(graph, "source", "sink") if "sink" in graph else {"source": {}}
    return sum(flow["source"].values()), nx.cost_of_flow(graph, flow) + sum(p[4] ** 2 for p in people) if "sink" in graph else 0


def test_middling_problems_against_a_min_cost_flow():
    for seed in range(60):
        objects, slots, people, rng = problem(1000 + seed, 14, 9)
        recusals = frozenset((o[0], p[0]) for o in objects for p in people if rng.random() < 0.15)
        teams, _ = pair_people(prk_of(seed), objects, slots, people, recusals)
        loads = {p[0]: p[4] for p in people}
        served = [pid for team in teams.values() for pid in team if pid]
        for pid in served:
            loads[pid] += 1
        assert (len(served), sum(v * v for v in loads.values())) == best_by_flow(objects, slots, people, recusals), f"seed {seed}"


def test_equally_qualified_officers_are_equally_likely():
    people = [(f"p{i}", "x", frozenset(), frozenset("a"), 0) for i in range(6)]
    counts = dict.fromkeys((p[0] for p in people), 0)
    rounds = 3000
    for seed in range(rounds):
        teams, _ = pair_people(prk_of(seed), [("o", "a")], [(None, None)] * 2, people, frozenset())
        for pid in teams["o"]:
            counts[pid] += 1
    deviation = (rounds * (1 / 3) * (2 / 3)) ** 0.5
    assert max(abs(c - rounds / 3) for c in counts.values()) < 4.31 * deviation

"""Fairness of sdr/1: the rounding lemma without a sample, then inclusion, pairs and loads over 20,000 fixed seeds."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import combinations, product
from math import comb, sqrt

import pytest

from backend.draws import rules
from backend.draws.pairing import pair_people

SEEDS = 20_000
# Two-sided 1.6e-5: about sixty comparisons at once keep a false alarm near one in a thousand.
Z_LIMIT = 4.31

# No size is a multiple of its q, single-unit cells included: every cell's number hangs on the rounding.
CELLS = {"K1": (1, 2, 5, 9, 24), "K2": (1, 3, 4, 11)}
RATES = {"K1": (3, 17), "K2": (5, 7)}
# Cell names recur in both classes: a cell belongs to its class, and the name alone must not tie the two together.
ROWS = [(f"{c}-{k}-{i}", f"cell{k}", c) for c, sizes in CELLS.items() for k, size in enumerate(sizes) for i in range(size)]


def prk(seed: int) -> bytes:
    return hashlib.sha256(b"seed" + seed.to_bytes(4, "big")).digest()


def z(count: int, p: float) -> float:
    return (count - SEEDS * p) / sqrt(SEEDS * p * (1 - p))


def outliers(counts, keys, p):
    # Over the expected keys, not the counted ones: what was never drawn has no count and is the worst outlier.
    return {k: round(z(counts[k], p), 2) for k in keys if abs(z(counts[k], p)) >= Z_LIMIT}


@pytest.mark.parametrize("q", range(1, 8))
def test_over_every_u_a_cell_gets_exactly_its_share(q, monkeypatch):
    real = rules.ticket
    u = 0
    # Only u is forced; the order of the cells stays the ticket's, since the lemma must hold for any running total before a cell.
    monkeypatch.setattr(rules, "ticket", lambda key, kind, *fields: f"{u:x}" if kind == "round" else real(key, kind, *fields))
    for p, sizes in product(range(q + 1), product(range(1, 5), repeat=3)):
        rows = [(f"{k}.{i}", f"c{k}", "K") for k, size in enumerate(sizes) for i in range(size)]
        key = prk(100 * p + q)
        drawn = Counter()
        for u in range(q):  # noqa: B007 - the patched ticket reads it
            cells = rules.select_objects(key, rows, {"K": (p, q)})
            assert len(cells) == len(sizes)
            for c in cells:
                # A cell is never more than one unit off its share, whatever u is.
                assert c.n in {len(c.order) * p // q, -(-len(c.order) * p // q)}
                drawn[c.cell] += c.n
        assert drawn == {f"c{k}": size * p for k, size in enumerate(sizes)}


def test_real_tickets_round_as_the_lemma_says():
    """The enumeration above speaks for the draw only if its u really comes from 0..q-1, all of it, for each class apart."""
    seen = set()
    for seed in range(1500):
        key = prk(seed)
        expected = []
        for class_code, sizes in CELLS.items():
            p, q = RATES[class_code]

            def digest(text, key=key):
                # Not rules.ticket: an error there would cancel out.
                return hashlib.sha256(key + text.encode()).hexdigest()

            u = int(digest(f"round|{class_code}"), 16) % q
            seen.add((class_code, u))
            before = 0
            for k in sorted(range(len(sizes)), key=lambda k, c=class_code, digest=digest: digest(f"cell|{c}|cell{k}")):
                after = before + sizes[k] * p
                expected.append((class_code, f"cell{k}", sum(1 for m in range(before + 1, after + 1) if (m + u) % q == 0)))
                before = after
        assert [(c.class_code, c.cell, c.n) for c in rules.select_objects(key, ROWS, RATES)] == expected
    assert seen == {(c, u) for c, (_, q) in RATES.items() for u in range(q)}


def test_every_unit_is_included_at_the_rate_of_its_class():
    assert len(ROWS) == 60
    counts = Counter()
    for seed in range(SEEDS):
        for c in rules.select_objects(prk(seed), ROWS, RATES):
            counts.update(c.order[: c.n])
    for class_code, (p, q) in RATES.items():
        assert not outliers(counts, [i for i, _, c in ROWS if c == class_code], p / q)


def paired(officers: int, objects: int):
    """The teams of every seed, in a pool where nothing but the pid tells one officer from another."""
    # pids whose byte order is not the order of the list: a leaning towards either would show.
    pids = [hashlib.sha256(b"officer%d" % i).hexdigest()[:16] for i in range(officers)]
    ids = [f"9153000{i}" for i in range(objects)]
    people = [(pid, "D", frozenset({"q"}), frozenset({"k"}), 0) for pid in pids]
    found = []
    for seed in range(SEEDS):
        teams, exceptions = pair_people(prk(seed), [(i, "k") for i in ids], [("D", "q"), (None, None)], people, frozenset())
        assert exceptions == []
        found.append(teams)
    return pids, ids, found


# One place each; a rest that gives some officers a second place and forces displacements; officers left over.
@pytest.mark.parametrize(("officers", "objects"), [(6, 3), (5, 4), (7, 2)])
def test_equal_officers_meet_objects_and_each_other_equally_often(officers, objects):
    pids, ids, found = paired(officers, objects)
    visits, pairs, together = Counter(), Counter(), Counter()
    for teams in found:
        loads = Counter(dict.fromkeys(pids, 0))
        for object_id, team in teams.items():
            pair = frozenset(team)
            assert len(pair) == 2
            loads.update(team)
            visits.update((pid, object_id) for pid in team)
            pairs[pair, object_id] += 1
        # Two officers can share more than one team; counted once a seed, it stays one trial with one variance.
        together.update({frozenset(team) for team in teams.values()})
        assert sum(loads.values()) == 2 * objects
        assert max(loads.values()) - min(loads.values()) <= 1

    everyone = [frozenset(c) for c in combinations(pids, 2)]
    assert not outliers(visits, product(pids, ids), 2 / officers)
    assert not outliers(pairs, product(everyone, ids), 1 / comb(officers, 2))
    # Where a pair can recur, symmetry gives no number for this, only that all pairs share it: their mean stands in.
    assert not outliers(together, everyone, together.total() / SEEDS / len(everyone))
    # With a place each at most, no pair recurs, and the mean is the exact rate.
    if 2 * objects <= officers:
        assert together.total() == SEEDS * objects

"""sdr/1 against three complete bundles that share no code with us, and against tampering."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest

from backend.draws import rules
from backend.kernel import jcs

BUNDLES = json.loads((Path(__file__).parents[1] / "vectors" / "draw.json").read_text())["bundles"]


def perform(bundle):
    classes = bundle["classes"]
    rows = [
        rules.FrameRow(f["id"], f["county"], f["cell"], f["st"], classes[f["id"]]["class"] if f["id"] in classes else "-", f["cc"]) for f in bundle["frame"]
    ]
    pool = [rules.PoolRow(p["pid"], p["dept"], tuple(p["quals"]), tuple(p["counties"]), p["load"]) for p in bundle["pool"]]
    return rules.perform(
        announcement=bundle["announcement"],
        rows=rows,
        pool=pool,
        recusals=frozenset((r["id"], r["pid"]) for r in bundle["recusals"] if "id" in r),
        randomness=bundle["randomness"],
        secret=bytes.fromhex(bundle["secret"]),
    )


@pytest.fixture(params=BUNDLES, ids=lambda b: b["announcement"]["draw_id"])
def bundle(request):
    return json.loads(json.dumps(request.param))


def test_commitments(bundle):
    a = bundle["announcement"]
    assert rules.frame_root(bundle["frame"]) == a["frame_root"]
    assert rules.pool_root(bundle["pool"]) == a["pool_root"]
    leaves = [rules.recusal_leaf(bytes.fromhex(r["salt"]), r["id"], r["pid"]) if "salt" in r else bytes.fromhex(r["h"]) for r in bundle["recusals"]]
    assert rules.recusal_root(leaves) == a["recusal_root"]
    assert rules.chain(bytes.fromhex(bundle["secret"]), 1).hex() == a["anchor"]
    commitments = {f["id"]: f["cc"] for f in bundle["frame"]}
    for object_id, opened in bundle["classes"].items():
        assert rules.class_commitment(bytes.fromhex(opened["salt"]), opened["class"]) == commitments[object_id]


def test_the_result_is_recomputed_to_the_byte(bundle):
    assert jcs.encode(perform(bundle).public()) == jcs.encode(bundle["result"])


def test_other_randomness_gives_another_result(bundle):
    bundle["randomness"] = [*bundle["randomness"], 1]
    assert jcs.encode(perform(bundle).public()) != jcs.encode(bundle["result"])


def test_randomness_has_the_shape_of_rfc_3797():
    assert rules.encode_randomness([9319, [2, 5, 12, 8, 10], [9, 18, 26, 34, 41, 45]]) == b"9319./2.5.8.10.12./9.18.26.34.41.45./"
    assert rules.encode_randomness(["0042"]) == b"0042/"


@pytest.mark.parametrize("q", range(1, 9))
def test_the_rounding_lemma_by_exact_enumeration(q):
    """Summed over every u, a cell of N objects at rate p/q gets N*p: the inclusion probability is exactly p/q."""
    for p, a, n in product(range(q + 1), range(7), range(9)):
        assert sum((a + n * p + u) // q - (a + u) // q for u in range(q)) == n * p


def test_a_fixed_number_is_drawn_exactly():
    rows = [(f"9153{i:04}", f"c{i % 7}", "-") for i in range(83)]
    for seed in range(200):
        cells = rules.select_objects(bytes([seed] * 32), rows, {"-": (11, 83)})
        assert sum(c.n for c in cells) == 11
        assert all(0 <= c.n <= len(c.order) for c in cells)


def test_inclusion_frequencies():
    """Each of 60 units at rate 7/25: over 3,000 seeds every unit's count is within 4.31 standard deviations (fixed seeds)."""
    rows = [(f"u{i}", f"c{i % 11 if i < 40 else 3}", "-") for i in range(60)]
    counts = dict.fromkeys((r[0] for r in rows), 0)
    seeds = 3000
    for seed in range(seeds):
        for cell in rules.select_objects(rules.sha256(seed.to_bytes(4, "big")), rows, {"-": (7, 25)}):
            for i in cell.order[: cell.n]:
                counts[i] += 1
    rate = 7 / 25
    deviation = (seeds * rate * (1 - rate)) ** 0.5
    assert max(abs(c - seeds * rate) for c in counts.values()) < 4.31 * deviation


def test_entropy_of_sources():
    assert round(rules.entropy_bits("dice", 1), 2) == 3.32
    assert round(rules.entropy_bits("digits", 6), 1) == 19.9
    assert round(rules.entropy_bits("kuaile8", 0), 1) == 61.6
    assert rules.entropy_bits("beacon", 64) == 256

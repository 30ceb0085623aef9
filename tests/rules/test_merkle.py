"""RFC 6962 trees against vectors that we did not write, and the verifiers' known traps."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from backend.kernel import merkle

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "merkle.json").read_text())
LEAVES = [bytes.fromhex(x) for x in VECTORS["leaves"]]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]
ROOTS = [bytes.fromhex(x) for x in VECTORS["roots"]]


def test_roots():
    assert [merkle.root(LEAVES[:n]) for n in range(9)] == ROOTS


def test_inclusion_vector():
    v = VECTORS["inclusion"]
    proof = [bytes.fromhex(x) for x in v["proof"]]
    assert merkle.inclusion_proof(HASHES, v["index"]) == proof
    assert merkle.verify_inclusion(HASHES[5], 5, 8, proof, ROOTS[8])


def test_consistency_vector():
    v = VECTORS["consistency"]
    proof = [bytes.fromhex(x) for x in v["proof"]]
    assert merkle.consistency_proof(HASHES, v["old"]) == proof
    assert merkle.verify_consistency(6, 8, proof, ROOTS[6], ROOTS[8])


def test_every_proof_of_every_small_tree_verifies_and_nothing_else_does():
    hashes = [merkle.leaf_hash(bytes([i])) for i in range(40)]
    roots = [merkle.root_of_hashes(hashes[:n]) for n in range(41)]
    for size in range(1, 41):
        for index in range(size):
            proof = merkle.inclusion_proof(hashes[:size], index)
            assert merkle.verify_inclusion(hashes[index], index, size, proof, roots[size])
            assert not merkle.verify_inclusion(hashes[(index + 1) % 40], index, size, proof, roots[size])
            assert not merkle.verify_inclusion(hashes[index], index, size, [*proof, roots[1]], roots[size])
            assert size == 1 or not merkle.verify_inclusion(hashes[index], (index + 1) % size, size, proof, roots[size])
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(hashes[:size], old)
            assert merkle.verify_consistency(old, size, proof, roots[old], roots[size])
            assert not merkle.verify_consistency(old, size, proof, roots[old - 1], roots[size])


def test_a_tree_that_keeps_its_levels_gives_the_same_proofs():
    hashes = [merkle.leaf_hash(bytes([i])) for i in range(70)]
    for size in range(1, 71):
        tree = merkle.Tree(hashes[:size])
        assert [tree.prove(i) for i in range(size)] == [merkle.inclusion_proof(hashes[:size], i) for i in range(size)]
        for outside in (-1, size):
            with pytest.raises(IndexError):
                tree.prove(outside)


def test_traps_of_verifiers():
    assert not merkle.verify_consistency(0, 8, [], merkle.EMPTY_ROOT, ROOTS[8])
    assert merkle.verify_consistency(8, 8, [], ROOTS[8], ROOTS[8])
    assert not merkle.verify_consistency(8, 8, [ROOTS[1]], ROOTS[8], ROOTS[8])
    assert not merkle.verify_inclusion(HASHES[0][:31], 0, 1, [], HASHES[0])
    assert not merkle.verify_inclusion(HASHES[5], 5, 8, [b"short"], ROOTS[8])
    assert not merkle.verify_inclusion(HASHES[5], 8, 8, [], ROOTS[8])
    with pytest.raises(ValueError, match="from 0"):
        merkle.consistency_proof(HASHES, 0)
    assert all(a != b for a, b in pairwise(ROOTS))

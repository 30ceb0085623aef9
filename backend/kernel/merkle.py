"""Merkle trees, RFC 6962 section 2.1 and RFC 9162 section 2.1.

A leaf's hash is SHA-256(0x00 || leaf), a node's SHA-256(0x01 || left || right); an unbalanced tree is split
at the largest power of two below its size. All hashes are 32 bytes. Proven by tests/rules/test_merkle.py
with vectors that we did not write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """MTH over the leaves' bytes."""
    return root_of_hashes(leaf_hash(leaf) for leaf in leaves)


def root_of_hashes(hashes: Iterable[bytes]) -> bytes:
    """MTH over leaf hashes, level by level: a node without a sibling goes up as it is. O(n) time and memory."""
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        level = _above(level)
    return level[0]


def _above(level: list[bytes]) -> list[bytes]:
    sha256 = hashlib.sha256
    rest = level[-1:] if len(level) % 2 else []
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)] + rest


class Tree:
    """All levels of one tree, for whoever needs many of its proofs: made once in O(n), each proof then takes O(log n). Twice the leaves' memory."""

    __slots__ = ("levels",)

    def __init__(self, hashes: Iterable[bytes]) -> None:
        self.levels = [list(hashes)]
        while len(self.levels[-1]) > 1:
            self.levels.append(_above(self.levels[-1]))

    @property
    def size(self) -> int:
        return len(self.levels[0])

    def prove(self, index: int) -> list[bytes]:
        """As ``inclusion_proof``. Raises ``IndexError`` for an index outside the tree."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        # A node without a sibling goes up as it is, and adds nothing to the path.
        return [level[sibling] for height, level in enumerate(self.levels) if (sibling := index >> height ^ 1) < len(level)]


def _split(size: int) -> int:
    """The largest power of two strictly below ``size`` (size >= 2)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(index, leaf hashes), from the leaf's sibling up. Raises ``IndexError`` for an index outside the tree."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    proof: list[bytes] = []
    low, high = 0, len(hashes)
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(root_of_hashes(hashes[i] for i in range(middle, high)))
            high = middle
        else:
            proof.append(root_of_hashes(hashes[i] for i in range(low, middle)))
            low = middle
    return proof[::-1]


def consistency_proof(hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """PROOF(old_size, leaf hashes): that the tree of ``old_size`` is a prefix. Raises ``ValueError`` unless 0 < old_size <= size."""
    size = len(hashes)
    if not 0 < old_size <= size:
        raise ValueError(f"no consistency proof from {old_size} to {size}")
    proof: list[bytes] = []
    low, high, whole = 0, size, True
    while old_size != high:
        middle = low + _split(high - low)
        if old_size <= middle:
            proof.append(root_of_hashes(hashes[i] for i in range(middle, high)))
            high = middle
        else:
            proof.append(root_of_hashes(hashes[i] for i in range(low, middle)))
            low, whole = middle, False
    if not whole:
        proof.append(root_of_hashes(hashes[i] for i in range(low, high)))
    return proof[::-1]


def _are_hashes(*values: bytes) -> bool:
    return all(len(v) == HASH_BYTES for v in values)


def root_of_path(leaf_sha256: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion path leads to (RFC 9162 section 2.1.3.2), or None where it does not fit the place. ``leaf_sha256`` is the leaf's hash."""
    if not 0 <= index < size or not _are_hashes(leaf_sha256, *proof):
        return None
    place, last, result = index, size - 1, leaf_sha256
    for sibling in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            result = node_hash(sibling, result)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        place, last = place >> 1, last >> 1
    return result if last == 0 else None


def verify_inclusion(leaf_sha256: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> bool:
    """Never raises: what is malformed is not proven."""
    return root_of_path(leaf_sha256, index, size, proof) == expected_root


def verify_consistency(old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """RFC 9162 section 2.1.4.2. An old size of 0 proves nothing and is refused. Never raises."""
    if not 0 < old_size <= size or not _are_hashes(old_root, new_root, *proof):
        return False
    if old_size == size:
        return not proof and old_root == new_root
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root

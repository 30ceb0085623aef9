"""drand's quicknet beacon, verified offline. Pure.

A round's signature is BLS over SHA-256(round as 8 bytes, big-endian), in G1, by the key below; its randomness is SHA-256 of the
signature (scheme bls-unchained-g1-rfc9380). Proven by tests/rules/test_beacon.py with a round that the network published.
"""

from __future__ import annotations

import hashlib
import sys

CHAIN = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
PUBLIC_KEY = bytes.fromhex(
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
    "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
SIGNATURE_BYTES = 48
GENESIS, PERIOD_S = 1_692_803_367, 3


def randomness_of(signature: bytes) -> str:
    """A round's randomness, 64 hex characters."""
    return hashlib.sha256(signature).hexdigest()


def is_signed(round_: int, signature: bytes) -> bool:
    """Whether the network signed this round. Takes about half a second. Never raises: what is malformed is not signed."""
    if len(signature) != SIGNATURE_BYTES or not 0 < round_ < 1 << 63:
        return False
    # Here and not above: half a second of every start, for what few processes ever do. It also raises the limit of recursion to 100,000, at
    # which a deeply nested JSON text from anybody ends the process instead of raising RecursionError.
    limit = sys.getrecursionlimit()
    from py_ecc.bls.g2_primitives import subgroup_check
    from py_ecc.bls.hash_to_curve import hash_to_G1
    from py_ecc.bls.point_compression import decompress_G1, decompress_G2
    from py_ecc.optimized_bls12_381 import G2, is_inf, pairing

    sys.setrecursionlimit(limit)
    try:
        point = decompress_G1(int.from_bytes(signature, "big"))
        key = decompress_G2((int.from_bytes(PUBLIC_KEY[:48], "big"), int.from_bytes(PUBLIC_KEY[48:], "big")))
        if is_inf(point) or not subgroup_check(point):
            return False
        message = hash_to_G1(hashlib.sha256(round_.to_bytes(8, "big")).digest(), DOMAIN, hashlib.sha256)
        return bool(pairing(G2, point) == pairing(key, message))
    except (ValueError, AssertionError):
        return False


def seconds_of(round_: int) -> int:
    """When a round is published, in seconds since 1970."""
    return GENESIS + (round_ - 1) * PERIOD_S


def round_after(seconds: int) -> int:
    """The first round published at or after that moment."""
    return max(1, -((GENESIS - seconds) // PERIOD_S) + 1)

"""The public draw ``sdr/1``: from frozen pool and public randomness to teams. Pure; integers and bytes only.

Anyone can recompute it from docs/draw-spec.md; the browser's twin is pwa/src/model/draw.js, the stand-alone one
backend/draws/verifier.py. Ids are compared as UTF-8 bytes. Every enterprise of class c is drawn with probability
exactly p/q (Hermite's identity over the running total). Proven by tests/rules/test_draw.py with bundles made by
an implementation that shares no code with this one.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.draws.pairing import pair_people
from backend.kernel import jcs, merkle

SPEC = "sdr/1"
CHAIN_LENGTH = 8
NO_CLASS = "-"
ELIGIBLE = "E"
GRINDING_PROOF_BITS = 40

Randomness = Sequence[list[int] | int | str]


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One enterprise of the frame. ``st`` is "E" or "X:<REASON>"; ``class_code`` is opened only to those who may see it."""

    id: str
    county: str
    cell: str
    st: str
    class_code: str
    cc: str

    def public(self) -> dict[str, str]:
        return {"id": self.id, "county": self.county, "cell": self.cell, "st": self.st, "cc": self.cc}


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One officer of the pool under a pseudonym; ``load`` counts the inspections open at the freeze."""

    pid: str
    dept: str
    quals: tuple[str, ...]
    counties: tuple[str, ...]
    load: int

    def public(self) -> dict[str, Any]:
        return {"pid": self.pid, "dept": self.dept, "quals": list(self.quals), "counties": list(self.counties), "load": self.load}


@dataclass(frozen=True, slots=True)
class Cell:
    """The outcome in one cell: the first ``n`` of ``order`` are drawn, the others are alternates in their order."""

    class_code: str
    cell: str
    n: int
    order: tuple[str, ...]

    def public(self) -> dict[str, Any]:
        return {"class": self.class_code, "cell": self.cell, "n": self.n, "order": list(self.order)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A draw's result. ``teams``: object id -> pid or None per slot; ``exceptions``: (object id, slot) that nobody could take."""

    cells: tuple[Cell, ...]
    teams: dict[str, list[str | None]] = field(default_factory=dict)
    exceptions: tuple[tuple[str, int], ...] = ()

    @property
    def drawn(self) -> list[str]:
        """The drawn ids in the order of their cells."""
        return [i for c in self.cells for i in c.order[: c.n]]

    def public(self) -> dict[str, Any]:
        return {
            "cells": [c.public() for c in self.cells],
            "teams": self.teams,
            "exceptions": [[i, s] for i, s in self.exceptions],
        }


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def utf8(text: str) -> bytes:
    return text.encode()


# T0: freeze and announce


def chain(seed: bytes, steps: int = CHAIN_LENGTH) -> bytes:
    """c_steps from c_0: the anchor at K steps, the secret that is revealed at K - 1."""
    value = seed
    for _ in range(steps):
        value = sha256(value)
    return value


def secret_of(seed: bytes) -> bytes:
    return chain(seed, CHAIN_LENGTH - 1)


def anchor_of(seed: bytes) -> bytes:
    return chain(seed)


def salt(key: bytes, *about: str) -> bytes:
    """32 bytes that only the holder of the draw's key can make: HMAC-SHA256(key, about joined by '|')."""
    return hmac.digest(key, utf8("|".join(about)), "sha256")


def class_commitment(salt32: bytes, class_code: str) -> str:
    return sha256(salt32, jcs.encode({"class": class_code})).hex()


def pseudonym(person_key: bytes, inspector: str) -> str:
    """pid: 16 hex characters, another one in every draw."""
    return hmac.digest(person_key, utf8(inspector), "sha256").hex()[:16]


def frame_root(rows: Iterable[Mapping[str, Any]]) -> str:
    return merkle.root(jcs.encode(dict(row)) for row in sorted(rows, key=lambda r: utf8(r["id"]))).hex()


def pool_root(rows: Iterable[Mapping[str, Any]]) -> str:
    return merkle.root(jcs.encode(dict(row)) for row in sorted(rows, key=lambda r: utf8(r["pid"]))).hex()


def recusal_leaf(salt32: bytes, object_id: str, pid: str) -> bytes:
    return sha256(salt32, jcs.encode({"id": object_id, "pid": pid}))


def recusal_root(leaves: Iterable[bytes]) -> str:
    return merkle.root(sorted(leaves)).hex()


def announcement_hash(announcement: Mapping[str, Any]) -> str:
    return sha256(jcs.encode(dict(announcement))).hex()


def sealed_leaf(salt32: bytes, object_id: str, team: Sequence[str | None]) -> bytes:
    """The leaf of one visit in the sealed list: what the enterprise can later check on arrival."""
    return jcs.encode({"id": object_id, "team": list(team), "salt": salt32.hex()})


# T1: randomness


def encode_randomness(values: Randomness) -> bytes:
    """R: a list gives its integers ascending, each "n.", then "/"; an integer "n./"; a string "s/". Raises ``ValueError``."""
    parts = []
    for value in values:
        if isinstance(value, bool) or value is None:
            raise ValueError("randomness is a list of integers, an integer or a string")
        if isinstance(value, list):
            parts.append("".join(f"{n}." for n in sorted(value)) + "/")
        elif isinstance(value, int):
            parts.append(f"{value}./")
        else:
            parts.append(f"{value}/")
    return utf8("".join(parts))


def pseudorandom_key(secret: bytes, randomness: Randomness, announcement_sha256: str) -> bytes:
    """PRK = HMAC-SHA256(c_{K-1}, R || 0x00 || a)."""
    return hmac.digest(secret, encode_randomness(randomness) + b"\x00" + bytes.fromhex(announcement_sha256), "sha256")


def ticket(prk: bytes, kind: str, *fields: str) -> str:
    """T(kind, f1, ..): hex SHA-256(PRK || "kind|f1|..")."""
    return hashlib.sha256(prk + utf8("|".join((kind, *fields)))).hexdigest()


def entropy_bits(kind: str, count: int) -> float:
    """Bits that a source carries. ``count``: throws for dice, digits for digits, hex characters for a beacon; kuaile8 is 20 of 80 balls."""
    if kind == "dice":
        return count * math.log2(10)
    if kind == "digits":
        return count * math.log2(10)
    if kind == "kuaile8":
        return math.log2(math.comb(80, 20))
    if kind == "drand":
        return 256.0
    if kind == "beacon":
        return float(min(256, 4 * count))
    raise ValueError(f"no source of kind {kind!r}")


# objects


def quotas(prk: bytes, strata: Iterable[tuple[str, str, int]], rates: Mapping[str, tuple[int, int]]) -> list[tuple[str, str, int, int]]:
    """How many each cell gives: (class, cell, size, n) in the order of the draw. ``strata``: (class, cell, size) of the eligible rows;
    ``rates``: class -> (p, q), 0 <= p <= q, q > 0. Raises ``ValueError`` for a rate that is none."""
    by_class: dict[str, dict[str, int]] = {}
    for class_code, cell, size in strata:
        by_class.setdefault(class_code, {})[cell] = size
    result = []
    for class_code in sorted(by_class, key=utf8):
        p, q = rates[class_code]
        if not 0 <= p <= q or q == 0:
            raise ValueError(f"{p}/{q} is no rate")
        u = int(ticket(prk, "round", class_code), 16) % q
        total = 0
        cells = by_class[class_code]
        for cell in sorted(cells, key=lambda c: (ticket(prk, "cell", class_code, c), utf8(c))):
            upto = total + cells[cell] * p
            result.append((class_code, cell, cells[cell], (upto + u) // q - (total + u) // q))
            total = upto
    return result


def select_objects(prk: bytes, rows: Iterable[tuple[str, str, str]], rates: Mapping[str, tuple[int, int]]) -> tuple[Cell, ...]:
    """Draw by class and cell. ``rows``: (id, cell, class) of the eligible rows; for ``rates`` see ``quotas``."""
    ids: dict[tuple[str, str], list[str]] = {}
    for object_id, cell, class_code in rows:
        ids.setdefault((class_code, cell), []).append(object_id)
    return tuple(
        Cell(class_code, cell, n, tuple(sorted(ids[class_code, cell], key=lambda i: (ticket(prk, "obj", i), utf8(i)))))
        for class_code, cell, _, n in quotas(prk, [(c, cell, len(found)) for (c, cell), found in ids.items()], rates)
    )


def perform(
    *,
    announcement: Mapping[str, Any],
    rows: Sequence[FrameRow],
    pool: Sequence[PoolRow],
    recusals: frozenset[tuple[str, str]],
    randomness: Randomness,
    secret: bytes,
) -> Outcome:
    """The whole draw. ``recusals`` are pairs (object id, pid). Deterministic: the same input gives the same outcome, byte for byte."""
    prk = pseudorandom_key(secret, randomness, announcement_hash(announcement))
    rates = {c: (p, q) for c, (p, q) in announcement["rates"].items()}
    cells = select_objects(prk, ((r.id, r.cell, r.class_code) for r in rows if r.st == ELIGIBLE), rates)
    counties = {r.id: r.county for r in rows}
    teams, exceptions = pair([(i, counties[i]) for c in cells for i in c.order[: c.n]], announcement, pool, recusals, prk)
    return Outcome(cells, teams, exceptions)


def pair(
    drawn: Sequence[tuple[str, str]], announcement: Mapping[str, Any], pool: Sequence[PoolRow], recusals: frozenset[tuple[str, str]], prk: bytes
) -> tuple[dict[str, list[str | None]], tuple[tuple[str, int], ...]]:
    """Teams and exceptions for the drawn (id, county)."""
    teams, exceptions = pair_people(
        prk,
        drawn,
        [(s["dept"], s["qual"]) for s in announcement["slots"]],
        [(r.pid, r.dept, frozenset(r.quals), frozenset(r.counties), r.load) for r in pool],
        recusals,
    )
    return teams, tuple(exceptions)


def cutoffs(prk: bytes, outcome: Outcome, label_key: bytes) -> list[dict[str, str | None]]:
    """Each cell's largest drawn ticket under an opaque label, for a public bundle that must not tell classes.

    ``label_key`` stays secret for good: everybody knows ``prk`` after the reveal, and a label that could be made from it
    for each class in turn would tell the class of the enterprise whose ticket is the cutoff.
    """
    found = []
    for c in outcome.cells:
        label = salt(label_key, "label", c.class_code, c.cell).hex()[:16]
        found.append({"label": label, "cutoff": ticket(prk, "obj", c.order[c.n - 1]) if c.n else None})
    return sorted(found, key=lambda f: f["label"] or "")

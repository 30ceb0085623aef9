"""Witnesses' signatures and who must sign. Pure.

C2SP tlog-cosignature (cosignature/v1), tlog-policy, and the messages of tlog-witness.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from backend.kernel import merkle
from backend.ledger.rules import COSIGNATURE, VerifierKey, parse_vkey, verifier_key

MOST_PROOF_LINES = 63


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosign(text: str, name: str, private: Ed25519PrivateKey, time: int) -> str:
    """A witness's signature line over a checkpoint's text. ``time`` is in seconds since 1970."""
    key = verifier_key(name, private, COSIGNATURE)
    raw = key.key_id + time.to_bytes(8, "big") + private.sign(_message(text, time))
    return f"\u2014 {name} {base64.b64encode(raw).decode()}\n"


def cosigned_at(line: str, text: str, key: VerifierKey) -> int | None:
    """When ``key`` cosigned the checkpoint's text, in seconds since 1970; None where this line does not say so."""
    parts = line.strip().split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or parts[1] != key.name:
        return None
    try:
        raw = base64.b64decode(parts[2], validate=True)
        if len(raw) != 76 or raw[:4] != key.key_id or key.kind != COSIGNATURE:
            return None
        time = int.from_bytes(raw[4:12], "big")
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw[12:], _message(text, time))
    except (InvalidSignature, binascii.Error, ValueError):
        return None
    return time


def request_text(old_size: int, proof: Sequence[bytes], note: str) -> str:
    """The body of ``add-checkpoint``."""
    return "\n".join([f"old {old_size}", *(base64.b64encode(h).decode() for h in proof), "", note])


def parse_request(body: str) -> tuple[int, list[bytes], str]:
    """(old size, proof, signed checkpoint). Raises ``ValueError``."""
    head, blank, note = body.partition("\n\n")
    if not blank:
        raise ValueError("no blank line")
    first, *lines = head.split("\n")
    word, _space, number = first.partition(" ")
    if word != "old" or not number.isascii() or not number.isdigit() or str(int(number)) != number:
        raise ValueError("no old size")
    proof = [base64.b64decode(line, validate=True) for line in lines]
    if len(proof) > MOST_PROOF_LINES or any(len(h) != merkle.HASH_BYTES for h in proof):
        raise ValueError("malformed proof")
    return int(number), proof, note


@dataclass(frozen=True, slots=True)
class Witness:
    name: str
    key: VerifierKey
    url: str  # the prefix of add-checkpoint; empty where another signer asks this witness


@dataclass(frozen=True, slots=True)
class Policy:
    """Who witnesses the log, and which of them are enough. ``groups``: name -> (how many of them, members)."""

    witnesses: tuple[Witness, ...] = ()
    groups: Mapping[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = "none"

    def is_met(self, signed: AbstractSet[str]) -> bool:
        """Whether the witnesses of these names are enough."""
        return self._holds(self.quorum, signed)

    def _holds(self, name: str, signed: AbstractSet[str]) -> bool:
        if name == "none":
            return True
        if name in self.groups:
            wanted, members = self.groups[name]
            return sum(self._holds(m, signed) for m in members) >= wanted
        return name in signed


def parse_policy(text: str) -> Policy:
    """A C2SP tlog-policy: lines ``witness <name> <vkey> [<url>]``, ``group <name> any|all|<n> <member>..``, ``quorum <name>|none``.

    ``log`` lines are passed over: the log is our own. Raises ``ValueError`` that names the line.
    """
    witnesses: list[Witness] = []
    groups: dict[str, tuple[int, tuple[str, ...]]] = {}
    names: set[str] = {"none"}
    quorum: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        match line.split():
            case [] | ["log", *_]:
                continue
            case [word, *_] if word.startswith("#"):
                continue
            case ["witness", name, vkey, *url] if name not in names and len(url) <= 1:
                witnesses.append(Witness(name, parse_vkey(vkey), url[0].rstrip("/") if url else ""))
                names.add(name)
            case ["group", name, wanted, *members] if name not in names and members and set(members) <= names - {"none"}:
                n = {"any": 1, "all": len(members)}.get(wanted) or (int(wanted) if wanted.isdigit() else 0)
                if not 1 <= n <= len(members):
                    raise ValueError(f"witness policy, line {number}: {wanted} of {len(members)} members")
                groups[name] = (n, tuple(members))
                names.add(name)
            case ["quorum", name] if quorum is None and name in names:
                quorum = name
            case _:
                raise ValueError(f"witness policy, line {number}: cannot be read: {line!r}")
    if quorum is None:
        raise ValueError("witness policy: a line 'quorum <name>' is missing")
    return Policy(tuple(witnesses), groups, quorum)

"""A draw's secret in shares, so that silence of the office cannot keep it shut. Pure.

SLIP-0039 (Shamir over GF(256), each share a line of words with a checksum), any two of the witnesses are enough; each share is
sealed to its witness with age (age-encryption.org), so it may lie in the open until the witness opens it with the ``age`` tool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyrage
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from backend.draws.rules import SPEC, sha256

NEEDED = 2


@dataclass(frozen=True, slots=True)
class Keeper:
    """A witness who keeps a share; ``recipient`` is their age key, ``age1..``."""

    name: str
    recipient: str


def read_keepers(text: str) -> tuple[Keeper, ...]:
    """One ``name age1..`` a line, ``#`` before a comment. Raises ``ValueError`` that names the line; fewer than two keep nothing."""
    keepers = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _blank, recipient = line.strip().rpartition(" ")
        try:
            pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError as e:
            raise ValueError(f"secret witnesses, line {number}: {recipient!r} is no age recipient") from e
        if not name:
            raise ValueError(f"secret witnesses, line {number}: the witness has no name")
        keepers.append(Keeper(name.strip(), recipient))
    if len(keepers) < NEEDED:
        raise ValueError("secret witnesses: at least two are needed")
    return tuple(keepers)


def split(secret: bytes, draw_id: str, keepers: Sequence[Keeper]) -> list[dict[str, str]]:
    """One sealed share a keeper: {"witness", "recipient", "sealed"}, sealed in age's armour."""
    # The words are protected by age, not by a passphrase, so the slow stretching of one is left at its least.
    ((*words,),) = generate_mnemonics(1, [(NEEDED, len(keepers))], secret, iteration_exponent=0)
    sealed = []
    for keeper, share in zip(keepers, words, strict=True):
        text = f"{SPEC} {draw_id}\n{share}\n".encode()
        armour = pyrage.encrypt(text, [pyrage.x25519.Recipient.from_str(keeper.recipient)], armored=True)
        sealed.append({"witness": keeper.name, "recipient": keeper.recipient, "sealed": armour.decode()})
    return sealed


def combine(shares: Sequence[str], anchor: str) -> bytes:
    """The secret from opened shares (the words, with or without the line above them). Raises ``ValueError`` where it is not the announced one."""
    words = [next((line for line in reversed(share.strip().splitlines()) if line.strip()), "").strip() for share in shares]
    try:
        secret: bytes = combine_mnemonics(words)
    except MnemonicError as e:
        raise ValueError(f"the shares do not fit together: {e}") from e
    if sha256(secret).hex() != anchor:
        raise ValueError("the shares give a secret that is not the announced one")
    return secret

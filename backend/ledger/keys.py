"""The log's signing key and the key behind pseudonyms, kept with the installation."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import cache
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.kernel.settings import settings
from backend.ledger.rules import VerifierKey, verifier_key
from backend.storage.keys import keep


@cache
def signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keep("ledger.ed25519", lambda: secrets.token_bytes(32)))


def log_key() -> VerifierKey:
    """The public half, under the log's origin name."""
    return verifier_key(settings().log_origin, signing_key())


@cache
def _pseudonym_key() -> bytes:
    return keep("pseudonym.key", lambda: secrets.token_bytes(32))


def pseudonym(person: UUID | None) -> str:
    """16 hex characters that stand for an account in the log; nobody without the key can tell whose. None is the system itself."""
    if person is None:
        return "system"
    return hmac.new(_pseudonym_key(), person.bytes, hashlib.sha256).hexdigest()[:16]

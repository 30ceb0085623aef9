"""What of a person is stored, and how: sealed under one key of this installation, found again by keyed hashes. Lost key: new codes."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from uuid import UUID

from cryptography.fernet import Fernet

from backend.claims import rules
from backend.storage.keys import keep, secret


@dataclass(frozen=True, slots=True)
class Person:
    """As they gave it; ``phone`` is empty once they have left."""

    person: str
    position: str
    phone: str


def _safe() -> Fernet:
    return Fernet(keep("claims.key", Fernet.generate_key))


def seal(person: Person) -> bytes:
    return _safe().encrypt(json.dumps(asdict(person), ensure_ascii=False).encode())


def unseal(sealed: bytes) -> Person:
    return Person(**json.loads(_safe().decrypt(bytes(sealed))))


def _mac(what: str, *parts: str) -> bytes:
    return hmac.new(secret("claims").encode(), "|".join((what, *parts)).encode(), hashlib.sha256).digest()


def code_of(code_id: UUID) -> str:
    """The code under an id: the same id gives the same code, so that a letter can be printed again and is nowhere stored."""
    bits = int.from_bytes(_mac("code", str(code_id))[:9], "big") >> 2  # 70 bits
    return rules.spell(bits >> 40, bits & (1 << 40) - 1)


def hash_code(code: str) -> str:
    return _mac("hash", code).hex()


def hash_login(enterprise_code: str, phone: str) -> str:
    return _mac("login", enterprise_code.strip().upper(), phone).hex()

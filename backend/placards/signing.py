"""The key of this installation's codes. Lost with the folder of keys, it leaves every printed card looking forged: it belongs into the backup."""

from __future__ import annotations

from functools import cache

from backend.placards import rules
from backend.storage.keys import secret


@cache
def _key() -> bytes:
    return secret("placard").encode()


def code_of(token: str) -> str:
    """A token as an address carries it."""
    return rules.sign(token, _key())


def read(text: str) -> tuple[str, str]:
    """As ``rules.read_code``."""
    return rules.read_code(text, _key())

"""Canonical JSON, RFC 8785 restricted to the profile of the draw and the ledger.

ASCII keys, integers with |n| < 2**53, no floats, NFC strings, no lone surrogates. Under that profile
Python's sorted, compact ``json.dumps`` in UTF-8 *is* RFC 8785. Proven by tests/rules/test_jcs.py and,
for the browser's twin (pwa/src/model/jcs.js), by the shared vectors.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

MAX_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """A value outside the profile; the message names the path to it."""


def _check(value: Any, path: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise NotCanonical(f"{path}: integer beyond 2**53")
    elif isinstance(value, str):
        if any("\ud800" <= ch <= "\udfff" for ch in value):
            raise NotCanonical(f"{path}: lone surrogate")
        if not unicodedata.is_normalized("NFC", value):
            raise NotCanonical(f"{path}: not NFC")
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            _check(item, f"{path}[{i}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical(f"{path}: key {key!r} is not ASCII text")
            _check(item, f"{path}.{key}")
    else:
        raise NotCanonical(f"{path}: {type(value).__name__} has no place in canonical JSON")


def encode(value: Any) -> bytes:
    """The canonical bytes of ``value``.

    Raises ``NotCanonical`` with the path of the first part outside the profile.
    """
    _check(value, "$")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

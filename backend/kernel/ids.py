"""Identifiers: random, unguessable, never a counter that tells how many there are."""

from __future__ import annotations

import base64
import secrets
from uuid import UUID, uuid4


def new_id() -> UUID:
    return uuid4()


def new_token() -> str:
    """A 128-bit token in 26 characters of lower-case base32 (RFC 4648), safe in a URL and a QR code."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()

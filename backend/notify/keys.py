"""The VAPID key (RFC 8292) by which push services know this installation."""

from __future__ import annotations

import base64
from functools import cache
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from py_vapid import Vapid02

from backend.storage.keys import keep


def _make() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def vapid() -> Vapid02:
    return cast(Vapid02, Vapid02.from_pem(keep("vapid.pem", _make)))  # type: ignore[no-untyped-call]


def public_key() -> str:
    """The application server key as browsers take it: base64url of the uncompressed point."""
    point = vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

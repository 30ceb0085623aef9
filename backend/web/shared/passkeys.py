"""What a browser and a face say to each other about passkeys (WebAuthn level 3, JSON serialisation)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from backend.people.ceremonies import Ceremony


class PasskeyAnswer(msgspec.Struct):
    """A browser's answer to a challenge, how its owner calls a new passkey, and where to go after a sign-in."""

    ceremony: UUID
    credential: dict[str, Any]
    name: str = ""
    next: str = ""


def say_asked(ceremony: Ceremony) -> dict[str, Any]:
    """A challenge, as the faces' scripts hand it to the browser."""
    return {"ceremony": str(ceremony.id), "options": ceremony.options}

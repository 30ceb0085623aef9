"""The word by which a page lets its reader's browser say: I have this thing open. Made only for whom the page was made."""

from __future__ import annotations

import hashlib
import hmac

from backend.kernel.errors import Forbidden
from backend.people.rules import Principal
from backend.storage.keys import secret


def _mac(who: Principal, place: str) -> str:
    return hmac.new(secret("presence").encode(), f"{who.account_id} {place}".encode(), hashlib.sha256).hexdigest()[:32]


def seal(who: Principal, place: str) -> str:
    """``enterprise:<id>`` with a seal that another account cannot use, so that only who may open a page learns who else has it open."""
    return f"{place}~{_mac(who, place)}"


def unseal(who: Principal, word: str) -> str:
    """The place. Raises ``Forbidden`` for a seal that was made for somebody else, or by nobody."""
    place, _tilde, mac = word.rpartition("~")
    if not hmac.compare_digest(mac.encode(), _mac(who, place).encode()):
        raise Forbidden()
    return place

"""亮码: an officer's code for one visit, by which whoever is visited sees on any phone that officer and task are genuine.

A token names the inspection and the place in its team and carries a MAC over both and the officer, so that a substitution ends the
code of the one who stood back. It is no secret of the officer's: it says to its reader what the officer would have to show on paper.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.draws import queries as draws
from backend.inspections import submission_queries
from backend.inspections.rules import OPEN
from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.scope import EVERYTHING
from backend.people import queries as people
from backend.people.queries import InspectorView
from backend.people.rules import is_fit
from backend.registry import queries as registry
from backend.registry.queries import EnterpriseView
from backend.storage.engine import transaction
from backend.storage.keys import secret

_MAC_BYTES = 13  # 104 bits; with inspection and slot 30 bytes, which are 40 characters


@dataclass(frozen=True, slots=True)
class ShownCode:
    """What a scanned code tells. ``is_valid``: the visit is still open and the officer's certificate in date."""

    is_valid: bool
    officer: InspectorView
    team: tuple[InspectorView, ...]
    enterprise: EnterpriseView
    campaign_number: str
    campaign_name: str
    campaign_kind: str
    draw_id: str | None
    dispatched_at: datetime


def _mac(head: bytes, inspector: UUID) -> bytes:
    return hmac.digest(secret("officer-code").encode(), head + inspector.bytes, hashlib.sha256)[:_MAC_BYTES]


def make_token(inspection: UUID, slot: int, inspector: UUID) -> str:
    """40 characters, safe in a URL."""
    head = inspection.bytes + bytes([slot])
    return base64.urlsafe_b64encode(head + _mac(head, inspector)).decode()


async def show_code(token: str) -> ShownCode:
    """Raises ``NotFound`` for anything that is no officer's code of today's team."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        inspection, slot = UUID(bytes=raw[:16]), raw[16]
    except (binascii.Error, ValueError, IndexError) as e:
        raise NotFound() from e
    async with transaction():
        visit = await submission_queries.find_for_team(inspection)
        officer = next((inspector for inspector, place, _ in visit.officers if place == slot), None)
        if officer is None or not hmac.compare_digest(raw, raw[:17] + _mac(raw[:17], officer)):
            raise NotFound()
        found = await people.list_inspectors_by_id([inspector for inspector, _, _ in visit.officers])
        draw = await draws.find_draw_by_id(visit.draw) if visit.draw else None
        enterprise = await registry.find_enterprise(visit.enterprise, EVERYTHING)
        today = clock.today()
        return ShownCode(
            is_valid=visit.state in OPEN and is_fit(found[officer].is_valid, found[officer].certificate_expires_on, today),
            officer=found[officer],
            team=tuple(found[inspector] for inspector, _, _ in visit.officers),
            enterprise=enterprise,
            campaign_number=visit.campaign_number,
            campaign_name=visit.campaign_name,
            campaign_kind=visit.campaign_kind,
            draw_id=draw.draw_id if draw else None,
            dispatched_at=visit.dispatched_at,
        )

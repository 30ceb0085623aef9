"""What an enterprise's own people are told: into their inbox, and to the browsers that they chose. Never that somebody is coming."""

from __future__ import annotations

from uuid import UUID

from backend.claims.queries import list_member_ids
from backend.notify import service as notify


async def tell_enterprise(enterprise: UUID, kind: str, *, zh: str, en: str, href: str) -> None:
    """Inside the caller's transaction. An enterprise that nobody has claimed is told nothing here."""
    for member in await list_member_ids(enterprise):
        await notify.tell(member, kind, inspection=None, params={"zh": zh, "en": en, "href": href})

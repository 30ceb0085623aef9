"""Names of regions in the reader's language."""

from __future__ import annotations

from backend.registry import queries
from backend.web.shared.i18n import pick


async def load_counties() -> dict[str, str]:
    """Code -> name of every region that has a parent city, in the order of their codes."""
    return {r.code: pick(r, "name") for r in await queries.list_regions() if r.parent and r.parent != "530000"}

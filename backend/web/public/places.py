"""Names of regions, authorities and industries in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from backend.people.queries import list_departments
from backend.registry import queries
from backend.web.shared import kept
from backend.web.shared.i18n import pick


async def load_counties() -> Mapping[str, str]:
    """Code -> name of every region that has a parent city, in the order of their codes."""

    async def load() -> Mapping[str, str]:
        return {r.code: pick(r, "name") for r in await queries.list_regions() if r.parent and r.parent != "530000"}

    return await kept.once("counties", load)


async def load_departments() -> Mapping[str, str]:
    """Code -> name of every authority."""

    async def load() -> Mapping[str, str]:
        return {d.code: pick(d, "name") for d in await list_departments()}

    return await kept.once("departments", load)


async def load_industries() -> Mapping[str, str]:
    """Code -> name of the classes that hold today."""

    async def load() -> Mapping[str, str]:
        return {i.code: pick(i, "name") for i in await queries.list_industries()}

    return await kept.once("industries", load)

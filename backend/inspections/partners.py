"""The departments of a joint campaign while it is a draft, and the items that each brings.

Each verb runs inside the caller's transaction, whose entry says why. Every change counts up the campaign's version, so that an
announcement which began before it fails rather than goes by what was.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backend.inspections import rules, service
from backend.kernel.errors import Conflict, Invalid, NotFound
from backend.storage.engine import connection


async def hold_draft(campaign_id: UUID, *, version: int | None = None) -> None:
    """Lock a drawn campaign that is still a draft. Raises ``NotFound``, ``WrongState``, and ``Conflict`` where it is not in ``version``."""
    row = await connection().fetchrow("select state, kind, version from campaign where id = $1 for update", campaign_id)
    if row is None:
        raise NotFound()
    if row["state"] != "draft" or row["kind"] != rules.RANDOM:
        raise rules.WrongState(state=row["state"])
    if version is not None and row["version"] != version:
        raise Conflict()


async def touch(campaign_id: UUID) -> None:
    """Something that an announcement depends on has changed."""
    await connection().execute("update campaign set version = version + 1 where id = $1", campaign_id)


async def set_items(campaign_id: UUID, department: str, items: Sequence[str]) -> None:
    """The department's items of the campaign are these, each pinned as it is today. Raises ``Invalid``."""
    pinned = await service.pin_forms(items, (department,)) if items else []
    await connection().execute(
        "delete from campaign_item where campaign = $1 and item in (select code from check_item where department = $2)", campaign_id, department
    )
    await connection().executemany(
        "insert into campaign_item (campaign, item, checklist, edition) values ($1, $2, $3, $4)", [(campaign_id, *form) for form in pinned]
    )
    await touch(campaign_id)


async def set_partners(campaign_id: UUID, partners: Sequence[str]) -> None:
    """Raises ``Invalid`` where a team has too few places for every department, or no item is left."""
    row = await connection().fetchrow("select officers_per_visit from campaign where id = $1", campaign_id)
    if row["officers_per_visit"] < len(partners) + 1:
        n = row["officers_per_visit"]
        raise Invalid(field="to", why_zh=f"每组只有 {n} 名执法人员，容纳不下这些部门", why_en=f"a team has {n} officers: too few for so many departments")
    if not await connection().fetchval("select exists (select 1 from campaign_item where campaign = $1)", campaign_id):
        raise Invalid(field="department", why_zh="该部门退出后任务没有抽查事项，请先另选部门", why_en="without this department the campaign has no check item")
    await connection().execute("update campaign set partners = $2, version = version + 1 where id = $1", campaign_id, list(partners))

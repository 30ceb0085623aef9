"""What the worker does for the register: it puts the enterprises of a large import into the search table, a stretch at a time."""

from __future__ import annotations

from backend.storage.engine import connection, database, transaction


async def index_some() -> bool:
    """Take the next two thousand of what waits. Returns whether there were any. Killed half-way, they are taken again."""
    async with transaction():
        ids = await connection().fetchval(
            "delete from enterprise_unindexed where position = (select position from enterprise_unindexed order by position limit 1"
            " for update skip locked) returning enterprises"
        )
        if ids is None:
            return False
        await connection().execute("select enterprise_index($1::uuid[])", ids)
        is_last = not await connection().fetchval("select exists (select from enterprise_unindexed)")
    if is_last and (pool := database().pool):
        # What the sample and the plans go by is counted anew, and the index of grams put in order.
        await pool.execute("vacuum analyze enterprise_search", timeout=600)
    return True

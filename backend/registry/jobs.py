"""What the worker does for the register: it puts the enterprises of a large import into the search table, a stretch at a time."""

from __future__ import annotations

from typing import Final

from backend.storage.engine import connection, database, transaction

STRETCH: Final = 2000


async def index_some() -> bool:
    """Take the next stretch of what waits. Returns whether there was any. Killed half-way, it is taken again."""
    async with transaction():
        rows = await connection().fetch(
            "delete from enterprise_unindexed where position = any (array(select position from enterprise_unindexed order by position limit $1"
            " for update skip locked)) returning enterprise",
            STRETCH,
        )
        if rows:
            await connection().execute("select enterprise_index($1::uuid[])", [row["enterprise"] for row in rows])
    if 0 < len(rows) < STRETCH and (pool := database().pool):
        # The last of a file: what the sample and the plans go by is counted anew, and the index of grams put in order.
        await pool.execute("vacuum analyze enterprise_search", timeout=600)
    return bool(rows)

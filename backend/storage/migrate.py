"""Bring the schema up to date; servers that start together take turns."""

from __future__ import annotations

from piccolo.apps.migrations.commands.forwards import run_forwards

from backend.storage.engine import database

LOCK = 7262317  # any number, the same in every process of this product


async def migrate() -> None:
    """Run all migrations that are due. Raises ``RuntimeError`` with Piccolo's message when one fails."""
    holder = await database().get_new_connection()
    try:
        await holder.execute("select pg_advisory_lock($1)", LOCK)
        result = await run_forwards("all")
        if not result.success:
            raise RuntimeError(result.message)
    finally:
        await holder.close()  # closing lets the lock go, even after a failure

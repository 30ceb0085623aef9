"""Bring the schema up to date while others work with it; servers that start together take turns.

No statement of a migration waits longer than ``LOCK_TIMEOUT`` for a table that somebody works with: whoever came after it would wait behind
it. It gives up and comes again. The rules for what a migration may say: docs/operations.md and tests/house/test_migrations.py.
"""

from __future__ import annotations

import asyncio
import re
from functools import cache
from pathlib import Path

import asyncpg
import structlog
from piccolo.apps.migrations.commands.forwards import run_forwards

from backend.storage.engine import database, reader

LOCK = 7262317  # any number, the same in every process of this product
LOCK_TIMEOUT = "4s"
TRIES = 30
PAUSE_S = 3.0
_ID = re.compile(r'^ID = "([^"]+)"', re.MULTILINE)
log = structlog.get_logger()


async def migrate() -> None:
    """Run all migrations that are due. Raises ``RuntimeError`` with Piccolo's message when one fails."""
    holder = await database().get_new_connection()
    config = database().config
    try:
        await holder.execute("select pg_advisory_lock($1)", LOCK)
        database().config = {**config, "server_settings": {"lock_timeout": LOCK_TIMEOUT}}
        for attempt in range(1, TRIES + 1):
            try:
                result = await run_forwards("all")
            except asyncpg.LockNotAvailableError:
                # Each migration is one transaction: those that were through stay, this one begins again.
                if attempt == TRIES:
                    raise
                log.warning("migrate.waiting", attempt=attempt)
                await asyncio.sleep(PAUSE_S)
                continue
            if not result.success:
                raise RuntimeError(result.message)
            return
    finally:
        database().config = config
        await holder.close()  # closing lets the lock go, even after a failure


@cache
def list_known() -> frozenset[str]:
    """The ids of this release's migrations."""
    folder = Path(__file__).parents[2] / "migrations"
    return frozenset(match[1] for file in folder.glob("[0-9]*.py") if (match := _ID.search(file.read_text("utf-8"))) is not None)


async def list_pending() -> list[str]:
    """Migrations of this release that the database has not seen, in their order. More than ours is no fault: a newer release is on its way."""
    if not await reader().fetchval("select to_regclass('migration') is not null"):
        return sorted(list_known())
    done = {row["name"] for row in await reader().fetch("select name from migration")}
    return sorted(list_known() - done)

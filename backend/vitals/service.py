"""Whether this process may be given work."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import structlog
from asyncpg.exceptions import InterfaceError, PostgresError

from backend.kernel.settings import settings
from backend.storage import migrate
from backend.vitals import queries
from backend.vitals.rules import Readiness, disk_is_full, judge

PATIENCE_S = 3.0  # a balancer asks every few seconds, and does not wait for long either
log = structlog.get_logger()
_leaving = asyncio.Event()


def drain() -> None:
    """From now on this process says that it is leaving; what it has begun it finishes."""
    _leaving.set()


async def read_readiness() -> Readiness:
    """Never raises: a database that is away is the answer."""
    database, applied, oldest = False, False, None
    try:
        async with asyncio.timeout(PATIENCE_S):
            pending = await migrate.list_pending()
            database, applied = True, not pending
            if applied:
                oldest = await queries.find_oldest_staged()
    except (OSError, PostgresError, InterfaceError) as e:
        log.warning("readiness.database", error=e)
    free, total = await asyncio.to_thread(_free, settings().data_dir)
    return judge(draining=_leaving.is_set(), database=database, migrations=applied, disk_full=disk_is_full(free, total), oldest_staged_s=oldest)


def _free(folder: Path) -> tuple[int, int]:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return 0, 0
    return usage.free, usage.total

"""The ledger: appending through the sequencer beside a bare COPY of the same rows."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path

ENTRIES = 20_000


async def _measure() -> None:
    from backend.ledger import sequencer, service
    from backend.storage import engine, migrate
    from backend.storage.engine import connection, transaction

    await migrate.migrate()
    async with engine.pool(4):
        for batch in (100, 1_000):
            async with transaction():
                for i in range(ENTRIES):
                    await service.record("demo.loaded", actor=None, subject="bench", payload={"i": i})
            start = time.perf_counter()
            while await sequencer.sequence(batch):
                pass
            took = time.perf_counter() - start
            async with transaction():
                rows = await connection().fetch("select index, entry_id, leaf, leaf_sha256 from ledger_leaf order by index desc limit $1", ENTRIES)
                await connection().execute("create temp table bare (like ledger_leaf) on commit drop")
                start = time.perf_counter()
                await connection().copy_records_to_table("bare", records=[tuple(r) for r in rows])
                bare = time.perf_counter() - start
            print(f"sequence, batch {batch:>5}: {ENTRIES / took:9,.0f} entries/s   {took / bare:5.1f} x a bare COPY of the same rows")


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="sunlot-bench-"))
    home.chmod(0o755)
    os.environ["DATA_DIR"] = str(home)
    os.environ.pop("DATABASE_URL", None)
    from backend.storage import engine

    engine.ensure_server()
    try:
        asyncio.run(_measure())
    finally:
        engine.stop_server()
        shutil.rmtree(home, ignore_errors=True)

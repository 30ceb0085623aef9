"""kill -9 in the middle of a file, and in the middle of applying it: the next worker goes on, no row twice, nothing half-applied."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.exchange import queries, service
from backend.exchange.queries import BatchView
from backend.registry.service import load_industries, load_regions
from backend.storage.engine import aside, transaction
from tests.usecases.test_import import CITY, code, person, register, upload

REPO = Path(__file__).parents[2]
ROWS = 6000
# The real worker, in small steps, and with processes of its own though the file is small.
WORKER = """
import asyncio
from backend.cli import worker
from backend.exchange import sources
from backend.usecases import import_applying, import_reading
sources.BLOCK_BYTES = 12_000
import_reading.SMALL = 0
import_reading.PROCESSES = 1
import_applying.PART = 100
asyncio.run(worker.main())
"""


@contextmanager
def a_worker(db, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    where = db.config
    url = f"postgresql://{where['user']}@/{where['database']}?host={where['host']}&application_name=import-kill"
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=REPO, env={**os.environ, "DATABASE_URL": url, "DATA_DIR": str(home)})
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def children_of(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def until(batch_id, holds) -> BatchView:
    async with asyncio.timeout(120):
        while not holds(batch := await queries.find_batch(batch_id, CITY)):
            assert batch.state != "failed", batch.error
            await asyncio.sleep(0.01)
    return batch


async def no_connection_of_the_dead() -> None:
    async with asyncio.timeout(30):
        while await aside().fetchval("select count(*) from pg_stat_activity where application_name = 'import-kill'"):  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.02)


async def test_a_killed_worker_is_followed_by_one_that_goes_on(db, home):
    async with transaction():
        await load_regions()
        await load_industries()
    who = person()
    batch_id = await upload(register(*([code(n), f"店{n}", "麒麟区", "6210"] for n in range(ROWS))), who)
    with a_worker(db, home) as first:
        half = await until(batch_id, lambda b: b.done > 0)
        helpers = children_of(first.pid)
        first.send_signal(signal.SIGKILL)
        first.wait()
    await no_connection_of_the_dead()
    half = await queries.find_batch(batch_id, CITY)
    assert 0 < half.done < ROWS
    assert half.state == "reading"
    assert helpers, "it judged in another process"
    async with asyncio.timeout(30):
        while any(map(is_alive, helpers)):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)

    with a_worker(db, home) as second:
        whole = await until(batch_id, lambda b: b.state == "previewed")
        assert (whole.done, whole.total, whole.new, whole.bad) == (ROWS, ROWS, ROWS, 0)
        numbers = await aside().fetch("select row_no, count(*) as n from import_row where batch = $1 group by row_no", batch_id)
        assert {r["row_no"] for r in numbers} == set(range(2, ROWS + 2))
        assert {r["n"] for r in numbers} == {1}

        async with transaction():
            await service.ask_apply(batch_id, by=who.account_id, scope=who.scope)
        await until(batch_id, lambda b: b.applied_rows > 0)
        second.send_signal(signal.SIGKILL)
        second.wait()
    await no_connection_of_the_dead()
    assert (await queries.find_batch(batch_id, CITY)).state == "applying"
    assert await aside().fetchval("select count(*) from enterprise") == 0
    with a_worker(db, home):
        await until(batch_id, lambda b: b.state == "applied")
    assert await aside().fetchval("select count(*) from enterprise") == ROWS
    assert await aside().fetchval("select count(*) from ledger_entry where type = 'registry.imported'") + await aside().fetchval(
        "select count(*) from ledger_stage"
    )


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False

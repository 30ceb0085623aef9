"""A register file of a million rows: upload, preview and apply by the real worker, beside a bare COPY of the same file into a bare table.

The bare table has the file's columns and nothing else: no index, no check of a code, no pinyin, no second copy for the preview. Memory is that
of the worker and of all its processes together, at its highest, in samples. Last, a workbook of a fifth of the rows is unrolled.
"""

from __future__ import annotations

import asyncio
import csv
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import xlsxwriter

from benchmarks._database import run

ROWS = int(os.environ.get("ROWS") or 1_000_000)
GOAL = 1 / 3
MEMORY_MB = 500
WORKER = "import asyncio; from backend.cli import worker; asyncio.run(worker.main())"


def write_register(path: Path, rows: int, seed: int = 1) -> None:
    """A CSV as an office exports it: GB 18030, the county by name, the industry by code, dates with slashes; every code is sound."""
    from backend.cli.demo.county import make_enterprises
    from backend.cli.demo.samples import _cells, _headers
    from backend.registry.rules import make_uscc

    dice = random.Random(seed)  # noqa: S311 - a file to measure with, no secret
    models = [_cells(e) for e in make_enterprises(3000, seed=seed)]
    signs = "春华秋实金玉满堂云岭珠江源麒麟沾益会泽宣威罗平师宗陆良富源马龙福寿康宁顺达昌盛鑫隆兴旺和美佳乐"
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    with path.open("w", encoding="gb18030", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(_headers())
        for n in range(rows):
            row = list(models[n % len(models)])
            body, rest = "", n
            for _ in range(6):
                rest, place = divmod(rest, 31)
                body = alphabet[place] + body
            row[0] = make_uscc(row[0][:8], "MA" + body)
            row[1] = f"{row[1][:2]}{''.join(dice.choices(signs, k=4))}{row[1][2:]}"
            row[6] = f"{row[6]}{dice.randrange(1, 1000)}号"
            row[8] = f"138{dice.randrange(10**8):08}"
            writer.writerow(row)


def _memory_kb(root: int) -> int:
    """Memory of a process and of all that it started; pages that they share count once (PSS)."""
    parents, family, total = {}, {root}, 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    for pid in family:
        with suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total


@contextmanager
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    worker = subprocess.Popen([sys.executable, "-c", WORKER], stdout=subprocess.DEVNULL)
    try:
        yield worker
    finally:
        worker.terminate()
        worker.wait()


async def _wait(batch: Any, state: str, worker: subprocess.Popen[bytes]) -> tuple[float, int]:
    """Seconds until the batch is in a state, and the most kilobytes meanwhile."""
    from backend.exchange import queries
    from backend.kernel.scope import EVERYTHING

    start, most = time.perf_counter(), 0
    while True:
        most = max(most, _memory_kb(worker.pid))
        found = await queries.find_batch(batch, EVERYTHING)
        if found.state == state:
            return time.perf_counter() - start, most
        if found.state in ("failed", "mapping"):
            raise RuntimeError(f"the import is {found.state}: {found.error}")
        await asyncio.sleep(0.1)


async def _bare(path: Path) -> float:
    from backend.storage.engine import connection, transaction

    columns = ("code", "name", "region", "industry", "kind", "status", "address", "legal_rep", "phone")
    async with transaction():
        await connection().execute(f"create table bare ({', '.join(f'{c} varchar(300)' for c in columns)}, established_on date, credit_class varchar(1))")
    start = time.perf_counter()
    async with transaction():
        await connection().copy_to_table("bare", source=path, format="csv", header=True, encoding="gb18030", timeout=600)
    took = time.perf_counter() - start
    async with transaction():
        await connection().execute("drop table bare")
    return took


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk


def _workbook(path: Path, rows: int) -> None:
    """How fast an XLSX is unrolled, and in how much memory."""
    book = path.with_suffix(".xlsx")
    with xlsxwriter.Workbook(str(book), {"strings_to_urls": False}) as made, path.open(encoding="gb18030", newline="") as stream:
        page = made.add_worksheet()
        for number, cells in enumerate(islice(csv.reader(stream), rows + 1)):
            page.write_row(number, 0, cells)
    start, most = time.perf_counter(), 0
    reader = subprocess.Popen([sys.executable, "-m", "backend.exchange.sources", str(book), book.name, "register"], stdout=subprocess.DEVNULL)
    while reader.poll() is None:
        most = max(most, _memory_kb(reader.pid))
        time.sleep(0.1)
    took = time.perf_counter() - start
    print(f"unroll an XLSX {rows:>9,} rows  {took:6.2f} s  {rows / took:9,.0f} rows/s   at most {most / 1024:,.0f} MB")


async def _measure() -> None:
    from backend.kernel.settings import settings
    from backend.people.rules import Principal
    from backend.registry.service import load_industries, load_regions
    from backend.storage import engine, migrate
    from backend.storage.engine import transaction
    from backend.usecases import import_registry

    await migrate.migrate()
    path = settings().data_dir / "register.csv"
    write_register(path, ROWS)
    who = Principal(uuid4(), "manager", "王芳", "manager", "scjg", "53", None)
    async with engine.pool(4):
        async with transaction():
            await load_regions()
            await load_industries()
        bare = min([await _bare(path) for _ in range(3)])
        print(f"bare COPY      {ROWS:>9,} rows  {bare:6.2f} s  {ROWS / bare:9,.0f} rows/s   ({path.stat().st_size >> 20} MB, no index, nothing judged)")
        with _worker() as worker:
            batch = await import_registry.upload(_chunks(path), filename=path.name, by=who)
            read, memory = await _wait(batch, "previewed", worker)
            print(f"read and judge {ROWS:>9,} rows  {read:6.2f} s  {ROWS / read:9,.0f} rows/s   {bare / read:5.1%} of the bare COPY   {memory / 1024:,.0f} MB")
            await import_registry.ask_apply(batch, by=who)
            took, most = await _wait(batch, "applied", worker)
            memory = max(memory, most)
            print(f"apply          {ROWS:>9,} rows  {took:6.2f} s  {ROWS / took:9,.0f} rows/s   {bare / took:5.1%} of the bare COPY   {most / 1024:,.0f} MB")
            whole = read + took
            reached = bare / whole
            print(f"altogether     {ROWS:>9,} rows  {whole:6.2f} s  {ROWS / whole:9,.0f} rows/s   {reached:5.1%} of the bare COPY", end="")
            print(f"   (goal {GOAL:.0%})   at most {memory / 1024:,.0f} MB (goal {MEMORY_MB})")
        _workbook(path, ROWS // 5)


def main() -> None:
    run(_measure)


if __name__ == "__main__":
    main()

"""A register file of a million rows: upload, preview and apply by the real worker, beside a bare COPY of the same file into a bare table.

The bare table has the file's columns and nothing else: no index, no check of a code, no pinyin, no second copy for the preview. What of the
difference is the database's own is shown by two more COPYs, of the finished rows, into tables like the preview's and the register's. Memory is
that of the worker and of all its processes together, at its highest, in samples. Last, the same rows come as a workbook.
"""

from __future__ import annotations

import asyncio
import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from benchmarks._database import run

ROWS = int(os.environ.get("ROWS") or 1_000_000)
GOAL = 1 / 3
MEMORY_MB = 500
WORKER = "import asyncio; from backend.cli import worker; asyncio.run(worker.main())"


def write_register(path: Path, rows: int, seed: int = 1, *, phones: str = "138") -> None:
    """A CSV as an office exports it: GB 18030, the county by name, the industry by code, dates with slashes; every code is sound.

    Of one seed, files with other ``phones`` differ in the beginnings of the telephone numbers alone.
    """
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
            row[8] = f"{phones}{dice.randrange(10**8):08}"
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


async def _like(table: str, folder: Path) -> float:
    """Seconds of a COPY of all rows of a table into an empty one with the same columns, indexes and checks, without triggers."""
    from backend.storage.engine import connection, transaction

    path, best = folder / f"{table}.copy", 9e9
    async with transaction():
        await connection().copy_from_table(table, output=path, format="binary", timeout=600)
    for _ in range(2):
        async with transaction():
            await connection().execute(f"create table alike (like {table} including all)")
        start = time.perf_counter()
        async with transaction():
            await connection().copy_to_table("alike", source=path, format="binary", timeout=600)
        best = min(best, time.perf_counter() - start)
        async with transaction():
            await connection().execute("drop table alike")
    path.unlink()
    return best


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk


def write_workbook(path: Path, book: Path) -> None:
    """The rows of a CSV as Excel stores them: every text once in the table of strings, in the order in which they come."""
    places: dict[str, int] = {}
    count = 0
    with path.open(encoding="gb18030", newline="") as stream, zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for part, text in _PARTS.items():
            made.writestr(part, text)
        with tempfile.TemporaryFile() as strings:
            with made.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
                sheet.write(f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                for number, row in enumerate(csv.reader(stream), 1):
                    cells = []
                    for letter, text in zip("ABCDEFGHIJKLMNOP", row, strict=False):
                        place = places.get(text)
                        if place is None:
                            place, count = count, count + 1
                            if len(text) < 9:  # what comes once is not looked for again
                                places[text] = place
                            strings.write(f"<si><t>{escape(text)}</t></si>".encode())
                        cells.append(f'<c r="{letter}{number}" t="s"><v>{place}</v></c>')
                    sheet.write(f'<row r="{number}">{"".join(cells)}</row>'.encode())
                sheet.write(b"</sheetData></worksheet>")
            strings.seek(0)
            with made.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
                part.write(f'<?xml version="1.0" encoding="UTF-8"?><sst xmlns="{_MAIN}">'.encode())
                shutil.copyfileobj(strings, part, 1 << 20)
                part.write(b"</sst>")


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACK = "http://schemas.openxmlformats.org/package/2006"
_XL = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACK}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_XL}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_XL}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_XL}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACK}/relationships">'
    f'<Relationship Id="r1" Type="{_RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELS}"><sheets><sheet name="名录" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACK}/relationships">'
    f'<Relationship Id="r1" Type="{_RELS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_RELS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}  # fmt: skip


async def _measure() -> None:
    from backend.exchange import queries
    from backend.kernel.scope import EVERYTHING
    from backend.kernel.settings import settings
    from backend.people.rules import Principal
    from backend.registry.service import load_industries, load_regions
    from backend.storage import engine, migrate
    from backend.storage.engine import connection, transaction
    from backend.usecases import import_registry

    await migrate.migrate()
    path = settings().data_dir / "register.csv"
    write_register(path, ROWS)
    who = Principal(uuid4(), "manager", "王芳", "manager", "scjg", "53", None)

    def say(what: str, took: float, base: float, note: str) -> None:
        print(f"{what:<31} {ROWS:>9,} rows  {took:6.2f} s  {ROWS / took:9,.0f} rows/s   {base / took:6.1%} of the bare COPY   {note}", flush=True)

    async with engine.pool(4):
        async with transaction():
            await load_regions()
            await load_industries()
        bare = min([await _bare(path) for _ in range(3)])
        say("bare COPY", bare, bare, f"({path.stat().st_size >> 20} MB, no index, nothing judged)")
        with _worker() as worker:
            batch = await import_registry.upload(_chunks(path), filename=path.name, by=who)
            read, memory = await _wait(batch, "previewed", worker)
            say("read, judge and stage", read, bare, f"at most {memory / 1024:,.0f} MB")
            await import_registry.ask_apply(batch, by=who)
            took, most = await _wait(batch, "applied", worker)
            memory = max(memory, most)
            say("apply", took, bare, f"at most {most / 1024:,.0f} MB")
            whole = read + took
            reached = "held" if bare / whole >= GOAL else "MISSED"
            say("altogether", whole, bare, f"goal {GOAL:.0%}: {reached}; at most {memory / 1024:,.0f} MB, goal {MEMORY_MB}")
            async with transaction():
                # Else the worker makes a million enterprises searchable beside what follows, which benchmarks/search.py measures.
                await connection().execute("truncate enterprise_unindexed")
            other = path.with_name("changed.csv")
            write_register(other, ROWS // 10, phones="139")
            batch = await import_registry.upload(_chunks(other), filename=other.name, by=who)
            read, _ = await _wait(batch, "previewed", worker)
            await import_registry.ask_apply(batch, by=who)
            took, _ = await _wait(batch, "applied", worker)
            n = await engine.database().pool.fetchval("select count(*) from enterprise_change where source = $1", batch)
            print(f"{n:,} changed rows: read in {read:.2f} s, applied with their history in {took:.2f} s, {n / (read + took):,.0f} rows/s", flush=True)
        staged, held = await _like("import_row", path.parent), await _like("enterprise", path.parent)
        say("COPY into a table like the preview", staged, bare, "its one index")
        say("COPY into a table like the register", held, bare, "its indexes and checks")
        say("both, the floor of any import", staged + held, bare, f"the import takes {whole / (staged + held):.1f} times that")
        bare = min(bare, await _bare(path))
        book = path.with_suffix(".xlsx")
        write_workbook(path, book)
        with _worker() as worker:
            batch = await import_registry.upload(_chunks(book), filename=book.name, by=who)
            read, memory = await _wait(batch, "previewed", worker)
            found = await queries.find_batch(batch, EVERYTHING)
            note = f"({book.stat().st_size >> 20} MB, {found.same:,} the same) at most {memory / 1024:,.0f} MB, goal {MEMORY_MB}"
            say("the same rows in a workbook, read", read, bare, note)


def main() -> None:
    run(_measure)


if __name__ == "__main__":
    main()

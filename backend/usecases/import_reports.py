"""The refused rows of an import as a file that can be mended and uploaded again, page by page: a million of them are never held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from backend.exchange import queries, writers
from backend.exchange.queries import BatchView, RowView

PAGE: Final = 2000
CHUNK: Final = 1 << 18


def _as_bad(row: RowView, batch: BatchView) -> writers.BadRow:
    # A row that only its neighbours or the register refuse was not kept as read, but as understood.
    cells = row.cells or [row.fields.get(c["field"] or "", "") for c in batch.columns]
    return writers.BadRow(row.row_no, cells, [e["zh"] for e in row.errors], [e["en"] for e in row.errors])


async def _pages(batch: BatchView, table: writers.ErrorTable) -> AsyncIterator[list[list[str]]]:
    after = 0
    while rows := await queries.list_rows(batch.id, "bad", after=after, limit=PAGE):
        yield [table.cells(_as_bad(row, batch)) for row in rows]
        after = rows[-1].row_no


async def _table(batch: BatchView) -> writers.ErrorTable:
    return writers.ErrorTable([c["header"] for c in batch.columns], await queries.find_width(batch.id))


async def error_report_csv(batch: BatchView) -> AsyncIterator[bytes]:
    table = await _table(batch)
    yield writers.CSV_START + writers.csv_lines([table.headers])
    async for page in _pages(batch, table):
        yield await asyncio.to_thread(writers.csv_lines, page)


async def error_report_xlsx(batch: BatchView) -> AsyncIterator[bytes]:
    table = await _table(batch)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.xlsx"
        book = writers.XlsxFile(path, table.headers, "待更正")
        async for page in _pages(batch, table):
            await asyncio.to_thread(_add, book, page)
        await asyncio.to_thread(book.close)
        with path.open("rb") as stream:
            while chunk := await asyncio.to_thread(stream.read, CHUNK):
                yield chunk


def _add(book: writers.XlsxFile, page: list[list[str]]) -> None:
    for cells in page:
        book.add(cells)

"""Spreadsheets of any length, written row by row into a file: memory stays the same for ten rows and for a million.

The cells are those of ``writers``: what begins like a formula is escaped, long numbers stay text. Proven by tests/rooms/test_large_files.py.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import IO, Final, Protocol

import xlsxwriter

from backend.exchange.rules import escape_cell

SHEET_ROWS: Final = 1_048_576
_LONG_NUMBER: Final = re.compile(r"\d{12,}")


class Writer(Protocol):
    def add(self, rows: Iterable[Sequence[str]]) -> None: ...

    def close(self) -> None: ...


class CsvWriter:
    """UTF-8 with BOM. Long numbers end in a tab: Excel then keeps them as text, and the reader takes it off."""

    def __init__(self, file: IO[bytes], headers: Sequence[str]) -> None:
        self._file = file
        file.write(b"\xef\xbb\xbf")
        self.add([headers])

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        for row in rows:
            writer.writerow([f"{cell}\t" if _LONG_NUMBER.fullmatch(cell) else escape_cell(cell) for cell in row])
        self._file.write(buffer.getvalue().encode())

    def close(self) -> None:
        self._file.flush()


class XlsxWriter:
    """One sheet of text cells. Holds ``SHEET_ROWS`` rows with the title; whoever writes more must not begin."""

    def __init__(self, file: IO[bytes], headers: Sequence[str]) -> None:
        self._book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        self._sheet = self._book.add_worksheet("数据")
        self._text = self._book.add_format({"num_format": "@"})
        bold = self._book.add_format({"bold": True, "num_format": "@", "bg_color": "#F2F2F2"})
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, max(len(headers) - 1, 0), 22, self._text)
        for column, header in enumerate(headers):
            self._sheet.write_string(0, column, escape_cell(header), bold)
        self._row = 1

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        for row in rows:
            for column, cell in enumerate(row):
                if cell:
                    self._sheet.write_string(self._row, column, escape_cell(cell)[:32767], self._text)
            self._row += 1

    def close(self) -> None:
        self._book.close()

"""Rows to spreadsheets: the error report that can be mended and uploaded again, and plain tables.

Every text cell that begins like a formula gets an apostrophe, which the reader takes off again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import xlsxwriter

from backend.exchange.rules import ERROR_HEADERS, escape_cell, is_error_header

SHEET_ROWS: Final = 1_000_000  # a sheet has 1,048,576
_LONG_NUMBER = re.compile(r"\d{12,}")


@dataclass(frozen=True)
class BadRow:
    """A refused row: its number in the uploaded file, its cells as read, and what is wrong, in both languages."""

    row_no: int
    raw: Sequence[str]
    zh: Sequence[str]
    en: Sequence[str]


class ErrorTable:
    """The shape of an error report: the file's own columns, then 错误 and Errors; an earlier report's are replaced. ``width`` in cells of the widest row."""

    def __init__(self, headers: Sequence[str], width: int = 0) -> None:
        padded = [*headers, *[""] * (max(width, len(headers)) - len(headers))]
        self._kept = [i for i, header in enumerate(padded) if not is_error_header(header)]
        self.headers = [*(padded[i] for i in self._kept), *ERROR_HEADERS]

    def cells(self, row: BadRow) -> list[str]:
        return [*(row.raw[i] if i < len(row.raw) else "" for i in self._kept), "；".join(row.zh), "; ".join(row.en)]


class XlsxFile:
    """A workbook that is written row by row into a file and never held; a new sheet begins where one is full.

    Every cell is text, so that codes keep their digits.
    """

    def __init__(self, path: Path, headers: Sequence[str], sheet: str) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        self._text = self._book.add_format({"num_format": "@"})
        self._bold = self._book.add_format({"bold": True, "num_format": "@", "bg_color": "#F2F2F2"})
        self._wrong = self._book.add_format({"num_format": "@", "font_color": "#C00000"})
        self._headers, self._sheet, self._sheets, self._row = headers, sheet, 0, 0
        self._page: Any = None
        self._turn()

    def _turn(self) -> None:
        self._sheets += 1
        self._page = self._book.add_worksheet(self._sheet if self._sheets == 1 else f"{self._sheet} {self._sheets}")
        self._page.freeze_panes(1, 0)
        self._page.set_column(0, max(len(self._headers) - 1, 0), 22, self._text)
        self._row = 0
        self._put(self._headers, lambda _column: self._bold)

    def _put(self, cells: Sequence[str], style: Callable[[int], Any]) -> None:
        for column, cell in enumerate(cells):
            if cell:
                self._page.write_string(self._row, column, escape_cell(cell)[:32767], style(column))
        self._row += 1

    def add(self, cells: Sequence[str]) -> None:
        if self._row >= SHEET_ROWS:
            self._turn()
        headers = self._headers
        self._put(cells, lambda column: self._wrong if column < len(headers) and is_error_header(headers[column]) else self._text)

    def close(self) -> None:
        self._book.close()


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[str]], sheet: str = "数据") -> bytes:
    """A small workbook with one sheet, in memory."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "out.xlsx"
        book = XlsxFile(path, headers, sheet)
        for row in rows:
            book.add(row)
        book.close()
        return path.read_bytes()


CSV_START: Final = b"\xef\xbb\xbf"
"""UTF-8 with BOM: what Excel needs to see that it is UTF-8."""


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as CSV. Long numbers end in a tab: Excel then keeps them as text, and the reader takes it off."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([f"{cell}\t" if _LONG_NUMBER.fullmatch(cell) else escape_cell(cell) for cell in row])
    return buffer.getvalue().encode("utf-8")


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    return CSV_START + csv_lines([headers, *rows])


def _table(headers: Sequence[str], rows: Iterable[BadRow]) -> tuple[list[str], list[list[str]]]:
    rows = list(rows)
    table = ErrorTable(headers, max((len(row.raw) for row in rows), default=0))
    return table.headers, [table.cells(row) for row in rows]


def error_report_xlsx(headers: Sequence[str], rows: Iterable[BadRow]) -> bytes:
    return write_xlsx(*_table(headers, rows), sheet="待更正")


def error_report_csv(headers: Sequence[str], rows: Iterable[BadRow]) -> bytes:
    return write_csv(*_table(headers, rows))


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, its titles, and rows whose numbers stay numbers."""

    name: str
    headers: Sequence[str]
    rows: Iterable[Sequence[str | float | None]]


_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")


def write_sheets(sheets: Iterable[Sheet]) -> bytes:
    """A workbook of several sheets. Texts are escaped and stay texts, so that codes keep their digits."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"bold": True, "num_format": "@", "bg_color": "#F2F2F2"})
        for sheet in sheets:
            page = book.add_worksheet(_NOT_IN_NAMES.sub(" ", sheet.name)[:31])
            page.freeze_panes(1, 0)
            page.set_column(0, max(len(sheet.headers) - 1, 0), 20)
            for column, header in enumerate(sheet.headers):
                page.write_string(0, column, escape_cell(header), bold)
            for number, row in enumerate(sheet.rows, 1):
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        page.write_string(number, column, escape_cell(value)[:32767], text)
                    elif value is not None:
                        page.write_number(number, column, value)
    return buffer.getvalue()

"""Rows to spreadsheets: the error report that can be mended and uploaded again, and plain tables.

Every text cell that begins like a formula gets an apostrophe, which the reader takes off again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter

from backend.exchange.rules import ERROR_HEADERS, escape_cell, is_error_header

_LONG_NUMBER = re.compile(r"\d{12,}")


@dataclass(frozen=True)
class BadRow:
    """A refused row: its number in the uploaded file, its cells as read, and what is wrong, in both languages."""

    row_no: int
    raw: Sequence[str]
    zh: Sequence[str]
    en: Sequence[str]


def error_table(headers: Sequence[str], rows: Iterable[BadRow]) -> tuple[list[str], list[list[str]]]:
    """Titles and cells of an error report: the file's own columns, then 错误 and Errors; an earlier report's are replaced."""
    rows = list(rows)
    width = max([len(headers), *(len(row.raw) for row in rows)])
    padded = [*headers, *[""] * (width - len(headers))]
    kept = [i for i, header in enumerate(padded) if not is_error_header(header)]
    body = []
    for row in rows:
        cells = [row.raw[i] if i < len(row.raw) else "" for i in kept]
        body.append([*cells, "；".join(row.zh), "; ".join(row.en)])
    return [*(padded[i] for i in kept), *ERROR_HEADERS], body


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[str]], sheet: str = "数据") -> bytes:
    """A workbook with one sheet; every cell is text, so that codes keep their digits."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(sheet)
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"bold": True, "num_format": "@", "bg_color": "#F2F2F2"})
        wrong = book.add_format({"num_format": "@", "font_color": "#C00000"})
        page.freeze_panes(1, 0)
        page.set_column(0, max(len(headers) - 1, 0), 22, text)
        for column, header in enumerate(headers):
            page.write_string(0, column, escape_cell(header), bold)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if cell:
                    is_error = column < len(headers) and is_error_header(headers[column])
                    page.write_string(number, column, escape_cell(cell)[:32767], wrong if is_error else text)
    return buffer.getvalue()


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with BOM. Long numbers end in a tab: Excel then keeps them as text, and the reader takes it off."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for row in (headers, *rows):
        writer.writerow([f"{cell}\t" if _LONG_NUMBER.fullmatch(cell) else escape_cell(cell) for cell in row])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode("utf-8")


def error_report_xlsx(headers: Sequence[str], rows: Iterable[BadRow]) -> bytes:
    return write_xlsx(*error_table(headers, rows), sheet="待更正")


def error_report_csv(headers: Sequence[str], rows: Iterable[BadRow]) -> bytes:
    return write_csv(*error_table(headers, rows))


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

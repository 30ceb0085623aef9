"""Files to rows of text, by content and never by file name. Streams: no file is ever held whole.

``sheets_of`` opens whatever it is; ``read_table`` finds the layout's table in it. Nothing here touches the database; reading blocks, so
callers use a thread or a process. Proving test: ``tests/rooms/test_exchange_files.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

from backend.exchange import rules, sheets, texts
from backend.exchange.refusals import FileUnreadable, HeaderNotFound, bad
from backend.exchange.texts import HEADER_WITHIN, TextFile

__all__ = ["MAX_BYTES", "MAX_ROWS", "FileUnreadable", "HeaderNotFound", "Row", "Table", "find_head", "kind_of", "read_table", "sheets_of"]

MAX_BYTES: Final = 1 << 30
MAX_ROWS: Final = 5_000_000

Cells = list[str]


class Row(NamedTuple):
    """One data row: its number in the file from 1, its fields, its cells as read (for the error report)."""

    row_no: int
    fields: Mapping[str, str]
    raw: Cells


@dataclass
class Table:
    """A file's first sheet that has the header. ``rows`` can be walked once; ``skipped`` is complete after that.

    ``header_row`` counts from 1. ``unmapped`` are columns no field takes, ``missing`` fields no column feeds.
    """

    sheet: str
    columns: list[rules.Column]
    header_row: int
    rows: Iterator[Row]
    unmapped: list[str]
    missing: list[str]
    missing_required: list[str]
    skipped: list[tuple[int, str]] = field(default_factory=list)


def kind_of(path: Path, filename: str) -> tuple[str, TextFile | None]:
    """``xlsx``, ``xls``, ``xml`` or ``text``, by content; how to read it if it is text. Raises ``FileUnreadable`` for anything else."""
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise bad(filename, "文件是空的", "it is empty")
    if start.startswith(b"PK"):
        return "xlsx", None
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls", None
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")):
        raise bad(filename, "这不是表格文件，请上传 XLSX、XLS 或 CSV", "it is not a spreadsheet: upload XLSX, XLS or CSV")
    found = texts.survey(path, filename)
    opening = texts.opening(path, found)
    if opening.startswith(("<?xml", "<workbook")):
        return "xml", found
    if sheets.HTML.match(opening):
        why = "这是保存为表格后缀的网页，请用 Excel 或 WPS 打开后另存为 XLSX"
        raise bad(filename, why, "it is a web page under a spreadsheet's name: open it and save it as XLSX")
    return "text", found


def sheets_of(path: Path, filename: str, layout: rules.Layout) -> Iterator[tuple[str, Iterator[tuple[int, Cells]]]]:
    """Sheet by sheet, its name and its rows, raw. A sheet's rows must be walked before the next sheet is asked for."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise bad(filename, f"文件超过 {MAX_BYTES >> 20} MB", f"it is larger than {MAX_BYTES >> 20} MB")
    kind, found = kind_of(path, filename)
    if kind == "xlsx":
        yield from sheets.zipped(path, filename)
    elif kind == "xls":
        yield from sheets.old(path, filename)
    elif kind == "xml":
        assert found
        yield from sheets.excel_2003_xml(path, found, filename)
    else:
        assert found
        yield "", texts.rows_of(path, found, texts.find_delimiter(path, found, filename, layout), filename)


def find_head(head: list[tuple[int, Cells]], layout: rules.Layout) -> int | None:
    """Which of the first rows is the header."""
    return rules.find_header([[rules.clean_cell(c) for c in cells] for _, cells in head], layout)


def read_table(path: Path, filename: str, layout: rules.Layout = rules.REGISTER) -> Table:
    """Open ``path`` (``filename`` is what the person called it) and find the layout's table in it.

    Raises ``FileUnreadable`` or ``HeaderNotFound``; the iterator ``rows`` may still raise ``FileUnreadable`` (a quote
    that never closes, too many rows).
    """
    for sheet, rows in sheets_of(path, filename, layout):
        table = _find_table(sheet, rows, filename, layout)
        if table:
            return table
    raise HeaderNotFound(filename=filename, expected="、".join(f.aliases[0] for f in layout.fields if f.is_required))


def _find_table(sheet: str, numbered: Iterable[tuple[int, Cells]], filename: str, layout: rules.Layout) -> Table | None:
    rows = iter(numbered)
    head = list(islice(rows, HEADER_WITHIN))
    at = find_head(head, layout)
    if at is None:
        return None
    header_row, headers = head[at][0], [rules.clean_cell(c) for c in head[at][1]]
    columns = rules.map_columns(headers, layout)
    fed = {c.field for c in columns}
    from_earlier_report = {c.index for c in columns if rules.is_error_header(c.header)}
    skipped: list[tuple[int, str]] = []

    def data() -> Iterator[Row]:
        for count, (row_no, raw_cells) in enumerate(chain(head[at + 1 :], rows)):
            if count >= MAX_ROWS:
                raise bad(filename, f"数据超过 {MAX_ROWS} 行，请拆分后上传", f"more than {MAX_ROWS} rows: split it")
            cells = [rules.clean_cell(c) for c in raw_cells]
            why = rules.row_to_skip([c for i, c in enumerate(cells) if i not in from_earlier_report])
            if why:
                if why != "blank":
                    skipped.append((row_no, why))
                continue
            raw = [cells[i] if i < len(cells) else "" for i in range(max(len(columns), len(cells)))]
            yield Row(row_no, rules.to_fields(cells, columns, layout), raw)

    return Table(
        sheet=sheet,
        columns=columns,
        header_row=header_row,
        rows=data(),
        unmapped=[c.header for c in columns if c.header and not c.field and not rules.is_error_header(c.header)],
        missing=[f.name for f in layout.fields if f.name not in fed],
        missing_required=[f.name for f in layout.fields if f.is_required and f.name not in fed],
        skipped=skipped,
    )

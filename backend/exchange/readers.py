"""Spreadsheets to rows of text, by content and never by file name.

CSV (BOM, else strict UTF-8, else gb18030; any usual delimiter), XLSX and real XLS through calamine, and Excel-2003 XML,
each under whatever extension it arrives. Nothing here touches the database; reading blocks, so callers use a thread.
Proving test: ``tests/rooms/test_exchange_files.py``.
"""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from backend.exchange import rules
from backend.kernel.errors import DomainError

MAX_BYTES: Final = 30 * 2**20
MAX_UNPACKED: Final = 300 * 2**20
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 300
MAX_CELLS: Final = 6_000_000
HEADER_WITHIN: Final = 30

Cells = list[str]


class FileUnreadable(DomainError):
    """The file as a whole cannot be used; ``why_zh``/``why_en`` say what to do about it."""

    code = "file-unreadable"
    status = 422
    zh = "无法读取文件“{filename}”：{why_zh}"
    en = "The file “{filename}” cannot be read: {why_en}"


class HeaderNotFound(DomainError):
    """No row names enough of the layout's fields; ``expected`` lists their titles."""

    code = "header-not-found"
    status = 422
    zh = "文件“{filename}”前 30 行中没有找到表头，表头应包含：{expected}"
    en = "No header row within the first 30 rows of “{filename}”; it should contain: {expected}"


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


def read_table(path: Path, filename: str, layout: rules.Layout = rules.REGISTER) -> Table:
    """Open ``path`` (``filename`` is what the person called it) and find the layout's table in it.

    Raises ``FileUnreadable`` or ``HeaderNotFound``; the iterator ``rows`` may still raise ``FileUnreadable`` (a quote
    that never closes, too many rows).
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise _bad(filename, f"文件超过 {MAX_BYTES >> 20} MB", f"it is larger than {MAX_BYTES >> 20} MB")
    for sheet, rows in _sheets(path, filename, layout):
        table = _find_table(sheet, rows, filename, layout)
        if table:
            return table
    raise HeaderNotFound(filename=filename, expected="、".join(f.aliases[0] for f in layout.fields if f.is_required))


def _bad(filename: str, zh: str, en: str) -> FileUnreadable:
    return FileUnreadable(filename=filename, why_zh=zh, why_en=en)


def _find_table(sheet: str, numbered: Iterable[tuple[int, Cells]], filename: str, layout: rules.Layout) -> Table | None:
    rows = iter(numbered)
    head = list(islice(rows, HEADER_WITHIN))
    at = rules.find_header([cells for _, cells in head], layout)
    if at is None:
        return None
    header_row, headers = head[at]
    columns = rules.map_columns(headers, layout)
    fed = {c.field for c in columns}
    from_earlier_report = {c.index for c in columns if rules.is_error_header(c.header)}
    skipped: list[tuple[int, str]] = []

    def data() -> Iterator[Row]:
        for count, (row_no, cells) in enumerate(chain(head[at + 1 :], rows)):
            if count >= MAX_ROWS:
                raise _bad(filename, f"数据超过 {MAX_ROWS} 行，请拆分后上传", f"more than {MAX_ROWS} rows: split it")
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


def _sheets(path: Path, filename: str, layout: rules.Layout) -> Iterator[tuple[str, Iterable[tuple[int, Cells]]]]:
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start:
        raise _bad(filename, "文件是空的", "it is empty")
    if start.startswith(b"PK"):
        _check_zip(path, filename)
        yield from _workbook(path, filename)
    elif start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        yield from _workbook(path, filename)
    elif start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")):
        raise _bad(filename, "这不是表格文件，请上传 XLSX、XLS 或 CSV", "it is not a spreadsheet: upload XLSX, XLS or CSV")
    else:
        text = decode(path.read_bytes(), filename)
        opening = text[:2000].lstrip().lower()
        if opening.startswith(("<?xml", "<workbook")):
            yield from _spreadsheet_xml(text, filename)
        elif re.match(r"<(?:!doctype html|html|head|meta|table|div|style)\b", opening):
            why = "这是保存为表格后缀的网页，请用 Excel 或 WPS 打开后另存为 XLSX"
            raise _bad(filename, why, "it is a web page under a spreadsheet's name: open it and save it as XLSX")
        else:
            yield "", _csv(text, filename, layout)


def decode(data: bytes, filename: str) -> str:
    """Bytes of a text file: a BOM decides, then strict UTF-8, then gb18030 (what Chinese Excel writes without a BOM)."""
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            position = error.start
        else:
            if "\0" in text:
                raise _bad(filename, "文件内容不是文本", "it is not text")
            return text
    line = data.count(b"\n", 0, position) + 1
    raise _bad(filename, f"第 {line} 行的文字编码无法识别，请另存为 UTF-8", f"line {line} is in no known encoding: save it as UTF-8")


def _csv(text: str, filename: str, layout: rules.Layout) -> Iterator[tuple[int, Cells]]:
    lines = text.splitlines()[: HEADER_WITHIN + 5]

    def fields_named(delimiter: str) -> int:
        sample = [[rules.clean_cell(c) for c in row] for row in csv.reader(lines, delimiter=delimiter)]
        at = rules.find_header(sample, layout)
        return 0 if at is None else len({c.field for c in rules.map_columns(sample[at], layout) if c.field})

    delimiter = max(",\t;|，", key=fields_named)
    # strict: a quote that never closes must not swallow the rest of the file as one cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row_no = 0
    while True:
        row_no += 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise _bad(filename, f"第 {row_no} 行的引号不配对", f"row {row_no} has a quote that does not close ({error})") from None
        if row is None:
            return
        if len(row) > MAX_COLUMNS:
            raise _bad(filename, f"第 {row_no} 行超过 {MAX_COLUMNS} 列", f"row {row_no} has more than {MAX_COLUMNS} columns")
        yield row_no, [rules.clean_cell(cell) for cell in row]


# The bounds keep a hostile sheet from making the search quadratic.
_CELL = re.compile(rb"""<(?:\w{1,20}:)?c\s(?:[^>]{0,80}?\s)?r=["']([A-Z]{1,3})(\d{1,7})["'][^>]{0,80}(?<!/)>""")


def _check_zip(path: Path, filename: str) -> None:
    """Refuse what would not fit into memory: unpacked size, and a far-off cell that makes the sheet a huge grid."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {e.filename for e in entries}
            if "xl/workbook.xml" not in names:
                why = "压缩包里没有 Excel 工作簿，请另存为 XLSX 或 CSV" if "xl/workbook.bin" not in names else "请将 XLSB 另存为 XLSX"
                raise _bad(filename, why, "it holds no XLSX workbook: save it as XLSX or CSV")
            if len(entries) > 2000 or sum(e.file_size for e in entries) > MAX_UNPACKED:
                raise _bad(filename, "解压后体积过大", "it unpacks to too much")
            for entry in entries:
                with archive.open(entry) as stream:
                    _check_extent(stream, entry, filename)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise _bad(filename, "文件已损坏或未完整上传，请重新保存后上传", f"it is damaged or incomplete ({error})") from None


def _check_extent(stream: IO[bytes], entry: zipfile.ZipInfo, filename: str) -> None:
    """Read one entry to its end (this checks its CRC and its true size) and measure the grid its cells span."""
    is_sheet = entry.filename.startswith("xl/worksheets/")
    rows = columns = seen = 0
    rest = b""
    while block := stream.read(1 << 20):
        seen += len(block)
        if seen > MAX_UNPACKED:
            raise _bad(filename, "解压后体积过大", "it unpacks to too much")
        if not is_sheet:
            continue
        block = rest + block
        for letters, number in _CELL.findall(block):
            rows = max(rows, int(number))
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            columns = max(columns, column)
        rest = block[-200:]
    if rows * columns > MAX_CELLS:
        zh = f"工作表范围过大（{rows} 行 × {columns} 列），请删除远处的多余单元格"
        raise _bad(filename, zh, f"its sheet spans {rows} rows by {columns} columns: delete the stray far-off cells")


def _workbook(path: Path, filename: str) -> Iterator[tuple[str, Iterable[tuple[int, Cells]]]]:
    try:
        with path.open("rb") as stream:
            book = CalamineWorkbook.from_filelike(stream)
            for meta in book.sheets_metadata:
                if meta.typ != SheetTypeEnum.WorkSheet or meta.visible != SheetVisibleEnum.Visible:
                    continue
                sheet = book.get_sheet_by_name(meta.name)
                grid = sheet.to_python(skip_empty_area=True)
                first_row, first_column = sheet.start or (0, 0)
                yield meta.name, _grid(grid, first_row, first_column)
    except PasswordError:
        raise _bad(filename, "文件设有密码，请取消密码后上传", "it is protected by a password: remove that first") from None
    except (CalamineError, OSError, ValueError) as error:
        raise _bad(filename, "文件已损坏或不是 Excel 工作簿", f"it is damaged or no Excel workbook ({error})") from None


def _grid(grid: Sequence[Sequence[object]], first_row: int, first_column: int) -> Iterator[tuple[int, Cells]]:
    for row_no, row in enumerate(grid, first_row + 1):
        yield row_no, [""] * first_column + [rules.clean_cell(_cell_text(value)) for value in row[:MAX_COLUMNS]]


def _cell_text(value: object) -> str:
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return rules.number_text(value)
        case datetime():
            return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return str(value)


_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


def _spreadsheet_xml(text: str, filename: str) -> Iterator[tuple[str, Iterable[tuple[int, Cells]]]]:
    if "urn:schemas-microsoft-com:office:spreadsheet" not in text[:5000]:
        raise _bad(filename, "这是 XML，但不是 Excel 表格", "it is XML but no Excel spreadsheet")
    # Entities come only with a document type; Excel writes none, so one is an attack or another format.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _bad(filename, "XML 中含有不允许的文档类型声明", "its XML declares a document type, which is not allowed")
    sheets: list[tuple[str, list[tuple[int, Cells]]]] = []
    row_no = cells = 0
    try:
        for event, element in ET.iterparse(io.StringIO(text), ("start", "end")):  # noqa: S314 - no document type, no entities
            if event == "start" and element.tag == f"{_SS}Worksheet":
                sheets.append((element.get(f"{_SS}Name", ""), []))
                row_no = 0
            elif event == "end" and element.tag == f"{_SS}Row" and sheets:
                row_no = int(element.get(f"{_SS}Index", row_no + 1))
                row = _xml_row(element, filename)
                cells += len(row)
                if cells > MAX_CELLS:
                    raise _bad(filename, "单元格过多", "it has too many cells")
                sheets[-1][1].append((row_no, row))
                element.clear()
    except (ET.ParseError, ValueError) as error:
        raise _bad(filename, "XML 表格已损坏", f"its XML is damaged ({error})") from None
    yield from sheets


def _xml_row(element: ET.Element, filename: str) -> Cells:
    row: Cells = []
    for cell in element.iter(f"{_SS}Cell"):
        at = int(cell.get(f"{_SS}Index", len(row) + 1)) - 1
        across = int(cell.get(f"{_SS}MergeAcross", 0))
        if not (len(row) <= at and across >= 0 and at + across < MAX_COLUMNS):
            raise _bad(filename, f"超过 {MAX_COLUMNS} 列", f"it has more than {MAX_COLUMNS} columns")
        row.extend([""] * (at - len(row)))
        data = cell.find(f"{_SS}Data")
        row.append(rules.clean_cell(_xml_text(data)) if data is not None else "")
        row.extend([""] * across)
    return row


def _xml_text(data: ET.Element) -> str:
    text, kind = "".join(data.itertext()), data.get(f"{_SS}Type")
    if kind == "Number":
        try:
            return rules.number_text(float(text))
        except (ValueError, OverflowError):
            return text
    return text.removesuffix(".000").replace("T", " ").removesuffix(" 00:00:00") if kind == "DateTime" else text

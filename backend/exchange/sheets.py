"""Workbooks, whatever their extension: XLSX streamed, real XLS through calamine (a format of 65,536 rows), Excel-2003 XML streamed."""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from backend.exchange import rules, xlsx
from backend.exchange.refusals import bad
from backend.exchange.texts import MAX_COLUMNS, TextFile

MAX_UNPACKED: Final = 3 << 30
MAX_SQUEEZED: Final = 300 << 20  # unpacked bytes from which on a file must not be squeezed more than MAX_RATIO times
MAX_RATIO: Final = 100
MAX_XLS: Final = 60 << 20

Cells = list[str]
Sheets = Iterator[tuple[str, Iterator[tuple[int, Cells]]]]


def zipped(path: Path, filename: str) -> Sheets:
    """The visible sheets of an XLSX with their rows, raw. What is wrong with the file comes as ``FileUnreadable``, also in mid-sheet."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_zip(archive, path, filename)
            book = xlsx.Workbook(archive, rules.number_text)
            try:
                for name in book.sheets:
                    yield name, _guarded(book, name, filename)
            finally:
                book.close()
    except _BROKEN as error:
        raise _damaged(filename, error) from None


_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError, KeyError, ValueError, OverflowError, ExpatError, ET.ParseError,
)  # fmt: skip


def _damaged(filename: str, error: Exception) -> Exception:
    if isinstance(error, xlsx.TooWide):
        zh = f"单元格 {error.ref} 超出 {MAX_COLUMNS} 列，请删除远处的多余单元格"
        return bad(filename, zh, f"its cell {error.ref} lies beyond {MAX_COLUMNS} columns: delete the stray far-off cells")
    return bad(filename, "文件已损坏或未完整上传，请重新保存后上传", f"it is damaged or incomplete ({error})")


def _guarded(book: xlsx.Workbook, name: str, filename: str) -> Iterator[tuple[int, Cells]]:
    try:
        yield from book.rows(name, MAX_COLUMNS)
    except _BROKEN as error:
        raise _damaged(filename, error) from None


def _check_zip(archive: zipfile.ZipFile, path: Path, filename: str) -> None:
    entries = archive.infolist()
    names = {e.filename for e in entries}
    if "xl/workbook.xml" not in names:
        why = "压缩包里没有 Excel 工作簿，请另存为 XLSX 或 CSV" if "xl/workbook.bin" not in names else "请将 XLSB 另存为 XLSX"
        raise bad(filename, why, "it holds no XLSX workbook: save it as XLSX or CSV")
    unpacked = sum(e.file_size for e in entries)
    if len(entries) > 2000 or unpacked > MAX_UNPACKED or (unpacked > MAX_SQUEEZED and unpacked > MAX_RATIO * path.stat().st_size):
        raise bad(filename, "解压后体积过大", "it unpacks to too much")
    for entry in entries:
        if entry.flag_bits & 1:
            raise bad(filename, "文件设有密码，请取消密码后上传", "it is protected by a password: remove that first")
        if not entry.filename.startswith(("xl/worksheets/", "xl/sharedStrings")) and entry.file_size < 20 << 20:
            # The parts that are not read anyway; reading to the end checks the CRC.
            with archive.open(entry) as stream:
                while stream.read(1 << 20):
                    pass


def old(path: Path, filename: str) -> Sheets:
    """Real XLS. The format ends at 65,536 rows, so the whole of it may be held."""
    if path.stat().st_size > MAX_XLS:
        raise bad(filename, f"XLS 文件超过 {MAX_XLS >> 20} MB，请另存为 XLSX", f"an XLS of more than {MAX_XLS >> 20} MB: save it as XLSX")
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
        raise bad(filename, "文件设有密码，请取消密码后上传", "it is protected by a password: remove that first") from None
    except (CalamineError, OSError, ValueError) as error:
        raise bad(filename, "文件已损坏或不是 Excel 工作簿", f"it is damaged or no Excel workbook ({error})") from None


def _grid(grid: Sequence[Sequence[object]], first_row: int, first_column: int) -> Iterator[tuple[int, Cells]]:
    for row_no, row in enumerate(grid, first_row + 1):
        yield row_no, [""] * first_column + [_cell_text(value) for value in row[:MAX_COLUMNS]]


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


_SS: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"


def excel_2003_xml(path: Path, found: TextFile, filename: str) -> Sheets:
    """Excel-2003 XML. A sheet must be read to its end before the next is asked for."""
    rows: list[tuple[int, Cells]] = []
    names: list[str] = []
    events = _xml_rows(path, found, filename, names, rows)

    def sheet(number: int) -> Iterator[tuple[int, Cells]]:
        while True:
            yield from rows
            rows.clear()
            if len(names) > number or next(events, None) is None:
                yield from rows
                rows.clear()
                return

    number = 0
    while True:
        while len(names) <= number:
            rows.clear()
            if next(events, None) is None:
                return
        rows.clear()
        number += 1
        yield names[number - 1], sheet(number)


def _xml_rows(path: Path, found: TextFile, filename: str, names: list[str], rows: list[tuple[int, Cells]]) -> Iterator[bool]:
    """Feed the file to the parser, a piece a step; ``names`` and ``rows`` fill up. Stops at the beginning of the next sheet's rows."""
    decoder = codecs.getincrementaldecoder(found.encoding)()
    parser: Any = ET.XMLPullParser(("start", "end"))
    parents: list[ET.Element] = []
    row_no, is_first, tail = 0, True, ""
    with path.open("rb") as stream:
        stream.seek(found.start)
        while chunk := stream.read(1 << 16):
            text = decoder.decode(chunk)
            if is_first:
                text, is_first = text.lstrip("\ufeff \t\r\n"), False
                if "urn:schemas-microsoft-com:office:spreadsheet" not in text[:5000]:
                    raise bad(filename, "这是 XML，但不是 Excel 表格", "it is XML but no Excel spreadsheet")
            # Entities come only with a document type; Excel writes none, so one is an attack or another format.
            if "<!DOCTYPE" in (seen := tail + text) or "<!ENTITY" in seen:
                raise bad(filename, "XML 中含有不允许的文档类型声明", "its XML declares a document type, which is not allowed")
            tail = text[-10:]
            try:
                parser.feed(text)
                for event, element in parser.read_events():
                    if event == "start":
                        if element.tag == f"{_SS}Worksheet":
                            names.append(element.get(f"{_SS}Name", ""))
                            row_no = 0
                            yield True
                        parents.append(element)
                        continue
                    parents.pop()
                    if element.tag == f"{_SS}Row" and names:
                        row_no = int(element.get(f"{_SS}Index", row_no + 1))
                        rows.append((row_no, _xml_row(element, filename)))
                        if parents:
                            parents[-1].remove(element)
            except (ET.ParseError, ValueError) as error:
                raise bad(filename, "XML 表格已损坏", f"its XML is damaged ({error})") from None
            yield True
        try:
            parser.close()
        except ET.ParseError as error:
            raise bad(filename, "XML 表格已损坏", f"its XML is damaged ({error})") from None


def _xml_row(element: ET.Element, filename: str) -> Cells:
    row: Cells = []
    for cell in element.iter(f"{_SS}Cell"):
        at = int(cell.get(f"{_SS}Index", len(row) + 1)) - 1
        across = int(cell.get(f"{_SS}MergeAcross", 0))
        if not (len(row) <= at and across >= 0 and at + across < MAX_COLUMNS):
            raise bad(filename, f"超过 {MAX_COLUMNS} 列", f"it has more than {MAX_COLUMNS} columns")
        row.extend([""] * (at - len(row)))
        data = cell.find(f"{_SS}Data")
        row.append(_xml_text(data) if data is not None else "")
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


HTML: Final = re.compile(r"<(?:!doctype html|html|head|meta|table|div|style)\b")

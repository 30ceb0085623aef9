"""Text files as they come: their encoding, their delimiter, and where a row ends. Streams; nothing is held whole.

A BOM decides the encoding, then strict UTF-8, then gb18030 (what Chinese Excel writes without a BOM). In all of these but UTF-16 a
line feed is one byte that occurs in no other character, so a file may be cut at line feeds before it is decoded.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Final

from backend.exchange import rules
from backend.exchange.refusals import bad
from backend.kernel.errors import DomainError

HEADER_WITHIN: Final = 30
MAX_COLUMNS: Final = 300
_CHUNK: Final = 1 << 20
MAX_RECORD: Final = 4 << 20  # one row with its quoted line breaks, in bytes

Cells = list[str]


@dataclass(frozen=True)
class TextFile:
    """``start`` is the first byte after a BOM, ``lines`` about how many rows there are. ``is_plain``: rows end in line feeds that are bytes."""

    encoding: str
    start: int
    lines: int
    is_plain: bool


def survey(path: Path, filename: str) -> TextFile:
    """Read a text file through once. Raises ``FileUnreadable`` where it is no text, or names the line that is in no encoding."""
    with path.open("rb") as stream:
        opening = stream.read(3)
    if opening.startswith((b"\xff\xfe", b"\xfe\xff")):
        lines, _returns = _walk(path, filename, "utf-16", 0)
        return TextFile("utf-16", 0, lines, False)
    start = 3 if opening == codecs.BOM_UTF8 else 0
    try:
        lines, returns = _walk(path, filename, "utf-8", start)
        return TextFile("utf-8", start, lines, not returns)
    except UnicodeDecodeError:
        lines, returns = _walk(path, filename, "gb18030", 0, is_last=True)
        return TextFile("gb18030", 0, lines, not returns)


def _walk(path: Path, filename: str, encoding: str, start: int, is_last: bool = False) -> tuple[int, bool]:
    """How many lines, and whether carriage returns stand alone. Raises ``UnicodeDecodeError``, for the last encoding ``FileUnreadable``."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, carried, alone, last = 0, "", False, "\n"
    with path.open("rb") as stream:
        stream.seek(start)
        at = start
        while True:
            chunk = stream.read(_CHUNK)
            try:
                text = decoder.decode(chunk, not chunk)
            except UnicodeDecodeError as error:
                if not is_last and encoding != "utf-16":
                    raise
                # Of a character that two chunks share the decoder keeps the first bytes, and counts from them.
                line = lines + error.object[: error.start].count(b"\n") + 1
                zh, en = f"第 {line} 行的文字编码无法识别，请另存为 UTF-8", f"line {line} is in no known encoding: save it as UTF-8"
                raise bad(filename, zh, en) from None
            if "\0" in text:
                raise bad(filename, "文件内容不是文本", "it is not text")
            lines += text.count("\n")
            if "\r" in text or carried:
                whole = carried + text
                carried = "\r" if whole.endswith("\r") and chunk else ""
                body = whole[: len(whole) - len(carried)]
                alone = alone or body.count("\r") != body.count("\r\n")
            last = text[-1:] or last
            at += len(chunk)
            if not chunk:
                return lines + (last != "\n"), alone


def records(stream: IO[bytes], encoding: str, delimiter: str, filename: str, first_row: int = 1) -> Iterator[tuple[int, Cells, int]]:
    """Row number, raw cells, and the bytes read up to the row's end. Raises ``FileUnreadable`` at a quote that never closes."""
    read = [0]
    begun = [0]

    def lines() -> Iterator[str]:
        while line := stream.readline(MAX_RECORD):
            read[0] += len(line)
            if read[0] - begun[0] > MAX_RECORD:
                raise csv.Error("the row never ends")
            yield line.decode(encoding)

    # strict: a quote that never closes must not swallow the rest of the file as one cell.
    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    row_no = first_row
    while True:
        begun[0] = read[0]
        try:
            row = next(reader, None)
        except (csv.Error, UnicodeDecodeError) as error:
            raise _broken(row_no, error, filename) from None
        if row is None:
            return
        check_width(row_no, len(row), filename)
        yield row_no, row, read[0]
        row_no += 1


def _broken(row_no: int, error: Exception, filename: str) -> DomainError:
    if "larger than" in str(error):  # csv's own limit for a cell, which a quote that never closes reaches too
        return bad(filename, f"第 {row_no} 行过长", f"row {row_no} is too long, or has a quote that does not close")
    return bad(filename, f"第 {row_no} 行的引号不配对", f"row {row_no} has a quote that does not close ({error})")


def check_width(row_no: int, width: int, filename: str) -> None:
    if width > MAX_COLUMNS:
        raise bad(filename, f"第 {row_no} 行超过 {MAX_COLUMNS} 列", f"row {row_no} has more than {MAX_COLUMNS} columns")


def find_delimiter(path: Path, found: TextFile, filename: str, layout: rules.Layout) -> str:
    """The delimiter by which most of the layout's fields are found in the first lines; a comma where none is."""
    with path.open("rb") as stream:
        stream.seek(found.start)
        head = codecs.getincrementaldecoder(found.encoding)().decode(stream.read(_CHUNK))
    lines = list(islice(io.StringIO(head, newline=None), HEADER_WITHIN + 5))

    def fields_named(delimiter: str) -> tuple[int, int]:
        try:
            sample = [[rules.clean_cell(c) for c in row[:MAX_COLUMNS]] for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            return 0, 0
        at = rules.find_header(sample, layout)
        named = 0 if at is None else len({c.field for c in rules.map_columns(sample[at], layout) if c.field})
        return named, sum(len(row) > 1 for row in sample)

    return max(",\t;|，", key=fields_named)


def rows_of(path: Path, found: TextFile, delimiter: str, filename: str) -> Iterator[tuple[int, Cells]]:
    """All rows of a text file, whatever its encoding and its line ends."""
    with path.open("rb") as stream:
        if found.is_plain:
            stream.seek(found.start)
            for row_no, cells, _at in records(stream, found.encoding, delimiter, filename):
                yield row_no, cells
            return
        stream.seek(found.start)
        text = io.TextIOWrapper(stream, encoding=found.encoding, newline="")
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        row_no = 0
        while True:
            row_no += 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise _broken(row_no, error, filename) from None
            if row is None:
                return
            check_width(row_no, len(row), filename)
            yield row_no, row


def opening(path: Path, found: TextFile) -> str:
    """The first two thousand characters, lower case, without leading blanks."""
    with path.open("rb") as stream:
        stream.seek(found.start)
        return codecs.getincrementaldecoder(found.encoding)("ignore").decode(stream.read(16_000))[:2000].lstrip("\ufeff \t\r\n").lower()



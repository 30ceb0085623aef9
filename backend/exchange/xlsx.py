"""XLSX sheets row by row, in memory that does not grow with the file.

The kept libraries hold either the sheet (calamine: about 60 bytes a cell, and the strings) or the table of shared strings (openpyxl: about
90 bytes a string) in memory, which for a million rows is more than a whole worker may have. Here the strings lie in a temporary file and
the sheet passes through expat. ECMA-376 part 1, 18.3 and 18.4. Proving tests: ``tests/rooms/test_exchange_files.py`` and the corpus.
"""

from __future__ import annotations

import re
import zipfile
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from itertools import pairwise
from tempfile import TemporaryFile
from typing import IO, Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT: Final = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_REL: Final = ("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", "{http://purl.oclc.org/ooxml/officeDocument/relationships}id")
_BLOCK: Final = 512  # strings that are read and kept together
_KEPT_BLOCKS: Final = 256
_READ: Final = 1 << 18
MAX_STRING: Final = 1 << 20
_HEX: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Formats 14-22 and 45-47 are dates by number (18.8.30), 27-36 and 50-58 in the Chinese editions.
_DATE_IDS: Final = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NOT_DATE: Final = re.compile(r'"[^"]*"|\\.|\[(?:[^hms\]][^\]]*)?\]|_.|\*.', re.IGNORECASE)

Cells = list[str]


class Broken(ValueError):
    """The parts do not fit together as a workbook's do."""


class TooWide(ValueError):
    """A cell lies beyond ``limit`` columns; ``ref`` names it."""

    def __init__(self, ref: str) -> None:
        super().__init__(ref)
        self.ref = ref


class SharedStrings:
    """The workbook's table of strings, on disk; the blocks last used stay decoded."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by close()
        self._ends = array("Q", [0])
        self._blocks: OrderedDict[int, list[str]] = OrderedDict()
        if stream is not None:
            self._fill(stream)

    def _fill(self, stream: IO[bytes]) -> None:
        out, ends = self._file, self._ends
        parts: list[str] = []
        state = {"item": False, "text": False, "phonetic": 0, "at": 0, "long": 0}

        def start(name: str, _attributes: object) -> None:
            tag = name.rpartition(" ")[2]
            if tag == "si":
                parts.clear()
                state["item"], state["long"] = True, 0
            elif tag == "rPh":
                state["phonetic"] += 1
            elif tag == "t":
                state["text"] = state["item"] and not state["phonetic"]

        def data(text: str) -> None:
            if state["text"]:
                state["long"] += len(text)
                if state["long"] > MAX_STRING:
                    raise Broken("a string is too long")
                parts.append(text)

        def end(name: str) -> None:
            tag = name.rpartition(" ")[2]
            if tag == "t":
                state["text"] = False
            elif tag == "rPh":
                state["phonetic"] -= 1
            elif tag == "si":
                encoded = _unescape("".join(parts)).encode("utf-8", "surrogatepass")
                out.write(encoded)
                state["at"] += len(encoded)
                ends.append(state["at"])
                state["item"] = False

        _feed(stream, start, end, data)
        out.flush()

    def __getitem__(self, index: int) -> str:
        block, place = divmod(index, _BLOCK)
        found = self._blocks.get(block)
        if found is None:
            if not 0 <= index < len(self._ends) - 1:
                raise Broken(f"there is no string {index}")
            ends = self._ends[block * _BLOCK : (block + 1) * _BLOCK + 1]
            self._file.seek(ends[0])
            data = self._file.read(ends[-1] - ends[0])
            found = [data[a - ends[0] : b - ends[0]].decode("utf-8", "surrogatepass") for a, b in pairwise(ends)]
            self._blocks[block] = found
            if len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        if place >= len(found):
            raise Broken(f"there is no string {index}")
        return found[place]

    def close(self) -> None:
        self._file.close()


def _unescape(text: str) -> str:
    """``_x000D_`` is how a workbook writes what XML cannot (22.9.2.19)."""
    return _HEX.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _feed(stream: IO[bytes], start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], data: Callable[[str], None]) -> None:
    parser = _parser(start, end, data)
    while block := stream.read(_READ):
        parser.Parse(block, False)
    parser.Parse(b"", True)


def _parser(start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], data: Callable[[str], None]) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data

    def refuse(*_declaration: object) -> None:
        raise Broken("a document type declaration")  # Excel writes none: an entity bomb, or something else than a workbook

    parser.StartDoctypeDeclHandler = refuse
    return parser


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date: any of y, d, h, s, or an m, outside its literals and colours."""
    bare = _NOT_DATE.sub("", code.split(";")[0]).lower()
    return any(c in bare for c in "ydhs") or "m" in bare


class Workbook:
    """An open XLSX. ``sheets`` are the visible work sheets in order: name -> part."""

    def __init__(self, archive: zipfile.ZipFile, number_text: Callable[[float], str]) -> None:
        self._archive, self._number_text = archive, number_text
        root = self._xml("xl/workbook.xml")
        ns = root.tag.partition("}")[0] + "}"
        if ns[1:-1] not in (MAIN, STRICT):
            raise Broken("not a workbook")
        targets = {r.get("Id"): r for r in self._xml("xl/_rels/workbook.xml.rels")}
        self.sheets: dict[str, str] = {}
        for sheet in root.iter(f"{ns}sheet"):
            rel = targets.get(next((sheet.get(name) for name in _REL if sheet.get(name)), None))
            if rel is None or not rel.get("Type", "").endswith("/worksheet") or sheet.get("state", "visible") != "visible":
                continue
            target = rel.get("Target", "")
            self.sheets[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        properties = root.find(f"{ns}workbookPr")
        self._is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self._dates = self._date_styles()
        names = set(archive.namelist())
        if "xl/sharedStrings.xml" in names:
            with archive.open("xl/sharedStrings.xml") as stream:
                self._strings = SharedStrings(stream)
        else:
            self._strings = SharedStrings(None)

    def _xml(self, part: str) -> ET.Element:
        """A small part, whole."""
        with self._archive.open(part) as stream:
            data = stream.read(20 << 20)
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise Broken("a document type declaration")
        return ET.fromstring(data)  # noqa: S314 - no document type, no entities

    def _date_styles(self) -> set[int]:
        try:
            root = self._xml("xl/styles.xml")
        except KeyError:
            return set()
        ns = root.tag.partition("}")[0] + "}"
        own = {int(f.get("numFmtId", -1)): is_date_format(f.get("formatCode", "")) for f in root.iter(f"{ns}numFmt")}
        styles = root.find(f"{ns}cellXfs")
        ids = [int(x.get("numFmtId", 0)) for x in styles] if styles is not None else []
        return {i for i, number in enumerate(ids) if own.get(number, number in _DATE_IDS)}

    def rows(self, sheet: str, limit: int) -> Iterator[tuple[int, Cells]]:
        """Row number from 1 and its cells as text, empty rows left out. Raises ``TooWide``, ``Broken``, ``expat.ExpatError``."""
        ready: list[tuple[int, Cells]] = []
        reading = _Sheet(ready, self, limit)
        parser = _parser(reading.start, reading.end, reading.data)
        with self._archive.open(self.sheets[sheet]) as stream:
            while block := stream.read(_READ):
                parser.Parse(block, False)
                yield from ready
                ready.clear()
            parser.Parse(b"", True)
        yield from ready

    def text_of(self, kind: str, value: str, style: int) -> str:
        """A cell's text by its type (18.18.11)."""
        if kind == "s":
            return self._strings[int(value)]
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        if kind == "d":
            return value.replace("T", " ").removesuffix(" 00:00:00")
        if kind != "n" or not value.strip():
            return _unescape(value)
        number = float(value)
        return self._day(number) if style in self._dates else self._number_text(number)

    def _day(self, serial: float) -> str:
        if not 0 <= serial < 2_958_466:
            return self._number_text(serial)
        epoch = datetime(1904, 1, 1) if self._is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's days have no zone
        if serial < 1:
            return (epoch + timedelta(days=serial)).time().isoformat("seconds")
        moment = epoch + timedelta(seconds=round(serial * 86_400))
        return moment.isoformat(" ") if moment.time() != time() else moment.date().isoformat()

    def close(self) -> None:
        self._strings.close()


class _Sheet:
    """Expat's calls for one sheet."""

    __slots__ = ("book", "cells", "column", "inline", "kind", "limit", "phonetic", "ready", "ref", "row", "style", "text", "wanted")

    def __init__(self, ready: list[tuple[int, Cells]], book: Workbook, limit: int) -> None:
        self.ready, self.book, self.limit = ready, book, limit
        self.cells: Cells = []
        self.row = self.column = self.style = self.phonetic = 0
        self.kind, self.ref, self.wanted, self.text = "n", "", False, ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "c":
            self.ref = attributes.get("r", "")
            self.column = _column(self.ref) if self.ref else self.column + 1
            self.kind, self.style, self.text = attributes.get("t", "n"), int(attributes.get("s") or 0), ""
        elif tag == "v":
            self.wanted = True
        elif tag == "t":
            self.wanted = self.kind == "inlineStr" and not self.phonetic
        elif tag == "row":
            self.row = int(attributes["r"]) if "r" in attributes else self.row + 1
            self.column, self.cells = 0, []
        elif tag == "rPh":
            self.phonetic += 1

    def data(self, text: str) -> None:
        if self.wanted:
            self.text += text
            if len(self.text) > MAX_STRING:
                raise Broken("a cell is too long")

    def end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag in ("v", "t"):
            self.wanted = False
        elif tag == "rPh":
            self.phonetic -= 1
        elif tag == "c":
            if self.text:
                text = self.book.text_of(self.kind, self.text, self.style)
                if self.column > self.limit and text.strip():
                    raise TooWide(self.ref or f"{self.row}/{self.column}")
                if len(self.cells) < self.column <= self.limit:
                    self.cells.extend([""] * (self.column - 1 - len(self.cells)))
                    self.cells.append(text)
        elif tag == "row" and self.cells:
            self.ready.append((self.row, self.cells))


_columns: dict[str, int] = {}


def _column(ref: str) -> int:
    letters = ref.rstrip("0123456789")
    found = _columns.get(letters)
    if found is None:
        found = 0
        for letter in letters.upper():
            if not "A" <= letter <= "Z" or found > 20_000:
                raise Broken(f"a cell {ref[:20]!r}")
            found = found * 26 + ord(letter) - 64
        _columns[letters] = found
    return found

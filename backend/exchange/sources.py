"""What of an upload is read block by block: a plain text file itself, of everything else a spool.

A spool is the chosen sheet as lines of UTF-8: the row's number, then its cells, between tabs, raw; backslash escapes as in PostgreSQL's
COPY. It is written once, beside the upload, and lets a killed worker go on in the middle of a workbook too.
Proving tests: ``tests/rooms/test_sources.py``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, NamedTuple

from backend.exchange import readers, rules, texts
from backend.exchange.blocks import ESCAPES, parse_spool
from backend.exchange.refusals import HeaderNotFound, bad
from backend.kernel.errors import DomainError

BLOCK_BYTES: Final = 1 << 20
SAMPLE_ROWS: Final = 5
Cells = list[str]


@dataclass(frozen=True)
class Source:
    """How to read a file. ``delimiter`` "": a spool. ``start`` is the first byte below the header, ``rows`` about how many follow."""

    sheet: str
    encoding: str
    delimiter: str
    start: int
    size: int
    header_row: int
    rows: int
    headers: list[str]
    sample: list[list[str]]

    @property
    def is_spooled(self) -> bool:
        return not self.delimiter


class Block(NamedTuple):
    """Whole rows as bytes; ``first_row`` is the number of the first, ``next_row`` of the one after the last, ``end`` where they end."""

    data: bytes
    first_row: int
    next_row: int
    end: int


def spool_path(path: Path) -> Path:
    return path.with_name(path.name + ".rows")


def headers_key(headers: Sequence[str]) -> str:
    """What tells one kind of file from another: SHA-256 of its titles, however they are spaced."""
    return hashlib.sha256("\n".join(rules.header_key(h) for h in headers if not rules.is_error_header(h)).encode()).hexdigest()


def prepare(path: Path, filename: str, layout: rules.Layout, tell: Callable[[int], None] = lambda _rows: None) -> Source:
    """Find encoding, sheet and header; write the spool where one is needed. Raises ``FileUnreadable``, ``HeaderNotFound``.

    ``tell`` hears now and then how many rows the spool has.
    """
    size = path.stat().st_size
    if size > readers.MAX_BYTES:
        raise bad(filename, f"文件超过 {readers.MAX_BYTES >> 20} MB", f"it is larger than {readers.MAX_BYTES >> 20} MB")
    kind, found = readers.kind_of(path, filename)
    if kind == "text" and found and found.is_plain:
        delimiter = texts.find_delimiter(path, found, filename, layout)
        with path.open("rb") as stream:
            stream.seek(found.start)
            head = list(islice(texts.records(stream, found.encoding, delimiter, filename), texts.HEADER_WITHIN + SAMPLE_ROWS))
        rows = [(row_no, cells) for row_no, cells, _at in head]
        at = choose_header(rows[: texts.HEADER_WITHIN], layout, filename)
        return _source("", found.encoding, delimiter, found.start + head[at][2], size, rows, at, found.lines - rows[at][0])
    spool = spool_path(path)
    sheet, count = _write_spool(path, spool, filename, layout, tell)
    with spool.open("rb") as stream:
        lines = list(islice(stream, texts.HEADER_WITHIN + SAMPLE_ROWS))
    numbers, cells = parse_spool(b"".join(lines).decode())
    rows = list(zip(numbers, cells, strict=True))
    at = choose_header(rows[: texts.HEADER_WITHIN], layout, filename)
    return _source(sheet, "utf-8", "", sum(map(len, lines[: at + 1])), spool.stat().st_size, rows, at, count - at - 1)


def _source(
    sheet: str, encoding: str, delimiter: str, start: int, size: int, rows: list[tuple[int, Cells]], at: int, count: int
) -> Source:
    headers = [rules.clean_cell(c) for c in rows[at][1]]
    while headers and not headers[-1]:
        headers.pop()
    private = [rules.is_private(header, None) for header in headers]
    sample = [
        [rules.HIDDEN if private[i] and c.strip() else rules.clean_cell(c)[:80] for i, c in enumerate(cells[: len(headers)])]
        for _, cells in rows[at + 1 : at + 1 + SAMPLE_ROWS]
    ]
    return Source(sheet, encoding, delimiter, start, size, rows[at][0], max(count, 0), headers, sample)


def choose_header(head: Sequence[tuple[int, Cells]], layout: rules.Layout, filename: str) -> int:
    """The row that names the layout's fields; where none does, the one that looks like titles, for a person to say what they mean.

    Raises ``HeaderNotFound`` where no row has as many titles as there are required fields.
    """
    at = readers.find_head(list(head), layout)
    if at is not None:
        return at
    required = [f for f in layout.fields if f.is_required]
    for place, (_, cells) in enumerate(head):
        filled = [c for c in map(rules.clean_cell, cells) if c]
        if len(filled) >= len(required) and len(set(filled)) == len(filled) and not any(c[0].isdigit() or len(c) > 30 for c in filled):
            return place
    raise HeaderNotFound(filename=filename, expected="、".join(f.aliases[0] for f in required))


def _write_spool(path: Path, spool: Path, filename: str, layout: rules.Layout, tell: Callable[[int], None]) -> tuple[str, int]:
    """Spool the first sheet that has the header, or else the first that has rows. Returns its name and how many rows it has."""
    fallback: str | None = None
    for name, rows in readers.sheets_of(path, filename, layout):
        head = list(islice(rows, texts.HEADER_WITHIN))
        if readers.find_head(head, layout) is not None:
            return name, _spool(spool, chain(head, rows), filename, tell)
        if head and fallback is None:
            fallback = name
    for name, rows in readers.sheets_of(path, filename, layout):
        if name == fallback:
            return name, _spool(spool, rows, filename, tell)
    raise HeaderNotFound(filename=filename, expected="、".join(f.aliases[0] for f in layout.fields if f.is_required))


def _spool(spool: Path, rows: Iterator[tuple[int, Cells]], filename: str, tell: Callable[[int], None]) -> int:
    # Of its own name: a killed worker's process may still be writing.
    fresh = spool.with_name(f"{spool.name}.{os.getpid()}.part")
    count = 0
    with fresh.open("w", encoding="utf-8", errors="replace", newline="\n") as out:
        for row_no, cells in rows:
            count += 1
            if count > readers.MAX_ROWS:
                raise bad(filename, f"数据超过 {readers.MAX_ROWS} 行，请拆分后上传", f"more than {readers.MAX_ROWS} rows: split it")
            out.write(f"{row_no}\t" + "\t".join(c.translate(ESCAPES) if not c.isprintable() or "\\" in c else c for c in cells) + "\n")
            if not count % 20_000:
                tell(count)
    fresh.replace(spool)
    return count


def blocks(path: Path, source: Source, filename: str, at_byte: int, next_row: int) -> Iterator[Block]:
    """The rows from ``at_byte`` on (0: the first below the header) in blocks of whole rows. Raises ``FileUnreadable``."""
    at, row = at_byte or source.start, next_row or source.header_row + 1
    with (spool_path(path) if source.is_spooled else path).open("rb") as stream:
        stream.seek(at)
        while True:
            data = stream.read(BLOCK_BYTES)
            if not data:
                return
            is_last = len(data) < BLOCK_BYTES and not stream.read(1)
            if not source.is_spooled and b'"' in data:
                # A quoted cell may hold line feeds: only a reader of the whole can tell where a row ends.
                stream.seek(at)
                block = _quoted(stream, source, filename, at, row)
            else:
                if not is_last:
                    cut = data.rfind(b"\n") + 1
                    if not cut:
                        raise bad(filename, f"第 {row} 行过长", f"row {row} is too long")
                    data = data[:cut]
                count = data.count(b"\n") + (not data.endswith(b"\n"))
                block = Block(data, row, row + count, at + len(data))
            yield block
            at, row = block.end, block.next_row
            stream.seek(at)


def _quoted(stream: IO[bytes], source: Source, filename: str, at: int, row: int) -> Block:
    taken = 0
    reached = row
    for row_no, _cells, read in texts.records(stream, source.encoding, source.delimiter, filename, row):
        taken, reached = read, row_no + 1
        if taken >= BLOCK_BYTES:
            break
    stream.seek(at)
    return Block(stream.read(taken), row, reached, at + taken)


def main(arguments: Sequence[str]) -> int:
    """``python -m backend.exchange.sources PATH FILENAME LAYOUT``: prepare in a process of its own. Lines of JSON tell how it goes."""
    path, filename, layout = arguments

    def say(told: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    try:
        source = prepare(Path(path), filename, rules.LAYOUTS[layout], lambda rows: say({"rows": rows}))
    except DomainError as e:
        say({"zh": e.message("zh"), "en": e.message("en")})
        return 1
    say({"source": asdict(source)})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

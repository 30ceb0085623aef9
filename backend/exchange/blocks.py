"""A block of a file, from its bytes to judged rows ready for COPY. No database, no files: it runs in any process.

Rows that ``registry.bulk`` vouches for become lines at once, column by column; every other row is looked at alone, by the same rules
that a form uses. Proving tests: ``tests/rooms/test_sources.py``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from backend.exchange import rules
from backend.facts.rules import check_fact
from backend.registry import bulk
from backend.registry.codebook import Codebook
from backend.registry.rules import UNSAID, EnterpriseDraft

MAX_COLUMNS: Final = 300
LINE: Final = ("row_no", *bulk.COLUMNS, "override_reason")
"""The columns of a register row's COPY line."""
FACT_LINE: Final = ("row_no", "code", "draft")
_SAMPLE_WORDS: Final = ("案例", "示例", "样例", "范例", "请删除")
ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_UNESCAPE: Final = re.compile(r"\\([\\tnr])")
_MEANT: Final = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}


class RowBroken(Exception):
    """What is no row of a table; ``zh``/``en`` say which one and why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class Spec:
    """How the blocks of one file are read, and what their rows are held against. ``delimiter`` "" means a spool (``exchange.spool``)."""

    layout: str
    encoding: str
    delimiter: str
    columns: tuple[rules.Column, ...]
    book: Codebook
    today: date
    region: str


class Bad(NamedTuple):
    """A refused row: ``raw`` is {"fields", "cells"}, ``errors`` are as ``FieldError`` has them."""

    row_no: int
    raw: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]]


class Judged(NamedTuple):
    """A block's outcome. ``lines`` are the good rows in COPY's text format; ``skipped`` are row numbers with ``sample`` or ``note``."""

    lines: bytes
    good: int
    bad: list[Bad]
    skipped: list[tuple[int, str]]


# A process judges one file at a time; what its texts mean is worth keeping from block to block.
_judges: list[tuple[Spec, bulk.Judge]] = []


def judge_for(spec: Spec) -> bulk.Judge:
    if not _judges or _judges[0][0] != spec:
        _judges[:] = [(spec, bulk.Judge(spec.book, spec.today, spec.region))]
    return _judges[0][1]


def parse_spool(text: str) -> tuple[list[int], list[list[str]]]:
    """Row numbers and cells of a spool's lines."""
    rows = [line.split("\t") for line in text.split("\n") if line]
    if "\\" in text:
        rows = [[_UNESCAPE.sub(lambda found: _MEANT[found[1]], cell) if "\\" in cell else cell for cell in row] for row in rows]
    return [int(row[0]) for row in rows], [row[1:] for row in rows]


def parse(text: str, spec: Spec, first_row: int) -> tuple[list[int] | range, list[list[str]]]:
    """Row numbers and cells, as they stand. Raises ``RowBroken``."""
    if not spec.delimiter:
        return parse_spool(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=spec.delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error as error:
        row_no = first_row + len(rows)
        raise RowBroken(f"第 {row_no} 行的引号不配对", f"row {row_no} has a quote that does not close ({error})") from None
    return range(first_row, first_row + len(rows)), rows


def judge_block(data: bytes, spec: Spec, first_row: int) -> Judged:
    """Judge whole rows; ``first_row`` is the number of the first of them in the file (a spool brings its own). Raises ``RowBroken``."""
    text = data.decode(spec.encoding)
    numbers, rows = parse(text, spec, first_row)
    widest = max(map(len, rows), default=0)
    if widest > MAX_COLUMNS:
        row_no = next(n for n, row in zip(numbers, rows, strict=True) if len(row) > MAX_COLUMNS)
        raise RowBroken(f"第 {row_no} 行超过 {MAX_COLUMNS} 列", f"row {row_no} has more than {MAX_COLUMNS} columns")
    if spec.layout == rules.REGISTER.name and rows:
        return _judge_register(text, spec, numbers, rows)
    return _judge_one_by_one(spec, numbers, rows, range(len(rows)), [])


def _judge_register(text: str, spec: Spec, numbers: Sequence[int], rows: list[list[str]]) -> Judged:
    width = 1 + max((c.index for c in spec.columns if c.field), default=0)
    if min(map(len, rows)) < width:
        rows = [row if len(row) >= width else row + [""] * (width - len(row)) for row in rows]
    by_column = list(zip(*(row[:width] for row in rows), strict=True)) if any(len(row) != width for row in rows) else list(zip(*rows, strict=True))
    fed: dict[str, list[Sequence[str]]] = {}
    for column in sorted((c for c in spec.columns if c.field), key=lambda c: (c.rank, c.index)):
        fed.setdefault(str(column.field), []).append(clean_column(by_column[column.index]))
    columns = {name: found[0] if len(found) == 1 else [next((c for c in cells if c), "") for cells in zip(*found, strict=True)] for name, found in fed.items()}
    vouched, doubtful = bulk.check_columns(columns, judge_for(spec))
    if any(word in text for word in _SAMPLE_WORDS):
        doubtful.update(i for i, row in enumerate(rows) if any(word in cell for cell in row for word in _SAMPLE_WORDS))
    codes, names = columns["code"], columns["name"]
    doubtful.update(i for i, (code, name) in enumerate(zip(codes, names, strict=True)) if not code or not name or code == name)
    filled = [["\\N" if value is None else value for value in column] if None in column else column for column in vouched]
    lines = list(map("\t".join, zip(map(str, numbers), *filled, ["\\N"] * len(rows), strict=True)))
    if "\\" in text:
        lines = [line if i in doubtful else _line([str(numbers[i]), *(column[i] for column in vouched), None]) for i, line in enumerate(lines)]
    if doubtful:
        lines = [line for i, line in enumerate(lines) if i not in doubtful]
    return _judge_one_by_one(spec, numbers, rows, sorted(doubtful), lines)


def clean_column(cells: Sequence[str]) -> Sequence[str]:
    """As ``clean_cell`` on each, but for outer blanks and ID-card numbers, which ``bulk`` sees to."""
    joined = "".join(cells)
    if joined.isprintable() and "'" not in joined and '="' not in joined:
        return cells
    return [rules.clean_cell(cell) for cell in cells]


def _line(values: Iterable[str | None]) -> str:
    return "\t".join("\\N" if value is None else value.translate(ESCAPES) for value in values)


def _judge_one_by_one(spec: Spec, numbers: Sequence[int], rows: Sequence[list[str]], places: Iterable[int], lines: list[str]) -> Judged:
    """The rows at ``places`` by the rules themselves; good ones join ``lines``."""
    layout = rules.LAYOUTS[spec.layout]
    private = {c.index for c in spec.columns if rules.is_private(c.header, c.field)}
    ours = {c.index for c in spec.columns if rules.is_error_header(c.header)}
    bad, skipped = [], []
    for place in places:
        row_no = numbers[place]
        cells = [rules.HIDDEN if i in private and cell.strip() else rules.clean_cell(cell) for i, cell in enumerate(rows[place])]
        why = rules.row_to_skip([cell for i, cell in enumerate(cells) if i not in ours])
        if why:
            if why != "blank":
                skipped.append((row_no, why))
            continue
        cells += [""] * (len(spec.columns) - len(cells))
        fields = rules.to_fields(cells, spec.columns, layout)
        drawn = _judge_row(spec, fields)
        if isinstance(drawn, str):
            lines.append(f"{row_no}\t{drawn}")
        else:
            bad.append(Bad(row_no, {"fields": dict(fields), "cells": cells}, drawn))
    return Judged(("\n".join(lines) + "\n").encode() if lines else b"", len(lines), bad, skipped)


def _judge_row(spec: Spec, fields: Mapping[str, str]) -> str | list[dict[str, Any]]:
    """The rest of a COPY line, or what is wrong."""
    if spec.layout != rules.REGISTER.name:
        fact = check_fact(spec.layout, fields, today=spec.today)
        if isinstance(fact, list):
            return [asdict(error) for error in fact]
        return _line([fact.code, json.dumps({**fact.values, "as_of": fact.as_of.isoformat()}, ensure_ascii=False)])
    draft = judge_for(spec).check_row(fields)
    return register_line(draft, fields) if isinstance(draft, EnterpriseDraft) else [asdict(error) for error in draft]


def register_line(draft: EnterpriseDraft, fields: Mapping[str, str]) -> str:
    """A draft as COPY's text, without its row number; a field that the row leaves blank is unsaid."""
    values = []
    for name in LINE[1:]:
        value = getattr(draft, name)
        is_unsaid = value is None or (name in UNSAID and not fields.get(name, "").strip())
        values.append(None if is_unsaid else str(value))
    return _line(values)

"""Files cut into blocks give the rows that the whole gives, wherever the cut falls; sheets pass through a spool unchanged."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.exchange import blocks, rules, sheets, sources
from backend.exchange.sources import Source
from backend.exchange.xlsx import _KEPT_BLOCKS, SharedStrings
from backend.registry.rules import shipped_codebook

HEAD = ["统一社会信用代码", "企业名称", "行政区划", "行业代码"]
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(st.lists(CELL, min_size=4, max_size=4), max_size=12)
SHARED = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path: Path, size: int) -> list[tuple[int, list[str]]]:
    """Numbers and raw cells of all rows below the header, in blocks of about ``size`` bytes."""
    source = sources.prepare(path, path.name, rules.REGISTER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "BLOCK_BYTES", size)
        found = []
        at = 0
        for block in sources.blocks(path, source, path.name, 0, 0):
            assert block.end > at
            at = block.end
            numbers, cells = blocks.parse(block.data.decode(source.encoding), spec_of(source), block.first_row)
            found += list(zip(numbers, cells, strict=True))
            # Going on from here gives the same as reading on.
            assert block.next_row >= block.first_row
    return found


def spec_of(source: Source) -> blocks.Spec:
    return blocks.Spec("register", source.encoding, source.delimiter, (), shipped_codebook(), None, "")  # type: ignore[arg-type]


@SHARED
@given(ROWS, st.sampled_from(["utf-8", "gb18030", "utf-8-sig"]), st.integers(300, 700), st.booleans())
@example([["a\nb", 'c"d', "", "e"]] * 3, "gb18030", 300, True)
def test_a_csv_in_blocks_is_the_csv(tmp_path: Path, rows: list[list[str]], encoding: str, size: int, quote_all: bool) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL).writerows([HEAD, *rows])
    path = tmp_path / "a.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    expected = list(csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True))
    if encoding == "gb18030" and not out.getvalue().isascii():
        try:
            path.read_bytes().decode("utf-8")
            return  # these few bytes are UTF-8 too, and nobody can tell
        except UnicodeDecodeError:
            pass
    assert read(path, size) == list(enumerate(expected, 1))[1:]


@SHARED
@given(ROWS.filter(lambda rows: all(any(row) for row in rows)), st.integers(300, 700))
@example([["a\tb\\n", "c\nd", "_x000D_", "\\"]], 300)
def test_a_sheet_through_the_spool_is_the_sheet(tmp_path: Path, rows: list[list[str]], size: int) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet()
        for number, cells in enumerate([HEAD, *rows]):
            for column, cell in enumerate(cells):
                page.write_string(number, column, cell)
    found = [(n, [*cells, *[""] * (4 - len(cells))]) for n, cells in read(path, size)]
    # Line ends within a cell: XML knows one kind.
    plain = [[c.replace("\r\n", "\n").replace("\r", "\n") for c in cells] for _, cells in found]
    assert plain == [[c.replace("\r\n", "\n").replace("\r", "\n") for c in row] for row in rows]
    assert [n for n, _ in found] == list(range(2, len(found) + 2))


def test_numbers_dates_and_kinds_are_read_as_the_kept_library_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.append(HEAD)
    values = [[1, 2.5, True, date(2011, 8, 3)], [datetime(2011, 8, 3, 9, 30), -4, 1e20, "文本"], [0.1, 915303005798280920, None, False]]  # noqa: DTZ001
    for row in values:
        book.active.append(row)
    book.save(path)
    [(_, rows)] = [(name, list(rows)) for name, rows in sheets.zipped(path, "a.xlsx")]
    assert [cells for _, cells in rows[1:]] == [
        ["1", "2.5", "TRUE", "2011-08-03"],
        ["2011-08-03 09:30:00", "-4", "1E+20", "文本"],
        ["0.1", "9.15303005798281E+17", "", "FALSE"],
    ]


def test_a_million_strings_do_not_lie_in_memory(tmp_path: Path) -> None:
    count = 300_000
    items = b"".join(b"<si><t>%d</t></si>" % n for n in range(count))
    strings = SharedStrings(io.BytesIO(b"<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>" + items + b"</sst>"))
    assert [strings[n] for n in (0, 511, 512, count - 1)] == ["0", "511", "512", str(count - 1)]
    for n in range(0, count, 400):
        assert strings[n] == str(n)
    assert len(strings._blocks) <= _KEPT_BLOCKS
    with pytest.raises(ValueError, match="no string"):
        strings[count]
    strings.close()


def test_titles_are_the_same_file_kind_however_they_are_spaced() -> None:
    assert sources.headers_key(["＊企业名称（必填）", "备注"]) == sources.headers_key([" 企业 名称", "备注", "错误", "Errors"])
    assert sources.headers_key(["企业名称"]) != sources.headers_key(["备注"])

"""Spreadsheets written row by row: what they hold, and that memory does not grow with them."""

from __future__ import annotations

import tempfile
import tracemalloc
from io import BytesIO

import openpyxl
import pytest

from backend.exchange.large_files import CsvWriter, XlsxWriter

HEADERS = ["统一社会信用代码", "名称"]
ROWS = [["91530302MA6K000001", "=1+1"], ["91530302MA6K000002", "@沾益,超市"], ["915303020000001", "-2+3"], ["", "+86"]]


def test_csv_has_a_bom_keeps_codes_as_text_and_runs_nothing():
    file = BytesIO()
    writer = CsvWriter(file, HEADERS)
    writer.add(ROWS[:2])
    writer.add(ROWS[2:])
    writer.close()
    assert file.getvalue().startswith(b"\xef\xbb\xbf")
    lines = file.getvalue().decode("utf-8-sig").split("\r\n")
    assert lines[1] == "91530302MA6K000001,'=1+1"
    assert lines[2] == "91530302MA6K000002,\"'@沾益,超市\""
    assert lines[3] == "915303020000001\t,'-2+3"
    assert lines[4] == ",'+86"


def test_xlsx_holds_the_same_rows_as_text():
    file = BytesIO()
    writer = XlsxWriter(file, HEADERS)
    writer.add(ROWS)
    writer.close()
    sheet = openpyxl.load_workbook(BytesIO(file.getvalue())).active
    found = [[cell.value or "" for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert found == [["91530302MA6K000001", "'=1+1"], ["91530302MA6K000002", "'@沾益,超市"], ["915303020000001", "'-2+3"], ["", "'+86"]]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("kind", [CsvWriter, XlsxWriter])
def test_memory_does_not_grow_with_the_file(kind):
    def peak(stretches: int) -> int:
        with tempfile.TemporaryFile() as file:
            tracemalloc.start()
            writer = kind(file, HEADERS)
            for n in range(stretches):
                writer.add([f"{n:018d}", f"麒麟{n}-{i}号饭店"] for i in range(500))
            writer.close()
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    peak(1)
    assert peak(40) < peak(4) + 1_000_000

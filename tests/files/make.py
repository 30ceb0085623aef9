"""The corpus of nasty files: ``python -m tests.files.make FOLDER`` writes them all. Made anew for each run; nothing of it is committed.

``CORPUS`` says of each file what must come of it: a reading (how many sound rows) or a clear refusal (words of its message).
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import openpyxl
import xlsxwriter

from backend.registry.uscc import make_uscc

HEAD: Final = ["统一社会信用代码", "企业名称", "行政区划", "行业代码", "成立日期", "联系电话"]


def code(n: int) -> str:
    return make_uscc("91530302", f"NF{n:06d}")


def row(n: int) -> list[Any]:
    return [code(n), f"曲靖第{n}店", "麒麟区", "6210", "2011/8/3", "0874-5550000"]


@dataclass(frozen=True)
class Nasty:
    """One file: its name, what writes it, and what must come of it: ``good`` sound and ``bad`` refused rows, or words of the refusal."""

    name: str
    write: Callable[[Path], None]
    good: int = 0
    bad: int = 0
    refused: str = ""


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content.encode(encoding)) and None


def table(rows: list[list[Any]], encoding: str = "gb18030", delimiter: str = ",") -> Callable[[Path], None]:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([HEAD, *rows])
    return text(out.getvalue(), encoding)


def book(fill: Callable[[Any, Any], None], **options: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with xlsxwriter.Workbook(str(path), options) as made:
            fill(made, made.add_worksheet())

    return write


def _plain(rows: list[list[Any]]) -> Callable[[Any, Any], None]:
    def fill(_book: Any, page: Any) -> None:
        for number, cells in enumerate([HEAD, *rows]):
            page.write_row(number, 0, cells)

    return fill


def _titled(made: Any, page: Any) -> None:
    page.merge_range(0, 0, 0, 5, "曲靖市检查对象名录库")
    page.merge_range(1, 0, 1, 5, "填表说明：带 * 的为必填项，请勿合并单元格")
    page.write_row(2, 0, [f"*{h}（必填）" for h in HEAD])
    page.write_row(3, 0, ["必填"] * 6)
    page.write_row(4, 0, ["案例（请删除）", *row(99)[1:]])
    for n in range(3):
        page.write_row(5 + n, 0, row(n))
    page.merge_range(9, 0, 9, 5, "注：数据截至 2026 年 6 月")
    page.write_row(10, 0, row(3))


def _merged(_book: Any, page: Any) -> None:
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, row(1))
    page.write_row(2, 0, row(2)[:2])
    page.write_row(2, 3, row(2)[3:])
    page.merge_range(1, 2, 2, 2, "麒麟区")  # the second row's county is inside the merge: it has none of its own


def _formulas(_book: Any, page: Any) -> None:
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, row(1))
    page.write_formula(1, 1, '=CONCATENATE("曲靖","第1店")', None, "曲靖第1店")
    page.write_row(2, 0, row(2))
    page.write_formula(2, 1, '=HYPERLINK("http://evil.example","x")', None, "")


def _serials(made: Any, page: Any) -> None:
    day = made.add_format({"num_format": "yyyy-mm-dd"})
    page.write_row(0, 0, HEAD)
    for n, value in enumerate((40758, "40758", 40758.0), 1):
        page.write_row(n, 0, row(n))
        page.write(n, 4, value)
    page.write_row(4, 0, row(4))
    page.write_datetime(4, 4, date(2011, 8, 3), day)


def _floats(_book: Any, page: Any) -> None:
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, row(1))
    page.write_number(1, 0, 915303005798280920.0)
    page.write_row(2, 0, row(2))
    page.write_number(2, 0, 530300100012345)
    page.write_string(2, 5, "1.39888877E+10")
    page.write_row(3, 0, row(3))


def _far_off(_book: Any, page: Any) -> None:
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, row(1))
    page.write(1_048_575, 16_383, "x")


def _far_down(_book: Any, page: Any) -> None:
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, row(1))
    page.write_row(1_048_575, 0, row(2))


def _bomb(path: Path) -> None:
    """A sheet that unpacks to a gigabyte of one row."""
    _zip(path, lambda: (b"<row r='1'>" + b" " * 1_000_000 for _ in range(1000)))


def _million_columns(path: Path) -> None:
    """A row of a million cells without references, which is allowed."""
    cell = b"<c t='inlineStr'><is><t>x</t></is></c>" * 1000
    _zip(path, lambda: iter([b"<row>", *[cell] * 1000, b"</row>"]))


def _endless_string(path: Path) -> None:
    _zip(path, lambda: iter([b"<row><c t='inlineStr'><is><t>", *[bytes(range(97, 123)) * 40_000] * 100, b"</t></is></c></row>"]))


def _entities(path: Path) -> None:
    _zip(path, lambda: iter([b"<row><c t='str'><v>&b;</v></c></row>"]), b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>")


def _zip(path: Path, rows: Callable[[], Iterator[bytes]], before: bytes = b"") -> None:
    model = io.BytesIO()
    with xlsxwriter.Workbook(model) as made:
        made.add_worksheet()
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(model) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if entry.filename != "xl/worksheets/sheet1.xml":
                target.writestr(entry.filename, source.read(entry))
        with target.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b"<?xml version='1.0'?>" + before + b"<worksheet xmlns='" + space + b"'><sheetData>")
            for part in rows():
                sheet.write(part)
            sheet.write(b"</sheetData></worksheet>")


def _xml_2003(encoding: str, doctype: str = "") -> str:
    def cells(values: list[Any]) -> str:
        return "<Row>" + "".join(f'<Cell><Data ss:Type="String">{v}</Data></Cell>' for v in values) + "</Row>"

    space = "urn:schemas-microsoft-com:office:spreadsheet"
    body = "".join(cells(values) for values in (HEAD, row(1), row(2)))
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<Workbook xmlns="{space}" xmlns:ss="{space}">'
        f'<Worksheet ss:Name="名录"><Table>{body}</Table></Worksheet></Workbook>'
    )


def _locked(path: Path) -> None:
    # An OLE container as a password makes of a workbook: no sheet in it can be read.
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))


def _written_by_another(path: Path) -> None:
    made = openpyxl.Workbook()
    page = made.active
    page.append(HEAD)
    for n in range(3):
        page.append(row(n))
    made.save(path)


def _cut(path: Path) -> None:
    book(_plain([row(n) for n in range(500)]))(path)
    path.write_bytes(path.read_bytes()[:-3000])


CORPUS: Final = (
    Nasty("gb18030.csv", table([row(1), [code(2), "䶮㙍𬭸商行", *row(2)[2:]]]), 2),
    Nasty("utf16.txt", table([row(1)], "utf-16", "\t"), 1),
    Nasty("semicolons.csv", table([row(1)], "utf-8-sig", ";"), 1),
    Nasty("old-mac.csv", text("\r".join(",".join(map(str, r)) for r in (HEAD, row(1), row(2)))), 2),
    Nasty("line-breaks-in-cells.csv", table([[*row(1)[:1], "曲靖\n第1店", *row(1)[2:]], row(2)]), 2),
    Nasty("two-encodings.csv", lambda path: path.write_bytes(",".join(HEAD).encode("gbk") + b"\n" + b"\xff\xff\xff,x\n") and None, refused="第 2 行"),
    Nasty("open-quote.csv", text(",".join(HEAD) + f'\n{code(1)},"曲靖\n' + "x,y\n" * 10), refused="引号"),
    Nasty("million-columns.csv", text(",".join(HEAD) + "\n" + "x," * 1_000_000 + "\n"), refused="300 列"),
    Nasty("one-endless-line.csv", text("x" * 20_000_000), refused="过长"),
    Nasty("nul.csv", text("a\0b,c"), refused="不是文本"),
    Nasty("empty.csv", text(""), refused="空"),
    Nasty("titles-only.csv", table([]), 0),
    Nasty("picture.xlsx", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)) and None, refused="不是表格"),
    Nasty("page.xls", text("<html><table><tr><td>统一社会信用代码</td></tr></table></html>", "gbk"), refused="网页"),
    Nasty("ooxml-as.xls", book(_plain([row(1), row(2)])), 2),
    Nasty("xml-2003-as.xlsx", text(_xml_2003("gbk"), "gbk"), 2),
    Nasty("xml-2003-as.xls", text(_xml_2003("utf-8")), 2),
    Nasty("xml-2003-with-entities.xls", text(_xml_2003("utf-8", '<!DOCTYPE x [<!ENTITY a "aaaa">]>')), refused="文档类型"),
    Nasty("csv-as.xlsx", table([row(1)]), 1),
    Nasty("another-writer.xlsx", _written_by_another, 3),
    Nasty("titled.xlsx", book(_titled), 4),
    Nasty("merged-cells.xlsx", book(_merged), 1, 1),
    Nasty("formulas.xlsx", book(_formulas), 1, 1),
    Nasty("serial-days.xlsx", book(_serials), 4),
    Nasty("1904.xlsx", book(_serials, date_1904=True), 4),
    Nasty("floats.xlsx", book(_floats), 1, 2),
    Nasty("far-down.xlsx", book(_far_down), 2),
    Nasty("far-off.xlsx", book(_far_off), refused="XFD1048576"),
    Nasty("bomb.xlsx", _bomb, refused="体积过大"),
    Nasty("million-columns.xlsx", _million_columns, refused="300 列"),
    Nasty("endless-string.xlsx", _endless_string, refused="损坏"),
    Nasty("entities.xlsx", _entities, refused="损坏"),
    Nasty("cut-off.xlsx", _cut, refused="损坏"),
    Nasty("locked.xls", _locked, refused="损坏"),
    Nasty("no-workbook.zip", lambda path: zipfile.ZipFile(path, "w").writestr("readme.txt", "x"), refused="没有 Excel"),
)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for nasty in CORPUS:
        nasty.write(folder / nasty.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

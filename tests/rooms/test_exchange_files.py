"""Files in the encodings and shapes in which offices send them, all made here."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.cli.demo.samples import write_sample_register
from backend.exchange import readers, sheets
from backend.exchange.readers import FileUnreadable, HeaderNotFound, Row, Table, read_table
from backend.exchange.rules import PENALTIES, PERMITS, clean_cell, escape_cell, header_key, is_digit_lossy, map_columns, split_values
from backend.exchange.writers import BadRow, error_report_csv, error_report_xlsx
from backend.registry.rules import EnterpriseDraft, check_row

HEAD = "统一社会信用代码,企业名称,行政区划,行业代码,成立日期\n"
CODE = "91530300579828092D"
LINE = f"{CODE},曲靖云岭餐饮有限公司（总店）,麒麟区,6210,2011/8/3\n"
FIELDS = {"code": CODE, "name": "曲靖云岭餐饮有限公司（总店）", "region": "麒麟区", "industry": "6210", "established_on": "2011-08-03"}


def opened(tmp_path: Path, data: bytes, filename: str = "名录.csv", **options: object) -> tuple[Table, list[Row]]:
    path = tmp_path / "upload"
    path.write_bytes(data)
    table = read_table(path, filename, **options)  # type: ignore[arg-type]
    return table, list(table.rows)


def workbook(*rows: list[object], name: str = "Sheet1", merge: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet(name)
        if merge:
            page.merge_range(merge, "曲靖市检查对象名录库")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    page.write_datetime(number, column, value, day)
                elif value is not None:
                    page.write(number, column, value)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_csv_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    table, rows = opened(tmp_path, (HEAD + LINE).replace(",", delimiter).replace("\n", "\r\n").encode(encoding))
    assert [dict(r.fields) for r in rows] == [FIELDS]
    assert (table.header_row, rows[0].row_no) == (1, 2)
    assert table.missing == ["kind", "status", "address", "legal_rep", "phone", "credit_class"]
    assert table.missing_required == []


def test_rare_characters_of_gb18030(tmp_path: Path) -> None:
    _, rows = opened(tmp_path, (HEAD + LINE.replace("云岭", "䶮㙍𬭸")).encode("gb18030"))
    assert rows[0].fields["name"] == "曲靖䶮㙍𬭸餐饮有限公司（总店）"


def test_bytes_in_no_encoding_name_the_line(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="line 2") as caught:
        opened(tmp_path, HEAD.encode("gbk") + b"\xff\xff\xff,\n")
    assert "第 2 行" in caught.value.message("zh")


def test_a_quote_that_never_closes_does_not_swallow_the_rest(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="quote"):
        opened(tmp_path, (HEAD + f'{CODE},"曲靖\n' + LINE * 3).encode())


def test_excel_tricks_around_codes_are_undone(tmp_path: Path) -> None:
    _, rows = opened(tmp_path, (HEAD + f'"=""{CODE}""",\'=名称, 麒麟区\u200b,6210\t,\n').encode())
    assert (rows[0].fields["code"], rows[0].fields["name"], rows[0].fields["region"]) == (CODE, "=名称", "麒麟区")
    assert rows[0].fields["industry"] == "6210"


def test_titled_workbook_with_instructions_and_sample_row(tmp_path: Path) -> None:
    path = tmp_path / "f"
    sample = write_sample_register(path, "xlsx_titled", 30)
    table = read_table(path, "名录.xlsx")
    rows = list(table.rows)
    assert (table.sheet, table.header_row, table.skipped) == ("检查对象名录", 3, [(4, "sample")])
    assert (table.missing, table.unmapped) == ([], [])
    assert len(rows) == sample.good == 30
    assert all(isinstance(check_row(r.fields), EnterpriseDraft) for r in rows)


@pytest.mark.parametrize("kind", ["gbk_csv", "xlsx_titled", "xlsx_mixed", "template"])
def test_sample_files_hold_what_they_say(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "f"
    sample = write_sample_register(path, kind)  # type: ignore[arg-type]
    verdicts = [check_row(r.fields) for r in read_table(path, kind).rows]
    assert sum(isinstance(v, EnterpriseDraft) for v in verdicts) == sample.good
    assert sum(isinstance(v, list) for v in verdicts) == sample.bad
    if kind == "xlsx_mixed":
        reasons = {v[0].reason for v in verdicts if isinstance(v, list)}
        assert {"digits-lost", "check-digit", "id-card", "length", "blank", "unknown", "several", "not-a-date"} == reasons


def test_merged_title_blank_rows_and_offset(tmp_path: Path) -> None:
    rows: list[list[object]] = [[], [], [None, None, "注册号", "名  称", "区县"], [], [None, None, CODE, "甲", "会泽县"]]
    table, found = opened(tmp_path, workbook(*rows, merge="C1:E1"), "a.xlsx")
    assert (table.header_row, found[0].row_no, found[0].raw) == (3, 5, ["", "", CODE, "甲", "会泽县"])
    assert table.missing_required == ["industry"]


def test_workbook_cell_types(tmp_path: Path) -> None:
    head: list[object] = ["统一社会信用代码", "名称", "成立日期", "联系电话", "行业代码"]
    data = workbook(
        head,
        [915303005798280920.0, "甲", date(2011, 8, 3), 13988887777, 6210],
        ["530300100012345", "乙", 40758, 8745550123.0, "0610"],
        [530300100012345, "丙", "9999-09-09", True, 610.5],
    )
    _, (first, second, third) = opened(tmp_path, data, "a.xlsx")
    assert first.fields == {
        "code": "9.15303005798281E+17", "name": "甲", "established_on": "2011-08-03", "phone": "13988887777", "industry": "6210"
    }  # fmt: skip
    assert is_digit_lossy(first.fields["code"])
    errors = check_row(first.fields)
    assert isinstance(errors, list)
    assert (errors[0].field, errors[0].reason) == ("code", "digits-lost")
    assert (second.fields["established_on"], second.fields["phone"], second.fields["code"]) == (
        "2011-08-03",
        "8745550123",
        "530300100012345",
    )
    assert (third.fields["code"], third.fields["phone"], third.fields["industry"]) == ("530300100012345", "TRUE", "610.5")


def test_the_sheet_with_the_header_is_found_and_hidden_ones_are_not(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("封面").write_string(0, 0, "说明")
        hidden = book.add_worksheet("旧")
        hidden.write_row(0, 0, ["统一社会信用代码", "名称", "区县"])
        hidden.hide()
        book.add_worksheet("新").write_row(0, 0, ["统一社会信用代码", "名称"])
    table, _ = opened(tmp_path, buffer.getvalue())
    assert table.sheet == "新"


def test_xls_that_is_a_xlsx(tmp_path: Path) -> None:
    _, rows = opened(tmp_path, workbook(["统一社会信用代码", "名称"], [CODE, "甲"]), "名录.xls")
    assert rows[0].fields == {"code": CODE, "name": "甲"}


XML_2003 = f"""<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="名录"><Table>
<Row><Cell ss:MergeAcross="3"><Data ss:Type="String">检查对象名录库</Data></Cell></Row>
<Row ss:Index="3"><Cell><Data ss:Type="String">统一社会信用代码</Data></Cell><Cell><Data ss:Type="String">名称</Data></Cell>
<Cell ss:Index="4"><Data ss:Type="String">成立日期</Data></Cell></Row>
<Row><Cell><Data ss:Type="String">{CODE}</Data></Cell><Cell><ss:Data ss:Type="String">甲<B>乙</B></ss:Data></Cell>
<Cell ss:Index="4"><Data ss:Type="DateTime">2011-08-03T00:00:00.000</Data></Cell></Row>
<Row><Cell><Data ss:Type="Number">9.1530300579828E+17</Data></Cell><Cell><Data ss:Type="String">丙</Data></Cell></Row>
</Table></Worksheet></Workbook>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_xlsx_that_is_excel_2003_xml(tmp_path: Path, encoding: str) -> None:
    data = XML_2003.replace("?>", f' encoding="{encoding}"?>', 1).encode(encoding)
    table, (first, second) = opened(tmp_path, data, "名录.xlsx")
    assert (table.sheet, table.header_row, first.row_no) == ("名录", 3, 4)
    assert first.fields == {"code": CODE, "name": "甲乙", "established_on": "2011-08-03"}
    assert second.fields["code"] == "9.1530300579828E+17"


def test_xml_with_entities_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    with pytest.raises(FileUnreadable, match="document type"):
        opened(tmp_path, XML_2003.replace("<Workbook", bomb + "<Workbook", 1).encode())


def test_excel_2003_xml_cannot_ask_for_a_huge_grid(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="columns"):
        opened(tmp_path, XML_2003.replace('ss:Index="4"', 'ss:Index="900000000"').encode())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "not a spreadsheet"),
        ("<html><table><tr><td>统一社会信用代码</td></tr></table></html>".encode("gbk"), "web page"),
        (b"<?xml version='1.0'?><note/>", "no Excel spreadsheet"),
        (XML_2003[:600].encode(), "damaged"),
        (b"PK\x03\x04 not a zip at all", "damaged"),
        (b"a\0b,c", "not text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged"),
    ],
)
def test_files_that_are_no_tables_say_so(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(FileUnreadable, match=why) as caught:
        opened(tmp_path, data, "坏文件.xlsx")
    assert "坏文件.xlsx" in caught.value.message("zh")


def test_a_cut_off_workbook(tmp_path: Path) -> None:
    data = workbook(["统一社会信用代码", "名称"], [CODE, "甲"])
    with pytest.raises(FileUnreadable, match="damaged"):
        opened(tmp_path, data[: len(data) // 2])


def test_a_workbook_with_a_flipped_byte(tmp_path: Path) -> None:
    data = bytearray(workbook(["统一社会信用代码", "名称"], [CODE, "甲"]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        at = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 80
    data[at] ^= 0xFF
    with pytest.raises(FileUnreadable, match="damaged"):
        opened(tmp_path, bytes(data))


def test_zips_without_a_workbook_and_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(FileUnreadable, match="no XLSX workbook"):
        opened(tmp_path, buffer.getvalue())
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1_000_000)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 2_000_000)
    with pytest.raises(FileUnreadable, match="unpacks"):
        opened(tmp_path, buffer.getvalue())


def test_one_far_off_cell_does_not_make_a_huge_grid(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["统一社会信用代码", "名称"])
        page.write(1_048_575, 16_383, "x")
    with pytest.raises(FileUnreadable, match="XFD1048576 lies beyond 300 columns"):
        opened(tmp_path, buffer.getvalue())


def test_too_big_and_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_ROWS", 3)
    assert len(opened(tmp_path, (HEAD + LINE * 3).encode())[1]) == 3
    with pytest.raises(FileUnreadable, match="more than 3 rows"):
        opened(tmp_path, (HEAD + LINE * 4).encode())
    monkeypatch.setattr(readers, "MAX_BYTES", 50)
    with pytest.raises(FileUnreadable, match="larger"):
        opened(tmp_path, (HEAD + LINE).encode())


def test_no_header_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(HeaderNotFound, match="统一社会信用代码、企业名称、行政区划代码、行业代码"):
        opened(tmp_path, "甲,乙,丙\n1,2,3\n".encode())


def test_instruction_hint_and_sample_rows_below_the_header_are_skipped_with_notice(tmp_path: Path) -> None:
    extra = "必填,必填,必填,选填,\n案例(请删除),某某公司,麒麟区,6210,\n,,,,\n填写说明：请勿合并单元格,,,,\n"
    table, rows = opened(tmp_path, (HEAD + extra + LINE + LINE.replace("云岭", "示例")).encode())
    assert [r.row_no for r in rows] == [6, 7]
    assert table.skipped == [(2, "note"), (3, "sample"), (5, "note")]


def test_the_best_of_two_columns_for_one_field(tmp_path: Path) -> None:
    text = f"注册号,名称,统一社会信用代码（必填）,备注\n530300100012345,甲,{CODE},x\n530300100012346,乙,,\n"
    table, rows = opened(tmp_path, text.encode())
    assert [r.fields["code"] for r in rows] == [CODE, "530300100012346"]
    assert table.unmapped == ["备注"]
    assert rows[0].raw == ["530300100012345", "甲", CODE, "x"]


def test_id_cards_in_any_column_are_masked(tmp_path: Path) -> None:
    _, rows = opened(tmp_path, f"统一社会信用代码,名称,代码_5\n{CODE},甲,362322198709086409\n".encode())
    assert rows[0].raw[2] == "362322********6409"


@pytest.mark.parametrize(
    "header",
    [
        "行政相对人代码_1(统一社会信用代码)",
        "行政相对人代码-1（统一社会信用代码）",
        "* 行政相对人代码－1（统一社会信用代码） ",
        "CF_XDR_SHXYM",
        "cf-xdr-shxym",
    ],
)
def test_two_public_headers_in_their_spellings(header: str) -> None:
    assert map_columns([header], PENALTIES)[0].field == "code"


def test_columns_of_other_code_kinds_do_not_feed_the_code() -> None:
    headers = ["行政相对人代码_2(组织机构代码)", "行政相对人代码_3(工商登记码)", "行政相对人代码_5(居民身份证号)"]
    assert [c.field for c in map_columns(headers, PENALTIES)] == [None, None, None]


def test_an_open_end_is_blank_only_where_an_end_may_be_open(tmp_path: Path) -> None:
    text = "许可决定书文号,行政相对人名称,许可截止期,许可决定日期\nX1,甲,9999-09-09,2014年3月5日\nX2,乙,长期,9999-09-09\n"
    _, rows = opened(tmp_path, text.encode(), layout=PERMITS)
    assert [r.fields["valid_to"] for r in rows] == ["", ""]
    assert [r.fields["decided_on"] for r in rows] == ["2014-03-05", "9999-09-09"]


def test_several_values_in_one_cell() -> None:
    assert split_values("食品，药品; 特种设备、\n") == ["食品", "药品", "特种设备"]


def test_header_keys() -> None:
    assert header_key("＊统一社会信用代码（必填）") == header_key(" 统一社会 信用代码:") == "统一社会信用代码"


CELL = st.text(st.characters(codec="utf-8"), max_size=30).map(clean_cell)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELL, min_size=5, max_size=5).filter(any), min_size=1, max_size=5), st.booleans())
@example([["=1+1", "'=x", "''@", "-5", "_x000D_"]], True)
@example([["123456789012345678", "'", "a\nb", '"', "+86 1,2"]], False)
def test_an_error_report_reads_back_as_it_was(tmp_path: Path, rows: list[list[str]], as_workbook: bool) -> None:
    headers = ["统一社会信用代码", "名称", "行政区划", "自定义列", "行业代码"]
    rows = [row for row in rows if not readers.rules.row_to_skip(row)]
    bad = [BadRow(n, row, ["代码不符"], ["Bad code"]) for n, row in enumerate(rows, 2)]
    data = (error_report_xlsx if as_workbook else error_report_csv)(headers, bad)
    table, found = opened(tmp_path, data)
    assert table.header_row == 1
    assert [r.raw[:5] for r in found] == rows
    assert [r.raw[5:] for r in found] == [["代码不符", "Bad code"]] * len(rows)
    assert table.unmapped == ["自定义列"]


def test_an_error_report_replaces_the_one_before(tmp_path: Path) -> None:
    first = error_report_csv(["统一社会信用代码", "名称"], [BadRow(2, ["1", "甲"], ["旧"], ["old"])])
    table, rows = opened(tmp_path, first)
    again = error_report_csv([c.header for c in table.columns], [BadRow(r.row_no, r.raw, ["新"], ["new"]) for r in rows])
    assert list(csv.reader(io.StringIO(again.decode("utf-8-sig")))) == [
        ["统一社会信用代码", "名称", "错误", "Errors"],
        ["1", "甲", "新", "new"],
    ]


@given(CELL)
def test_escaping_is_undone_and_leaves_no_formula(text: str) -> None:
    assert not escape_cell(text).startswith(("=", "+", "-", "@"))
    assert clean_cell(escape_cell(text)) == text

"""Every spreadsheet that leaves, over every route that gives one: no cell of it is a formula, whatever people have typed into the register."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from backend.exchange.rules import clean_cell, escape_cell
from backend.storage.engine import connection, transaction
from tests.web.every_route import Unknown, fill, routes

EVIL = '=HYPERLINK("http://evil.example","店")'
NAMES = {
    "enterprise": ("name", "address", "legal_rep", "phone"),
    "inspection": ("enterprise_name",),
    "campaign": ("name",),
    "inspector": ("name",),
    "account": ("name",),
}
SHEETS = ("spreadsheetml", "text/csv", "ms-excel")


def runs(cell: object) -> bool:
    return isinstance(cell, str) and cell.lstrip("\t\r\n ")[:1] in tuple("=+-@＝＋－＠") and len(cell) > 1 and not cell.lstrip("-").replace(".", "").isdigit()


def cells(content: bytes, kind: str) -> list[object]:
    if "csv" in kind:
        return [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"))) for cell in row]
    book = openpyxl.load_workbook(io.BytesIO(content))
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [c.coordinate for c in found if c.data_type == "f" or c.hyperlink] == []
    return [c.value for c in found]


async def test_no_cell_of_any_export_is_a_formula(county):
    async with transaction():
        for table, columns in NAMES.items():
            for column in columns:
                await connection().execute(f"update {table} set {column} = left($1 || {column}, 40)", EVIL)
        draft = "edition in (select id from plan_edition where state in ('draft', 'returned'))"
        await connection().execute(f"update plan_line set name = left($1 || name, 40), responsible = $1 where {draft}", EVIL)
    exports: dict[str, int] = {}
    for role in ("", "admin", "manager", "auditor"):
        browser = await county(role)
        answers = {}
        for route in routes():
            if route.method == "GET" and (route.access == "public" if not role else role in route.access) and route.path != "/console/live":
                try:
                    path = await fill(route)
                except Unknown:
                    continue
                answers[path] = await browser.get(path)
        if role == "manager":
            for kind in ("xlsx", "csv"):
                answers[f"export {kind}"] = await browser.post("/console/enterprises/export", data={"format": kind})
        for path, answer in answers.items():
            kind = answer.headers.get("content-type", "")
            if answer.status_code == 200 and any(sign in kind for sign in SHEETS):
                found = cells(answer.content, kind)
                assert [c for c in found if runs(c)] == [], path
                assert "attachment" in answer.headers["content-disposition"], path
                exports[path] = sum(1 for c in found if isinstance(c, str) and "HYPERLINK" in c)
    assert len(exports) >= 6, exports
    assert sum(n > 0 for n in exports.values()) >= 2, "the evil names are in them"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+cmd", "@SUM(1)", "\t=1", "\r=1", " =1", "＝1+1", "＠x", "'=1", "''=1", "-5", "=", "正常", "", "'引号"])
def test_a_cell_is_escaped_and_read_back(text: str):
    escaped = escape_cell(text)
    assert not runs(escaped)
    assert clean_cell(escaped).strip() == text.strip() or text.startswith("'")

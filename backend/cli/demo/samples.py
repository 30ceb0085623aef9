"""Register files as offices send them, made from the demo county: for the sample download and for tests.

Each kind holds good rows and the usual mistakes; ``write_sample_register`` says in its return value what is in it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final, Literal

import xlsxwriter

from backend.cli.demo.county import make_enterprises
from backend.registry.rules import FIELDS, KINDS, STATUSES, shipped_codebook

Kind = Literal["gbk_csv", "xlsx_titled", "xlsx_mixed", "template"]

# The demo county keeps seed 20261123; another seed gives enterprises that an import shows as new.
_NEW_SEED: Final = 7
_CODE, _REGION, _INDUSTRY = (list(FIELDS).index(f) for f in ("code", "region", "industry"))


@dataclass(frozen=True)
class Sample:
    """What a sample file holds: rows that pass and rows that do not."""

    good: int
    bad: int


def write_sample_register(path: Path, kind: Kind = "xlsx_mixed", n: int = 40) -> Sample:
    """Write a sample register to ``path``.

    ``gbk_csv``: Excel's Chinese CSV, GBK without BOM, all good. ``xlsx_titled``: a merged title, an instruction row and a
    案例 row around good rows. ``xlsx_mixed``: the same with ten bad rows. ``template``: headers and the 案例 row only.
    """
    rows = [] if kind == "template" else [_cells(e) for e in _fresh(n)[:n]]
    if kind == "gbk_csv":
        buffer = StringIO(newline="")
        csv.writer(buffer).writerows([_headers(), *rows])
        path.write_bytes(buffer.getvalue().encode("gbk"))
        return Sample(len(rows), 0)
    bad = _spoilt([_cells(e) for e in _fresh(n)[n:]]) if kind == "xlsx_mixed" else []
    _write_workbook(path, [*rows, *bad])
    return Sample(len(rows), len(bad))


def _fresh(n: int) -> list[dict[str, Any]]:
    """``n`` enterprises, and ten to spoil, whose codes continue where the county's 3,000 end."""
    return make_enterprises(3010 + n, seed=_NEW_SEED)[3000:]


def _headers() -> list[str]:
    return [label.zh for label in FIELDS.values()]


def _cells(e: Mapping[str, Any]) -> list[str]:
    book = shipped_codebook()
    shown = {
        **e,
        "region": book.regions[e["region"]].name_zh,
        "kind": KINDS[e["kind"]].zh,
        "status": STATUSES[e["status"]].zh,
        "established_on": e["established_on"].strftime("%Y/%-m/%-d"),
    }
    return [str(shown[field]) for field in FIELDS]


def _spoilt(rows: list[list[str]]) -> list[list[Any]]:
    """Ten rows, each wrong in one way that real files are."""
    place = {field: i for i, field in enumerate(FIELDS)}
    as_number = 915303005798280920.0  # a code that a spreadsheet took for a number
    changes: list[tuple[str, Any]] = [
        ("code", as_number),
        ("code", rows[1][_CODE][:-1] + ("1" if rows[1][_CODE][-1] != "1" else "2")),
        ("code", "362322198709086409"),
        ("code", rows[3][_CODE][:-1]),
        ("code", ""),
        ("name", ""),
        ("region", "昆明市"),
        ("industry", "6210，5251"),
        ("established_on", "2019-02-30"),
        ("status", "不详"),
    ]
    spoilt = []
    for row, (field, value) in zip(rows, changes, strict=False):
        copy: list[Any] = list(row)
        copy[place[field]] = value
        spoilt.append(copy)
    return spoilt


def _write_workbook(path: Path, rows: list[list[Any]]) -> None:
    headers = _headers()
    required = {_CODE, 1, _REGION, _INDUSTRY}
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("检查对象名录")
        title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
        head = book.add_format({"bold": True, "bg_color": "#E8F1FA", "border": 1, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        grey = book.add_format({"font_color": "#808080", "italic": True, "num_format": "@"})
        page.merge_range(0, 0, 0, len(headers) - 1, "曲靖市检查对象名录库", title)
        page.merge_range(1, 0, 1, len(headers) - 1, "填表说明：带 * 的为必填项；代码请按文本格式填写；日期写作 2014-03-05。", grey)
        for column, header in enumerate(headers):
            page.write_string(2, column, f"*{header}（必填）" if column in required else header, head)
        sample = [
            "案例（请删除）",
            "曲靖市麒麟区示范餐饮店",
            "麒麟区",
            "6210",
            "个体工商户",
            "存续",
            "麒麟南路 1 号",
            "张三",
            "0874-5550000",
            "2014-03-05",
            "B",
        ]
        for column, cell in enumerate(sample):
            page.write_string(3, column, cell, grey)
        page.set_column(0, len(headers) - 1, 20, text)
        page.freeze_panes(3, 0)
        for number, row in enumerate(rows, 4):
            for column, cell in enumerate(row):
                if isinstance(cell, float):
                    page.write_number(number, column, cell)
                else:
                    page.write_string(number, column, cell, text)

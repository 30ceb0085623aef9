"""双公示 files as partners send them, made from the demo county: penalties under CF_ names in GBK, permits under Chinese titles as XLSX.

Each holds sound rows, and the usual mistakes: an enterprise that no register knows, a private person's row, a day that does not exist.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import xlsxwriter

from backend.cli.demo.samples import Sample
from backend.registry.uscc import make_uscc

_CASES = (
    ("未按规定公示年度报告案", "警告", "", "未在规定期限内公示 2025 年度报告", "《企业信息公示暂行条例》第十八条", "警告"),
    ("经营超过保质期食品案", "罚款", "没收违法所得", "货架上 6 袋饼干超过保质期", "《食品安全法》第一百二十四条", "罚款 5000 元，没收违法所得 126 元"),
    ("未落实进货查验案", "警告", "罚款", "不能提供供货者许可证和产品合格证明", "《食品安全法》第一百二十六条", "警告，罚款 2000 元"),
    ("使用未经检定的计量器具案", "罚款", "", "1 台电子秤超过检定有效期", "《中华人民共和国计量法实施细则》第四十三条", "罚款 300 元"),
)
_PERMITS = (("食品经营许可证", "普通", "热食类食品制售"), ("药品经营许可证", "普通", "处方药、非处方药零售"), ("小作坊登记证", "登记", "糕点加工"))
_ABOUT = {"6210": 0, "6220": 0, "5251": 1}


def write_penalties(path: Path, enterprises: Sequence[dict[str, Any]], today: date, seed: int = 5) -> Sample:
    """One row for each enterprise and three that are refused."""
    dice = random.Random(seed)
    head = ["CF_WSH", "CF_XDR_MC", "CF_XDR_SHXYM", "CF_FR", "CF_CFMC", "CF_CFLB1", "CF_CFLB2", "CF_SY", "CF_YJ", "CF_JG", "CF_JDRQ", "CF_XZJG", "CF_ZT"]
    head += ["DFBM", "SJC", "BZ"]
    rows = []
    for n, e in enumerate(enterprises, 1):
        case, first, second, facts, basis, result = dice.choice(_CASES)
        day = today - timedelta(days=dice.randrange(20, 700))
        rows.append(
            [
                f"曲市监处罚〔{day.year}〕{n}号", e["name"], e["code"], e["legal_rep"], case, first, second, facts, basis, result,
                day.strftime("%Y/%-m/%-d"), "曲靖市市场监督管理局", "0", e["region"], today.isoformat(), "",
            ]
        )
    sound = rows[0]
    for place, value in ((2, make_uscc("91530302", "XX000001")), (2, ""), (10, "2026-02-30")):
        wrong = list(sound)
        wrong[0], wrong[place] = f"曲市监处罚〔2026〕9{len(rows)}号", value
        rows.append(wrong)
    text = StringIO(newline="")
    csv.writer(text).writerows([head, *rows])
    path.write_bytes(text.getvalue().encode("gb18030"))
    return Sample(len(rows) - 3, 3)


def write_permits(path: Path, enterprises: Sequence[dict[str, Any]], today: date, seed: int = 6) -> Sample:
    """A title above the table, ``长期`` and ``9999-09-09`` for no end, and a column of ID-card numbers that must not be kept."""
    dice = random.Random(seed)
    head = ["行政许可决定书文号", "行政相对人名称", "行政相对人代码－1（统一社会信用代码）", "行政相对人代码_5（居民身份证号）", "许可证书名称", "许可类别"]
    head += ["许可内容", "许可决定日期", "有效期至", "许可机关", "当前状态", "备注"]
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("行政许可")
        page.merge_range(0, 0, 0, len(head) - 1, "行政许可信息公示表")
        page.write_row(1, 0, head)
        for n, e in enumerate(enterprises, 1):
            title, category, content = _PERMITS[_ABOUT.get(e["industry"], 2)]
            day = today - timedelta(days=dice.randrange(30, 1700))
            until = dice.choice(["长期", "9999-09-09", (day + timedelta(days=1826)).isoformat(), (day + timedelta(days=1826)).strftime("%Y年%-m月%-d日")])
            row = [f"JY1{e['region']}{n:06d}", e["name"], e["code"], "", title, category, content, day.isoformat(), until, "曲靖市市场监督管理局", "0", ""]
            page.write_row(n + 1, 0, row)
        person = ["JY1530302900001", "赵六", "", "362322198709086409", _PERMITS[2][0], "登记", "糕点加工", today.isoformat(), "长期", "麒麟区市场监督管理局"]
        page.write_row(len(enterprises) + 2, 0, person)
    return Sample(len(enterprises), 1)

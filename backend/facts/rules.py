"""What a row of a 双公示 file must be to become a fact. Pure.

``check_fact`` turns the texts of one row into the fact's columns or into everything that is wrong with it. Whether the enterprise is in
the register only the register can say. Proving tests: ``tests/rules/test_fact_rules.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from backend.kernel.dates import is_open_end, read_date
from backend.registry.rules import FieldError, Label
from backend.registry.uscc import check_code, mask_id_cards

PENALTY: Final = "penalties"
PERMIT: Final = "permits"

FIELDS: Final[Mapping[str, Mapping[str, Label]]] = {
    PENALTY: {
        "document_no": Label("行政处罚决定书文号", "Decision number"),
        "party": Label("行政相对人名称", "Party"),
        "code": Label("统一社会信用代码", "Unified social credit code"),
        "title": Label("案件名称", "Case"),
        "category": Label("处罚类别", "Kind of penalty"),
        "category_2": Label("处罚类别2", "Second kind of penalty"),
        "facts": Label("违法事实", "Facts"),
        "basis": Label("处罚依据", "Legal basis"),
        "result": Label("处罚内容", "Penalty"),
        "decided_on": Label("处罚决定日期", "Decided on"),
        "authority": Label("处罚机关", "Authority"),
        "state": Label("当前状态", "State"),
        "region": Label("地方编码", "Local code"),
        "remark": Label("备注", "Remark"),
        "as_of": Label("数据时间戳", "As of"),
    },
    PERMIT: {
        "document_no": Label("行政许可决定书文号", "Decision number"),
        "party": Label("行政相对人名称", "Party"),
        "code": Label("统一社会信用代码", "Unified social credit code"),
        "title": Label("项目名称", "Permit"),
        "category": Label("审批类别", "Kind of permit"),
        "content": Label("许可内容", "What is permitted"),
        "decided_on": Label("许可决定日期", "Decided on"),
        "valid_to": Label("许可截止期", "Valid to"),
        "authority": Label("许可机关", "Authority"),
        "state": Label("当前状态", "State"),
        "region": Label("地方编码", "Local code"),
        "remark": Label("备注", "Remark"),
        "as_of": Label("数据时间戳", "As of"),
    },
}
"""The fields of both files with their column titles, in the order of the template."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    PENALTY: ("document_no", "party", "title", "category", "facts", "basis", "result", "decided_on", "authority", "state", "region", "remark"),
    PERMIT: ("document_no", "party", "title", "category", "content", "decided_on", "valid_to", "authority", "state", "region", "remark"),
}
"""What a fact holds, beside its enterprise and its source."""

_LENGTHS: Final = {"document_no": 120, "party": 200, "authority": 200, "state": 40, "region": 12}
_LONGEST: Final = 20_000
# 当前状态 as the editions number it.
PLAIN: Final = "正常"
_STATES: Final = {"0": PLAIN, "1": "撤销", "2": "异议", "3": "其他"}


@dataclass(frozen=True)
class FactDraft:
    """One fact: the ``code`` of its enterprise, ``values`` by column of ``COLUMNS`` (dates in ISO form, None where there is none), its day."""

    code: str
    values: Mapping[str, str | None]
    as_of: date


def check_fact(layout: str, values: Mapping[str, str], *, today: date) -> FactDraft | list[FieldError]:
    """Judge one row. The state is put into words, both categories into one, ID-card numbers are masked."""
    text = {name: mask_id_cards(" ".join(values.get(name, "").split())) for name in FIELDS[layout]}
    errors: list[FieldError] = []

    def refuse(name: str, reason: str, zh: str, en: str) -> None:
        errors.append(FieldError(name, text[name], reason, zh, en))

    def read_day(name: str, *, may_be_open: bool = False) -> date | None:
        if not text[name] or (may_be_open and is_open_end(text[name])):
            return None
        day, label = read_date(text[name]), FIELDS[layout][name]
        if day is None:
            refuse(name, "not-a-date", f"“{text[name]}”不是日期，请写作 2014-03-05", f"“{text[name]}” is not a date; write it as 2014-03-05")
        elif day > today and not may_be_open:
            refuse(name, "future", f"{label.zh}晚于今天", f"{label.en} lies in the future")
        return day

    found = check_code(text["code"])
    if found.reason in ("blank", "id-card", "digits-lost"):
        refuse("code", found.reason, found.zh, found.en)
    for name in ("document_no", "party"):
        if not text[name]:
            label = FIELDS[layout][name]
            refuse(name, "blank", f"{label.zh}为空", f"{label.en} is missing")
    if text.get("category_2"):
        text["category"] = "；".join(dict.fromkeys(part for part in (text["category"], text["category_2"]) if part))
    text["state"] = _STATES.get(text["state"], text["state"])
    days = {name: read_day(name, may_be_open=name == "valid_to") for name in ("decided_on", "valid_to", "as_of") if name in text}
    for name in COLUMNS[layout]:
        if len(text[name]) > (longest := _LENGTHS.get(name, _LONGEST)):
            label = FIELDS[layout][name]
            refuse(name, "too-long", f"{label.zh}超过 {longest} 个字", f"{label.en} is longer than {longest} characters")
    if errors:
        return errors
    shaped = {name: (day.isoformat() if (day := days[name]) else None) if name in days else text[name] for name in COLUMNS[layout]}
    return FactDraft(found.code, shaped, days["as_of"] or today)


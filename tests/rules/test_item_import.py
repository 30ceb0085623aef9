"""A spreadsheet of items judged row by row, every mistake of a row at once."""

from __future__ import annotations

from backend.items.import_rules import Known, judge_rows
from backend.items.item_rules import ItemDraft

WORDS = {"food": "food", "食品安全检查": "food"}
HELD = ItemDraft("餐饮检查", "Catering", "general", "食品安全法", "onsite", "food")


def row(code: str = "SC01", **fields: str) -> dict[str, str]:
    about = {"code": code, "name_zh": "餐饮检查", "name_en": "Catering", "category": "一般"}
    return about | {"legal_basis": "食品安全法", "method": "现场检查", "qualification": "食品安全检查"} | fields


def judge(*rows: dict[str, str], known: dict[str, Known] | None = None):
    return judge_rows(list(enumerate(rows, 2)), known or {}, department="scjg", qualifications=WORDS)


def test_words_of_files_become_codes():
    (new,) = judge(row(" sc01 "))
    assert (new.code, new.verdict) == ("SC01", "new")
    assert ItemDraft(**new.fields) == HELD


def test_new_changed_and_same():
    known = {"SC01": Known("scjg", False, HELD)}
    assert [j.verdict for j in judge(row(), row("SC02"), known=known)] == ["same", "new"]
    (changed,) = judge(row(legal_basis="食品安全法第一百一十条", name_en=""), known=known)
    assert (changed.verdict, changed.fields["name_en"]) == ("changed", "Catering")


def test_every_mistake_of_a_row_is_told():
    (bad,) = judge(row("餐饮", name_zh="", category="特别", method="电话", qualification="厨师"))
    assert bad.verdict == "bad"
    assert len(bad.zh) == len(bad.en) == 5
    assert "事项编号“餐饮”" in bad.zh[0]
    assert "事项类别“特别”：没有这个选项" in bad.zh
    assert "所需资质“厨师”：没有这个资质" in bad.zh
    assert bad.fields["category"] == "特别"


def test_doubles_other_departments_and_ended_items():
    known = {"XF01": Known("xfjy", False, HELD), "SC09": Known("scjg", True, HELD)}
    first, double, other, ended = judge(row(), row(), row("XF01"), row("SC09"), known=known)
    assert first.verdict == "new"
    assert double.zh == ("编号与第 2 行重复",)
    assert other.zh == ("此编号属于其他部门",)
    assert ended.zh == ("此事项已停用",)

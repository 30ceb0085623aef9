"""Persons in texts that the public reads: nothing of them is left, and what only looks like it stays."""

from __future__ import annotations

import pytest

from backend.facts.covering import mask_persons
from backend.registry.uscc import make_uscc

NAMES = ["陈立新", "王平", "王平安", "欧阳 娜", "Li Lei", "周"]


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        # Names: the representative, the officers, the witness; set with spaces; one within another; of one character never.
        ("当事人陈立新、见证人王平安和执法人员王平均在场", "当事人陈**、见证人王**和执法人员王*均在场"),
        ("负责人：王 平　陈 立 新", "负责人：王*　陈**"),
        ("周末由 Li Lei 值班，欧阳 娜带班", "周末由 L***** 值班，欧***带班"),
        # Identity cards, however they are written; one whose last digit is wrong names its holder just as well.
        ("身份证362322199001016409。", "身份证362322********6409。"),
        ("身份证362322199001016408。", "身份证362322********6408。"),
        ("身份证号 362322 19900101 640x", "身份证号 362322********640x"),
        ("证件362322-1990-01-01-640Ｘ号", "证件362322********640Ｘ号"),
        ("号码３６２３２２１９９００１０１６４０９", "号码３６２３２２********６４０９"),
        ("身份证号码：532201650308123，已核", "身份证号码：532201******123，已核"),
        # Telephones.
        ("电话13987654321", "电话139****4321"),
        ("手机 139-8765-4321、138 1234 5678", "手机 139****4321、138****5678"),
        ("+86 13987654321 或 ＋8613987654321", "+86 139****4321 或 ＋86139****4321"),
        ("１３９８７６５４３２１", "１３９****４３２１"),
        ("0874-3123456；(0874)3123456；010 88886666", "0874-****456；(0874)-****456；010-****666"),
        # Vehicles: blue, green, of police, hung behind, with whatever between.
        ("云DA1234货车", "云D*****货车"),
        ("车牌云D·A1234", "车牌云D*****"),
        ("云d-a1234、云AD12345、云D1234警、云D1234挂", "云d*****、云A*****、云D*****、云D*****"),
        # All at once.
        ("王平（362322199001016409，13987654321）驾驶云DA1234离开", "王*（362322********6409，139****4321）驾驶云D*****离开"),
    ],
)
def test_what_names_a_person_is_covered(text, covered):
    assert mask_persons(text, NAMES) == covered


@pytest.mark.parametrize(
    "text",
    [
        "统一社会信用代码 91530300579828092D",
        "注册号 530302600123456",
        "曲市监罚〔2026〕12号，罚款 5000 元，2026-10-08 前缴清",
        "编号 13987654321000",
        "许可证 JY15303020012345，批准文号 05301234567",
        "GB 2760-2024、GB/T 4754-2017",
        "批号 20260101123",
        "云南A级旅游景区",
        "新A2栋一层",
        "订单 20261008123456789012",
        "温度 -18.5 ℃，重 1390 克",
        "",
    ],
)
def test_what_only_looks_like_it_stays(text):
    assert mask_persons(text, NAMES) == text


def test_a_credit_code_with_a_birthday_in_its_middle_is_no_card():
    found = next(code for code in (make_uscc(f"53{n:04d}19", "90010164") for n in range(10_000)) if code.isdigit())
    assert mask_persons(f"代码{found}。") == f"代码{found}。"
    wrong = found[:-1] + str((int(found[-1]) + 1) % 10)
    assert mask_persons(f"号码{wrong}。") == f"号码{wrong[:6]}********{wrong[14:]}。", "the same digits with another check are a card's"


def test_names_are_no_patterns():
    assert mask_persons("经理 (a.b) 在", ["(a.b)", "a*b"]) == "经理 (**** 在"
    assert mask_persons("axb", ["a.b"]) == "axb"
    assert mask_persons("罚款", ["", " ", "罚"]) == "罚款"

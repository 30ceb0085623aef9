"""Checklists typed, built, compared: every mistake names its question, and what was published comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.cli.demo.checkitems import check_items
from backend.items.checklist_rules import TYPED, TYPES, build, diff, empty, next_id, type_out

LISTS = [item["checklist"]["questions"] for item in check_items()]


def ask(id_: str = "q1", kind: str = "yes_no_na", **fields: str) -> dict[str, str]:
    return empty(id_, kind) | {"zh": "是否公示", "en": "Is it displayed?"} | fields


@pytest.mark.parametrize("questions", LISTS, ids=[i["code"] for i in check_items()])
def test_what_is_published_comes_back_as_it_was(questions):
    built, problems = build([type_out(q) for q in questions])
    assert problems == []
    assert [{k: v for k, v in q.items() if v not in (None, "")} for q in built] == [{k: v for k, v in q.items() if v not in (None, "")} for q in questions]
    assert diff(questions, built) == []


@pytest.mark.parametrize(
    ("typed", "number", "field"),
    [
        ([ask(zh="")], 1, "zh"),
        ([ask(en="")], 1, "en"),
        ([ask(zh="长" * 301)], 1, "zh"),
        ([ask(), ask("q2", "number", min="1")], 2, "unit"),
        ([ask(), ask("q2", "number", unit="℃", min="冷")], 2, "min"),
        ([ask(), ask("q2", "number", unit="℃", max="1e999")], 2, "max"),
        ([ask("q1", "number", unit="℃", min="9", max="1")], 1, "max"),
        ([ask("q1", "choice", options="a | 甲 | A")], 1, "options"),
        ([ask("q1", "choice", options="a | 甲 | A\na | 乙 | B")], 1, "options"),
        ([ask("q1", "choice", options="a | 甲 | A\nb | 乙")], 1, "options"),
        ([ask("q1", phrases="只有中文")], 1, "phrases"),
        ([ask("q1", guide_zh="看看")], 1, "guide_en"),
        ([ask("q1", show_q="q2", show_is="yes"), ask("q2")], 1, "show_q"),
        ([ask("q1"), ask("q2", show_q="q1", show_is="maybe")], 2, "show_is"),
        ([ask("q1", "drawing")], 1, "type"),
        ([ask("q1"), ask("q1")], 2, "id"),
        ([], 0, ""),
        ([ask(f"q{n}") for n in range(101)], 0, ""),
    ],
)
def test_every_mistake_names_its_question_and_field(typed, number, field):
    _questions, problems = build(typed)
    assert (number, field) in {(p.number, p.field) for p in problems}
    assert all(p.zh and p.en for p in problems)


def test_the_kinds_as_phones_take_them():
    typed = [
        ask("q1", "choice", options="lift | 电梯 | Lift\nboiler | 锅炉 | Boiler", law="特种设备安全法"),
        ask("q2", show_q="q1", show_is="lift", photo="no", guide_zh="看标志", guide_en="See the mark", phrases="没有标志 | No mark"),
        ask("q3", "number", unit="℃", min="-2.5", max="8"),
        ask("q4", "text", required="yes"),
    ]
    questions, problems = build(typed)
    assert problems == []
    assert questions[0]["options"][1] == {"value": "boiler", "zh": "锅炉", "en": "Boiler"}
    assert questions[1]["show_if"] == {"q": "q1", "is": "lift"}
    assert questions[1]["photo_required_when"] == "no"
    assert questions[1]["guidance"] == {"zh": "看标志", "en": "See the mark"}
    assert questions[1]["suggestions"] == [{"zh": "没有标志", "en": "No mark"}]
    assert (questions[2]["min"], questions[2]["max"], questions[2]["unit"]) == (-2.5, 8, "℃")
    assert questions[3]["required"] is True


def test_what_changed_between_two_versions():
    old, _ = build([ask("q1"), ask("q2", law="甲法"), ask("q3"), ask("q4")])
    new, _ = build([ask("q4"), ask("q2", law="乙法"), ask("q3"), ask("q5", zh="新问题")])
    steps = {s.id: s for s in diff(old, new)}
    assert {k: s.what for k, s in steps.items()} == {"q4": "moved", "q2": "changed", "q5": "added", "q1": "removed"}
    assert (steps["q4"].before, steps["q4"].after) == (4, 1)
    assert steps["q2"].fields == (("law", "甲法", "乙法"),)
    assert diff(old, old) == []
    assert [s.what for s in diff(old, build([ask("q1"), ask("q2", law="甲法"), ask("q3")])[0])] == ["removed"]


def test_an_id_is_never_given_again():
    assert next_id([]) == "q1"
    assert next_id(["licence", "q2", "q10", "q١"]) == "q11"


@given(st.lists(st.fixed_dictionaries({name: st.text(max_size=20) for name in TYPED} | {"type": st.sampled_from([*TYPES, "x"])}), max_size=5))
def test_whatever_is_typed_gives_questions_and_problems_and_never_an_error(typed):
    questions, problems = build(typed)
    assert len(questions) == len(typed)
    assert all(0 <= p.number <= len(typed) for p in problems)
    again, wrong = build([type_out(q) for q in questions])
    if not problems:
        assert (again, wrong) == (questions, [])

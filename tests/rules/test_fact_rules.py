"""A row of a 双公示 file, judged."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from backend.facts.rules import COLUMNS, FIELDS, PENALTY, PERMIT, FactDraft, check_fact
from backend.registry.uscc import make_uscc

CODE = make_uscc("91530302", "YQ000001")
TODAY = date(2026, 11, 25)
ROW = {"document_no": "1号", "party": "甲", "code": CODE, "category": "罚款", "category_2": "警告", "state": "1", "decided_on": "2026-03-05"}


def test_a_penalty_with_both_kinds_and_its_state_in_words():
    fact = check_fact(PENALTY, ROW, today=TODAY)
    assert isinstance(fact, FactDraft)
    assert (fact.code, fact.as_of) == (CODE, TODAY)
    assert (fact.values["category"], fact.values["state"], fact.values["decided_on"]) == ("罚款；警告", "撤销", "2026-03-05")


def test_a_permit_without_end():
    for end in ("", "长期", "9999-09-09"):
        fact = check_fact(PERMIT, {**ROW, "valid_to": end}, today=TODAY)
        assert isinstance(fact, FactDraft)
        assert fact.values["valid_to"] is None
    fact = check_fact(PERMIT, {**ROW, "valid_to": "2099年1月2日"}, today=TODAY)
    assert isinstance(fact, FactDraft)
    assert fact.values["valid_to"] == "2099-01-02"


def test_id_cards_are_masked_wherever_they_stand():
    fact = check_fact(PENALTY, {**ROW, "facts": "当事人张三（362322198709086409）无证经营"}, today=TODAY)
    assert isinstance(fact, FactDraft)
    assert fact.values["facts"] == "当事人张三（362322********6409）无证经营"


def test_a_code_with_a_wrong_check_digit_is_for_the_register_to_know():
    fact = check_fact(PENALTY, {**ROW, "code": CODE[:-1] + ("1" if CODE[-1] != "1" else "2")}, today=TODAY)
    assert isinstance(fact, FactDraft)


@given(st.sampled_from([PENALTY, PERMIT]), st.dictionaries(st.sampled_from(sorted(FIELDS[PENALTY] | FIELDS[PERMIT])), st.text(max_size=300)))
def test_whatever_stands_there_it_is_a_fact_or_says_why_not(layout: str, changes: dict[str, str]):
    found = check_fact(layout, ROW | changes, today=TODAY)
    if isinstance(found, list):
        assert found
        assert all(error.zh and error.en and error.field in FIELDS[layout] for error in found)
    else:
        assert tuple(found.values) == COLUMNS[layout]
        assert found.values["document_no"]

"""What citizens say: answers, quarters and commitments; filings, codes and sights."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from backend.evaluations import rules as evaluations
from backend.kernel.errors import Forbidden, Invalid
from backend.people.rules import ADMIN, AUDITOR, INSPECTOR, MANAGER, REVIEWER, Principal
from backend.tips import rules as tips

GIVEN = {"certificates": "yes", "scanned": "no", "gifts": "no", "polite": "5", "clear": "4", "overall": "3", "text": " 好 "}


def test_answers_are_read_whole_or_refused_at_their_question():
    assert evaluations.read_answers(GIVEN) == evaluations.Answers(True, False, False, 5, 4, 3, "好")
    for name, bad in (("scanned", ""), ("gifts", "maybe"), ("polite", "6"), ("overall", "0"), ("text", "长" * 1001)):
        with pytest.raises(Invalid) as e:
            evaluations.read_answers({**GIVEN, name: bad})
        assert e.value.fields["field"] == name


def test_a_commitment_is_of_salt_and_content_and_changes_with_either():
    said = evaluations.content(UUID(int=1), date(2026, 11, 25), evaluations.read_answers(GIVEN))
    assert evaluations.commit(b"\0" * 32, said) == hashlib.sha256(b"\0" * 32 + said).hexdigest()
    other = evaluations.content(UUID(int=1), date(2026, 11, 25), evaluations.read_answers({**GIVEN, "overall": "2"}))
    assert len({evaluations.commit(salt, c) for salt in (b"\0" * 32, b"\1" * 32) for c in (said, other)}) == 4


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 25), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 1, 1), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 3, 31), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 1, 1), date(2026, 3, 31)),
    ],
)
def test_only_quarters_that_are_over_are_told_of(today, first, last):
    found = evaluations.quarters_over(today)
    assert found[0] == (first, last)
    assert len(found) == evaluations.SHOWN_QUARTERS
    assert all(later > earlier for (later, _), (earlier, _) in pairwise(found))
    assert all(end < today for _, end in found)


def test_the_window_of_a_visit_has_both_its_ends():
    rule = evaluations.Rule(5, 30, 3)
    visited = date(2026, 11, 1)
    days = (date(2026, 10, 31), visited, date(2026, 12, 1), date(2026, 12, 2))
    assert [evaluations.is_in_time(visited, day, rule) for day in days] == [False, True, True, False]


FILING = tips.Filing("food", None, "", "某超市", "", "530302", "", "牛奶过期了还在货架上卖", "", "")
FOOD = tips.Category("food", tips.ENTERPRISE, tips.TIP, "食品", "Food", "scjg")
DISPUTE = tips.Category("consumer", tips.ENTERPRISE, tips.COMPLAINT, "纠纷", "Dispute", "scjg")
BRIBE = tips.Category("bribe", tips.OFFICE, tips.TIP, "索要", "Bribe", None)


@pytest.mark.parametrize(
    ("category", "changed", "field"),
    [
        (None, {}, "category"),
        (FOOD, {"enterprise_name": " "}, "enterprise_name"),
        (BRIBE, {}, "accused"),
        (FOOD, {"county": ""}, "county"),
        (FOOD, {"text": "太短"}, "text"),
        (FOOD, {"text": "长" * 4001}, "text"),
        (DISPUTE, {}, "name"),
        (FOOD, {"name": "赵女士"}, "phone"),
    ],
)
def test_a_filing_is_refused_at_its_field(category, changed, field):
    with pytest.raises(Invalid) as e:
        tips.check_filing(replace(FILING, **changed), category)
    assert e.value.fields["field"] == field


def test_a_tip_may_be_anonymous_and_a_dispute_has_a_name():
    assert tips.check_filing(FILING, FOOD) == FOOD
    assert tips.check_filing(replace(FILING, name="赵女士", phone="13900000000"), DISPUTE) == DISPUTE
    assert tips.check_filing(replace(FILING, enterprise_name="", accused="某科"), BRIBE) == BRIBE


def test_codes_belong_to_form_and_key_and_are_read_as_people_type_them():
    form = uuid4()
    code = tips.make_code(b"k" * 32, form)
    assert code == tips.make_code(b"k" * 32, form)
    assert len({code, tips.make_code(b"l" * 32, form), tips.make_code(b"k" * 32, uuid4())}) == 3
    assert len(code) == 16 and set(code) <= set(tips.CODE_CHARACTERS)
    shown = tips.show_code(code)
    assert [tips.read_code(t) for t in (shown, shown.lower(), f" {code} ")] == [code] * 3
    for bad in ("", code[:-1], code + "A", "0" * 16, "甲" * 16):
        with pytest.raises(tips.NoSuchCode):
            tips.read_code(bad)


def who(role: str, department: str | None = None) -> Principal:
    return Principal(uuid4(), role, role, role, department, "5303", None)


def test_what_is_about_officers_is_the_oversight_offices_alone():
    assert tips.sight_of(who(AUDITOR)) == tips.Sight(None, "5303", True)
    for role in (MANAGER, REVIEWER):
        assert tips.sight_of(who(role, "scjg")) == tips.Sight("scjg", "5303", False)
        assert tips.may_handle(who(role, "scjg"), tips.ENTERPRISE, "scjg")
        assert not tips.may_handle(who(role, "scjg"), tips.ENTERPRISE, "xfjy")
        assert not tips.may_handle(who(role, "scjg"), tips.OFFICE, None)
    assert tips.may_handle(who(AUDITOR), tips.OFFICE, None)
    assert not tips.may_handle(who(AUDITOR), tips.ENTERPRISE, "scjg")
    assert not tips.may_assign(who(AUDITOR), tips.OFFICE, None), "it never leaves"
    assert not tips.may_assign(who(REVIEWER, "scjg"), tips.ENTERPRISE, "scjg")
    for role in (ADMIN, INSPECTOR):
        with pytest.raises(Forbidden):
            tips.sight_of(who(role, "scjg"))

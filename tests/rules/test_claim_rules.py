"""What a claim code looks like, how it is read, what stands in a list of people, when a reply is public."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.claims import rules
from backend.kernel.errors import Invalid
from backend.responses import rules as responses


@given(st.integers(0, 2**30 - 1), st.integers(0, 2**40 - 1))
def test_a_code_is_read_however_it_is_typed(locator, proof):
    code = rules.spell(locator, proof)
    assert rules.read_code(code) == code
    assert rules.read_code(code.lower().replace("-", " ")) == code
    assert rules.read_code(code.replace("0", "O").replace("1", "l").replace("-", "－")) == code
    assert rules.locator_of(code) == code[:6]


def test_each_code_has_its_own_spelling():
    assert len({rules.spell(n, m) for n in range(40) for m in range(40)}) == 1600
    assert rules.spell(0, 0) == "000000-0000-0000"
    assert rules.spell(2**30 - 1, 2**40 - 1) == "ZZZZZZ-ZZZZ-ZZZZ"


@pytest.mark.parametrize("text", ["", "ABCDEF", "ABCDEF-1234-123", "ABCDEF-1234-12345", "ABCDEF-1234-12$4", "甲" * 14])
def test_nonsense_is_no_code(text):
    with pytest.raises(rules.BadCode):
        rules.read_code(text)


def test_a_telephone_number_is_read_and_masked():
    assert rules.read_phone(" 138-0000 0001 ") == "13800000001"
    assert rules.masked("13800000001") == "138****0001"
    assert rules.masked("12345") == "*****"
    for bad in ("", "abc", "1" * 16, "１３８００００００００１"):
        with pytest.raises(Invalid):
            rules.read_phone(bad)


def test_rights_are_known_and_keep_their_order():
    assert rules.check_rights(["object", "reply"]) == ("reply", "object")
    assert rules.check_rights([]) == ()
    with pytest.raises(Invalid):
        rules.check_rights(["everything"])


def test_a_reply_that_nobody_read_is_public_from_its_day_on():
    day = date(2026, 11, 30)
    assert responses.state_on("waiting", day, date(2026, 11, 29)) == "waiting"
    assert responses.state_on("waiting", day, day) == "shown"
    for kept in ("withheld", "withdrawn", "shown"):
        assert responses.state_on(kept, day, day) == kept


def test_only_two_grounds_keep_a_reply_from_the_public():
    responses.check_ground("privacy", "含有患者的姓名")
    for ground, reason in (("", "不喜欢"), ("criticism", "批评了本机关"), ("insult", "")):
        with pytest.raises(Invalid):
            responses.check_ground(ground, reason)

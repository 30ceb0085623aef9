"""Who hears of which change, and what is a topic."""

from __future__ import annotations

import json

import pytest

from backend.kernel.errors import Invalid
from backend.kernel.scope import Scope
from backend.live.rules import MOST_TOPICS, Change, check_topics, may_hear, read

ID = "0b0c4c5e-6a57-4f7e-9d2f-2c1f6b0f1a11"


def change(kind="inspection", departments=("scjg",), region="530302"):
    return Change(kind, ID, ("campaign:x",), frozenset(departments), region)


@pytest.mark.parametrize(
    ("scope", "heard"),
    [
        (Scope(None, "5303"), True),
        (Scope("scjg", "5303"), True),
        (Scope("scjg", "530302"), True),
        (Scope("scjg", "530303"), False),
        (Scope("xfjy", "5303"), False),
        (Scope("-", "5303"), False),
        (Scope(None, "5304"), False),
    ],
)
def test_a_visit_is_told_within_department_and_region(scope, heard):
    assert may_hear(scope, change()) is heard


def test_a_campaign_of_the_city_concerns_its_counties_and_a_visit_elsewhere_does_not():
    assert may_hear(Scope("scjg", "530302"), change("campaign", region="5303"))
    assert not may_hear(Scope("scjg", "530302"), change("campaign", region="530303"))
    assert not may_hear(Scope("scjg", "530302"), change(region="5303"))


def test_partners_hear_and_a_change_without_departments_is_for_the_region():
    assert may_hear(Scope("xfjy", "5303"), change(departments=("scjg", "xfjy")))
    assert may_hear(Scope("xfjy", "5303"), change("import", departments=()))


def test_topics_of_one_and_of_many():
    assert change().topics == {"inspections", f"inspection:{ID}", "campaign:x"}
    assert Change("inspection", None, ("campaign:x",), frozenset(), "").topics == {"inspections", "campaign:x"}


def test_of_very_many_nobody_says_which_and_whoever_shows_one_hears():
    topics = frozenset({"inspections", f"inspection:{ID}", "submission:x", "campaign:y"})
    many = read(json.dumps({"k": "inspection", "i": None, "a": True, "u": ["campaign:x"], "d": ["scjg"], "r": "530302"}))
    assert many.meets(topics) == {"inspections", f"inspection:{ID}"}
    assert change().meets(topics) == {"inspections", f"inspection:{ID}"}
    assert Change("inspection", None, (), frozenset(), "").meets(topics) == {"inspections"}


def test_what_a_trigger_says_is_read_and_nonsense_is_passed_over():
    told = {"k": "inspection", "i": ID, "u": ["campaign:x"], "d": ["scjg", None], "r": "530302"}
    assert read(json.dumps(told)) == change()
    for nonsense in ("", "[]", "{}", "null", '{"k": "weather"}', '{"k": ["x"]}'):
        assert read(nonsense) is None


MANY = [f"campaign:{n:036d}" for n in range(MOST_TOPICS + 1)]


@pytest.mark.parametrize("asked", [[], ["weather"], ["campaign:1"], ["campaign:" + "-" * 36], ["campaigns; x"], MANY])
def test_bad_topics_are_refused(asked):
    with pytest.raises(Invalid):
        check_topics(asked)


def test_good_topics_are_taken():
    assert check_topics(["campaigns", f"inspection:{ID}", "campaigns"]) == {"campaigns", f"inspection:{ID}"}

"""What changed between two records: nothing is missed, nothing is invented."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from backend.inspections.diff_rules import Change, compare

RECORD = {
    "outcomes": ["1"],
    "remark": "",
    "scan": {"how": "qr", "reason": None, "t_dev": 1},
    "signers": [{"key": "o1", "name": "张伟", "role": "officer"}, {"key": "e", "name": "李经理", "role": "enterprise", "refused": False}],
    "items": [{"item": "SC01", "answers": [{"q": "q1", "value": "yes", "note": ""}, {"q": "q2", "value": "3", "note": "冷藏"}]}],
    "photos": [{"sha256": "aa", "item": None, "q": None}, {"sha256": "bb", "item": "SC01", "q": "q1"}],
    "voices": [],
    "t_dev": 5,
    "prev": None,
}


def changed(**fields):
    return {**copy.deepcopy(RECORD), **fields}


def test_the_same_record_signed_anew_has_no_change():
    again = changed(t_dev=99, prev="x", scan={"how": "qr", "reason": "", "t_dev": 7}, outcomes=["1"])
    assert compare(RECORD, again) == []


def test_an_answer_its_note_and_a_question_that_came_or_went():
    items = [{"item": "SC01", "answers": [{"q": "q1", "value": "no", "note": "无台账"}, {"q": "q3", "value": "a"}]}]
    assert compare(RECORD, changed(items=items)) == [
        Change("a/SC01/q1", "yes", "no"),
        Change("n/SC01/q1", "", "无台账"),
        Change("a/SC01/q3", None, "a"),
        Change("a/SC01/q2", "3", None),
        Change("n/SC01/q2", "冷藏", None),
    ]


def test_photos_that_came_and_went_beside_their_question():
    photos = [{"sha256": "aa", "item": None, "q": None}, {"sha256": "cc", "item": "SC01", "q": "q1"}, {"sha256": "dd", "item": "SC01", "q": "q2"}]
    assert compare(RECORD, changed(photos=photos)) == [Change("p/SC01/q1", ["bb"], ["cc"]), Change("p/SC01/q2", [], ["dd"])]
    assert compare(RECORD, changed(photos=[])) == [Change("p//", ["aa"], []), Change("p/SC01/q1", ["bb"], [])]
    assert compare(RECORD, changed(voices=[{"sha256": "ee", "item": None, "q": None}])) == [Change("v//", [], ["ee"])]


def test_the_outcome_the_remark_the_scan_and_who_signed():
    signers = [RECORD["signers"][0], {"key": "e", "name": "李经理", "refused": True}]
    keys = [c.key for c in compare(RECORD, changed(outcomes=["E", "1"], remark="补充", scan={"how": "backfill", "reason": "断网"}, signers=signers))]
    assert keys == ["outcomes", "remark", "scan", "signers"]
    assert compare(changed(outcomes=["E", "1"]), changed(outcomes=["1", "E"])) == [], "an order is no difference"


answers = st.lists(st.builds(lambda q, v: {"q": q, "value": v}, st.sampled_from("abcd"), st.sampled_from(["yes", "no", "na"])), unique_by=lambda a: a["q"])


@given(answers, answers)
def test_turned_around_the_changes_are_the_same_turned_around(one, other):
    a, b = changed(items=[{"item": "X", "answers": one}]), changed(items=[{"item": "X", "answers": other}])
    there, back = compare(a, b), compare(b, a)
    assert {(c.key, c.before, c.after) for c in there} == {(c.key, c.after, c.before) for c in back}
    assert bool(there) == ({x["q"]: x["value"] for x in one} != {x["q"]: x["value"] for x in other})

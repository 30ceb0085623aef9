"""Parts beside a record: what came late, what differs, what is settled. Each rule once, on small records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.inspections import parts_rules
from backend.inspections.parts_rules import Outstanding, Segment


def segment(device: str, seq: int, *revs: tuple[str, str, Any, list[str]]) -> Segment:
    body = {"revs": [{"rev": rev, "key": key, "over": over, "t_dev": seq * 10 + n, "value": value} for n, (rev, key, value, over) in enumerate(revs)]}
    return Segment(device, f"of-{device}", seq, f"{device}{seq}".ljust(64, "0"), body)


def record(**changed: Any) -> dict[str, Any]:
    return {
        "device": "a",
        "scan": {"how": "qr", "t_dev": 5},
        "items": [{"item": "I", "answers": [{"q": "1", "value": "yes", "note": ""}, {"q": "2", "value": "3.5", "note": "n"}]}],
        "photos": [{"sha256": "aa"}],
        "outcomes": ["1"],
        "remark": "",
        "parts": [{"inspector": "of-b", "device": "b", "seq": 1, "sha256": "b1".ljust(64, "0")}],
        "expects": [],
        **changed,
    }


def outstanding(rec: dict[str, Any], segments: list[Segment], decisions: list[dict[str, Any]] | None = None, **changed: Any) -> Outstanding:
    given: dict[str, Any] = {"missing_photos": (), "owed": (), "cosigned": (), "waived": (), **changed}
    return parts_rules.find_outstanding(rec, segments, decisions or [], **given)


# What the phone that seals has said itself: all that the record says and no colleague did.
OWN = segment(
    "a",
    1,
    ("o1", "a/I/1", "yes", ["r1"]),
    ("o2", "a/I/2", "3。50", []),
    ("o3", "n/I/2", "n", []),
    ("o4", "p/aa", {"bytes": 1}, []),
    ("o5", "outcomes", ["1"], []),
    ("o6", "a/I/3", "no", []),
    ("o7", "scan", {"how": "qr", "t_dev": 5}, []),
)


def head(s: Segment) -> dict[str, Any]:
    return {"inspector": s.inspector, "device": s.device, "seq": s.seq, "sha256": s.sha256}


HELD = segment("b", 1, ("r1", "a/I/1", "yes", []))


def test_what_the_record_holds_is_never_asked_again():
    replaced = [segment("b", 1, ("r1", "a/I/1", "no", [])), OWN]
    assert outstanding(record(parts=[*record()["parts"], head(OWN)]), replaced).is_nothing, "the record answered it, whatever the colleague had said"


@pytest.mark.parametrize(
    ("key", "value"),
    [("a/I/1", "yes"), ("a/I/2", "03.50"), ("n/I/2", "n"), ("outcomes", ["1"]), ("remark", None), ("p/aa", {"bytes": 1}), ("scan", {"how": "qr"})],
)
def test_a_late_word_that_says_the_same_asks_nothing(key, value):
    assert outstanding(record(), [HELD, segment("b", 2, ("r2", key, value, []))]).is_nothing


@pytest.mark.parametrize(
    ("key", "value", "recorded"),
    [("a/I/1", "no", "yes"), ("a/I/9", "yes", None), ("n/I/1", "坏", None), ("outcomes", ["E"], ["1"]), ("p/aa", None, True), ("p/bb", {"bytes": 1}, None)],
)
def test_a_late_word_that_says_something_else_opens_a_decision(key, value, recorded):
    (found,) = outstanding(record(), [HELD, segment("b", 2, ("r2", key, value, ["r1"]))]).differences
    assert (found.key, found.recorded, found.over, found.rivals[0].value, found.rivals[0].said[0].inspector) == (key, recorded, ("r2",), value, "of-b")


def test_a_late_word_taken_back_asks_nothing():
    assert outstanding(record(), [HELD, segment("b", 2, ("r2", "remark", "x", [])), segment("b", 3, ("r3", "remark", None, ["r2"]))]).is_nothing


def test_two_colleagues_who_say_the_same_are_one_rival():
    (found,) = outstanding(record(), [HELD, segment("b", 2, ("r2", "remark", "x", [])), segment("c", 1, ("r3", "remark", "x", []))]).differences
    assert len(found.rivals) == 1
    assert found.over == ("r2", "r3")


def test_a_decision_settles_what_it_names_and_no_more():
    late = [HELD, segment("b", 2, ("r2", "remark", "x", []))]
    decision = {"choices": [{"key": "remark", "over": ["r2"], "value": None, "reason": ""}]}
    assert outstanding(record(), late, [decision]).is_nothing
    more = [*late, segment("b", 3, ("r3", "remark", "y", ["r2"]))]
    assert outstanding(record(), more, [decision]).differences[0].over == ("r3",)


def test_an_outcome_decided_otherwise_wants_new_signatures():
    late = [HELD, segment("b", 2, ("r2", "outcomes", ["E"], []))]
    choice = {"key": "outcomes", "over": ["r2"], "reason": ""}
    assert outstanding(record(), late, [{"choices": [{**choice, "value": ["E"]}]}]).resign
    assert outstanding(record(), late, [{"choices": [{**choice, "value": ["1"]}]}]).is_nothing


def test_a_part_that_is_held_or_awaited_must_arrive():
    assert outstanding(record(), []).parts == ("of-b",)
    assert outstanding(record(), [Segment("b", "of-b", 1, "other".ljust(64, "0"), {"revs": []})]).parts == ("of-b",)
    assert outstanding(record(expects=["of-c"]), [HELD]).parts == ("of-c",)
    assert outstanding(record(expects=["of-c"]), [HELD, segment("c", 1, ("r3", "a/I/1", "yes", []))]).is_nothing
    assert outstanding(record(expects=["of-c"]), [HELD], waived={("of-c", "part")}).is_nothing


def test_co_signatures_owed_and_waived():
    assert outstanding(record(), [HELD], owed=["of-b", "of-c"], cosigned={"of-c"}).cosignatures == ("of-b",)
    assert outstanding(record(), [HELD], owed=["of-b"], waived={("of-b", "part")}).cosignatures == ("of-b",)
    assert outstanding(record(), [HELD], owed=["of-b"], waived={("of-b", "cosignature")}).is_nothing


def test_a_record_of_before_there_were_parts_waits_for_nothing():
    old = record()
    del old["parts"], old["expects"]
    assert outstanding(old, []).is_nothing


def test_only_a_colleagues_files_may_come_later():
    rec = record(photos=[{"sha256": "aa"}, {"sha256": "bb", "device": "b", "marked": "cc"}, {"sha256": "dd", "device": "x"}, {"sha256": "ee", "device": "a"}])
    assert parts_rules.foreign_files(rec | {"parts": [*rec["parts"], {"device": "a"}]}) == {"bb", "cc"}


VECTORS = json.loads((Path(__file__).parents[1] / "vectors/merge.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[v["name"] for v in VECTORS])
def test_what_stands_is_what_the_phones_say(vector):
    for told in (vector["revs"], vector["revs"][::-1], vector["revs"] * 2):
        assert {key: list(values) for key, values in parts_rules.standing(told).items()} == vector["standing"]


def misread(rec: dict[str, Any], segments: list[Segment]) -> list[tuple[str, Any, tuple[Any, ...]]]:
    return [(m.key, m.recorded, m.said) for m in outstanding(rec, segments).misread]


def test_a_record_that_says_what_its_parts_said_is_merged_rightly():
    whole = record(parts=[head(HELD), head(OWN)])
    assert misread(whole, [HELD, OWN]) == []
    late = segment("b", 2, ("r9", "a/I/1", "no", []))
    assert misread(whole, [HELD, OWN, late]) == [], "what came later is no part of it"
    assert misread(record(parts=[head(OWN)], device="a"), [OWN]) == [], "one phone alone"


@pytest.mark.parametrize(
    ("changed", "key", "said"),
    [
        ({"remark": "添上的话"}, "remark", (None,)),
        ({"outcomes": ["E"]}, "outcomes", (["1"],)),
        ({"photos": []}, "p/aa", ({"bytes": 1},)),
        ({"photos": [{"sha256": "aa"}, {"sha256": "bb"}]}, "p/bb", (None,)),
        ({"voices": [{"sha256": "cc"}]}, "v/cc", (None,)),
        ({"scan": {"how": "qr", "t_dev": 6}}, "scan", ({"how": "qr", "t_dev": 5},)),
        ({"items": [{"item": "I", "answers": [{"q": "1", "value": "no", "note": ""}, {"q": "2", "value": "3.5", "note": "n"}]}]}, "a/I/1", ("yes",)),
        ({"items": [{"item": "I", "answers": [{"q": "1", "value": "yes", "note": ""}, {"q": "2", "value": "3.5", "note": ""}]}]}, "n/I/2", ("n",)),
    ],
)
def test_a_record_that_says_something_else_than_its_parts_is_returned(changed, key, said):
    rec = record(parts=[head(HELD), head(OWN)], **changed)
    assert [(k, s) for k, _recorded, s in misread(rec, [HELD, OWN])] == [(key, said)]
    assert not outstanding(rec, [HELD, OWN]).is_nothing


def test_a_conflict_that_nobody_decided_is_not_decided_by_the_record():
    rival = segment("b", 1, ("r1", "a/I/1", "yes", []), ("r2", "outcomes", ["E"], []))
    assert misread(record(parts=[head(rival), head(OWN)]), [rival, OWN]) == [("outcomes", ["1"], (["E"], ["1"]))]


def test_without_a_part_of_its_own_a_record_may_add_to_what_a_colleague_said_but_not_change_it():
    told = segment("b", 1, ("r1", "a/I/1", "no", []), ("r2", "scan", {"how": "qr", "t_dev": 1}, []), ("r3", "a/I/9", "no", []))
    assert misread(record(parts=[head(told)]), [told]) == [("a/I/1", "yes", ("no",))], "but for a question that is not asked any more"
    assert misread(record(parts=[head(told)]), []) == [], "nothing is told from a part that is not here"

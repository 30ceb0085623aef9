from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from backend.cli.demo.checkitems import check_items, outcome_codes
from backend.cli.demo.county import AS_OF, departments, make_enterprises, make_inspectors, qualifications
from backend.cli.demo.guidance import HINTS
from backend.registry.rules import FIELDS, EnterpriseDraft, check_code, check_row, shipped_codebook

COUNTY = make_enterprises()
FIRST = ("91530326YQ1047291C", "会泽县永兴食品有限公司")


def test_the_county_is_the_same_on_every_machine() -> None:
    assert make_enterprises(50) == COUNTY[:50]
    assert make_enterprises(50, seed=1) != COUNTY[:50]
    assert (COUNTY[0]["code"], COUNTY[0]["name"]) == FIRST
    assert make_inspectors() == make_inspectors()


def test_enterprises_pass_the_checks_of_the_register() -> None:
    for e in COUNTY:
        found = check_row({f: str(e[f]) for f in FIELDS}, today=AS_OF)
        assert isinstance(found, EnterpriseDraft), (e, found)
        for field in (*FIELDS, "code_kind", "name_key"):
            assert getattr(found, field) == e[field]


def test_codes_and_names_are_distinct_and_codes_are_marked_as_invented() -> None:
    assert len({e["code"] for e in COUNTY}) == len({e["name"] for e in COUNTY}) == 3000
    assert all(e["code"][8:10] == "YQ" and check_code(e["code"]).kind == "uscc" for e in COUNTY)


def test_every_county_and_industry_has_enterprises_near_its_seat() -> None:
    book = shipped_codebook()
    counties = {r.code for r in book.regions.values() if r.parent == "530300" and r.valid_to is None}
    assert {e["region"] for e in COUNTY} == counties
    assert {e["industry"] for e in COUNTY} == set(book.industries)
    assert all(24.0 < e["lat_e7"] / 1e7 < 27.2 and 102.5 < e["lon_e7"] / 1e7 < 105.2 for e in COUNTY)


def test_shares_are_plausible() -> None:
    status = Counter(e["status"] for e in COUNTY)
    risk = Counter(e["credit_class"] for e in COUNTY)
    assert 0.9 < status["active"] / 3000 < 0.97
    assert set(status) == {"active", "deregistered", "revoked", "moved_out"}
    assert risk["B"] > risk["A"] > risk["C"] > risk["D"] > 0


def test_inspectors() -> None:
    officers = make_inspectors()
    assert len(officers) == len({o["certificate_no"] for o in officers}) == len({o["name"] for o in officers}) == 24
    assert {o["department"] for o in officers} == {d["code"] for d in departments()}
    assert all(set(o["qualifications"]) <= set(qualifications()) for o in officers)
    out = [o for o in officers if not o["is_valid"] or o["certificate_expires_on"] <= AS_OF]
    assert len(out) == 2


@pytest.mark.parametrize("item", check_items(), ids=lambda item: item["code"])
def test_two_fit_officers_exist_in_every_county_for_every_item(item: dict[str, Any]) -> None:
    needed = {"law", item["qualification"]} - {None}
    for county in {e["region"] for e in COUNTY}:
        fit = [
            o
            for o in make_inspectors()
            if o["department"] == item["department"] and needed <= set(o["qualifications"]) and county in o["counties"]
            if o["is_valid"] and o["certificate_expires_on"] > AS_OF
        ]
        assert len(fit) >= 2, county


@pytest.mark.parametrize("item", check_items(), ids=lambda item: item["code"])
def test_checklists_are_complete(item: dict[str, Any]) -> None:
    questions = item["checklist"]["questions"]
    assert 5 <= len(questions) <= 9
    assert len({q["id"] for q in questions}) == len(questions)
    assert item["department"] in {d["code"] for d in departments()}
    assert item["category"] in ("general", "key")
    assert all(q["zh"] and q["en"] and (q["law"] or q["type"] == "text") for q in questions)
    for q in questions:
        expected = {
            "yes_no_na": {"photo_required_when"},
            "number": {"unit", "min", "max"},
            "choice": {"options"},
            "text": set[str](),
        }[q["type"]]
        assert set(q) - {"id", "zh", "en", "type", "law", "guidance", "suggestions", "show_if"} == expected
        assert q["type"] == "text" or (q["guidance"]["zh"] and q["guidance"]["en"]), "an officer is told how to look"
        assert q["type"] != "yes_no_na" or q["suggestions"], "a finding has ready words"
        assert all(s["zh"] and s["en"] for s in q.get("suggestions", []))
        if condition := q.get("show_if"):
            assert condition["q"] in {k["id"] for k in questions[: questions.index(q)]}
        if q["type"] == "number":
            assert q["min"] < q["max"]


def test_hints_are_of_questions_that_are_asked() -> None:
    asked = {item["code"]: {q["id"] for q in item["checklist"]["questions"]} for item in check_items()}
    assert {code: set(hints) - asked[code] for code, hints in HINTS.items() if set(hints) - asked[code]} == {}


def test_outcome_codes_form_a_tree() -> None:
    codes = {c["code"]: c for c in outcome_codes()}
    assert set(codes) == {"1", "E", "F", "7", "8", "9", "10", "11", "12", "A", "B", "C", "6", "D"}
    assert {c for c in codes if codes[c]["parent"] == "A"} == {"B", "C", "6", "D"}
    assert all(c["parent"] is None or c["parent"] in codes for c in codes.values())
    assert [c["position"] for c in outcome_codes()] == list(range(len(codes)))

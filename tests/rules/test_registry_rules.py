from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.registry.rules import FIELDS, EnterpriseDraft, FieldError, check_row, pinyin_key, shipped_codebook

GOOD = {
    "code": "91530300579828092D",
    "name": "曲靖市麒麟区云岭餐饮有限公司",
    "region": "530302",
    "industry": "6210",
    "kind": "有限责任公司(自然人独资)",
    "status": "存续（在营、开业、在册）",
    "address": "云南省曲靖市麒麟区麒麟南路 12 号",
    "legal_rep": "李云",
    "phone": "0874-5550123，0874-5550124",
    "established_on": "2011年8月3日",
    "credit_class": "a",
}


def draft(**changes: str) -> EnterpriseDraft:
    found = check_row({**GOOD, **changes})
    assert isinstance(found, EnterpriseDraft), found
    return found


def errors(**changes: str) -> list[FieldError]:
    found = check_row({**GOOD, **changes})
    assert isinstance(found, list), found
    return found


def test_a_good_row_becomes_a_draft() -> None:
    assert draft() == EnterpriseDraft(
        code="91530300579828092D",
        code_kind="uscc",
        override_reason=None,
        name=GOOD["name"],
        name_key=pinyin_key(GOOD["name"]),
        region="530302",
        industry="6210",
        kind="company",
        status="active",
        address="云南省曲靖市麒麟区麒麟南路 12 号",
        legal_rep="李云",
        phone="0874-5550123、0874-5550124",
        established_on=date(2011, 8, 3),
        credit_class="A",
    )


def test_the_ten_counties() -> None:
    current = [r for r in shipped_codebook().regions.values() if r.parent == "530300" and r.valid_to is None]
    assert len(current) == 10
    assert {r.code for r in current if not r.code.isdigit()} == {"5303K1"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("麒麟区", "530302"),
        ("曲靖市麒麟区", "530302"),
        ("云南省 曲靖市 会泽县", "530326"),
        ("宣威", "530381"),
        ("530302001000", "530302"),
        ("经开区", "5303K1"),
        ("5303k1", "5303K1"),
        ("曲靖经济技术开发区", "5303K1"),
        ("沾益县", "530303"),
        ("530321", "530304"),
    ],
)
def test_regions_by_code_name_and_retired_code(text: str, code: str) -> None:
    assert draft(region=text).region == code


@pytest.mark.parametrize(("text", "reason"), [("", "blank"), ("530300", "not-a-county"), ("云南省", "not-a-county"), ("昆明市", "unknown"), ("区", "unknown")])
def test_regions_that_are_refused(text: str, reason: str) -> None:
    assert [(e.field, e.value, e.reason) for e in errors(region=text)] == [("region", text, reason)]


@pytest.mark.parametrize(("text", "code"), [("H6210", "6210"), ("正餐服务", "6210"), ("610", "0610")])
def test_industries(text: str, code: str) -> None:
    assert draft(industry=text).industry == code


def test_several_industries_are_not_chosen_among_silently() -> None:
    assert errors(industry="6210，5251")[0].reason == "several"
    assert errors(industry="6210,9999")[0].reason == "unknown"


def test_a_wrong_check_digit_needs_a_reason() -> None:
    code = "91530300579828092E"
    (error,) = errors(code=code)
    assert (error.field, error.reason, error.overridable) == ("code", "check-digit", True)
    assert isinstance(check_row({**GOOD, "code": code}, override_reason="  "), list)
    taken = check_row({**GOOD, "code": code}, override_reason="营业执照原件即如此")
    assert isinstance(taken, EnterpriseDraft)
    assert (taken.code, taken.code_kind, taken.override_reason) == (code, "override", "营业执照原件即如此")


def test_a_reason_does_not_excuse_what_cannot_be_a_code() -> None:
    for code in ("9.1530300579828E+17", "362322198709086409", "", "12345"):
        found = check_row({**GOOD, "code": code}, override_reason="就是这样")
        assert isinstance(found, list)
        assert not found[0].overridable


def test_a_reason_for_a_good_code_is_not_kept() -> None:
    found = check_row(GOOD, override_reason="不需要")
    assert isinstance(found, EnterpriseDraft)
    assert (found.code_kind, found.override_reason) == ("uscc", None)


def test_every_error_of_a_row_is_reported_in_both_languages() -> None:
    found = check_row({"code": "1", "region": "x", "industry": "y", "kind": "z", "status": "q", "established_on": "w", "credit_class": "E"})
    assert isinstance(found, list)
    assert {e.field for e in found} == {"code", "name", "region", "industry", "kind", "status", "established_on", "credit_class"}
    assert all(e.zh and e.en for e in found)


def test_id_cards_do_not_reach_the_register() -> None:
    assert "198709" not in draft(legal_rep="李云 362322198709086409").legal_rep
    assert "198709" not in errors(code="362322198709086409")[0].value


def test_defaults_are_the_ones_stated() -> None:
    found = draft(status="", credit_class="", kind="", established_on="")
    assert (found.status, found.credit_class, found.kind, found.established_on) == ("active", "B", "company", None)


def test_a_telephone_number_that_lost_digits() -> None:
    assert errors(phone="1.39877E+10")[0].reason == "digits-lost"


def test_limits_and_the_future() -> None:
    assert errors(name="长" * 201)[0].reason == "too-long"
    found = check_row({**GOOD, "established_on": "2030-01-01"}, today=date(2026, 11, 23))
    assert isinstance(found, list)
    assert found[0].reason == "future"


def test_names_sort_by_pinyin() -> None:
    assert sorted(["宣威市", "麒麟区", "会泽县", "Alpha"], key=pinyin_key) == ["Alpha", "会泽县", "麒麟区", "宣威市"]
    assert pinyin_key("麒麟区") == "qi2 lin2 qu1"


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(max_size=40)))
def test_any_row_gets_a_verdict(values: dict[str, str]) -> None:
    found = check_row(values)
    assert found if isinstance(found, list) else found.code

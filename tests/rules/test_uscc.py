from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from backend.registry.rules import ALPHABET, check_code, is_id_card, make_uscc, mask_id_cards

VECTORS = json.loads(Path(__file__).parents[1].joinpath("vectors", "uscc.json").read_text("utf-8"))
ID_CARD = "362322198709086409"


@pytest.mark.parametrize("code", VECTORS["valid"])
def test_valid_vectors(code: str) -> None:
    assert check_code(code).kind == "uscc"
    assert check_code(code).code == code


@pytest.mark.parametrize("code", [v["code"] for v in VECTORS["invalid"]])
def test_invalid_vectors_say_why(code: str) -> None:
    result = check_code(code)
    assert not result.ok
    assert result.reason
    assert result.zh
    assert result.en


@pytest.mark.parametrize(
    ("code", "reason", "overridable"),
    [
        ("", "blank", False),
        ("　 ", "blank", False),
        ("111111111111111111", "check-digit", True),
        ("91310000631295002H", "organisation-code", True),
        (ID_CARD, "id-card", False),
        ("362322********6409", "id-card", False),
        ("915303005798280920D", "length", False),
        ("ARBG48543289076GFE", "region-part", False),
        ("9153030057982809ZO", "characters", False),
        ("9.1530300579828E+17", "digits-lost", False),
        ("9.15303E+17", "digits-lost", False),
        ("915303005798280000", "digits-lost", False),
    ],
)
def test_reasons(code: str, reason: str, overridable: bool) -> None:
    result = check_code(code)
    assert (result.reason, result.overridable) == (reason, overridable)


def test_full_width_spaces_case_and_hyphens_do_not_matter() -> None:
    for written in (
        "９１５３０３００５７９８２８０９２ｄ",
        " 9153 0300 5798 2809 2d ",
        "91530300-57982809-2D",
        "\ufeff91530300579828092D\u200b",
    ):
        assert check_code(written).code == "91530300579828092D"
        assert check_code(written).kind == "uscc"


def test_older_registration_numbers_are_another_kind() -> None:
    assert check_code("530300100012345").kind == "reg15"
    assert check_code("5303001012345").kind == "reg13"
    assert check_code("53030010001234").reason == "length"


def test_letter_authorities_are_accepted() -> None:
    code = make_uscc("N2530302", "MF123456")
    assert check_code(code).kind == "uscc"
    assert not uscc.is_valid(code), "python-stdnum takes them now: the check could be its own again"


def test_a_look_alike_letter_is_named() -> None:
    good = "91530300579828092D"
    assert check_code(good.replace("0", "O", 1)).suggestion == good
    assert good in check_code(good.replace("1", "l", 1)).zh


BODIES = st.tuples(st.sampled_from(["91", "92", "93", "12", "N2", "A1"]), st.integers(110000, 659000), st.text(ALPHABET, min_size=8, max_size=8))


@given(BODIES)
def test_made_codes_pass_here_and_in_stdnum(parts: tuple[str, int, str]) -> None:
    code = make_uscc(f"{parts[0]}{parts[1]}", parts[2])
    assert check_code(code).kind == "uscc"
    assert uscc.calc_check_digit(code) == code[17]


@given(BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_no_single_wrong_character_passes(parts: tuple[str, int, str], place: int, letter: str) -> None:
    code = make_uscc(f"{parts[0]}{parts[1]}", parts[2])
    assume(code[place] != letter)
    assert not check_code(code[:place] + letter + code[place + 1 :]).ok


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(text: str) -> None:
    result = check_code(text)
    assert result.ok == (result.reason is None)


def test_id_cards_are_seen_and_masked() -> None:
    assert is_id_card(ID_CARD)
    assert ric.is_valid(ID_CARD)
    assert mask_id_cards(f"法人身份证：{ID_CARD}。") == "法人身份证：362322********6409。"
    assert mask_id_cards("代码 91530300579828092D") == "代码 91530300579828092D"
    assert not is_id_card("362322198713086409")

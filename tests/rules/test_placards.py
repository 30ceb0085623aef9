"""What a code says of itself: signed, of an older card, or not ours. And how a batch is cut into files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from backend.facts.covering import mask_name, mask_persons
from backend.kernel.errors import Invalid
from backend.placards import rules

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/placards.json").read_text())
KEY = VECTORS["key"].encode()


def test_codes_are_signed_as_the_vectors_say():
    for one in VECTORS["signed"]:
        assert rules.sign(one["token"], KEY) == one["code"]
        assert rules.read_code(one["code"], KEY) == (rules.SIGNED, one["token"])
        assert rules.read_code(one["code"], b"another key") == (rules.FORGED, "")


def test_older_cards_are_told_from_codes_that_are_not_ours():
    assert [rules.read_code(text, KEY) for text in VECTORS["unsigned"]] == [(rules.UNSIGNED, text) for text in VECTORS["unsigned"]]
    assert {text: rules.read_code(text, KEY)[0] for text in VECTORS["forged"]} == dict.fromkeys(VECTORS["forged"], rules.FORGED)


def test_every_changed_character_is_noticed():
    code = VECTORS["signed"][1]["code"]
    for place in range(1, len(code)):
        for other in "az27":
            if other != code[place]:
                assert rules.read_code(code[:place] + other + code[place + 1 :], KEY)[0] == rules.FORGED


def test_a_new_token_fits_an_address_and_is_never_the_same():
    made = {rules.make_token() for _ in range(500)}
    assert len(made) == 500
    assert all(re.fullmatch("[a-z2-7]{16}", token) for token in made)


@pytest.mark.parametrize(("form", "n", "files"), [("sticker", 1, 1), ("sticker", 200, 1), ("sticker", 201, 2), ("small", 5000, 24), ("poster", 250, 3)])
def test_files_hold_whole_pages_and_every_code_once(form, n, files):
    cut = rules.list_files(n, form)
    assert len(cut) == files
    assert [position for first, last in cut for position in range(first, last + 1)] == list(range(1, n + 1))
    assert all((last - first + 1) % rules.FORMATS[form].per_page == 0 for first, last in cut[:-1])


def test_a_revocation_says_why():
    assert rules.check_revocation("lost", "  装修时 遗失 了 ") == "装修时 遗失 了"
    for ground, reason in (("", "装修时遗失"), ("replaced", "装修时遗失"), ("nonsense", "装修时遗失"), ("lost", "丢"), ("lost", "丢" * 501)):
        with pytest.raises(Invalid):
            rules.check_revocation(ground, reason)


def test_persons_are_covered_in_public_texts():
    text = "陈立新（362322198709086409，电话13987654321）无证经营，陈立新自行改正"
    assert mask_persons(text, ["陈立新"]) == "陈**（362322********6409，电话139****4321）无证经营，陈**自行改正"
    assert mask_persons("罚款 5000 元，编号 13987654321000", [""]) == "罚款 5000 元，编号 13987654321000"
    assert [mask_name(name) for name in ("", "陈", "欧阳娜娜", "Li Lei")] == ["", "陈", "欧***", "L*****"]

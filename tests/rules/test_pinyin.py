"""The table-driven reading of names is pypinyin's own, on every name."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT

from backend.cli.demo.county import make_enterprises
from backend.registry.rules import pinyin_key


def as_pypinyin_reads(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).lower()
    return " ".join(part for part in lazy_pinyin(name, style=Style.TONE3, neutral_tone_with_five=True) if part.strip())[:400]


def test_every_name_of_the_demo_county():
    for e in make_enterprises(800, seed=5):
        assert pinyin_key(e["name"]) == as_pypinyin_reads(e["name"])


PHRASES = sorted(PHRASES_DICT)[::37]
WORDS = st.one_of(st.sampled_from(PHRASES), st.sampled_from("曲靖行长重乐会银都大和得地朝阳 （）()A1·々〇䶮㙍𬭸ｗｉ"), st.characters(codec="utf-8"))


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=8).map("".join))
@example("重庆银行长安支行（会计）ABC 123 号店")
@example(" 曲靖 乐园 ")
@example("会泽县行行出状元百货商行")
def test_any_text(name: str):
    assert pinyin_key(name) == as_pypinyin_reads(name)

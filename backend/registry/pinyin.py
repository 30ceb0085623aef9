"""Names in the order of their sounds. Pure.

pypinyin cuts a run of Chinese characters into the longest phrases that it knows, from the left, and reads each; that is done here by
table, two hundred times as fast, with the same result (``tests/rules/test_pinyin.py`` holds both against each other).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from operator import add
from typing import Final

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT, RE_HANS

_HANS: Final = re.compile(f"({RE_HANS.pattern.removeprefix('^').removesuffix('$')})")


def _read(text: str) -> str:
    return " ".join(part for part in lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True) if part.strip())


class _Sounds(dict[str, str]):
    """Text -> its reading, asked of pypinyin once."""

    def __missing__(self, text: str) -> str:
        self[text] = sound = _read(text)
        return sound


_CHARACTERS: Final = _Sounds()
_PHRASES: Final = _Sounds()


@cache
def _phrases() -> tuple[dict[str, int], frozenset[str]]:
    """First two characters -> length of the longest phrase that begins so; and those with which a phrase begins that is not read as its characters are."""
    longest: dict[str, int] = {}
    odd = set()
    for phrase, sounds in PHRASES_DICT.items():
        start = phrase[:2]
        longest[start] = max(longest.get(start, 0), len(phrase))
        if [s[0] for s in sounds] != [PINYIN_DICT.get(ord(c), "").split(",")[0] for c in phrase]:
            odd.add(start)
    return longest, frozenset(odd)


def _run(text: str) -> str:
    """The reading of a run of Chinese characters."""
    longest, odd = _phrases()
    if odd.isdisjoint(map(add, text, text[1:])):
        return " ".join(map(_CHARACTERS.__getitem__, text))  # every phrase in it is read as its characters are
    parts, at, end = [], 0, len(text)
    while at < end:
        reach = longest.get(text[at : at + 2], 0)
        for length in range(min(reach, end - at), 1, -1):
            phrase = text[at : at + length]
            if phrase in PHRASES_DICT:
                parts.append(_PHRASES[phrase])
                at += length
                break
        else:
            parts.append(_CHARACTERS[text[at]])
            at += 1
    return " ".join(parts)


def pinyin_key(name: str) -> str:
    """A sort key that puts Chinese names in pinyin order: ``麒麟区`` -> ``qi2 lin2 qu1``; letters and digits stay, lower case.

    Proper names in this register read like their most common sound; the key sorts, it is not shown.
    """
    name = unicodedata.normalize("NFKC", name).lower()
    parts = _HANS.split(name)
    # Odd places hold the runs of Chinese characters.
    return " ".join(_run(part) if place % 2 else part for place, part in enumerate(parts) if part.strip())[:400]

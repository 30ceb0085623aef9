"""Many rows at once, column by column: what is plainly right is taken here, everything else goes to ``check_row``. Pure.

``check_columns`` never refuses a row: it says which rows it cannot vouch for, and gives of all others exactly what ``check_row`` gives
(``tests/rules/test_bulk.py`` holds both against each other). So a rule has one home, and a million rows do not need a million calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from backend.registry.codebook import Codebook
from backend.registry.pinyin import pinyin_key
from backend.registry.rules import FIELDS, KIND_OF_CODE, LENGTHS, UNSAID, EnterpriseDraft, FieldError, check_row
from backend.registry.uscc import ALPHABET, ID_SHAPED, INNER_WEIGHTS, make_uscc, mask_id_cards

COLUMNS: Final = (
    "code", "code_kind", "name", "name_key", "region", "industry", "kind", "status", "address", "legal_rep", "phone", "established_on", "credit_class",
)  # fmt: skip
"""What a vouched row consists of, in this order; texts, and None where the row leaves a field unsaid."""

_BY_MEANING: Final = ("region", "industry", "kind", "status", "established_on", "credit_class")
_PLAIN_PHONES: Final = re.compile(r"[0-9+\-、\n]*")
_REMEMBERED: Final = 100_000  # texts of one field whose meaning is kept
_SHIFT: Final = 100_000
_NEVER: Final = 1_000_000 * _SHIFT


def _pairs(place: int) -> dict[str, int]:
    """Two characters at ``place`` -> what they add to the outer check sum, and times ``_SHIFT`` to the inner one."""

    def weigh(c: str, at: int) -> int:
        outer = ALPHABET.index(c) * (pow(3, at, 31) if at < 17 else 1)
        if 8 <= at < 16:
            return outer + _SHIFT * int(c, 36) * INNER_WEIGHTS[at - 8]
        if at == 16:  # the inner check character: a digit, or X for ten
            return outer + (_SHIFT * (10 if c == "X" else int(c)) if c == "X" or c.isdigit() else _NEVER)
        return outer

    return {a + b: weigh(a, place) + weigh(b, place + 1) for a in ALPHABET for b in ALPHABET}


_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8 = (_pairs(place) for place in range(0, 18, 2))


def is_plain_uscc(code: str) -> bool:
    """As ``is_uscc``, several times as fast: both sums are nothing, mod 31 and mod 11."""
    if len(code) != 18 or not code[2:8].isdigit():
        return False
    try:
        total = (
            _T0[code[:2]] + _T1[code[2:4]] + _T2[code[4:6]] + _T3[code[6:8]] + _T4[code[8:10]]
            + _T5[code[10:12]] + _T6[code[12:14]] + _T7[code[14:16]] + _T8[code[16:]]
        )  # fmt: skip
    except KeyError:
        return False
    return total % _SHIFT % 31 == 0 and total // _SHIFT % 11 == 0 and total < _NEVER


@dataclass
class Judge:
    """What rows are held against, with the meanings of texts met before. One judge serves all stretches of a file.

    ``region`` is the GB/T 2260 prefix that rows must lie in.
    """

    book: Codebook
    today: date
    region: str = ""
    _known: dict[str, dict[str, str | None]] = field(default_factory=dict)
    _sound_row: dict[str, str] | None = None

    def check_row(self, values: Mapping[str, str], reason: str | None = None) -> EnterpriseDraft | list[FieldError]:
        """As ``rules.check_row``; a row of another region is refused too."""
        draft = check_row(values, self.book, today=self.today, override_reason=reason)
        if isinstance(draft, list) or draft.region.startswith(self.region):
            return draft
        name = self.book.regions[draft.region]
        zh, en = f"{name.name_zh}不在您的辖区内", f"{name.name_en} is not in your region"
        return [FieldError("region", draft.region, "region-not-yours", zh, en)]

    def find_meanings(self, name: str, texts: Sequence[str]) -> dict[str, str | None]:
        """Text -> what it means in a field of low variety, None where rows with it are to be looked at one by one."""
        known = self._known.setdefault(name, {})
        if len(known) > _REMEMBERED:
            known.clear()
        for text in set(texts) - known.keys():
            known[text] = self._ask(name, text)
        return known

    def _ask(self, name: str, text: str) -> str | None:
        """The rules' own answer, for a row that is otherwise sound."""
        if self._sound_row is None:
            row = {"code": make_uscc("91530302", "YQ000001"), "name": "-", "industry": next(iter(self.book.industries), "")}
            sound = ({**row, "region": county} for county in self.book.regions)
            self._sound_row = next((r for r in sound if not isinstance(self.check_row(r), list)), row)
        draft = self.check_row({**self._sound_row, name: text})
        if isinstance(draft, list):
            return None
        value = getattr(draft, name)
        return "" if value is None else str(value)


def check_columns(columns: Mapping[str, Sequence[str]], judge: Judge) -> tuple[list[Sequence[str | None]], set[int]]:
    """``columns`` maps names of ``FIELDS`` to equally long lists of text (an absent field is unsaid everywhere).

    Returns the vouched columns in the order of ``COLUMNS`` and the places of the rows that ``check_row`` must see.
    """
    n = len(columns["code"])
    doubtful: set[int] = set()
    ready: dict[str, Sequence[str | None]] = {}

    def doubt(places: Sequence[bool]) -> None:
        doubtful.update(i for i, is_doubtful in enumerate(places) if is_doubtful)

    codes = _tidy(columns["code"])
    kinds: list[str] = ["uscc" if is_plain_uscc(c) else _older(c) for c in codes]
    ready["code"], ready["code_kind"] = codes, kinds
    if "" in kinds:
        doubt([not kind for kind in kinds])
    for name, longest in LENGTHS.items():
        if name not in columns:
            ready[name] = [None] * n
            continue
        texts = _tidy(columns[name])
        if max(map(len, texts), default=0) > longest:
            doubt([len(text) > longest for text in texts])
        if name == "phone" and not _PLAIN_PHONES.fullmatch("\n".join(texts)):
            doubt([not _PLAIN_PHONES.fullmatch(text) for text in texts])
        ready[name] = [text or None for text in texts] if name in UNSAID and not all(texts) else texts
    if not all(ready["name"]):
        doubt([not name for name in ready["name"]])
    for name in _BY_MEANING:
        texts = columns.get(name, [""] * n)
        meanings = judge.find_meanings(name, texts)
        found = list(map(meanings.__getitem__, texts))
        if None in found:
            doubt([value is None for value in found])
        if name in UNSAID and (blank := {text for text in meanings if not text.replace("\ufeff", "").strip()}):
            found = [None if text in blank else value for value, text in zip(found, texts, strict=True)]
        if name == "kind" and None in found:
            # Left open, it is read off the code.
            doubt([value is None and code[:2] not in KIND_OF_CODE for value, code in zip(found, codes, strict=True)])
        ready[name] = found
    ready["name_key"] = [pinyin_key(name) for name in ready["name"]]  # type: ignore[arg-type]  # a name is said or the row is doubtful
    return [ready[name] for name in COLUMNS], doubtful


def _older(code: str) -> str:
    return f"reg{len(code)}" if len(code) in (13, 15) and code.isascii() and code.isdigit() else ""


def _tidy(texts: Sequence[str]) -> Sequence[str]:
    """As the rules tidy a text; a column with nothing to tidy stays itself."""
    joined = "\n".join(texts)
    if " " in joined or not joined.replace("\n", "").isprintable():
        texts = [" ".join(text.replace("\ufeff", "").split()) for text in texts]
    if ID_SHAPED.search(joined):
        texts = [mask_id_cards(text) for text in texts]
    return texts


assert set(COLUMNS) - {"code_kind", "name_key"} == set(FIELDS)

"""Unified social credit codes 统一社会信用代码 (GB 32100-2015) and the registration numbers before them. Pure.

Two checks, both needed: the outer one over all 18 characters (weights 3^i mod 31) and the inner one of the organisation
code in characters 9-17 (GB 11714, mod 11). ID-card numbers can pass the outer one. python-stdnum does the outer check but
refuses the letter authorities (A, N, Y), so both are done here; ``tests/rules/test_uscc.py`` holds them against it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
INNER_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

Kind = Literal["uscc", "reg15", "reg13", "invalid"]
Reason = Literal["blank", "id-card", "digits-lost", "length", "characters", "region-part", "check-digit", "organisation-code"]

# zh, en; {code} is the normalised code.
_SAYS: dict[Reason, tuple[str, str]] = {
    "blank": ("统一社会信用代码为空", "The code is missing"),
    "id-card": ("这是居民身份证号码，不得作为企业代码录入", "This is a personal ID-card number and must not be entered as a code"),
    "digits-lost": (
        "代码被电子表格当作数字保存，后几位已丢失：请把该列设为“文本”格式后重新填写完整代码",
        "The spreadsheet stored the code as a number and lost its last digits: set the column to Text and enter the full code again",
    ),
    "length": (
        "应为 18 位统一社会信用代码，或 15 位、13 位旧注册号，现为 {n} 位",
        "Expected 18 characters, or an older number of 15 or 13 digits; got {n}",
    ),
    "characters": ("含有代码中不会出现的字符：{bad}", "Contains characters that no code has: {bad}"),
    "region-part": ("第 3 至 8 位应为行政区划数字", "Characters 3 to 8 must be the digits of a region code"),
    "check-digit": (
        "校验码（第 18 位）不符，请核对代码是否抄错",
        "The check digit (18th character) does not fit: look for a copying mistake",
    ),
    "organisation-code": (
        "第 9 至 17 位组织机构代码的校验码不符，请核对代码是否抄错",
        "The organisation code in characters 9 to 17 fails its own check: look for a copying mistake",
    ),
}
# Only a check digit can be wrong in the issuing office's own papers; the rest cannot be any enterprise's code.
_OVERRIDABLE: frozenset[Reason] = frozenset({"check-digit", "organisation-code"})
_CONFUSED = {"L": "1", "I": "1", "O": "0", "Z": "2", "S": "5", "V": "U"}
_FLOAT = re.compile(r"\d(?:\.\d+)?E\+?\d{2}")
_MASKED = re.compile(r"\d{6}\*{8}[\dX*]{4}")


@dataclass(frozen=True)
class CodeCheck:
    """What a text is as an identifier. ``code`` is normalised; ``reason`` and the messages are set when ``kind`` is invalid.

    ``suggestion`` is the one valid code that undoing look-alike letters (O/0, l/1 ..) leads to, if there is exactly one.
    """

    kind: Kind
    code: str
    reason: Reason | None = None
    zh: str = ""
    en: str = ""
    overridable: bool = False
    suggestion: str | None = None

    @property
    def ok(self) -> bool:
        return self.kind != "invalid"


def normalise_code(text: str) -> str:
    """Half-width, upper case, without spaces, invisible marks and separating hyphens."""
    text = unicodedata.normalize("NFKC", text).upper()
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc") and c not in "-—'‘’`")


def outer_check_character(first17: str) -> str:
    """The 18th character that belongs to ``first17`` (all of them in ``ALPHABET``)."""
    return ALPHABET[-sum(ALPHABET.index(c) * w for c, w in zip(first17, _WEIGHTS, strict=True)) % 31]


def inner_check_character(first8: str) -> str:
    """The check character of the organisation code whose body is ``first8`` (GB 11714: A=10 .. Z=35, 10 is written X)."""
    check = -sum(int(c, 36) * w for c, w in zip(first8, INNER_WEIGHTS, strict=True)) % 11
    return "X" if check == 10 else str(check)


def make_uscc(first8: str, body8: str) -> str:
    """A code with both checks right from authority, type and region (8) and organisation-code body (8)."""
    first17 = first8 + body8 + inner_check_character(body8)
    return first17 + outer_check_character(first17)


def is_uscc(code: str) -> bool:
    """Whether a normalised code passes form and both checks."""
    return _uscc_fault(code) is None


def is_id_card(text: str) -> bool:
    """Whether ``text`` is a resident ID-card number (GB 11643: birthday, ISO 7064 mod 11-2) and not a credit code."""
    if not re.fullmatch(r"[1-8]\d{16}[\dX]", text):
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    check = "10X98765432"[sum(int(c) * pow(2, 17 - i, 11) for i, c in enumerate(text[:17])) % 11]
    return 1900 <= born.year < 2100 and check == text[17] and not is_uscc(text)


ID_SHAPED = re.compile(r"(?<![0-9A-Za-z])[1-8]\d{16}[\dXx](?![0-9A-Za-z])")


def mask_id_cards(text: str) -> str:
    """``text`` with each ID-card number in it reduced to ``362322********6409``; such numbers are never stored in clear."""

    def cover(match: re.Match[str]) -> str:
        found = match[0].upper()
        return f"{found[:6]}********{found[14:]}" if is_id_card(found) else match[0]

    return ID_SHAPED.sub(cover, text)


def check_code(text: str) -> CodeCheck:
    """Judge an identifier as written in a form or a spreadsheet. Never raises; never drops: an invalid one says why."""
    code = normalise_code(text)
    if not code:
        return _refused("blank", code)
    if _FLOAT.fullmatch(code):
        return _refused("digits-lost", code)
    if _MASKED.fullmatch(code) or is_id_card(code):
        return _refused("id-card", mask_id_cards(code))
    if code.isascii() and code.isdigit() and len(code) in (13, 15):
        return CodeCheck("reg15" if len(code) == 15 else "reg13", code)
    fault = _uscc_fault(code)
    if fault is None:
        return CodeCheck("uscc", code)
    if fault in _OVERRIDABLE and code.isdigit() and code.endswith("000"):
        return _refused("digits-lost", code)  # doubles keep 15 to 17 digits; the rest comes back as zeros
    return _refused(fault, code)


def _uscc_fault(code: str) -> Reason | None:
    if len(code) != 18:
        return "length"
    if any(c not in ALPHABET for c in code):
        return "characters"
    if not code[2:8].isdigit():
        return "region-part"
    if code[17] != outer_check_character(code[:17]):
        return "check-digit"
    return None if code[16] == inner_check_character(code[8:16]) else "organisation-code"


def _refused(reason: Reason, code: str) -> CodeCheck:
    bad = "".join(dict.fromkeys(c for c in code if c not in ALPHABET))
    zh, en = (says.format(n=len(code), bad=bad) for says in _SAYS[reason])
    suggestion = _unconfused(code) if reason in ("characters", "check-digit", "organisation-code", "region-part") else None
    if suggestion:
        zh, en = f"{zh}；是否应为 {suggestion}？", f"{en}. Did you mean {suggestion}?"
    return CodeCheck("invalid", code, reason, zh, en, reason in _OVERRIDABLE, suggestion)


def _unconfused(code: str) -> str | None:
    """The only valid code reachable by reading some look-alike letters as what they resemble; None if none or several."""
    places = [i for i, c in enumerate(code) if c in _CONFUSED]
    if not places or len(places) > 6:
        return None
    found = set()
    for choice in range(1, 2 ** len(places)):
        letters = list(code)
        for bit, place in enumerate(places):
            if choice >> bit & 1:
                letters[place] = _CONFUSED[letters[place]]
        candidate = "".join(letters)
        if is_uscc(candidate):
            found.add(candidate)
    return found.pop() if len(found) == 1 else None

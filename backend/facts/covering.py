"""遮盖 What names a person in a free text that the public reads is covered. Pure. Proven by tests/rules/test_covering.py.

个人信息保护法 6 and 28: what the purpose does not need is not shown. Covered are numbers of identity cards, telephones and vehicles, in whatever
way people write them (spaces, dashes, full-width digits), and the names that the caller knows. A number that only looks like one, such as the
digits of a credit code or of a document, stays. What nobody knows to be a name cannot be covered: forms say that their text will be read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from backend.registry.uscc import check_code

_GAP: Final = r"[ \u3000\-\u2010-\u2015\uff0d.·]?"
_MARK: Final = "*"
# A birthday in the middle tells a card's number, also one whose last digit was mistyped; \d takes full-width digits, too.
_CARD: Final = re.compile(
    rf"(?<![0-9A-Za-z])([1-8１-８]\d{{5}}){_GAP}((?:18|19|20|１８|１９|２０)\d\d{_GAP}(?:[0０][1-9１-９]|[1１][0-2０-２]){_GAP}"
    rf"(?:[0０][1-9１-９]|[12１２]\d|[3３][01０１])){_GAP}(\d\d\d[\dXxＸｘ×])(?![0-9A-Za-z])"
)
# Of fifteen digits, as they were until 1999: so are registration numbers of enterprises, so only after a word for it.
_OLD_CARD: Final = re.compile(r"((?:身份证|身份证件|公民身份)(?:号码|号|证号)?[^\d]{0,4})(\d{6})\d{6}(\d{3})(?!\d)")
_MOBILE: Final = re.compile(rf"(?<!\d)((?:[+＋]?86{_GAP})?)([1１][3-9３-９]\d){_GAP}\d{{4}}{_GAP}(\d{{4}})(?!\d)")
# With something between area and number: without it, many a number of a licence begins with a nought.
_LANDLINE: Final = re.compile(rf"(?<!\d)(?:([(（][0０]\d{{2,3}}[)）]){_GAP}|([0０]\d{{2,3}})[ \u3000\-\u2010-\u2015\uff0d])\d{{4,5}}(\d{{3}})(?!\d)")
_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE: Final = re.compile(
    rf"([{_PROVINCES}][A-HJ-NP-Za-hj-np-z]){_GAP}(?=[A-Za-z0-9]*\d)[A-HJ-NP-Za-hj-np-z0-9]{{4,5}}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳](?![0-9A-Za-z])"
)


def _cover_card(match: re.Match[str]) -> str:
    if check_code(match[0]).kind == "uscc":
        return match[0]
    return f"{match[1]}{_MARK * 8}{match[3]}"


def mask_persons(text: str, names: Collection[str] = ()) -> str:
    """A text for the public. ``mask_persons("陈立新 139-8765-4321，云D·A1234", ["陈立新"])`` is ``"陈** 139****4321，云D*****"``."""
    text = _CARD.sub(_cover_card, text)
    text = _OLD_CARD.sub(rf"\1\2{_MARK * 6}\3", text)
    text = _MOBILE.sub(rf"\1\2{_MARK * 4}\3", text)
    text = _LANDLINE.sub(lambda m: f"{m[1] or m[2]}-{_MARK * 4}{m[3]}", text)
    text = _PLATE.sub(rf"\1{_MARK * 5}", text)
    # The longest first: 王小明 is not to be left as 王*明 because there is a 王小.
    for name in sorted({n.strip() for n in names if len(n.strip()) > 1}, key=lambda n: (-len(n), n)):
        # People put spaces into names of two characters, to set them as wide as those of three.
        spelt = "[ \u3000]?".join(map(re.escape, name)) if " " not in name else re.escape(name)
        text = re.sub(spelt, mask_name(name).replace("\\", "\\\\"), text)
    return text


def mask_name(name: str) -> str:
    """``陈立新`` -> ``陈**``; the first character of any name stays."""
    return name[:1] + _MARK * (len(name) - 1)

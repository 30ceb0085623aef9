"""What a reader may ask of the published results, as conditions and as grams. Pure.

Grams are what the index holds of a result (``publication_grams`` in migrations/0029_open_face.py makes them): the conditions decide, the
grams only say where to look, so every gram here must follow from its condition. Proving test: tests/rooms/test_result_search.py.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from backend.kernel.errors import Invalid

MAX_TEXT: Final = 60
CODE_GRAM: Final = 14  # the longest beginning of a code that the index holds
MAX_MONTHS: Final = 36  # a longer period is no reason to look anything up


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Empty means all. ``text``: part of a name, or the beginning of a code; ``first``, ``last``: days of completion, both included."""

    text: str = ""
    county: str = ""
    department: str = ""
    item: str = ""
    outcome: str = ""
    draw: str = ""
    campaign: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def word(self) -> str:
        """The text as names are compared: without differences of width and case."""
        return unicodedata.normalize("NFKC", self.text.replace("\x00", "")).lower().strip()[:MAX_TEXT]

    @property
    def code(self) -> str:
        """The text as the beginning of a code, empty where it cannot be one."""
        code = self.word.upper()
        return code if len(code) >= 2 and code.isascii() and code.isalnum() else ""


def read_day(written: str, field: str) -> date | None:
    """``2026-11-24``; empty is no day. Raises ``Invalid``."""
    if not written.strip():
        return None
    try:
        return date.fromisoformat(written.strip())
    except ValueError as e:
        raise Invalid(field=field, why_zh=f"“{written[:20]}”不是日期，请按 2026-11-24 填写", why_en=f"{written[:20]!r} is no date: write 2026-11-24") from e


def months(first: date | None, last: date | None, today: date) -> list[str]:
    """The months that a period touches, as grams have them; empty where it is open at its beginning or longer than ``MAX_MONTHS``.

    A period in which nothing can have been completed has a month that nothing has.
    """
    if first is None:
        return []
    end = min(last or today, today)
    count = (end.year - first.year) * 12 + end.month - first.month + 1
    if count > MAX_MONTHS:
        return []
    return [f"m{(first.month - 1 + n) // 12 + first.year}-{(first.month - 1 + n) % 12 + 1}" for n in range(count)] or ["m0-0"]


def name_grams(word: str) -> list[str]:
    return ["n" + word] if len(word) == 1 else list(dict.fromkeys("n" + word[i : i + 2] for i in range(len(word) - 1)))


def facet_grams(by: ResultFilter) -> list[str]:
    chosen = (("r", by.county), ("d", by.department), ("w", by.draw), ("c", by.campaign), ("i", by.item), ("o", by.outcome))
    return [letter + value for letter, value in chosen if value]

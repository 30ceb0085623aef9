"""What a person may type to find an enterprise, as conditions and as grams. Pure.

A query is words, all of which must be found. A word is found in the name, the representative or the address (any part of it); if it is
made of letters, also in the sound of the name from a syllable on (``quji`` -> 曲靖) or in its initials (``qjs`` -> 曲靖市); if it could
begin a code, also there. A word of one character is looked for in the name only.

Grams are what the index holds of an enterprise (``enterprise_grams`` in migrations/0024_grams.py makes them): the conditions decide,
the grams only say where to look, so every gram here must follow from its condition. Proving tests: tests/rules/test_search_rules.py,
tests/rooms/test_search.py.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from backend.registry.uscc import normalise_code

Where = Literal["text", "name", "sound", "initials", "code"]
MAX_WORDS: Final = 6
MAX_LETTERS: Final = 40
WINDOW: Final = 5  # letters in a row, of the whole sound
SOUND_GRAMS: Final = (2, 3, WINDOW)  # letters from a syllable on
CODE_GRAM: Final = 14  # the longest beginning of a code that the index holds


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take a word: where ``value`` must be found, and the grams that any enterprise with it has."""

    where: Where
    value: str
    grams: tuple[str, ...]
    pattern: tuple[str, ...] = ()  # of a sound, the expression that it must fit: letters in a row from a syllable on


def read_words(text: str) -> list[list[Reading]]:
    """Each word of a query with its readings, one of which must hold. Never empty lists within; no words, no list."""
    return [_readings(word[:MAX_LETTERS]) for word in unicodedata.normalize("NFKC", text).lower().split()[:MAX_WORDS]]


def _readings(word: str) -> list[Reading]:
    if len(word) == 1:
        return [Reading("name", word, (word,))]
    found = [Reading("text", word, tuple(dict.fromkeys(word[i : i + 2] for i in range(len(word) - 1))))]
    if re.fullmatch("[a-z]+", word):
        length = max(n for n in SOUND_GRAMS if n <= len(word))
        # A window at every third letter and at the end leaves no letter out.
        windows = [word[min(i, len(word) - WINDOW) :][:WINDOW] for i in range(3, len(word) - 2, 3)] if len(word) > WINDOW else []
        found.append(Reading("sound", word, ("p" + word[:length], *dict.fromkeys("w" + w for w in windows)), ("(^| )" + " ?".join(word),)))
        runs = [word] if len(word) == 2 else [word[i : i + 3] for i in range(len(word) - 2)]
        found.append(Reading("initials", word, tuple(dict.fromkeys("i" + run for run in runs))))
    code = normalise_code(word)
    if len(code) >= 2 and code.isascii() and code.isalnum():
        found.append(Reading("code", code, ("u" + code[:CODE_GRAM],)))
    return found


def facet_grams(*, region: str = "", industry: str = "", kind: str = "", status: str = "", credit_class: str = "") -> list[str]:
    """Grams of what is chosen from lists; ``region`` is a code or a prefix of 2 or 4 digits (another prefix has no gram)."""
    chosen = (("r", region if len(region) in (2, 4, 6) else ""), ("d", industry), ("k", kind), ("s", status), ("c", credit_class))
    return [letter + value for letter, value in chosen if value]

"""Failures as the log may hold them: where and of what kind, without the values that were at hand. Pure. Proven by tests/rules/test_failures.py.

A message of Python's or the database's quotes what it met: a telephone number that is no number, the whole row that broke a rule. So a message is
cut to its first line (PostgreSQL's DETAIL, with the row's values, is the second), and what stands in it between quotes is left out unless it is
a plain name, as those of columns and attributes are.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Final

# An apostrophe within a word opens nothing; a quotation that does not end ends with the line.
_QUOTED: Final = re.compile(
    r"(?:(?<!\w)|(?<=\bb))'((?:[^'\\]|\\.)*)(?:'|\\?$)|(?:(?<!\w)|(?<=\bb))\"((?:[^\"\\]|\\.)*)(?:\"|\\?$)|“([^”]*)(?:”|$)"
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_.]{0,60}")
LONGEST: Final = 300  # characters of a message
DEEPEST: Final = 10  # failures of one chain


def _without_values(message: str) -> str:
    line = message.partition("\n")[0][:LONGEST]
    return _QUOTED.sub(lambda found: found[0] if _NAME.fullmatch(next(text for text in found.groups() if text is not None)) else "'…'", line)


def describe(error: BaseException) -> str:
    """``asyncpg.exceptions.UniqueViolationError: duplicate key value violates unique constraint "account_username_key"``"""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    message = _without_values(str(error))
    return f"{name}: {message}" if message else name


def trace(error: BaseException) -> str:
    """The failure with those that led to it, the first one first, as Python prints them; a group's members behind it."""
    return "".join(_trace(error, 0)).rstrip("\n")


def _trace(error: BaseException, depth: int) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and depth < DEEPEST:
        yield from _trace(before, depth + 1)
        yield "\nThat led to:\n\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    yield describe(error) + "\n"
    if isinstance(error, BaseExceptionGroup) and depth < DEEPEST:
        for n, member in enumerate(error.exceptions, 1):
            yield f"\nMember {n}:\n\n"
            yield from _trace(member, depth + 1)

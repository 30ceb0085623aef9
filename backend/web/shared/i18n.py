"""Languages: Chinese is the text in the code, English comes from Babel catalogues (backend/locale/en/*.po)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LOCALES = {"zh": "中文", "en": "English"}
CATALOGUES = Path(__file__).parents[2] / "locale"
_current: ContextVar[str] = ContextVar("locale", default="zh")


@cache
def catalogue(locale: str) -> dict[str, str]:
    """All translations of a locale. Raises ``ValueError`` where two files disagree about a text."""
    found: dict[str, str] = {}
    for path in sorted((CATALOGUES / locale).glob("*.po")):
        with path.open("rb") as f:
            for message in read_po(f, locale=locale):
                if not message.id or not message.string or not isinstance(message.id, str):
                    continue
                if found.setdefault(message.id, str(message.string)) != message.string:
                    raise ValueError(f"{path.name}: {message.id!r} is translated in two ways")
    return found


def get_locale() -> str:
    return _current.get()


def set_locale(locale: str) -> None:
    _current.set(locale if locale in LOCALES else "zh")


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    token = _current.set(locale)
    try:
        yield
    finally:
        _current.reset(token)


def _(message: str, **fields: Any) -> str:
    """The text in the reader's language, with ``%(name)s`` filled in."""
    locale = _current.get()
    text = message if locale == "zh" else catalogue(locale).get(message, message)
    return text % fields if fields else text


def pick(thing: Any, field: str) -> str:
    """``thing.field_zh`` or ``thing.field_en`` by the reader's language; also reads dicts, and bare ``zh``/``en`` for an empty field."""
    name = f"{field}_{_current.get()}" if field else _current.get()
    return str(thing[name] if isinstance(thing, dict) else getattr(thing, name))


def words(table: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """A table of (zh, en) in the reader's language."""
    place = 0 if _current.get() == "zh" else 1
    return {key: pair[place] for key, pair in table.items()}

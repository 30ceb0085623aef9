"""Every text on a screen has its English, and no catalogue keeps what no screen says any more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

REPO = Path(__file__).parents[2]
# Babel loses its way in nested template strings, where most texts of the field app stand.
IN_JAVASCRIPT = re.compile(r'''\bt\("([^"\\]+)"''')
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _extract(folder: Path, methods: list[tuple[str, str]], keywords: dict[str, object]) -> dict[str, str]:
    options = {"**.html": {"extensions": "jinja2.ext.do", "newstyle_gettext": "true"}}
    found: dict[str, str] = {}
    for name, _line, message, _comments, _context in extract_from_dir(folder, methods, options_map=options, keywords=keywords):  # type: ignore[arg-type]
        for text in message if isinstance(message, tuple) else (message,):
            found.setdefault(text, name)
    return found


def _texts() -> dict[str, str]:
    plain = {"_": None, "gettext": None, "ngettext": (1, 2)}
    texts = _extract(REPO / "backend", [("**.py", "python"), ("web/**.html", "jinja2")], plain)
    for folder in (REPO / "pwa" / "src", *(REPO / "backend" / "web").glob("*/static")):
        texts |= {text: path.name for path in folder.rglob("*.js") for text in IN_JAVASCRIPT.findall(path.read_text())}
    from backend.people.rules import ROLES

    return texts | {zh: "backend/people/rules.py" for zh, _en in ROLES.values()}


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted((REPO / "backend/locale/en").glob("*.po")):
        with path.open("rb") as f:
            for message in read_po(f, locale="en"):
                if isinstance(message.id, str) and message.id:
                    assert found.setdefault(message.id, message.string) == message.string, f"{path.name}: {message.id} in two ways"
    return found


def test_every_text_has_its_english(english):
    missing = {text: where for text, where in _texts().items() if CHINESE.search(text) and not english.get(text)}
    assert missing == {}


def test_no_english_is_left_over(english):
    assert sorted(set(english) - set(_texts())) == []


def test_placeholders_agree(english):
    for zh, en in english.items():
        names = re.compile(r"%\((\w+)\)|\{(\w+)\}")
        assert sorted(names.findall(zh)) == sorted(names.findall(en)), zh


def test_templates_say_nothing_in_chinese_outside_the_catalogues():
    bare = []
    for path in [*(REPO / "backend/web").rglob("*.html")]:
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(), flags=re.DOTALL)
        bare += [f"{path.name}: {m}" for m in re.findall(r"[\u4e00-\u9fff]+", text) if m != "中文"]
    assert bare == []

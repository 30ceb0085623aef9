"""The floors of the house hold: import contracts, sizes, names, and no inline script or style."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
SOURCES = sorted(p for folder in ("backend", "pwa/src", "tests", "benchmarks") for ext in ("py", "js") for p in (REPO / folder).rglob(f"*.{ext}"))
TEMPLATES = sorted([*(REPO / "backend/web").rglob("*.html"), *(REPO / "pwa").glob("*.html")])


def test_import_contracts():
    done = subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_no_module_is_longer_than_400_lines_without_saying_why():
    long = [str(p.relative_to(REPO)) for p in SOURCES if len(p.read_text().splitlines()) > 400 and "house: long because" not in p.read_text()]
    assert long == []


def test_no_module_has_a_name_that_says_nothing():
    empty_names = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [str(p.relative_to(REPO)) for p in SOURCES if p.stem.lower() in empty_names] == []


def test_every_room_has_a_sign_on_its_door():
    for room in (REPO / "backend").glob("*/__init__.py"):
        source = room.read_text().strip()
        assert source.startswith('"""'), f"{room.parent.name} says nothing of itself"
        assert source.endswith('"""'), f"{room.parent.name}/__init__.py holds code"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_templates_have_no_inline_script_or_style(path):
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text), "inline script"
    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "inline event handler"
    assert not re.search(r"<style\b", text), "inline style sheet"


def test_migration_names_follow_their_ids():
    ids = []
    for path in sorted((REPO / "migrations").glob("[0-9]*.py")):
        found = re.search(r'^ID = "(.+?)"', path.read_text(), re.MULTILINE)
        assert found, path.name
        ids.append(found[1])
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    others = {p.name for p in (REPO / "migrations").glob("*.py")} - {p.name for p in (REPO / "migrations").glob("[0-9]*.py")}
    assert others == {"__init__.py"}

"""The PWA's rooms import one way only: screens -> sync | device -> store -> model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PWA = Path(__file__).parents[2] / "pwa"
SRC = PWA / "src"
MAY = {
    "model": {"model"},
    "store": {"store", "model"},
    "sync": {"sync", "store", "model"},
    "device": {"device", "store", "model"},
    "screens": {"screens", "sync", "device", "store", "model"},
}
# Which packages a room may know: the model runs anywhere, only the store opens IndexedDB, only screens draw.
PACKAGES = {
    "model": {"@noble/curves/ed25519.js", "@noble/hashes/hmac.js", "@noble/hashes/sha2.js", "@noble/hashes/utils.js"},
    "store": {"idb"},
    "sync": set(),
    "device": {"exifr/dist/mini.esm.mjs", "signature_pad", "zxing-wasm/reader"},
    "screens": {"lit-html"},
}
IMPORT = re.compile(
    r"""(?:^\s*(?:import|export)\b[^"';]*?\bfrom\s*|^\s*import\s*|\bimport\(\s*)["']([^"']+)["']""", re.MULTILINE
)
COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*$", re.DOTALL | re.MULTILINE)
# What only one room may touch, whatever it imports.
OWNERS = {
    r"\bindexedDB\b|\bopenDB\b": {"store"},
    r"\blocalStorage\b": {"store"},
    r"\bfetch\(": {"sync", "screens"},
    r"\bgetUserMedia\b|\bgeolocation\b|\bcrypto\.subtle\.sign\b": {"device"},
}


def imports(text: str) -> list[str]:
    return IMPORT.findall(COMMENT.sub("", text))


def modules() -> list[Path]:
    return sorted(SRC.rglob("*.js"))


def wrong(path: Path, text: str) -> list[str]:
    room = path.relative_to(SRC).parts[0]
    found = []
    for name in imports(text):
        if name.startswith("."):
            target = (path.parent / name).resolve().relative_to(SRC.resolve()).parts[0]
            if target not in MAY[room]:
                found.append(f"{path.name} ({room}) imports {target}")
        elif name not in PACKAGES[room]:
            found.append(f"{path.name} ({room}) imports the package {name}")
    return found


def test_rooms_are_the_known_ones():
    assert {p.name for p in SRC.iterdir() if p.is_dir()} == set(MAY)


def test_imports_go_one_way():
    assert [line for path in modules() for line in wrong(path, path.read_text())] == []


def test_every_import_exists():
    gone = [f"{p.name}: {n}" for p in modules() for n in imports(p.read_text()) if n.startswith(".") and not (p.parent / n).is_file()]
    assert gone == []


@pytest.mark.parametrize("pattern", OWNERS)
def test_devices_and_stores_have_one_owner(pattern):
    users = {p.relative_to(SRC).parts[0] for p in modules() if re.search(pattern, COMMENT.sub("", p.read_text()))}
    assert users <= OWNERS[pattern]


def test_the_rule_can_fail():
    assert imports('/** @type {import("../a.js").B} */\nimport { b } from "../store/db.js";\nconst c = await import("idb");') == [
        "../store/db.js",
        "idb",
    ]
    assert wrong(SRC / "model/x.js", 'import { all } from "../store/db.js";') == ["x.js (model) imports store"]
    assert wrong(SRC / "sync/x.js", 'import {\n  html,\n} from "lit-html";') == ["x.js (sync) imports the package lit-html"]


def test_nothing_inline_for_a_strict_policy():
    page = (PWA / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    assert [
        p.name
        for p in modules()
        if re.search(r"""\sstyle=["$]|\bon\w+=["']|innerHTML|unsafeHTML|\beval\(""", COMMENT.sub("", p.read_text()))
    ] == []


def test_no_module_is_too_long():
    assert [p.name for p in [*modules(), PWA / "sw.js"] if len(p.read_text().splitlines()) > 400] == []
    assert len((PWA / "sw.js").read_text().splitlines()) <= 70, "the service worker stays on one screen"

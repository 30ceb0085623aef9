"""The asset step on a small tree of its own: what is copied, rewritten, listed and versioned."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from pathlib import Path

import pytest
from PIL import Image

from backend.cli import assets

SW = 'const { version, files } = self.__PRECACHE__;\nself.addEventListener("fetch", () => {});\n'


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    pwa, modules = tmp_path / "pwa", tmp_path / "pwa/node_modules"
    for file in assets.FIELD_VENDOR.values():
        write(modules / file, "export const x = 1;\n//# sourceMappingURL=x.map\n")
    write(modules / "lit-html/lit-html.js", 'import{y}from"./inner.js";export const html=y;')
    write(modules / "lit-html/inner.js", "export const y = 2;")
    write(modules / "@noble/hashes/sha2.js", 'import { u } from "./utils.js";\nexport const sha256 = u;')
    write(modules / "@noble/hashes/utils.js", "export const u = 3;")
    write(modules / "@noble/hashes/never.js", "export const n = 0;")
    for file in (*assets.FIELD_FILES, *assets.STATIC_VENDOR.values()):
        write(modules / file, "bytes")
    write(pwa / "index.html", "<!doctype html><!-- preloads --><script type=module src=/field/app/screens/main.js></script>")
    write(pwa / "manifest.webmanifest", "{}")
    write(pwa / "sw.js", SW)
    write(
        pwa / "src/screens/main.js",
        'import { html } from "lit-html";\nimport { j } from "../model/jcs.js";\nconst late = () => import("../device/qr.js");\n',
    )
    write(pwa / "src/device/qr.js", 'const z = () => import("zxing-wasm/reader");\n')
    write(pwa / "src/model/jcs.js", 'import { k } from "./deep/keys.js";\nexport const j = k;\n')
    write(pwa / "src/model/deep/keys.js", 'import { sha256 } from "@noble/hashes/sha2.js";\nexport const k = sha256;\n')
    write(pwa / "src/model/private.js", "export const p = 0;\n")
    write(pwa / "src/field.css", "body { margin: 0; }")
    (modules / ".bin").symlink_to(assets.REPO / "pwa/node_modules/.bin")
    for name in (*assets.VERIFY, "saved"):
        write(pwa / f"verify/{name}.js", f'import {{ j }} from "../src/model/jcs.js";\nconsole.log("{name} </script>", j);\n')
    write(pwa / "verify/saved.html", "<meta content=\"script-src '__SCRIPT_HASH__'\"><script type=module>__SCRIPT__</script>")
    write(
        tmp_path / "backend/locale/en/field.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "是"\nmsgstr "Yes"\n',
    )
    write(tmp_path / "backend/web/shared/static/tokens.css", ":root { --bg: white; }")
    write(tmp_path / "backend/web/public/static/verify.js", "export {};")
    return tmp_path


def precache(repo: Path) -> dict[str, object]:
    found = re.search(r"= (\{.*\});", (repo / "build/field/sw.js").read_text())
    assert found
    return json.loads(found[1])


def test_bare_names_become_addresses_that_exist(repo):
    assets.build(repo)
    imported = re.compile(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""")
    seen = 0
    for path in (repo / "build").rglob("*.js"):
        for name in imported.findall(path.read_text()):
            assert (path.parent / name).is_file(), f"{path} imports {name}"
            seen += 1
    assert seen >= 8
    assert 'from "../../vendor/lit-html/lit-html.js"' in (repo / "build/field/app/screens/main.js").read_text()
    assert "sourceMappingURL" not in (repo / "build/field/vendor/idb/build/index.js").read_text()


def test_the_public_pages_get_the_model_and_only_what_it_needs(repo):
    assets.build(repo)
    model = repo / "build/static/model"
    assert sorted(p.relative_to(model).as_posix() for p in model.rglob("*.js")) == [
        "deep/keys.js",
        "jcs.js",
        "noble/sha2.js",
        "noble/utils.js",
    ]
    assert 'from "../noble/sha2.js"' in (model / "deep/keys.js").read_text()
    assert (repo / "build/static/shared/tokens.css").read_text() == (repo / "build/field/app/tokens.css").read_text()
    assert (repo / "build/static/public/verify.js").exists() and (repo / "build/static/vendor/htmx.min.js").exists()


def test_precache_lists_every_file_with_its_hash_and_the_version_follows(repo):
    assets.build(repo)
    field = repo / "build/field"
    first = precache(repo)
    listed = dict(first["files"])
    on_disk = {
        "/field/" if p.name == "index.html" else f"/field/{p.relative_to(field).as_posix()}": p for p in field.rglob("*") if p.is_file()
    }
    on_disk.pop("/field/sw.js")
    assert set(listed) == set(on_disk)
    for address, path in on_disk.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest().startswith(listed[address])
    version = (repo / "build/version.txt").read_text()
    write(repo / "pwa/src/field.css", "body { margin: 1px; }")
    assets.build(repo)
    assert precache(repo)["version"] != first["version"]
    assert (repo / "build/version.txt").read_text() != version


def test_preloads_are_what_loads_at_start(repo):
    assets.build(repo)
    links = re.findall(r'modulepreload" href="([^"]+)"', (repo / "build/field/index.html").read_text())
    assert links[0] == "/field/app/screens/main.js"
    assert "/field/vendor/lit-html/inner.js" in links
    assert not [link for link in links if "qr.js" in link or "zxing" in link]
    assert len(links) == len(set(links))


def test_texts_and_icons(repo):
    assets.build(repo)
    assert json.loads((repo / "build/field/app/i18n.en.json").read_text()) == {"是": "Yes"}
    for name, size in (("icon-192", 192), ("icon-512", 512), ("maskable-512", 512)):
        with Image.open(repo / f"build/field/icons/{name}.png") as image:
            assert image.size == (size, size)
            opaque = image.convert("RGBA").getpixel((0, 0))[3] == 255
            assert opaque == (name == "maskable-512"), "a mask needs its corners filled, an icon has them round"


def test_nothing_is_written_when_nothing_changed(repo):
    assets.build(repo)
    mark = repo / "build/version.txt"
    os.utime(mark, (1, 1))
    assets.build(repo)
    assert mark.stat().st_mtime == 1
    write(repo / "backend/web/public/static/new.js", "export {};")
    assets.build(repo)
    assert (repo / "build/static/public/new.js").exists()
    assert not (repo / "build.new").exists() and not (repo / "build.old").exists()


def test_a_failed_build_leaves_the_old_one(repo):
    assets.build(repo)
    version = (repo / "build/version.txt").read_text()
    write(repo / "pwa/src/screens/bad.js", 'import x from "left-pad";\n')
    with pytest.raises(assets.MissingSourceError, match="left-pad"):
        assets.build(repo)
    assert (repo / "build/version.txt").read_text() == version


def test_the_saved_copy_is_one_file_whose_policy_names_its_script(repo: Path) -> None:
    assets.build(repo)
    page = (repo / "build/verify.html").read_text()
    found = re.fullmatch(r"<meta content=\"script-src '(sha256-[^']+)'\"><script type=module>(.*)</script>", page, re.DOTALL)
    assert found
    policy, script = found.groups()
    assert policy == "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "</script" not in script
    assert "import" not in script
    for name in assets.VERIFY:
        assert (repo / f"build/static/verify/{name}.js").stat().st_size > 0
    (repo / "pwa/verify/saved.js").write_text("this is no JavaScript")
    with pytest.raises(assets.MissingSourceError, match="saved"):
        assets.build(repo)

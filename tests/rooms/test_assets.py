"""The asset step on a small tree of its own: what is copied, rewritten, listed and versioned."""

from __future__ import annotations

import base64
import gzip
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
    for package, file in (("idb", "build/index.js"), ("signature_pad", "pad.js"), ("zxing-wasm", "es/reader/index.js"), ("lit-html", "lit-html.js")):
        write(modules / package / "package.json", json.dumps({"name": package, "exports": {".": f"./{file}", "./reader": f"./{file}"}}))
        write(modules / package / file, "export const x = 1;\n//# sourceMappingURL=x.map\n")
    write(modules / "lit-html/lit-html.js", 'import{y}from"./inner.js";export const html=y;')
    write(modules / "lit-html/inner.js", 'export const y = "inner.js of lit-html";')
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
        'import { html } from "lit-html";\nimport { j } from "../model/jcs.js";\nimport { z } from "../device/qr.js";\nz(); console.log(html, j);\n',
    )
    write(pwa / "src/device/qr.js", 'export const z = () => import("zxing-wasm/reader").then((m) => console.log("scanner", m.x));\n')
    write(pwa / "src/device/qr_worker.js", 'import { z } from "./qr.js";\nz();\n')
    write(pwa / "src/model/jcs.js", 'import { k } from "./deep/keys.js";\nexport const j = k;\n')
    write(pwa / "src/model/deep/keys.js", 'import { sha256 } from "@noble/hashes/sha2.js";\nexport const k = sha256;\n')
    write(pwa / "src/model/private.js", "export const p = 0;\n")
    write(pwa / "src/field.css", "body { margin: 0; }")
    (modules / ".bin").symlink_to(assets.REPO / "pwa/node_modules/.bin")
    for name in assets.CONSOLE:
        write(pwa / f"console/{name}.js", 'import { t } from "zrender";\nconsole.log(t);\n')
    write(modules / "zrender/package.json", json.dumps({"name": "zrender", "exports": {".": "./z.js"}}))
    write(modules / "zrender/z.js", 'export const t = "drawn by zrender";\n')
    for name in (*assets.VERIFY, *assets.SAVED.values()):
        write(pwa / f"verify/{name}.js", f'import {{ j }} from "../src/model/jcs.js";\nconsole.log("{name} </script>", j);\n')
    for name in assets.SAVED.values():
        write(pwa / f"verify/{name}.html", "<style>__STYLE__</style><meta content=\"script-src '__SCRIPT_HASH__'\"><script type=module>__SCRIPT__</script>")
    write(pwa / "verify/saved.css", "main { padding: 1rem; }")
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


def test_every_import_is_an_address_that_exists(repo):
    assets.build(repo)
    imported = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
    seen = 0
    for path in (repo / "build").rglob("*.js"):
        for name in imported.findall(path.read_text()):
            assert (path.parent / name).is_file(), f"{path} imports {name}"
            seen += 1
    assert seen >= 5


def test_the_app_is_one_script_and_the_scanner_comes_later(repo):
    assets.build(repo)
    app = repo / "build/field/app"
    start = [repo / "build" / link.lstrip("/") for link in preloads(repo)]
    assert start[0] == app / "screens/main.js" and (app / "device/qr.js").is_file()
    assert any("inner.js of lit-html" in path.read_text() for path in start)
    late = list((app / "chunks").glob("reader-*.js"))
    assert len(late) == 1 and not set(late) & set(start)
    for path in app.rglob("*.js"):
        assert (path.parent / path.read_text().rsplit("//# sourceMappingURL=", 1)[1].strip()).is_file()


def test_a_package_that_nobody_agreed_to_stays_out(repo):
    write(repo / "pwa/node_modules/left-pad/package.json", '{"name": "left-pad", "main": "index.js"}')
    write(repo / "pwa/node_modules/left-pad/index.js", "export default 1;")
    write(repo / "pwa/src/device/qr.js", 'import pad from "left-pad";\nexport const z = () => console.log(pad);\n')
    with pytest.raises(assets.MissingSourceError, match="left-pad"):
        assets.build(repo)


def test_each_text_has_its_gzip_beside_it(repo):
    write(repo / "pwa/src/field.css", "body { margin: 0; }\n" * 50)
    assets.build(repo)
    css = repo / "build/field/app/field.css"
    assert gzip.decompress(css.with_name("field.css.gz").read_bytes()) == css.read_bytes()
    assert not list((repo / "build").rglob("*.png.gz")) and not list((repo / "build").rglob("*.gz.gz"))
    for small in (repo / "build").rglob("*.gz"):
        assert small.stat().st_size < small.with_suffix("").stat().st_size


def test_addresses_that_pages_and_modules_name_are_built():
    """What is loaded by address and not by import must be an entry of the bundle or a copied file."""
    named = re.compile(r"/field/((?:app|vendor|icons)/[\w./@-]+\.\w+)")
    sources = [*(assets.REPO / "pwa/src").rglob("*.js"), *(assets.REPO / "backend/web").rglob("*.html"), assets.REPO / "pwa/index.html"]
    entries = {f"app/{entry}" for entry in assets.FIELD_ENTRIES}
    copied = {f"app/{p.relative_to(assets.REPO / 'pwa/src').as_posix()}" for p in (assets.REPO / "pwa/src").rglob("*") if p.suffix not in ("", ".js")}
    made = {"app/tokens.css", "app/i18n.en.json", "icons/favicon.svg", "icons/icon-192.png", "icons/icon-512.png", "icons/maskable-512.png"}
    known = entries | copied | made | {f"vendor/{file}" for file in assets.FIELD_FILES}
    assert {name for path in sources for name in named.findall(path.read_text())} - known == set()


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
        "/field/" if p.name == "index.html" else f"/field/{p.relative_to(field).as_posix()}": p
        for p in field.rglob("*")
        if p.is_file() and p.suffix not in (".gz", ".map")
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


def preloads(repo: Path) -> list[str]:
    return re.findall(r'modulepreload" href="([^"]+)"', (repo / "build/field/index.html").read_text())


def test_preloads_are_what_loads_at_start(repo):
    assets.build(repo)
    links = preloads(repo)
    assert links[0] == "/field/app/screens/main.js"
    assert not [link for link in links if "reader" in link or "qr.js" in link]
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
    write(repo / "pwa/src/screens/main.js", 'import x from "left-pad";\n')
    with pytest.raises(assets.MissingSourceError, match="left-pad"):
        assets.build(repo)
    assert (repo / "build/version.txt").read_text() == version


def test_the_saved_copy_is_one_file_whose_policy_names_its_script(repo: Path) -> None:
    assets.build(repo)
    page = (repo / "build/verify.html").read_text()
    shape = r"<style>main { padding: 1rem; }</style><meta content=\"script-src '(sha256-[^']+)'\"><script type=module>(.*)</script>"
    found = re.fullmatch(shape, page, re.DOTALL)
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


def test_the_office_s_programs_hold_only_packages_on_their_list(repo):
    assets.build(repo)
    for name in assets.CONSOLE:
        assert "drawn by zrender" in (repo / f"build/static/console/{name}.js").read_text()
    write(repo / "pwa/console/charts.js", 'import { x } from "idb";\nconsole.log(x);\n')
    with pytest.raises(assets.MissingSourceError, match="idb"):
        assets.build(repo)

"""The asset step: named files from ``pwa/`` and the faces' ``static`` folders become ``build/``, which is served as it is.

Bare module names are rewritten to relative addresses while copying, so that pages need no import map and the content
security policy no hash. Two things are bundled: the draw's verification, whose worker and saved copy must be one file
each (docs/decisions/0008-one-file-verification.md), and the phone's app, which has a budget for its first load
(docs/decisions/0020-the-phone-app-is-one-script.md). The service worker gets its precache list, whose hash is its
version. Beside each text lies its gzip, which is sent to whoever takes it. The new tree is built beside the old one and
renamed, so a failed build leaves the old one serving. Proven by tests/rooms/test_assets.py.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from os.path import relpath
from pathlib import Path, PurePosixPath

from babel.messages.pofile import read_po
from PIL import Image, ImageDraw

REPO = Path(__file__).parents[2]

# What the phone's app is made of: its entries under pwa/src, each served under its own address, and the packages that may come along.
FIELD_ENTRIES = ("screens/main.js", "device/qr.js", "device/qr_worker.js")
FIELD_PACKAGES = frozenset({"@noble/curves", "@noble/hashes", "exifr", "idb", "lit-html", "signature_pad", "zxing-wasm"})
FIELD_FILES = ("zxing-wasm/dist/reader/zxing_reader.wasm",)
STATIC_MODEL = ("jcs", "merkle")
# The office's programs in pwa/console, and the packages that may come along.
CONSOLE = ("charts",)
CONSOLE_PACKAGES = frozenset({"echarts", "tslib", "zrender"})
VERIFY = ("page", "visit", "worker")
SAVED = {"verify.html": "saved", "visit.html": "saved_visit"}  # pages that people keep -> script and page in pwa/verify
STATIC_VENDOR = {"vendor/htmx.min.js": "htmx.org/dist/htmx.min.js"}
FACES = ("shared", "public", "console")
TEXTS = frozenset({".css", ".html", ".js", ".json", ".map", ".svg", ".wasm", ".webmanifest"})

_IMPORT = re.compile(r"""(?P<head>\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\bimport(?=["']))(?P<quote>["'])(?P<name>[^"'\n]+)(?P=quote)""")
_STATIC_IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*)["'](\.[^"'\n]+)["']""", re.MULTILINE)
_PACKAGE = re.compile(r".*node_modules/(?P<name>(?:@[^/]+/)?[^/]+)/")
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S*\s*$")

SUN, SLOT, PAPER = (242, 178, 52), (255, 255, 255), (11, 95, 83)


class MissingSourceError(RuntimeError):
    """A file that the build needs is not there; the message says how to get it."""


def build(repo: Path) -> None:
    """Make ``repo/build`` from ``repo/pwa`` and ``repo/backend``; nothing is written when no source changed.

    Raises ``MissingSourceError`` when packages are not installed, ``OSError`` when the disk refuses.
    """
    stamp = _stamp(repo)
    target = repo / "build"
    mark = target / ".stamp"
    if mark.exists() and mark.read_text() == stamp:
        return
    if not all((repo / "pwa/node_modules" / name).exists() for name in ("lit-html", ".bin/esbuild")):
        raise MissingSourceError("pwa/node_modules is missing or incomplete: run `make setup`")
    fresh = repo / "build.new"
    shutil.rmtree(fresh, ignore_errors=True)
    _static(repo, fresh / "static")
    _field(repo, fresh / "field")
    _verify(repo, fresh)
    _squeeze(fresh)
    (fresh / "version.txt").write_text(_digest(fresh)[:12] + "\n")
    (fresh / ".stamp").write_text(stamp)
    old = repo / "build.old"
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _sources(repo: Path) -> Iterator[Path]:
    yield Path(__file__)
    yield repo / "pwa/package-lock.json"
    yield repo / "pwa/node_modules/.package-lock.json"
    yield from (repo / "pwa" / name for name in ("index.html", "manifest.webmanifest", "sw.js"))
    yield repo / "backend/locale/en/field.po"
    yield from sorted((repo / "pwa/src").rglob("*"))
    yield from sorted((repo / "pwa/verify").rglob("*"))
    yield from sorted((repo / "pwa/console").rglob("*"))
    for face in FACES:
        yield from sorted((repo / "backend/web" / face / "static").rglob("*"))


def _stamp(repo: Path) -> str:
    seen = hashlib.sha256()
    for path in _sources(repo):
        if path.is_file():
            stat = path.stat()
            seen.update(f"{path} {stat.st_mtime_ns} {stat.st_size}\n".encode())
    return seen.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _digest(folder: Path) -> str:
    seen = hashlib.sha256()
    for path in _files(folder):
        seen.update(f"{path.relative_to(folder).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return seen.hexdigest()


def _put(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


# -- JavaScript ------------------------------------------------------------------------------------------------------


def _rewritten(text: str, here: PurePosixPath, bare: dict[str, PurePosixPath], *, strict: bool) -> str:
    """``text`` with bare module names turned into addresses relative to ``here``; an unknown one in our own code is an error."""

    def replace(found: re.Match[str]) -> str:
        name = found["name"]
        if name.startswith((".", "/")):
            return found[0]
        if name not in bare:
            if strict:
                raise MissingSourceError(f"{here} imports {name!r}, which the asset step does not copy")
            return found[0]
        address = relpath(bare[name], here.parent)
        return f"{found['head']}{found['quote']}{address if address.startswith('.') else './' + address}{found['quote']}"

    return _IMPORT.sub(replace, _SOURCE_MAP.sub("\n", text))


def _closure(roots: Iterable[Path]) -> list[Path]:
    """``roots`` and everything they import relatively, however deep."""
    todo, seen = list(roots), {}
    while todo:
        path = todo.pop().resolve()
        if path in seen:
            continue
        if not path.is_file():
            raise MissingSourceError(f"{path} is missing: run `make setup`")
        seen[path] = True
        todo += [path.parent / m["name"] for m in _IMPORT.finditer(path.read_text()) if m["name"].startswith(".")]
    return sorted(seen)


def _vendor(modules: Path, names: dict[str, str], target: Path) -> dict[str, PurePosixPath]:
    """Copies packages' files; returns bare name -> path relative to ``target``'s parent."""
    home = modules.resolve()
    bare = {name: PurePosixPath(target.name) / file for name, file in names.items()}
    for path in _closure(modules / file for file in names.values()):
        inside = path.relative_to(home)
        _put(target / inside, _rewritten(path.read_text(), PurePosixPath(target.name) / inside.as_posix(), bare, strict=False))
    return bare


# -- the two trees ---------------------------------------------------------------------------------------------------


def _static(repo: Path, target: Path) -> None:
    modules = repo / "pwa/node_modules"
    for face in FACES:
        folder = repo / "backend/web" / face / "static"
        for path in _files(folder) if folder.is_dir() else []:
            _put(target / face / path.relative_to(folder), path.read_bytes())
    for address, file in STATIC_VENDOR.items():
        _put(target / address, (modules / file).read_bytes())
    _icons(target / "icons")
    source = (repo / "pwa/src/model").resolve()
    roots = [source / f"{name}.js" for name in STATIC_MODEL if (source / f"{name}.js").exists()]
    files = _closure(roots)
    wanted = {m["name"] for path in files for m in _IMPORT.finditer(path.read_text()) if m["name"].startswith("@noble/hashes/")}
    bare = _vendor(modules / "@noble/hashes", {name: name.removeprefix("@noble/hashes/") for name in wanted}, target / "model/noble")
    for path in files:
        inside = path.relative_to(source)
        _put(target / "model" / inside, _rewritten(path.read_text(), PurePosixPath(inside.as_posix()), bare, strict=True))


def _esbuild(repo: Path, *words: str) -> bytes:
    """What esbuild prints. Raises ``MissingSourceError`` with its own words."""
    # Node.js may live beside the interpreter (Makefile), where the caller's PATH does not look.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # No tsconfig.json of a folder above has a say.
    shape = ["--bundle", "--minify", "--target=es2022", "--charset=utf8", "--log-level=error", "--tsconfig-raw={}"]
    command = ["pwa/node_modules/.bin/esbuild", *words, *shape]
    done = subprocess.run(command, cwd=repo, env={**os.environ, "PATH": path}, capture_output=True, check=False)
    if done.returncode:
        raise MissingSourceError(f"{words[0]} could not be bundled: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _bundled(repo: Path, entry: str) -> bytes:
    """One of the pages' programs with everything it imports, in one script."""
    # Inside a page, the end of the script must not be found before its end.
    return _esbuild(repo, f"pwa/{entry}.js", "--format=iife").strip().replace(b"</script", b"<\\/script")


def _app(repo: Path, target: Path) -> None:
    """The phone's app into ``target``: a script per entry, shared and late parts in chunks, and a map beside each for those who debug."""
    facts = target / "meta.json"
    _esbuild(
        repo,
        *(f"pwa/src/{entry}" for entry in FIELD_ENTRIES),
        f"--outdir={target}",
        "--outbase=pwa/src",
        "--chunk-names=chunks/[name]-[hash]",
        "--format=esm",
        "--splitting",
        "--sourcemap",
        f"--metafile={facts}",
    )
    _require_known(facts, FIELD_PACKAGES, "the phone's app")


def _require_known(facts: Path, known: frozenset[str], who: str) -> None:
    """Raises ``MissingSourceError`` where a bundle holds a package that is not on its list."""
    seen = {m["name"] for m in map(_PACKAGE.search, json.loads(facts.read_text())["inputs"]) if m}
    facts.unlink()
    if strangers := seen - known:
        raise MissingSourceError(f"{who} imports {', '.join(sorted(strangers))}, which the asset step does not know")


def _office(repo: Path, target: Path) -> None:
    """The office's programs into ``target``, each in one script."""
    for name in CONSOLE:
        facts = target / f"{name}.meta.json"
        _esbuild(repo, f"pwa/console/{name}.js", f"--outfile={target / name}.js", "--format=iife", f"--metafile={facts}")
        _require_known(facts, CONSOLE_PACKAGES, f"pwa/console/{name}.js")


def _squeeze(root: Path) -> None:
    """A ``.gz`` beside every text that becomes smaller by it. The same bytes give the same file."""
    for path in _files(root):
        if path.suffix in TEXTS:
            small = gzip.compress(path.read_bytes(), 9, mtime=0)
            if len(small) < path.stat().st_size:
                _put(path.with_name(path.name + ".gz"), small)


def _verify(repo: Path, target: Path) -> None:
    for name in VERIFY:
        _put(target / f"static/verify/{name}.js", _bundled(repo, f"verify/{name}"))
    _office(repo, target / "static/console")
    style = (repo / "pwa/verify/saved.css").read_text()
    for address, name in SAVED.items():
        script = _bundled(repo, f"verify/{name}")
        digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
        page = (repo / f"pwa/verify/{name}.html").read_text().replace("__SCRIPT_HASH__", f"sha256-{digest}")
        _put(target / address, page.replace("__STYLE__", style).replace("__SCRIPT__", script.decode()))


def _field(repo: Path, target: Path) -> None:
    pwa, modules = repo / "pwa", repo / "pwa/node_modules"
    for file in FIELD_FILES:
        _put(target / "vendor" / file, (modules / file).read_bytes())
    _app(repo, target / "app")
    for path in _files(pwa / "src"):
        if path.suffix != ".js":
            _put(target / "app" / path.relative_to(pwa / "src"), path.read_bytes())
    tokens = repo / "backend/web/shared/static/tokens.css"
    _put(target / "app/tokens.css", tokens.read_bytes() if tokens.exists() else b"")
    _put(target / "app/i18n.en.json", json.dumps(_catalogue(repo / "backend/locale/en/field.po"), ensure_ascii=False, sort_keys=True))
    _icons(target / "icons")
    _put(target / "manifest.webmanifest", (pwa / "manifest.webmanifest").read_bytes())
    links = "\n".join(
        f'<link rel="modulepreload" href="/field/{path}" nonce="__NONCE__">' for path in _preloads(target, PurePosixPath("app/screens/main.js"))
    )
    _put(target / "index.html", (pwa / "index.html").read_text().replace("<!-- preloads -->", links))
    listed = [[_address(path.relative_to(target)), hashlib.sha256(path.read_bytes()).hexdigest()[:16]] for path in _files(target) if path.suffix != ".map"]
    version = hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:12]
    precache = json.dumps({"version": version, "files": listed}, separators=(",", ":"))
    _put(target / "sw.js", (pwa / "sw.js").read_text().replace("self.__PRECACHE__", precache))


def _address(path: Path) -> str:
    return "/field/" if path.name == "index.html" else f"/field/{path.as_posix()}"


def _preloads(root: Path, first: PurePosixPath) -> list[str]:
    """Addresses of every module that loads at start: static imports only, what is imported on demand stays out."""
    todo, seen = [first], []
    while todo:
        here = todo.pop(0)
        if here.as_posix() in seen:
            continue
        seen.append(here.as_posix())
        todo += [PurePosixPath(relpath(here.parent / name)) for name in _STATIC_IMPORT.findall((root / here).read_text())]
    return seen


def _catalogue(path: Path) -> dict[str, str]:
    """Chinese -> English of one .po file; fuzzy and empty ones are left out."""
    if not path.exists():
        return {}
    with path.open("rb") as f:
        return {str(m.id): str(m.string) for m in read_po(f, locale="en") if m.id and m.string and not m.fuzzy}


# -- the mark: a sun over a slot ---------------------------------------------------------------------------------------


def _icon(size: int, *, margin: float, rounded: bool) -> Image.Image:
    """The mark at ``size`` px; ``margin`` is the part of the edge left free (masks cut up to a fifth)."""
    big = size * 4
    image = Image.new("RGBA", (big, big), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, big - 1, big - 1), radius=big * 0.22 if rounded else 0, fill=PAPER)
    unit = big * (1 - 2 * margin) / 32

    def at(x: float, y: float) -> tuple[float, float]:
        return big * margin + x * unit, big * margin + y * unit

    def line(x1: float, y1: float, x2: float, y2: float, width: float, colour: tuple[int, int, int]) -> None:
        draw.line((at(x1, y1), at(x2, y2)), fill=colour, width=round(width * unit))
        for x, y in ((x1, y1), (x2, y2)):
            cx, cy = at(x, y)
            r = width * unit / 2
            draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=colour)

    draw.ellipse((*at(10.5, 8.5), *at(21.5, 19.5)), fill=SUN)
    for x1, y1, x2, y2 in ((16, 2.6, 16, 4.9), (8, 5.9, 9.7, 7.6), (24, 5.9, 22.3, 7.6), (4.6, 14, 7, 14), (27.4, 14, 25, 14)):
        line(x1, y1, x2, y2, 1.9, SUN)
    line(5, 25, 27, 25, 2.6, SLOT)
    return image.resize((size, size), Image.Resampling.LANCZOS)


FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5f53"/>'
    '<circle cx="16" cy="14" r="5.5" fill="#f2b234"/><path d="M16 3v2M8.2 6.2l1.4 1.4M23.8 6.2l-1.4 1.4M5 14h2M25 14h2" '
    'stroke="#f2b234" stroke-width="1.9" stroke-linecap="round"/>'
    '<path d="M6 25h20" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/></svg>'
)


def _icons(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, icon in (
        ("icon-192", _icon(192, margin=0.08, rounded=True)),
        ("icon-512", _icon(512, margin=0.08, rounded=True)),
        ("maskable-512", _icon(512, margin=0.2, rounded=False)),
    ):
        # A palette is enough for flat colours and their edges, and a third of the bytes on a phone's first visit.
        icon.quantize(128, method=Image.Quantize.FASTOCTREE).save(folder / f"{name}.png", optimize=True)
    _put(folder / "favicon.svg", FAVICON)

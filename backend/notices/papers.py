"""Papers as PDF, by Typst from the templates beside this module, with fonts that come with the installation.

The same data give the same bytes: no clock, no system fonts, no random names. A character that the fonts lack is never dropped in
silence: it is written as its number, 〔U+20BB7〕, and the paper lists them. Proven by tests/rooms/test_papers.py.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pylopdf_fonts_zh_cn
import typst
from fontTools.ttLib import TTFont
from PIL import Image

TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent
LONGEST_PX = 1000  # of a photo on paper: a third of a page's width at 400 dots an inch
_INVISIBLE = frozenset("\n\t\u200b")


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


@cache
def characters() -> frozenset[int]:
    """The code points that both fonts can draw."""
    found = None
    for path in sorted(FONTS.glob("*.otf")):
        with TTFont(path, lazy=True) as font:
            here = frozenset(font.getBestCmap() or ())
        found = here if found is None else found & here
    return found or frozenset()


def drawable(value: Any, missing: dict[str, None]) -> Any:
    """``value`` with each character that the fonts lack written as its number; these are noted in ``missing``, in their order."""
    if isinstance(value, str):
        return "".join(_drawable(ch, missing) for ch in value)
    if isinstance(value, Mapping):
        return {k: v if k in ("qr", "svg", "file") else drawable(v, missing) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [drawable(v, missing) for v in value]
    return value


def _drawable(ch: str, missing: dict[str, None]) -> str:
    if ch in _INVISIBLE or ord(ch) in characters():
        return ch
    name = f"U+{ord(ch):04X}"
    missing[name] = None
    return f"〔{name}〕"


def scaled(photo: bytes) -> bytes | None:
    """A photo as the paper carries it: a small JPEG without its file's claims; None for what is no picture."""
    try:
        with Image.open(BytesIO(photo)) as image:
            image.draft("RGB", (LONGEST_PX, LONGEST_PX))
            small = image.convert("RGB")
            small.thumbnail((LONGEST_PX, LONGEST_PX))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    out = BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def render(kind: Literal["notice", "record", "sheet", "placards", "letter"], data: Mapping[str, Any], files: Mapping[str, bytes], at: datetime) -> bytes:
    """The PDF (PDF/A-2a: to be kept, and to be read aloud). ``files`` by the names that ``data`` uses; ``at`` is the paper's own date."""
    missing: dict[str, None] = {}
    told = drawable(data, missing) | {"missing": list(missing)}
    with tempfile.TemporaryDirectory(prefix="sunlot-paper-") as folder:
        for path in TEMPLATES.glob("*.typ"):
            (Path(folder) / path.name).write_bytes(path.read_bytes())
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        made = typst.compile(
            str(Path(folder) / f"{kind}.typ"),
            root=folder,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(told, ensure_ascii=False)},
            format="pdf",
            pdf_standards=["a-2a"],
            timestamp=int(at.timestamp()),
        )
    assert isinstance(made, bytes)
    return made

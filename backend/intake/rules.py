"""What a stranger may send, and what becomes of it before anybody sees it. Pure. Proven by tests/rules/test_intake.py over tests/files/strangers.py.

A picture is decoded to its last byte and made anew as a JPEG: position, camera and author are gone, and so is whatever else was hidden in
the file. A PDF cannot be made harmless here: it is kept as it is, handed out only to be saved, never shown. Everything else is refused.
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from backend.kernel.errors import DomainError

MAX_BYTES: Final = 15 * 1024 * 1024
MAX_FILES: Final = 6  # of one form
MAX_PIXELS: Final = 64_000_000  # of a JPEG, which can be decoded smaller than it is
MAX_PIXELS_WHOLE: Final = 32_000_000  # of what must be decoded whole
MAX_SCANS: Final = 64  # of a progressive JPEG: each costs a pass over the picture, and cameras make about ten
MAX_SIDE: Final = 30_000
EDGE: Final = 2560  # the longer side of what is kept
QUALITY: Final = 85
JPEG, PDF = "image/jpeg", "application/pdf"
_FORMATS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"RIFF": "WEBP"}


class NotTaken(DomainError):
    """``name``: the file as its sender calls it."""

    code = "file-not-taken"
    status = 422
    zh = "{name}：{why_zh}"
    en = "{name}: {why_en}"


class FileTooLarge(NotTaken):
    code = "file-too-large"
    status = 413


@dataclass(frozen=True, slots=True)
class Clean:
    """What is kept of one file. ``width`` and ``height`` in pixels, None for a PDF. ``name``: for people, never a path."""

    name: str
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None


def clean_name(name: str, fallback: str = "file") -> str:
    """The last part of a path in one line, without characters that turn, hide or split what is read; at most 80 characters."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] not in "CZ" or c == " ").strip(" .")
    stem, dot, ending = kept.rpartition(".")
    return (f"{stem[: 79 - len(ending)]}.{ending}" if dot and len(ending) <= 10 else kept[:80]) or fallback


def _refuse(name: str, zh: str, en: str) -> NotTaken:
    return NotTaken(name=name, why_zh=zh, why_en=en)


def kind_of(content: bytes) -> str | None:
    """JPEG | PNG | WEBP | PDF by the first bytes, None for everything else."""
    for head, kind in _FORMATS.items():
        if content.startswith(head) and (kind != "WEBP" or content[8:12] == b"WEBP"):
            return kind
    return "PDF" if re.match(rb"%PDF-[12]\.\d", content) else None


def check(content: bytes, name: str) -> Clean:
    """What is kept of a file. Takes the processor for up to a second or two. Raises ``FileTooLarge``, ``NotTaken``."""
    name = clean_name(name)
    if not content:
        raise _refuse(name, "文件是空的", "the file is empty")
    if len(content) > MAX_BYTES:
        raise FileTooLarge(name=name, why_zh="超过 15 MB", why_en="it is larger than 15 MB")
    kind = kind_of(content)
    if kind is None:
        raise _refuse(name, "只接受照片（JPEG、PNG、WebP）和 PDF", "only photos (JPEG, PNG, WebP) and PDF are accepted")
    if kind == "PDF":
        if b"%%EOF" not in content[-1024:]:
            raise _refuse(name, "PDF 不完整", "the PDF is not whole")
        return Clean(name if name.lower().endswith(".pdf") else f"{name}.pdf", PDF, content)
    return _picture(content, name, kind)


def _picture(content: bytes, name: str, kind: str) -> Clean:
    if kind == "JPEG" and content.count(b"\xff\xda") > MAX_SCANS:
        raise _refuse(name, "照片无法读取", "the photo cannot be read")
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as image:
            pixels = image.width * image.height
            if max(image.size) > MAX_SIDE or pixels > (MAX_PIXELS if kind == "JPEG" else MAX_PIXELS_WHOLE):
                raise _refuse(name, "照片像素太多，请缩小后再传", "the photo has too many pixels: make it smaller first")
            image.draft("RGB", (EDGE, EDGE))
            image.load()
            small = _flat(ImageOps.exif_transpose(image))
    except NotTaken:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as e:
        raise _refuse(name, "照片像素太多，请缩小后再传", "the photo has too many pixels: make it smaller first") from e
    except Exception as e:
        raise _refuse(name, "照片无法读取", "the photo cannot be read") from e
    small.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Clean(f"{name.rpartition('.')[0] or name}.jpg", JPEG, out.getvalue(), *small.size)


def _flat(image: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue each, what was transparent on white; nothing of what the file said beside its pixels."""
    if image.mode.startswith("I;16"):
        image = image.convert("F").point(lambda value: value * (255.0 / 65535.0)).convert("L")
    if image.has_transparency_data:
        alpha = image.convert("RGBA")
        under = Image.new("RGBA", alpha.size, "white")
        under.alpha_composite(alpha)
        image = under
    pixels = image.convert("RGB")
    made = Image.new("RGB", pixels.size)
    made.paste(pixels)
    return made

"""Photos of strangers: judged by their content, decoded within limits, made anew. Pure.

What leaves here was written by our own encoder: no position, no device, no comment, no second file behind the picture.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from backend.kernel.errors import DomainError

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MAX_BYTES: Final = 12 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
SIDE: Final = 1600
QUALITY: Final = 82


class NotAPhoto(DomainError):
    code = "not-a-photo"
    status = 422
    zh = "“{name}”不是可用的照片：请选择 12 MB 以内的 JPEG、PNG 或 WebP"
    en = "“{name}” is no photo that we can take: choose a JPEG, PNG or WebP of at most 12 MB"


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of at most SIDE pixels a side. ``source_sha256``: of the file as it came, to know a repeat by."""

    content: bytes
    width: int
    height: int
    sha256: str
    source_sha256: str


def remake(raw: bytes, name: str) -> Picture:
    """Raises ``NotAPhoto`` with the file's name, shortened."""
    shown = name[-40:] or "?"
    if not raw or len(raw) > MAX_BYTES:
        raise NotAPhoto(name=shown)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise NotAPhoto(name=shown)
                image.draft("RGB", (SIDE, SIDE))  # a JPEG is decoded no larger than is needed
                upright = ImageOps.exif_transpose(image) or image
                upright.thumbnail((SIDE, SIDE))
                # Onto white: what was see-through must not turn black. A new picture has no metadata to carry over.
                made = Image.new("RGB", upright.size, "white")
                layer = upright.convert("RGBA")
                made.paste(layer, mask=layer.getchannel("A"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError, Image.DecompressionBombError, Image.DecompressionBombWarning) as e:
        raise NotAPhoto(name=shown) from e
    out = io.BytesIO()
    made.save(out, "JPEG", quality=QUALITY, optimize=True)
    content = out.getvalue()
    return Picture(content, made.width, made.height, hashlib.sha256(content).hexdigest(), hashlib.sha256(raw).hexdigest())

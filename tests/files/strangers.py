"""The corpus of files that strangers might send: made anew for each run, nothing of it is committed.

``CORPUS`` says of each what must come of it: a picture (checked by ``tests/rules/test_intake.py``), a PDF, or a refusal with words of its message.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

MARKER = b"GPS-AND-MORE-THAT-NOBODY-MUST-SEE"


@dataclass(frozen=True)
class Sent:
    """One file. ``kept``: image/jpeg, application/pdf, or empty where it is refused with ``words``."""

    name: str
    make: Callable[[], bytes]
    kept: str = ""
    words: str = ""
    size: tuple[int, int] | None = None
    corner: tuple[int, int, int] | None = None  # the colour of the upper left corner of what is kept


def _drawn(mode: str = "RGB", size: tuple[int, int] = (64, 48), colour: Any = (200, 30, 30)) -> Image.Image:
    return Image.new(mode, size, colour)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _with_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = MARKER.decode()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (25.0, 29.0, 41.0), "E", (103.0, 47.0, 46.0)
    return _saved(_drawn(), "JPEG", exif=exif)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, data: bytes, *more: bytes) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _animated(kind: str) -> bytes:
    first, *rest = (_drawn(colour=c) for c in ((10, 200, 10), (200, 10, 10), (10, 10, 200)))
    return _saved(first, kind, save_all=True, append_images=rest, duration=80, lossless=True) if kind == "WEBP" else _saved(
        first, kind, save_all=True, append_images=rest, duration=80
    )


def _many_scans() -> bytes:
    whole = _saved(_drawn(size=(512, 512)), "JPEG", progressive=True)
    start = whole.rindex(b"\xff\xda")
    return whole[:start] + whole[start:-2] * 400 + b"\xff\xd9"


def _one_pdf(body: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def _sixteen_bits() -> bytes:
    data = zlib.compress(b"".join(b"\0" + b"\xff\xff" * 4 for _ in range(4)))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 0, 0, 0, 0)) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _text_bomb() -> bytes:
    nine_million = _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(9_000_000)))
    return _png(1, 1, zlib.compress(b"\0\xff"), *[nine_million] * 9)


RED = (200, 30, 30)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(document.cookie)</script>"

CORPUS = (
    Sent("plain.jpg", lambda: _saved(_drawn(), "JPEG"), kept="image/jpeg", size=(64, 48), corner=RED),
    Sent("with position.jpg", _with_exif, kept="image/jpeg", size=(64, 48), corner=RED),
    Sent("on its side.jpg", lambda: _with_exif(6), kept="image/jpeg", size=(48, 64), corner=RED),
    Sent("cmyk.jpg", lambda: _saved(_drawn("CMYK", colour=(0, 255, 255, 0)), "JPEG"), kept="image/jpeg", size=(64, 48), corner=(254, 0, 0)),
    Sent("grey.jpg", lambda: _saved(_drawn("L", colour=90), "JPEG"), kept="image/jpeg", corner=(90, 90, 90)),
    Sent("progressive.jpg", lambda: _saved(_drawn(), "JPEG", progressive=True), kept="image/jpeg", corner=RED),
    Sent("large.jpg", lambda: _saved(_drawn(size=(6000, 4000)), "JPEG"), kept="image/jpeg", size=(2560, 1707), corner=RED),
    Sent("clear.png", lambda: _saved(_drawn("RGBA", colour=(0, 0, 0, 0)), "PNG"), kept="image/jpeg", corner=(255, 255, 255)),
    Sent("palette.png", lambda: _saved(_drawn("P", colour=0), "PNG", transparency=0), kept="image/jpeg", corner=(255, 255, 255)),
    Sent("16 bits.png", _sixteen_bits, kept="image/jpeg", size=(4, 4), corner=(255, 255, 255)),
    Sent("moving.png", lambda: _animated("PNG"), kept="image/jpeg", size=(64, 48), corner=(10, 200, 10)),
    Sent("moving.webp", lambda: _animated("WEBP"), kept="image/jpeg", size=(64, 48), corner=(10, 200, 10)),
    Sent("text.png", lambda: _png(1, 1, zlib.compress(b"\0\xff"), _chunk(b"tEXt", b"Author\0" + MARKER)), kept="image/jpeg", corner=(255, 255, 255)),
    # Two kinds of file at once: what is kept is only the picture.
    Sent("and a page.jpg", lambda: _saved(_drawn(), "JPEG") + MARKER + HTML, kept="image/jpeg", corner=RED),
    Sent("and an archive.png", lambda: _saved(_drawn(), "PNG") + MARKER + b"PK\x03\x04" + b"\0" * 60, kept="image/jpeg", corner=RED),
    Sent("comment.jpg", lambda: _saved(_drawn(), "JPEG", comment=MARKER + HTML), kept="image/jpeg", corner=RED),
    # A name says nothing.
    Sent("page.html", lambda: _saved(_drawn(), "JPEG"), kept="image/jpeg", corner=RED),
    Sent("letter.pdf", _one_pdf, kept="application/pdf"),
    Sent("no ending", _one_pdf, kept="application/pdf"),
    Sent("drawing.svg", lambda: SVG, words="JPEG"),
    Sent("drawing.png", lambda: SVG, words="JPEG"),
    Sent("page.jpg", lambda: HTML, words="JPEG"),
    Sent("script.pdf", lambda: HTML + _one_pdf(), words="JPEG"),
    Sent("cut.pdf", lambda: _one_pdf()[:40], words="不完整"),
    Sent("program.jpg", lambda: b"MZ" + b"\0" * 200, words="JPEG"),
    Sent("moving.gif", lambda: _saved(_drawn(), "GIF"), words="JPEG"),
    Sent("scan.tiff", lambda: _saved(_drawn(), "TIFF"), words="JPEG"),
    Sent("icon.ico", lambda: _saved(_drawn(), "ICO"), words="JPEG"),
    Sent("empty.jpg", lambda: b"", words="空"),
    Sent("only a head.jpg", lambda: b"\xff\xd8\xff\xe0" + b"\0" * 40, words="无法读取"),
    Sent("cut.jpg", lambda: _saved(_drawn(size=(900, 900)), "JPEG")[:-4000], words="无法读取"),
    Sent("cut.png", lambda: _saved(Image.effect_noise((300, 300), 90), "PNG")[:-9000], words="无法读取"),
    Sent("bomb.png", lambda: _png(30_000, 30_000, zlib.compress(bytes(30_001) * 300)), words="像素太多"),
    Sent("long bomb.png", lambda: _png(2_000_000_000, 1, zlib.compress(bytes(4000))), words="像素太多"),
    Sent("large.png", lambda: _saved(Image.new("1", (8000, 6000)), "PNG"), words="像素太多"),
    Sent("text bomb.png", _text_bomb, words="无法读取"),
    Sent("many passes.jpg", _many_scans, words="无法读取"),
    Sent("too large.jpg", lambda: _saved(_drawn(), "JPEG") + bytes(15 * 1024 * 1024), words="15 MB"),
)

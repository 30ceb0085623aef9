"""QR codes: a PNG for a page, a path for a sheet that is printed or a phone's screen."""

from __future__ import annotations

import base64
import io
import re
from functools import lru_cache
from typing import Final

import zxingcpp
from PIL import Image

from backend.claims.rules import locator_of
from backend.kernel.settings import settings

_QUIET: Final = 4  # light modules around a code (ISO/IEC 18004, 9.1)
_PIXELS: Final = 10  # of a module in a picture
_ANY_MASK: Final = {"data_mask": 4}
_RUN: Final = re.compile(b"1+")
_DARK: Final = bytes.maketrans(b"\x00\xff", b"10")
_GREY: Final = bytes.maketrans(b"10", b"\x00\xff")


def address(code: str) -> str:
    """What a placard carries: the public page of the enterprise."""
    return f"{settings().base_url}/e/{code}"


def paper_link(qr_token: str) -> str:
    """The same page from a paper of the office, which is no placard that could be out of date."""
    return f"{address(qr_token)}?via=paper"


def officer_address(token: str) -> str:
    """What an officer's phone shows."""
    return f"{settings().base_url}/o/{token}"


def claim_address(code: str = "") -> str:
    """Where a claim code is typed; with the part by which it is found, for addresses end up in logs and the rest must be typed."""
    return f"{settings().base_url}/my/claim" + (f"?at={locator_of(code)}" if code else "")


def visit_address(proof: str) -> str:
    """The page that checks a visit's proof; what stands behind the # never reaches the server."""
    return f"{settings().base_url}/visit#{proof}"


def _rows(text: str, level: str = "Q", **options: int) -> list[bytes]:
    """The modules row by row, quiet zone included: ``1`` dark, ``0`` light."""
    # Level Q: a quarter of a card on a shop wall may be scratched or covered.
    image = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level, **options).to_image(add_quiet_zones=False)
    _height, width = image.shape
    modules = bytes(memoryview(image)).translate(_DARK)  # type: ignore[arg-type]  # a buffer, which its stub does not say
    side, margin = b"0" * _QUIET, [b"0" * (width + 2 * _QUIET)] * _QUIET
    return [*margin, *(side + modules[start : start + width] + side for start in range(0, len(modules), width)), *margin]


def png(text: str) -> bytes:
    rows, buffer = _rows(text), io.BytesIO()
    image = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows).translate(_GREY))
    image.resize((len(rows) * _PIXELS,) * 2, Image.Resampling.NEAREST).convert("1").save(buffer, format="PNG")
    return buffer.getvalue()


@lru_cache(maxsize=4096)
def path(text: str, *, on_screen: bool = False) -> tuple[int, str]:
    """``draw``, remembered."""
    return draw(text, on_screen=on_screen)


def draw(text: str, *, on_screen: bool = False) -> tuple[int, str]:
    """Side length in modules, quiet zone included, and the dark modules as an SVG path of horizontal runs. For secrets: nothing is remembered."""
    # A screen is neither scratched nor covered: fewer modules are read from further away.
    rows = _rows(text, "M" if on_screen else "Q")
    runs = (f"M{run.start()} {y}h{run.end() - run.start()}v1h{run.start() - run.end()}z" for y, row in enumerate(rows) for run in _RUN.finditer(row))
    return len(rows), "".join(runs)


def bits(text: str) -> tuple[int, str]:
    """A large code for a screen, level L: side length in modules, quiet zone included, and the modules row by row, a bit each
    (most significant first, dark = 1), as base64url. A twentieth of the bytes of its path."""
    # Text that looks random needs no best of eight masks (a reader takes any, ISO/IEC 18004): a fifth of the time.
    rows = _rows(text, "L", **_ANY_MASK)
    modules = b"".join(rows)
    modules += b"0" * (-len(modules) % 8)
    return len(rows), base64.urlsafe_b64encode(int(modules, 2).to_bytes(len(modules) // 8, "big")).rstrip(b"=").decode()

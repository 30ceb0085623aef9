"""QR codes: a PNG for a page, a path for a sheet that is printed or a phone's screen."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from typing import Any, Final

import zxingcpp
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode

from backend.claims.rules import locator_of
from backend.kernel.settings import settings

_QUIET: Final = 4  # light modules around a code (ISO/IEC 18004, 9.1)
_ANY_MASK: Final = 4
_DARK: Final = bytes.maketrans(b"\x00\xff", b"10")


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


def _code(text: str, level: int = ERROR_CORRECT_Q) -> QRCode[Any]:
    # Level Q: a quarter of a card on a shop wall may be scratched or covered.
    code: QRCode[Any] = QRCode(error_correction=level, box_size=10, border=_QUIET)
    code.add_data(text)  # type: ignore[no-untyped-call]
    code.make(fit=True)  # type: ignore[no-untyped-call]
    return code


def png(text: str) -> bytes:
    buffer = io.BytesIO()
    _code(text).make_image().save(buffer, format="PNG")
    return buffer.getvalue()


@lru_cache(maxsize=4096)
def path(text: str, *, on_screen: bool = False) -> tuple[int, str]:
    """``draw``, remembered."""
    return draw(text, on_screen=on_screen)


def draw(text: str, *, on_screen: bool = False) -> tuple[int, str]:
    """Side length in modules, quiet zone included, and the dark modules as an SVG path of horizontal runs. For secrets: nothing is remembered."""
    # A screen is neither scratched nor covered: fewer modules are read from further away.
    matrix = _code(text, ERROR_CORRECT_M if on_screen else ERROR_CORRECT_Q).get_matrix()  # type: ignore[no-untyped-call]
    runs = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                runs.append(f"M{x} {y}h{end - x}v1h{x - end}z")
            x = end + 1
    return len(matrix), "".join(runs)


def bits(text: str) -> tuple[int, str]:
    """A large code for a screen, level L: side length in modules, quiet zone included, and the modules row by row, a bit each
    (most significant first, dark = 1), as base64url. A twentieth of the bytes of its path.

    Hundreds are drawn for one phone at once, so zxing-cpp draws them, in a sixtieth of the time of qrcode.
    """
    # Text that looks random needs no best of eight masks (a reader takes any, ISO/IEC 18004): a fifth of the time.
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L", data_mask=_ANY_MASK)
    image = code.to_image(add_quiet_zones=False)
    _height, width = image.shape
    modules = bytes(memoryview(image)).translate(_DARK)  # type: ignore[arg-type]  # a buffer, which its stub does not say
    side, margin = b"0" * _QUIET, b"0" * (width + 2 * _QUIET) * _QUIET
    grid = margin + b"".join(side + modules[start : start + width] + side for start in range(0, len(modules), width)) + margin
    grid += b"0" * (-len(grid) % 8)
    return width + 2 * _QUIET, base64.urlsafe_b64encode(int(grid, 2).to_bytes(len(grid) // 8, "big")).rstrip(b"=").decode()

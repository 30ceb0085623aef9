"""What a code on a door says of itself before any table is read, and what a placard looks like. Pure.

A signed code has 27 characters: "1" for this way of signing, 16 of a random token (80 bits), 10 of a MAC over both (HMAC-SHA256, cut to
50 bits), all of them lower-case base32 (RFC 4648). Cards that were printed before codes were signed carry 26 such characters and nothing
that proves them. The MAC is short on purpose: it keeps made-up codes from looking like issued ones, but what a code opens is decided by the
table alone. Proven by tests/rules/test_placards.py and, for the phone, by the shared vectors (tests/vectors/placards.json).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.kernel.errors import Conflict, DomainError, Invalid

VERSION: Final = "1"
TOKEN_BYTES, TOKEN_CHARS, CHECK_CHARS = 10, 16, 10
_SIGNED: Final = re.compile(rf"{VERSION}[a-z2-7]{{{TOKEN_CHARS + CHECK_CHARS}}}")
_UNSIGNED: Final = re.compile(r"[a-z2-7]{26}")
SIGNED, UNSIGNED, FORGED = "signed", "unsigned", "forged"

REPLACED, ABUSE = "replaced", "abuse"
GROUNDS: Final[Mapping[str, tuple[str, str]]] = {
    REPLACED: ("已换发", "Replaced by a newer one"),
    "lost": ("遗失", "Lost"),
    "damaged": ("损毁，无法扫描", "Damaged, cannot be scanned"),
    "moved": ("停业、迁出或更名", "Closed, moved or renamed"),
    ABUSE: ("被他人冒用", "Used on somebody else's door"),
}
"""Why a code no longer holds. After each but ``abuse`` it still leads to the page, with a word; after that it leads nowhere."""

LARGEST: Final = 5000  # enterprises in one batch
NAME_LINE: Final = 60


class OtherOrder(Conflict):
    zh = "这一批已经按另外的条件制发，请打开新的制发页面"
    en = "This batch was issued for another choice already: open a new form"


class RevokedBefore(Conflict):
    code = "revoked-before"
    zh = "该码牌已停用：{ground_zh}"
    en = "This code was revoked before: {ground_en}"


class NothingToIssue(DomainError):
    code = "nothing-to-issue"
    status = 422
    zh = "没有要制发的：所选 {n} 户中，{skipped} 户已有有效码牌，{inactive} 户不是存续状态"
    en = "There is nothing to issue: of the {n} enterprises chosen, {skipped} have a code that holds and {inactive} are not active"


class TooMany(DomainError):
    code = "too-many-placards"
    status = 422
    zh = "一批最多 {most} 户，请缩小范围分批制发"
    en = "A batch has {most} enterprises at most: narrow the choice and issue several"


@dataclass(frozen=True, slots=True)
class Format:
    """What a placard is printed as: so many on an A4 page, each of so many millimetres. ``per_file``: how many one file holds, whole pages of them."""

    kind: str  # sticker | poster
    zh: str
    en: str
    columns: int
    rows: int
    width_mm: float
    height_mm: float
    per_file: int

    @property
    def per_page(self) -> int:
        return self.columns * self.rows


FORMATS: Final[Mapping[str, Format]] = {
    "sticker": Format("sticker", "贴纸（大，每张 A4 纸 8 枚，99 × 68 毫米）", "Stickers, large (8 on A4, 99 × 68 mm)", 2, 4, 99.1, 67.7, 200),
    "small": Format("sticker", "贴纸（小，每张 A4 纸 21 枚，63 × 38 毫米）", "Stickers, small (21 on A4, 63 × 38 mm)", 3, 7, 63.5, 38.1, 210),
    "poster": Format("poster", "海报（A4，每张一户）", "Posters (A4, one each)", 1, 1, 210, 297, 100),
}
"""The sizes of common sheets of labels (L7165, L7160), so that no cutting is needed."""


def _mac(token: str, key: bytes) -> str:
    digest = hmac.digest(key, f"sunlot placard {VERSION}\n{token}".encode(), hashlib.sha256)
    return base64.b32encode(digest).decode().lower()[:CHECK_CHARS]


def make_token() -> str:
    return base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode().lower()


def sign(token: str, key: bytes) -> str:
    """The code of a token, as an address carries it."""
    return VERSION + token + _mac(token, key)


def read_code(text: str, key: bytes) -> tuple[str, str]:
    """(what it is, its token). ``SIGNED``: this installation made it; ``UNSIGNED``: it may be of an older card; ``FORGED``: neither, or mistyped."""
    if _SIGNED.fullmatch(text):
        token, mac = text[1 : 1 + TOKEN_CHARS], text[1 + TOKEN_CHARS :]
        return (SIGNED, token) if hmac.compare_digest(mac, _mac(token, key)) else (FORGED, "")
    return (UNSIGNED, text) if _UNSIGNED.fullmatch(text) else (FORGED, "")


def make_number(department: str, year: int, serial: int) -> str:
    """``MP-2026-SCJG-000003``: without gaps or doubles within department and year."""
    return f"MP-{year}-{department.upper()}-{serial:06d}"


def serial_of(number: str, position: int) -> str:
    """What stands on the placard: ``MP-2026-SCJG-000003-0027``."""
    return f"{number}-{position:04d}"


def list_files(n: int, form: str) -> list[tuple[int, int]]:
    """The files of a batch of ``n``: (first, last) position of each, from 1."""
    size = FORMATS[form].per_file
    return [(first, min(first + size - 1, n)) for first in range(1, n + 1, size)]


def check_format(form: str) -> Format:
    if form not in FORMATS:
        raise Invalid(field="format", why_zh="请选择规格", why_en="choose a size")
    return FORMATS[form]


def check_revocation(ground: str, reason: str) -> str:
    """The reason as it is kept. Raises ``Invalid`` naming the field."""
    if ground not in GROUNDS or ground == REPLACED:
        raise Invalid(field="ground", why_zh="请选择停用原因", why_en="choose why it no longer holds")
    reason = " ".join(reason.split())
    if not 4 <= len(reason) <= 500:
        raise Invalid(field="reason", why_zh="请写明情况（4 到 500 字）", why_en="say what happened, in 4 to 500 characters")
    return reason

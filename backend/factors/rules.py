"""One-time codes (RFC 6238) and recovery codes: what was typed, and which it is. Pure.

A one-time code is 6 digits of HMAC-SHA-1 over the 30 s in which it was made. Clocks differ, so the period before and the one after are
taken too (RFC 6238, 5.2), but none twice and none older than the last that was taken. A recovery code is ``XXXX-XXXX-XXXX`` in Crockford's
base 32 (no I, L, O, U): the first character says which of the ten it is, the eleven others (55 bits) prove it.
Proven by tests/rules/test_factor_rules.py with the vectors of RFC 6238.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pyotp

from backend.kernel.errors import DomainError

APP, RECOVERY = "app", "recovery"
PERIOD_S: Final = 30
WINDOW: Final = 1  # periods that a clock may be off, each way
SECRET_BYTES: Final = 20  # as long as the hash (RFC 4226, 4, R6)
ISSUER: Final = "阳光抽查"
STEP_LIFETIME: Final = timedelta(minutes=10)  # from the right password to the code
PENDING_LIFETIME: Final = timedelta(minutes=15)  # from a secret's first showing to its first code
CODES: Final = 10
PROOF_BITS: Final = 55
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 12
_READ_AS = str.maketrans("OILU", "011V")


class BadFactor(DomainError):
    code = "bad-code"
    status = 401
    zh = "验证码不正确，或已经用过。请等验证器显示下一个验证码再试"
    en = "The code is wrong or was used already. Wait for the next one and try again"


class StepOver(DomainError):
    code = "step-over"
    status = 401
    zh = "等待时间过长，请重新输入密码"
    en = "That took too long: enter your password again"


class NothingPending(DomainError):
    code = "nothing-pending"
    status = 409
    zh = "二维码已失效，请重新开始添加"
    en = "The code to scan has expired: begin again"


@dataclass(frozen=True, slots=True)
class Typed:
    """``way``: APP or RECOVERY; ``text`` in its one spelling."""

    way: str
    text: str


def read(text: str) -> Typed | None:
    """What somebody typed, full-width, in groups or in small letters; None where it can be neither."""
    bare = re.sub(r"[\s\-‐–—－]", "", unicodedata.normalize("NFKC", text[:60])).upper()
    if re.fullmatch(r"[0-9]{6}", bare):
        return Typed(APP, bare)
    bare = bare.translate(_READ_AS)
    return Typed(RECOVERY, bare) if len(bare) == _LENGTH and set(bare) <= set(ALPHABET) else None


def find_step(secret: str, code: str, at: datetime, *, after: int) -> int | None:
    """The period (whole 30 s since 1970) whose code this is, within WINDOW of ``at`` and later than ``after``; None where there is none.

    ``secret``: base 32, as apps take it.
    """
    now, otp = int(at.timestamp()) // PERIOD_S, pyotp.TOTP(secret)
    steps = [step for step in range(max(0, now - WINDOW), now + WINDOW + 1) if hmac.compare_digest(otp.generate_otp(step), code)]
    return next((step for step in steps if step > after), None)


def address(secret: str, username: str) -> str:
    """The ``otpauth://`` address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def grouped(secret: str) -> str:
    """A secret as people copy it by hand."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def spell(place: int, proof: int) -> str:
    """The recovery code of a place (0 to 31) and a proof of PROOF_BITS, without its dashes."""
    return ALPHABET[place] + "".join(ALPHABET[proof >> 5 * i & 31] for i in reversed(range(_LENGTH - 1)))


def dashed(code: str) -> str:
    return "-".join(code[i : i + 4] for i in range(0, _LENGTH, 4))

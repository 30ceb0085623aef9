"""One-time codes against the vectors of RFC 6238, each once; what people type; recovery codes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from backend.factors import rules

SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B, SHA-1: the last six of its eight digits.
VECTORS = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_vectors_of_the_standard(seconds, code):
    step = seconds // rules.PERIOD_S
    assert rules.find_step(SECRET, code, at(seconds), after=0) == step
    for off, found in ((-30, step), (30, step), (-90, None), (90, None)):
        assert rules.find_step(SECRET, code, at(seconds) + timedelta(seconds=off), after=0) == found


def test_a_code_is_taken_once_and_none_before_it():
    now = at(1234567890)
    step = rules.find_step(SECRET, "005924", now, after=0)
    assert step is not None
    assert rules.find_step(SECRET, "005924", now, after=step - 1) == step
    assert rules.find_step(SECRET, "005924", now, after=step) is None
    assert rules.find_step(SECRET, "005924", now, after=step + 1) is None


@pytest.mark.parametrize("code", ["005925", "", "5924", "00592４", "ABCDEF"])
def test_another_code_is_none(code):
    if code.isascii():
        assert rules.find_step(SECRET, code, at(1234567890), after=0) is None
    else:
        assert rules.read(code) == rules.Typed(rules.APP, "005924")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("123456", ("app", "123456")),
        (" 123 456 ", ("app", "123456")),
        ("１２３４５６", ("app", "123456")),
        ("3K7Q-X9VD-M2HT", ("recovery", "3K7QX9VDM2HT")),
        ("3k7q x9vd m2ht", ("recovery", "3K7QX9VDM2HT")),
        ("oil0-0000-000u", ("recovery", "01100000000V")),
        ("12345", None),
        ("1234567", None),
        ("", None),
        ("3K7Q-X9VD-M2H*", None),
        ("x" * 100_000, None),
        ("\x00" * 6, None),
    ],
)
def test_what_people_type(text, found):
    typed = rules.read(text)
    assert (typed and (typed.way, typed.text)) == found


def test_a_recovery_code_is_read_as_it_is_printed():
    for place, proof in ((0, 0), (31, (1 << rules.PROOF_BITS) - 1), (7, 0x1234567890ABCD)):
        code = rules.spell(place, proof)
        assert code[0] == rules.ALPHABET[place]
        assert rules.read(rules.dashed(code).lower()) == rules.Typed(rules.RECOVERY, code)
    assert len({rules.spell(1, n) for n in range(1000)}) == 1000


def test_what_an_app_scans():
    parts = urlsplit(rules.address(SECRET, "li.wenhua"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/阳光抽查:li.wenhua"
    assert parse_qs(parts.query) == {"secret": [SECRET], "issuer": ["阳光抽查"]}
    assert rules.grouped(SECRET).replace(" ", "") == SECRET

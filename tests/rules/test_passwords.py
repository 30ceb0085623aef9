"""Passwords: long, not guessable, not one's own name; and nothing is asked of their composition."""

from __future__ import annotations

import pytest

from backend.people.password_rules import LONGEST, weakness


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "short"),
        ("九个字符的密码呀呀", "short"),
        ("x" * (LONGEST + 1), "long"),
        ("wangwei is here today", "name"),
        ("我叫王伟你们都知道的吧", "name"),
        ("aaaaaaaaaaaaaaaa", "guessable"),
        ("1234567890", "guessable"),
        ("qwertyuiop", "guessable"),
        ("1qaz2wsx3edc", "guessable"),
        ("P@ssw0rd123", "guessable"),
        ("woaini1314520", "guessable"),
        ("sunlot-demo", "guessable"),
        ("Sunlot-2026!", "guessable"),
        ("yangguangchoucha", "guessable"),
        ("2026-11-26-12315", "guessable"),
        ("administrator", "guessable"),
        ("correct horse battery", None),
        ("松柏 铅笔 旧车站 十月", None),
        ("gravel tuba lantern", None),
        ("hW3#kfp0qLz8", None),
        ("gravel tuba lantern violet harbour seventeen copper moss and rain", None),
    ],
)
def test_what_is_taken(password: str, why: str | None):
    assert weakness(password, "wangwei", "王伟") == why


def test_the_passwords_that_were_leaked_most_are_refused():
    """ASVS 6.2.4: at least the 3,000 commonest that the other rules would let through; here all of the list that are long enough."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    leaked = list(FREQUENCY_LISTS["passwords"])
    assert len(leaked) > 25_000
    long_enough = [p for p in leaked if len(p) >= 10]
    assert [p for p in long_enough if weakness(p, "wangwei", "王伟") is None] == []
    # And the commonest of all lengths, made long enough as people do it.
    for password in leaked[:3000]:
        longer = (password + password)[:20] if len(password) < 10 else password
        if len(longer) >= 10:
            assert weakness(longer, "wangwei", "王伟") is not None, longer

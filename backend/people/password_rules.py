"""Which passwords are taken (OWASP ASVS 5.0, 6.2): length over composition, nothing that a guesser tries first. Pure but for the estimator's lists.

zxcvbn knows the 30,000 passwords that were leaked most often, names, dates, runs on a keyboard and what people do to hide them, and says how
many guesses a password would take. Proven by tests/rules/test_passwords.py.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from backend.kernel.errors import Invalid

SHORTEST: Final = 10
LONGEST: Final = 128
ESTIMATED: Final = 72  # the estimator's time grows with the length, and so does the number of guesses
# Guesses, as a power of ten: a throttled sign-in allows 5 in ten minutes; this is for a stolen table of argon2id hashes.
GUESSES: Final = 9.0
# What a guesser who knows this office tries first (6.1.2, 6.2.11).
CONTEXT: Final = (
    "sunlot", "yangguang", "choucha", "阳光抽查", "阳光", "抽查", "shuangsuiji", "双随机", "jiancha", "检查", "zhifa", "执法", "jianguan", "监管", "shichang",
    "scjg", "12315", "12345", "qujing", "曲靖", "yunnan", "云南", "admin", "mima", "密码", "password",
)  # fmt: skip

TEXTS: Final = {
    "short": (f"至少 {SHORTEST} 个字符", f"at least {SHORTEST} characters are needed"),
    "long": (f"最多 {LONGEST} 个字符", f"at most {LONGEST} characters are taken"),
    "name": ("不能包含账号名或姓名", "it must not contain the account's or the person's name"),
    "guessable": (
        "太容易猜到：不要用常见密码、日期、键盘顺序或单位名称，可用几个不相干的词",
        "it is too easy to guess: no common passwords, dates, rows of keys or names of the office; several unrelated words will do",
    ),
}


def weakness(password: str, username: str, name: str = "") -> str | None:
    """Why a password is refused: ``short`` | ``long`` | ``name`` | ``guessable``, or None. Takes some milliseconds."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    folded = password.casefold()
    if any(len(own) > 1 and own.casefold() in folded for own in (username, name)):
        return "name"
    # What is left when the office's own words are taken out must still be a password.
    rest = folded
    for word in CONTEXT:
        rest = rest.replace(word, " ")
    if rest != folded and len(re.sub(r"[\W_]+", "", rest)) < SHORTEST - 2:
        return "guessable"
    from zxcvbn import zxcvbn  # half a megabyte of lists, for processes that need them

    found = zxcvbn(password[:ESTIMATED], user_inputs=[*CONTEXT, username, name])  # type: ignore[no-untyped-call]
    return "guessable" if float(found["guesses_log10"]) < GUESSES else None


async def check(password: str, username: str, name: str = "") -> None:
    """Raises ``Invalid`` saying why."""
    if why := await asyncio.to_thread(weakness, password, username, name):
        zh, en = TEXTS[why]
        raise Invalid(field="password", why_zh=zh, why_en=en)

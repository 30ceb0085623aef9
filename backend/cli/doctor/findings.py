"""What the doctor says: one finding a point, in both languages, with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OK, WARN, FAIL = "ok", "warn", "fail"
STATUS: Final = {OK: 0, WARN: 1, FAIL: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """``do_zh``/``do_en``: what to do about it; empty where nothing is to be done."""

    code: str
    level: str
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""


def ok(code: str, zh: str, en: str) -> Finding:
    return Finding(code, OK, zh, en)


def warn(code: str, zh: str, en: str, do_zh: str, do_en: str) -> Finding:
    return Finding(code, WARN, zh, en, do_zh, do_en)


def fail(code: str, zh: str, en: str, do_zh: str, do_en: str) -> Finding:
    return Finding(code, FAIL, zh, en, do_zh, do_en)


def status_of(findings: list[Finding]) -> int:
    """The exit status: 0 all well, 1 a warning, 2 a fault."""
    return max((STATUS[f.level] for f in findings), default=0)

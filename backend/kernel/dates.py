"""Dates as people and spreadsheets write them. Proving test: ``tests/rules/test_workdays.py``."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

OPEN_END = {"长期", "永久", "无固定期限", "长期有效"}
_YMD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{1,6})(?:\.\d+)?")
# Day 0 of Excel's 1900 system; the two days' shift absorbs its invented 1900-02-29, so serials below 61 are refused.
_EPOCH = date(1899, 12, 30)


def is_open_end(text: str) -> bool:
    """Whether ``text`` says "no end": 长期, or the year 9999 that older systems write for it (9999-09-09)."""
    text = unicodedata.normalize("NFKC", text).strip()
    return text in OPEN_END or text.startswith("9999")


def from_serial(days: float) -> date | None:
    """The day of an Excel serial number (1900 system), or None outside 1900-03-01 .. 2199-12-31."""
    return _EPOCH + timedelta(days=int(days)) if 61 <= days < 109_575 else None


def read_date(text: str) -> date | None:
    """``2014-03-05``, ``2014/3/5``, ``2014年3月5日``, ``20140305``, ``41703`` (serial number) -> the date; None if it is none."""
    text = unicodedata.normalize("NFKC", text).strip()
    match = _YMD.fullmatch(text) or _COMPACT.fullmatch(text)
    if match:
        try:
            return date(*(int(part) for part in match.groups()))
        except ValueError:
            return None
    return from_serial(float(text)) if _SERIAL.fullmatch(text) else None

"""What a change is, and the refusal where somebody else was faster. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.kernel.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Kind:
    """One table that is edited row by row. ``key`` is its primary key's column; ``columns`` may be edited; it has a ``version`` column."""

    name: str
    table: str
    key: str
    columns: tuple[str, ...]


class ChangedByOther(Conflict):
    """The row moved on since the editor opened it. ``theirs``: its columns as they stand now; ``version``: to save against next."""

    code = "changed-by-other"
    zh = "您编辑期间，此记录已被他人更改。请对照两份内容后再保存"
    en = "Somebody else changed this record while you were editing it. Compare both texts, then save again"

    def __init__(self, *, theirs: Mapping[str, Any], version: int) -> None:
        self.theirs, self.version = theirs, version
        super().__init__(version=version)


def plain(value: object) -> Any:
    """A column's value as JSON can hold it: dates as ISO 8601, ids as text, arrays as lists."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return value


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(before, after) of the columns of ``new`` that differ, as JSON can hold them. A row that is new has nothing before."""
    changed = [name for name in new if name not in old or plain(old[name]) != plain(new[name])]
    return {n: plain(old[n]) for n in changed if n in old}, {n: plain(new[n]) for n in changed}


def check_text(values: Mapping[str, Any], name: str, longest: int, *, required: bool = True) -> None:
    """Raise ``Invalid`` where a text is missing or too long."""
    text = values.get(name) or ""
    if (required and not text) or len(text) > longest:
        zh, en = ("必填，", ", and not empty") if required else ("", "")
        raise Invalid(field=name, why_zh=f"{zh}不超过 {longest} 个字", why_en=f"at most {longest} characters{en}")


def check_dates(values: Mapping[str, Any]) -> None:
    """A row holds from ``valid_from`` up to, and no longer on, ``valid_to``. Raises ``Invalid``."""
    first, last = values.get("valid_from"), values.get("valid_to")
    if first and last and last <= first:
        raise Invalid(field="valid_to", why_zh="停用日期须晚于启用日期", why_en="the day it ends must lie after the day it begins")


def standing(valid_from: date | None, valid_to: date | None, on: date) -> str:
    """``ahead`` (not yet), ``holds`` or ``over``."""
    if valid_from and valid_from > on:
        return "ahead"
    return "over" if valid_to and valid_to <= on else "holds"


def overlap(row: Mapping[str, Any], others: Iterable[Mapping[str, Any]], same: Sequence[str]) -> Mapping[str, Any] | None:
    """The first of ``others`` that speaks of the same thing (the columns ``same``) on a day on which ``row`` does."""
    for other in others:
        begins_before_end = other["valid_to"] is None or row["valid_from"] < other["valid_to"]
        ends_after_begin = row["valid_to"] is None or other["valid_from"] < row["valid_to"]
        if all(row[name] == other[name] for name in same) and begins_before_end and ends_after_begin:
            return other
    return None

"""What every editor of a register shares: the boxes of a form, what was typed, two texts side by side, the history."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from litestar.datastructures import FormMultiDict

from backend.history import queries as history
from backend.history.rules import ChangedByOther, plain
from backend.kernel.errors import DomainError, Invalid
from backend.people.officer_queries import list_account_names
from backend.web.shared.i18n import _, get_locale

Typed = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Box:
    """One field of a form. ``kind``: text | area | day | number | percent | choice | many | flag. ``label`` and ``hint`` are in the reader's language."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()
    attrs: Mapping[str, str] = field(default_factory=dict)
    is_key: bool = False  # fixed once the row exists
    is_derived: bool = False  # shown, never typed: it follows from other rows


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of two texts: what a colleague saved, what was typed here."""

    label: str
    theirs: str
    yours: str
    differs: bool


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change as people read it."""

    at: datetime
    who: str
    what: str
    reason: str
    fields: list[tuple[str, str, str]]  # label, before, after


def clean(text: object) -> str:
    """A typed text as it is stored: NFC, without blanks around it."""
    return unicodedata.normalize("NFC", str(text or "")).replace("\r\n", "\n").strip()


def typed(form: FormMultiDict, boxes: Sequence[Box]) -> Typed:
    """What was typed, by field: nothing of it may get lost on the way back."""
    return {b.name: [clean(v) for v in form.getall(b.name, [])] if b.kind == "many" else clean(form.get(b.name)) for b in boxes}


def stored(row: Mapping[str, Any], boxes: Sequence[Box]) -> Typed:
    """A stored row as its form shows it."""

    def text(value: object) -> str | list[str]:
        if isinstance(value, tuple | list):
            return [str(v) for v in value]
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "" if value is None else str(plain(value))

    def shown(box: Box) -> str | list[str]:
        value = row.get(box.name)
        return f"{value / 10:g}" if box.kind == "percent" and isinstance(value, int) else text(value)

    return {b.name: shown(b) for b in boxes}


def version_of(form: FormMultiDict) -> int:
    """The version that the form was opened with. Raises ``Invalid`` for a form that lost it."""
    text = str(form.get("version", ""))
    if not text.isdigit() or len(text) > 9:
        raise Invalid(field=_("版本"), why_zh="页面已过期，请重新打开", why_en="the page is out of date: open it again")
    return int(text)


def read_day(text: object, name: str, *, required: bool = True) -> date | None:
    try:
        found = date.fromisoformat(str(text)) if text else None
    except ValueError as e:
        raise Invalid(field=name, why_zh="请选择日期", why_en="choose a date") from e
    if (found is None and required) or (found is not None and not 1949 <= found.year < 2200):
        raise Invalid(field=name, why_zh="请选择日期", why_en="choose a date")
    return found


def read_number(text: object, name: str, low: int, high: int) -> int:
    if not str(text).isascii() or not str(text).isdigit() or not low <= int(str(text)) <= high:
        raise Invalid(field=name, why_zh=f"须为 {low} 到 {high} 的整数", why_en=f"must be a whole number from {low} to {high}")
    return int(str(text))


def read_percent(text: object, name: str) -> int:
    """"5" or "2.5" percent in thousandths."""
    whole, dot, tenth = str(text).partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 3 and (not dot or (tenth.isascii() and tenth.isdigit() and len(tenth) == 1))):
        raise Invalid(field=name, why_zh="请填写百分比，最多一位小数", why_en="give a percentage, with one decimal at most")
    found = int(whole) * 10 + int(tenth or 0)
    if found > 1000:
        raise Invalid(field=name, why_zh="不超过 100%", why_en="100 % at most")
    return found


def say(box: Box, value: object) -> str:
    """A value of a field in words."""
    names = dict(box.choices)
    if isinstance(value, tuple | list):
        return "、".join(names.get(str(v), str(v)) for v in value) or "-"
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if value is None or value == "":
        return names.get("", "-")
    if box.kind == "percent":
        return f"{value / 10:g}%" if isinstance(value, int) else f"{value}%"
    return names.get(str(plain(value)), str(plain(value)))


def compare(e: ChangedByOther, yours: Typed, boxes: Sequence[Box]) -> list[Difference]:
    """The two texts, field by field."""
    theirs = stored(e.theirs, boxes)
    mine = [b for b in boxes if not (b.is_key or b.is_derived)]
    return [Difference(b.label, say(b, theirs[b.name]), say(b, yours[b.name]), theirs[b.name] != yours[b.name]) for b in mine]


def message(e: DomainError, boxes: Sequence[Box]) -> tuple[str, str]:
    """(name of the field that is wrong, or ""; what to tell), the field called as the form calls it."""
    name = str(e.fields.get("field", ""))
    label = next((b.label for b in boxes if b.name == name), name)
    if isinstance(e, Invalid):
        return name, Invalid(**{**e.fields, "field": label}).message(get_locale())
    return name, e.message(get_locale())


def whats() -> dict[str, str]:
    return {
        "added": _("新增"),
        "changed": _("修改"),
        "ended": _("已失效"),
        "suspended": _("已停用"),
        "reinstated": _("已恢复"),
        "account": _("开通账号"),
        "published": _("发布"),
        "removed": _("删除"),
    }


async def load_history(kind: str, key: object, boxes: Sequence[Box]) -> list[HistoryLine]:
    """Every change of one row, the latest first."""
    changes = await history.list_changes(kind, str(key))
    names = await list_account_names([c.by for c in changes if c.by])
    known = {b.name: b for b in boxes}
    lines = []
    for c in changes:
        fields = [
            (known[n].label, say(known[n], c.old.get(n)), say(known[n], c.new.get(n))) for n in known if n in c.new and (c.new[n] or c.old.get(n) is not None)
        ]
        who = names.get(c.by, "?") if c.by else _("系统")
        lines.append(HistoryLine(c.at, who, whats().get(c.what, c.what), c.reason, fields))
    return lines

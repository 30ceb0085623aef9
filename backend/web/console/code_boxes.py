"""What the forms of code tables are made of: fields that many of them share, and how what was typed in those is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from backend.people.rules import Principal
from backend.web.console.editing import Box, Typed, read_day
from backend.web.shared.i18n import _

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spec:
    """One table on its pages. ``columns``: what the list shows, the first as the link. ``rule``: what governs it, in the reader's language."""

    kind: str
    title: str
    rule: str
    columns: tuple[str, ...]
    boxes: Callable[[Principal], Awaitable[list[Box]]]
    read: Callable[[Typed], Row]


def span(*, needs_first: bool = False) -> list[Box]:
    return [
        Box("valid_from", _("启用日期"), "day", required=needs_first),
        Box("valid_to", _("停用日期"), "day", hint=_("自该日起不再使用；不填即长期有效")),
    ]


def text(values: Typed, name: str) -> str:
    return str(values[name])


def dates(values: Typed, *, needs_first: bool) -> Row:
    return {
        "valid_from": read_day(values["valid_from"], "valid_from", required=needs_first),
        "valid_to": read_day(values["valid_to"], "valid_to", required=False),
    }


def code_box(hint: str) -> Box:
    return Box("code", _("代码"), required=True, is_key=True, hint=hint, attrs={"autocapitalize": "none", "autocomplete": "off"})


def names() -> list[Box]:
    return [Box("name_zh", _("中文名称"), required=True), Box("name_en", _("英文名称"), required=True)]


def source(hint: str = "") -> Box:
    return Box("source", _("依据"), required=True, hint=hint or _("文件名称和文号"))

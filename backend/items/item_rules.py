"""What the item list says of a check item. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from backend.history.rules import check_text
from backend.kernel.errors import Invalid

CATEGORIES: Mapping[str, tuple[str, str]] = {"general": ("一般检查事项", "General"), "key": ("重点检查事项", "Key")}
METHODS: Mapping[str, tuple[str, str]] = {
    "onsite": ("实地检查", "On site"),
    "documents": ("书面检查", "Documents"),
    "other": ("其他部门结果或专家意见", "Another department's result or expert opinion"),
    "testing": ("检验检测", "Testing"),
    "online": ("网络监测", "Online monitoring"),
    "commissioned": ("委托专业机构", "Commissioned professional body"),
}
FIELDS = ("name_zh", "name_en", "category", "legal_basis", "method", "qualification")


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """One edition of an item as an editor or a file writes it."""

    name_zh: str
    name_en: str
    category: str
    legal_basis: str
    method: str
    qualification: str | None = None


def check_code(code: str) -> None:
    """Raises ``Invalid``."""
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{1,19}", code):
        raise Invalid(field="code", why_zh="须为 2 至 20 位大写字母、数字或连字符", why_en="2 to 20 capitals, digits or hyphens")


def check_item(draft: ItemDraft, qualifications: Collection[str]) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand."""
    values = {name: getattr(draft, name) for name in FIELDS}
    check_text(values, "name_zh", 120)
    check_text(values, "name_en", 160)
    check_text(values, "legal_basis", 2000)
    for name, known in (("category", CATEGORIES), ("method", METHODS)):
        if values[name] not in known:
            raise Invalid(field=name, why_zh="没有这个选项", why_en="there is no such choice")
    if draft.qualification is not None and draft.qualification not in qualifications:
        raise Invalid(field="qualification", why_zh="没有这个资质", why_en="there is no such qualification")


def check_beginning(effective_from: date, today: date) -> None:
    """A change holds from today or a later day: what was planned before was planned under the former text. Raises ``Invalid``."""
    if effective_from < today:
        raise Invalid(field="effective_from", why_zh="生效日期不得早于今天", why_en="a change begins today at the earliest")

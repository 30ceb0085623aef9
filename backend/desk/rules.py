"""Who a comment calls by name, and what may be done to many visits at once. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from backend.kernel.errors import Invalid

REMIND, EXTEND, ASSIGN = "remind", "extend", "assign"
ACTIONS: Final = {
    REMIND: ("催办检查人员", "Remind the officers"),
    EXTEND: ("延长检查期限", "Extend the deadline"),
    ASSIGN: ("转交审核员", "Hand to another reviewer"),
}
MOST: Final = 200
LONGEST: Final = 2000


def find_mentions(text: str, colleagues: Mapping[str, UUID]) -> tuple[UUID, ...]:
    """The colleagues that ``@name`` calls, each once, in the order of the text. ``colleagues``: account by name or user name.

    The longest name that fits wins, so that 李文 is not called where 李文华 is meant; an address (a@b.c) calls nobody.
    """
    if not colleagues:
        return ()
    names = "|".join(re.escape(n) for n in sorted(colleagues, key=len, reverse=True))
    found = re.findall(rf"(?<![\w.])@({names})(?![A-Za-z0-9_])", text)
    return tuple(dict.fromkeys(colleagues[name] for name in found))


def check_comment(text: str) -> str:
    """The comment as it is kept. Raises ``Invalid``."""
    text = text.strip()
    if not text:
        raise Invalid(field="text", why_zh="请填写批注", why_en="write something")
    if len(text) > LONGEST:
        raise Invalid(field="text", why_zh=f"批注不超过 {LONGEST} 字", why_en=f"a comment has at most {LONGEST} characters")
    return text


def check_run(action: str, count: int) -> None:
    """Raise ``Invalid`` for what no run can be."""
    if action not in ACTIONS:
        raise Invalid(field="action", why_zh="请选择要办理的操作", why_en="choose what to do")
    if not 1 <= count <= MOST:
        raise Invalid(field="rows", why_zh=f"请勾选 1 到 {MOST} 项检查", why_en=f"tick 1 to {MOST} inspections")

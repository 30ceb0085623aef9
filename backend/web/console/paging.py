"""A page of a list whose address names the row behind which it begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

Row = TypeVar("Row")


def read_place(after: str) -> UUID | None:
    """The row that ``?after=`` names; nonsense begins at the beginning."""
    try:
        return UUID(after)
    except ValueError:
        return None


def cut(rows: Sequence[Row], size: int, path: str, **asked: Any) -> tuple[Sequence[Row], str | None]:
    """Of ``size + 1`` rows or fewer the first ``size``, and the address of the next page, None at the end. A row has an ``id``."""
    if len(rows) <= size:
        return rows, None
    shown = rows[:size]
    return shown, f"{path}?" + urlencode({k: v for k, v in asked.items() if v} | {"after": shown[-1].id})  # type: ignore[attr-defined]

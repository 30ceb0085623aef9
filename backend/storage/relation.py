"""A question that one room hands to another, unasked: SQL with its arguments, so that a million rows need not pass through Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Relation:
    """``sql`` is a whole ``select`` over $1..$n; whoever makes it names its columns."""

    sql: str
    args: tuple[Any, ...]

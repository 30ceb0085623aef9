"""名单 Enterprises on the list of abnormal operation 经营异常名录 or of serious breaches 严重违法失信名单, as far as law makes it public.

企业信息公示暂行条例 17, 18: who is on a list, since when, on what ground, by which authority. Whoever was taken off is shown no more, for
publication ends with the entry (信用修复管理办法). Nothing else of the register is in here.
"""

from __future__ import annotations

import base64
import binascii
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from backend.storage.engine import reader

LISTS: Final = {"abnormal": ("经营异常名录", "List of abnormal operation"), "serious": ("严重违法失信名单", "List of serious breaches")}
PAGE: Final = 50
MAX_TEXT: Final = 60
_GRAMS: Final = "enterprise_grams(hay, sound, initials, code, region, industry, kind, status, credit_class)"


@dataclass(frozen=True, slots=True)
class PublicListing:
    """One entry in force. ``kind``, ``keeper``: of the enterprise, for the masking of what leaves in bulk; never shown."""

    id: UUID
    list: str
    code: str
    name: str
    region: str
    ground: str
    authority: str
    document: str
    listed_on: date
    kind: str
    keeper: str


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """Empty means all. ``text``: part of the name, or the beginning of the code; ``since``: only what was entered on that day or later."""

    list: str = ""
    text: str = ""
    county: str = ""
    since: date | None = None


_ONE: Final = (
    "select l.id, l.list, e.code, e.name, e.region, l.ground, l.authority, l.document, l.listed_on, e.kind, e.legal_rep as keeper"
    " from enterprise_listing l join enterprise e on e.id = l.enterprise where l.removed_on is null"
)


def _read_cursor(cursor: str) -> tuple[date, UUID] | None:
    try:
        day, last = base64.urlsafe_b64decode(cursor.encode()).decode().split("_")
        return date.fromisoformat(day), UUID(last)
    except (ValueError, binascii.Error):
        return None


def cursor_of(row: PublicListing) -> str:
    return base64.urlsafe_b64encode(f"{row.listed_on.isoformat()}_{row.id}".encode()).decode()


def _where(by: ListingFilter) -> tuple[str, list[Any]]:
    values: list[Any] = []
    conditions = []

    def bind(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    if by.list:
        conditions.append(f"l.list = {bind(by.list)}")
    if by.county:
        conditions.append(f"e.region = {bind(by.county)}")
    if by.since:
        conditions.append(f"l.listed_on >= {bind(by.since)}")
    if word := unicodedata.normalize("NFKC", by.text.replace("\x00", "")).lower().strip()[:MAX_TEXT]:
        # Only the name and the code are asked: by the search table one could also ask for a person.
        grams = [word] if len(word) == 1 else [word[i : i + 2] for i in range(len(word) - 1)]
        found = (
            f"select enterprise from enterprise_search where {_GRAMS} @> (select array_agg(hashtext(g)) from unnest({bind(grams)}::text[]) g)"
            f" and strpos(split_part(hay, E'\\n', 1), {bind(word)}) > 0"
        )
        if word.isascii() and word.isalnum():
            found += f" union all select id from enterprise where code between {bind(word.upper())} and {bind(word.upper() + chr(0xFFFF))}"
        conditions.append(f"l.enterprise in ({found})")
    return "".join(f" and {c}" for c in conditions), values


async def list_in_force(by: ListingFilter, *, after: str = "", limit: int = PAGE) -> list[PublicListing]:
    """The latest entered first. ``after``: ``cursor_of`` the last one of the page before; anything else means the first page."""
    where, values = _where(by)
    if place := _read_cursor(after) if after else None:
        values += place
        where += f" and (l.listed_on, l.id) < (${len(values) - 1}, ${len(values)}::uuid)"
    rows = await reader().fetch(f"{_ONE}{where} order by l.listed_on desc, l.id desc limit {limit}", *values)
    return [PublicListing(**row) for row in rows]


async def count_in_force() -> dict[str, int]:
    """By list."""
    rows = await reader().fetch("select list, count(*) as n from enterprise_listing where removed_on is null group by list")
    return {name: next((row["n"] for row in rows if row["list"] == name), 0) for name in LISTS}


async def mark_of_in_force() -> str:
    """Another text whenever the rows that are in force are others."""
    row = await reader().fetchrow("select count(*) as n, max(created_at) as at from enterprise_listing where removed_on is null")
    return f"{row['n']} {row['at']}"


async def list_keepers(enterprises: list[UUID]) -> dict[UUID, tuple[str, str]]:
    """Enterprise -> (kind, legal representative), for the masking of names. Not scoped: never shown."""
    rows = await reader().fetch("select id, kind, legal_rep from enterprise where id = any($1)", enterprises)
    return {row["id"]: (row["kind"], row["legal_rep"]) for row in rows}

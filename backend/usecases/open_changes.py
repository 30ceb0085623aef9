"""公示动态 What has happened before the public, read from the log: results, draws, plans. For the feed, the interface and webhooks alike.

The index in the log is the cursor: it orders everything, has no gaps, and is never missed by whoever reads from where they stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from backend.kernel.errors import NotFound
from backend.kernel.settings import settings
from backend.ledger import queries as ledger
from backend.ledger.queries import PublicEntry
from backend.ledger.rules import EVENTS
from backend.publicity.queries import find_publication
from backend.usecases.open_data import OpenResult, open_results

# Event of the log -> what of its public payload a stranger needs; the rest is at ``href``.
TOLD: Final[dict[str, tuple[str, ...]]] = {
    "result.published": (),
    "result.corrected": (),
    "result.withdrawn": (),
    "draw.announced": (),
    "draw.performed": ("n_drawn", "n_exceptions"),
    "draw.revealed": (),
    "draw.voided": ("reason",),
    "draw.overdue": ("reveal_by",),
    "plan.published": ("edition", "name"),
    "campaign.adhoc": ("kind", "department", "county"),
}
NAMES: Final = {event: EVENTS[event] for event in TOLD}


class Change(Struct, frozen=True):
    """One thing that happened in public."""

    index: Annotated[int, Meta(description="Index of the entry in the log, which is also the cursor")]
    type: Annotated[str, Meta(description="Event, as docs/glossary.md lists them")]
    at: Annotated[datetime, Meta(description="When (UTC)")]
    subject: Annotated[str, Meta(description="Number of the result or plan, id of the draw, number of the campaign")]
    facts: Annotated[dict[str, str | int], Meta(description="What else there is to know of it; for a result see result")]
    result: Annotated[OpenResult | None, Meta(description="The version of the result that this entry published; null for anything else")]
    href: Annotated[str, Meta(description="Page for people")]


def _facts(entry: PublicEntry) -> dict[str, str | int]:
    return {name: entry.payload[name] for name in TOLD[entry.type] if isinstance(entry.payload.get(name), str | int)}


def _href(entry: PublicEntry) -> str:
    kind = entry.type.partition(".")[0]
    page = {"result": "/results/", "draw": "/draws/", "plan": "/plans/"}.get(kind, "/log?subject=")
    return f"{settings().base_url}{page}{entry.subject}"


async def _result(entry: PublicEntry) -> OpenResult | None:
    if not entry.type.startswith("result."):
        return None
    try:
        return (await open_results([await find_publication(entry.subject, int(entry.payload["version"]))]))[0]
    except NotFound:
        return None


async def _changes(entries: Sequence[PublicEntry]) -> list[Change]:
    return [Change(e.index, e.type, e.at, e.subject, _facts(e), await _result(e), _href(e)) for e in entries]


def chosen(types: Sequence[str]) -> list[str]:
    """Those that are told; all of them where none is asked for."""
    return [t for t in TOLD if t in types] or list(TOLD)


async def list_after(after: int, *, types: Sequence[str] = (), limit: int) -> tuple[list[Change], int]:
    """What followed the entry ``after`` (-1: from the beginning), and from where to ask next. The list may be empty where the log goes on."""
    entries, read_to = await ledger.list_public_after(chosen(types), after, limit)
    return await _changes(entries), read_to


async def list_latest(*, types: Sequence[str] = (), limit: int) -> list[Change]:
    """The latest first."""
    return await _changes(await ledger.list_public_latest(chosen(types), limit))


def as_json(change: Change) -> dict[str, Any]:
    """For a webhook: ``{"type", "timestamp", "data"}`` (Standard Webhooks 1.0)."""
    data: dict[str, Any] = {"index": change.index, "subject": change.subject, "href": change.href, **change.facts}
    return {"type": change.type, "timestamp": change.at, "data": data | ({"result": change.result} if change.result else {})}

"""Reads on draws: what is announced, the bundle that anyone recomputes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from backend.draws import rules
from backend.draws.frame import COMMITMENT, key_blocks
from backend.kernel import jcs
from backend.kernel.errors import NotFound
from backend.storage.engine import reader

GRACE = timedelta(days=1)  # until a secret that is still shut counts as withheld
FRAME_IN_BUNDLE = 20_000
STATES = {
    "announced": ("已公告", "Announced"),
    "drawn": ("已抽取", "Drawn"),
    "revealed": ("已公开", "Revealed"),
    "voided": ("已作废", "Voided"),
}
_CC = COMMITMENT.format(inner="$2", outer="$3")


@dataclass(frozen=True, slots=True)
class DrawView:
    """One draw with everything that the office holds. Pages for the public show only what ``build_bundle`` gives."""

    id: UUID
    draw_id: str
    campaign: UUID
    title: str
    region: str
    state: str
    uses_classes: bool
    announcement: dict[str, Any]
    announcement_sha256: str
    seed: bytes
    salt_key: bytes
    person_key: bytes
    randomness: list[list[int] | int | str] | None
    beacons: dict[str, str] | None
    shares: list[dict[str, str]] | None
    strata: list[list[Any]]
    overdue_at: datetime | None
    result: dict[str, Any] | None
    reveal_by: datetime
    announced_at: datetime
    drawn_at: datetime | None
    revealed_at: datetime | None
    voided_at: datetime | None
    void_reason: str | None
    sealed_root: str | None
    announced_entry: UUID
    drawn_entry: UUID | None
    revealed_entry: UUID | None

    @property
    def head(self) -> DrawHead:
        return DrawHead(self.id, self.draw_id, self.drawn_at, self.drawn_entry)


@dataclass(frozen=True, slots=True)
class DrawRow:
    """One line of the public list of draws."""

    draw_id: str
    title: str
    state: str
    region: str
    n_frame: int
    announced_at: datetime
    drawn_at: datetime | None
    revealed_at: datetime | None
    reveal_by: datetime


@dataclass(frozen=True, slots=True)
class FrameCount:
    """Rows of a frame by county and state ("E" or "X:<REASON>")."""

    county: str
    st: str
    n: int


@dataclass(frozen=True, slots=True)
class DrawHead:
    """What a visit needs to know of its draw, without the draw's lists, which are long."""

    id: UUID
    draw_id: str
    drawn_at: datetime | None
    drawn_entry: UUID | None


async def find_draw(draw_id: str, *, lock: bool = False) -> DrawView:
    """Raises ``NotFound``. ``lock`` holds the row until the transaction ends."""
    return _draw(await reader().fetchrow(f"select * from draw where draw_id = $1{' for update' if lock else ''}", draw_id))


async def find_draw_by_id(draw: UUID) -> DrawView:
    """Raises ``NotFound``."""
    return _draw(await reader().fetchrow("select * from draw where id = $1", draw))


def _draw(row: Any) -> DrawView:
    if row is None:
        raise NotFound()
    fields = dict(row)
    for name in ("announcement", "randomness", "result", "beacons", "shares", "strata"):
        fields[name] = json.loads(fields[name]) if fields[name] is not None else None
    return DrawView(**fields)


async def find_draw_of_campaign(campaign: UUID) -> DrawView | None:
    """The live draw of a campaign; voided ones are listed by ``list_voided``."""
    draw_id = await reader().fetchval("select draw_id from draw where campaign = $1 and state <> 'voided'", campaign)
    return await find_draw(draw_id) if draw_id else None


async def list_heads_of_campaigns(campaigns: list[UUID]) -> dict[UUID, DrawHead]:
    """Campaign -> its live draw; those that have none are left out."""
    rows = await reader().fetch("select campaign, id, draw_id, drawn_at, drawn_entry from draw where campaign = any($1) and state <> 'voided'", campaigns)
    return {row["campaign"]: DrawHead(row["id"], row["draw_id"], row["drawn_at"], row["drawn_entry"]) for row in rows}


async def list_ids_of_campaigns(campaigns: list[UUID]) -> dict[UUID, str]:
    """Campaign -> the id of its live draw; those that have none are left out."""
    rows = await reader().fetch("select campaign, draw_id from draw where campaign = any($1) and state <> 'voided'", campaigns)
    return {row["campaign"]: row["draw_id"] for row in rows}


async def list_voided(campaign: UUID) -> list[str]:
    rows = await reader().fetch("select draw_id from draw where campaign = $1 and state = 'voided' order by announced_at", campaign)
    return [row["draw_id"] for row in rows]


async def list_draws(limit: int = 200, before: str = "") -> list[DrawRow]:
    """Newest first, voided ones too; ``before`` is the last draw id of the page before."""
    rows = await reader().fetch(
        "select draw_id, title, state, region, (announcement->>'n_frame')::int as n_frame, announced_at, drawn_at, revealed_at, reveal_by"
        " from draw where $2 = '' or (announced_at, draw_id) < (select announced_at, draw_id from draw where draw_id = $2)"
        " order by announced_at desc, draw_id desc limit $1",
        limit,
        before,
    )
    return [DrawRow(**row) for row in rows]


async def list_witnesses(draw: UUID) -> list[UUID]:
    """The accounts that have typed the randomness; what they typed is not read here."""
    return [row["account"] for row in await reader().fetch("select account from draw_witnessing where draw = $1 order by typed_at", draw)]


async def list_overdue(now: datetime) -> list[DrawView]:
    """Draws whose date of reveal has passed by more than a day with the secret still shut, voided ones left out."""
    rows = await reader().fetch("select * from draw where state in ('announced', 'drawn') and reveal_by < $1 order by reveal_by", now - GRACE)
    return [_draw(row) for row in rows]


async def count_not_revealed_in_time(now: datetime) -> int:
    """The public counter: draws that were revealed more than a day late, or not yet though they should be."""
    return int(
        await reader().fetchval("select count(*) from draw where state <> 'voided' and coalesce(revealed_at, $1) > reveal_by + $2::interval", now, GRACE)
    )


async def find_next_withheld(now: datetime) -> datetime | None:
    """When the next draw will be counted by ``count_not_revealed_in_time`` if nobody reveals it before."""
    found: datetime | None = await reader().fetchval(
        "select min(reveal_by + $2::interval) from draw where state in ('announced', 'drawn') and reveal_by + $2::interval >= $1", now, GRACE
    )
    return found


async def list_due_for_reveal(now: datetime) -> list[str]:
    rows = await reader().fetch("select draw_id from draw where state = 'drawn' and reveal_by <= $1", now)
    return [row["draw_id"] for row in rows]


async def list_frame_rows(draw: UUID, salt_key: bytes) -> list[tuple[rules.FrameRow, UUID]]:
    """The frozen frame ascending by id, each row with its enterprise."""
    rows = await reader().fetch(
        f"select object_id, county, cell, st, class_code, {_CC} as cc, enterprise from draw_frame_row where draw = $1 order by object_id collate \"C\"",
        draw,
        *key_blocks(salt_key),
    )
    return [(rules.FrameRow(r["object_id"], r["county"], r["cell"], r["st"], r["class_code"], r["cc"]), r["enterprise"]) for r in rows]


async def list_pool_rows(draw: UUID) -> list[tuple[rules.PoolRow, UUID]]:
    """The frozen pool ascending by pid, each row with its inspector."""
    rows = await reader().fetch(
        'select pid, department, qualifications, counties, load, inspector from draw_pool_row where draw = $1 order by pid collate "C"', draw
    )
    return [(rules.PoolRow(r["pid"], r["department"], tuple(r["qualifications"]), tuple(r["counties"]), r["load"]), r["inspector"]) for r in rows]


async def list_recusal_pairs(draw: UUID) -> list[tuple[str, str]]:
    rows = await reader().fetch("select object_id, pid from draw_recusal where draw = $1", draw)
    return [(row["object_id"], row["pid"]) for row in rows]


async def count_frame(draw: UUID) -> list[FrameCount]:
    rows = await reader().fetch("select county, st, count(*) as n from draw_frame_row where draw = $1 group by 1, 2 order by 1, 2", draw)
    return [FrameCount(**row) for row in rows]


async def iter_frame_ndjson(draw: UUID, salt_key: bytes, batch: int = 5000) -> AsyncIterator[bytes]:
    """The frame, one canonical row a line, ascending by id: a line's bytes are its leaf's input.

    A frozen frame never changes, so pages of it need no transaction around them.
    """
    last = ""
    while rows := await reader().fetch(
        f"select object_id, county, cell, st, {_CC} as cc from draw_frame_row where draw = $1 and object_id collate \"C\" > $4"
        " order by object_id collate \"C\" limit $5",
        draw,
        *key_blocks(salt_key),
        last,
        batch,
    ):
        last = rows[-1]["object_id"]
        yield b"".join(
            jcs.encode({"id": r["object_id"], "county": r["county"], "cell": r["cell"], "st": r["st"], "cc": r["cc"]}) + b"\n" for r in rows
        )


async def build_bundle(draw_id: str, audience: Literal["public", "auditor"] = "public") -> dict[str, Any]:
    """The draw as docs/draw-spec.md gives it to its audience; what is not open yet is null."""
    draw = await find_draw(draw_id)
    rows, pool, pairs = await list_frame_rows(draw.id, draw.salt_key), await list_pool_rows(draw.id), await list_recusal_pairs(draw.id)
    is_auditor, is_revealed = audience == "auditor", draw.state == "revealed"
    is_open = is_auditor or is_revealed
    bundle: dict[str, Any] = {
        "announcement": draw.announcement,
        "frame": [r.public() for r, _ in rows] if len(rows) <= FRAME_IN_BUNDLE else None,
        "pool": [r.public() for r, _ in pool] if is_open else None,
        "recusals": None,
        "classes": None,
        "randomness": draw.randomness,
        "beacons": draw.beacons,
        "secret": rules.secret_of(draw.seed).hex() if is_revealed else None,
        "result": None,
        "changes": await list_changes(draw.id) if is_open else None,
        "shares": draw.shares,
    }
    if not is_open:
        return bundle
    opens_classes = is_auditor or not draw.uses_classes
    if opens_classes:
        bundle["classes"] = {
            r.id: {"class": r.class_code, "salt": rules.salt(draw.salt_key, "class", r.id).hex()} for r, _ in rows if r.st == rules.ELIGIBLE
        }
    teams = draw.result["teams"] if draw.result else {}
    visited = {*teams, *(c["by"] for c in bundle["changes"] if c["kind"] == "replacement")}
    bundle["recusals"] = _recusals(draw, pairs, None if is_auditor else visited)
    if draw.result is None:
        return bundle
    # What is stored tells how many of each cell; the order of a million rows is made again for whoever asks.
    prk = rules.pseudorandom_key(rules.secret_of(draw.seed), draw.randomness or [], draw.announcement_sha256)
    rates = {c: (p, q) for c, (p, q) in draw.announcement["rates"].items()}
    outcome = rules.Outcome(rules.select_objects(prk, ((r.id, r.cell, r.class_code) for r, _ in rows if r.st == rules.ELIGIBLE), rates))
    bundle["result"] = draw.result | {"cells": [c.public() for c in outcome.cells]}
    if not opens_classes:
        bundle["result"] |= {"cells": None, "drawn": sorted(outcome.drawn, key=rules.utf8), "cutoffs": rules.cutoffs(prk, outcome, draw.salt_key)}
    return bundle


async def list_changes(draw: UUID) -> list[dict[str, Any]]:
    """What was changed after the draw, in its order: {kind: "replacement", id, by, reason} and {kind: "substitution", id, slot, from, to}."""
    replaced = await reader().fetch(
        "select 'replacement' as kind, object_id as id, replaced_by as by, reason, decided_at as at from draw_replacement"
        " where draw = $1 and state = 'approved'",
        draw,
    )
    substituted = await reader().fetch(
        "select 'substitution' as kind, object_id as id, slot, pid_before as from, pid_after as to, at from draw_substitution where draw = $1 order by id",
        draw,
    )
    return [{k: v for k, v in r.items() if k != "at"} for r in sorted([*replaced, *substituted], key=lambda r: r["at"])]


def _recusals(draw: DrawView, pairs: list[tuple[str, str]], opened: set[str] | None) -> list[dict[str, str]]:
    """Open pairs where the object was drawn (all of them where ``opened`` is None), hashes of the others."""
    found = []
    for object_id, pid in sorted(pairs):
        salt32 = rules.salt(draw.salt_key, "recusal", object_id, pid)
        if opened is None or object_id in opened:
            found.append({"id": object_id, "pid": pid, "salt": salt32.hex()})
        else:
            found.append({"h": rules.recusal_leaf(salt32, object_id, pid).hex()})
    return found

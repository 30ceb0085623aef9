"""Reads on parts, decisions, co-signatures and waivers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.inspections.parts_rules import Segment
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class Signed:
    """A decision or a co-signature as signed; ``body`` is its content, ``raw`` the canonical bytes."""

    device: UUID
    inspector: UUID
    body: dict[str, Any]
    raw: bytes
    signature: bytes
    received_at: datetime
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class WaiverView:
    inspector: UUID
    what: str
    reason: str
    waived_by: UUID
    waived_at: datetime
    entry_id: UUID


async def list_segments(inspections: Sequence[UUID]) -> dict[UUID, list[Segment]]:
    """Every stored part of these visits, by device and number."""
    rows = await reader().fetch(
        "select inspection, device, inspector, seq, sha256, body from visit_part where inspection = any($1) order by inspection, device, seq",
        list(inspections),
    )
    found: dict[UUID, list[Segment]] = {}
    for row in rows:
        segment = Segment(str(row["device"]), str(row["inspector"]), row["seq"], row["sha256"], json.loads(row["body"]))
        found.setdefault(row["inspection"], []).append(segment)
    return found


async def list_arrivals(inspection: UUID) -> dict[tuple[str, int], datetime]:
    """(device, number) -> when that part arrived."""
    rows = await reader().fetch("select device, seq, received_at from visit_part where inspection = $1", inspection)
    return {(str(row["device"]), row["seq"]): row["received_at"] for row in rows}


async def find_head(inspection: UUID, device: UUID) -> tuple[int, str] | None:
    """Number and hash of a device's last part."""
    row = await reader().fetchrow(
        "select seq, sha256 from visit_part where inspection = $1 and device = $2 order by seq desc limit 1", inspection, device
    )
    return (row["seq"], row["sha256"]) if row else None


async def _list_signed(table: str, submission: UUID) -> list[Signed]:
    rows = await reader().fetch(
        f"select device, inspector, body, signature, received_at, entry_id from {table} where submission = $1 order by received_at, device", submission
    )
    return [Signed(r["device"], r["inspector"], json.loads(r["body"]), r["body"], r["signature"], r["received_at"], r["entry_id"]) for r in rows]


async def list_decisions(submission: UUID) -> list[Signed]:
    """In the order of their arrival: the last one on a field holds."""
    return await _list_signed("record_decision", submission)


async def list_cosignatures(submission: UUID) -> list[Signed]:
    return await _list_signed("record_cosignature", submission)


async def list_waivers(submission: UUID) -> list[WaiverView]:
    rows = await reader().fetch(
        "select inspector, what, reason, waived_by, waived_at, entry_id from record_waiver where submission = $1 order by waived_at", submission
    )
    return [WaiverView(**row) for row in rows]

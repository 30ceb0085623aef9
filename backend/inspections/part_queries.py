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


async def list_part_entries(inspection: UUID) -> dict[tuple[str, int], UUID]:
    """(device, number) -> the ledger entry of that part."""
    rows = await reader().fetch("select device, seq, entry_id from visit_part where inspection = $1", inspection)
    return {(str(row["device"]), row["seq"]): row["entry_id"] for row in rows}


async def find_head(inspection: UUID, device: UUID) -> tuple[int, str] | None:
    """Number and hash of a device's last part."""
    row = await reader().fetchrow(
        "select seq, sha256 from visit_part where inspection = $1 and device = $2 order by seq desc limit 1", inspection, device
    )
    return (row["seq"], row["sha256"]) if row else None


@dataclass(frozen=True, slots=True)
class StandingRecord:
    """A record that waits for its review. ``account``: who handed it in."""

    id: UUID
    inspection: UUID
    account: UUID
    device: UUID
    record: dict[str, Any]
    record_sha256: str
    received_at: datetime
    officers: tuple[UUID, ...]
    enterprise_name: str


async def list_standing(inspections: Sequence[UUID]) -> dict[UUID, StandingRecord]:
    """inspection -> its record that is submitted and not decided yet."""
    rows = await reader().fetch(
        "select s.id, s.inspection, s.account, s.device, s.record, s.record_sha256, s.received_at, i.enterprise_name,"
        " (select array_agg(o.inspector order by o.slot) from inspection_officer o where o.inspection = s.inspection) as officers"
        " from submission s join inspection i on i.id = s.inspection where s.inspection = any($1) and s.state = 'submitted'",
        list(inspections),
    )
    return {
        row["inspection"]: StandingRecord(**{**dict(row), "record": json.loads(row["record"]), "officers": tuple(row["officers"])}) for row in rows
    }


async def _list_signed(table: str, submissions: Sequence[UUID]) -> dict[UUID, list[Signed]]:
    rows = await reader().fetch(
        f"select submission, device, inspector, body, signature, received_at, entry_id from {table} where submission = any($1) order by received_at, device",
        list(submissions),
    )
    found: dict[UUID, list[Signed]] = {}
    for r in rows:
        signed = Signed(r["device"], r["inspector"], json.loads(r["body"]), r["body"], r["signature"], r["received_at"], r["entry_id"])
        found.setdefault(r["submission"], []).append(signed)
    return found


async def list_decisions(submissions: Sequence[UUID]) -> dict[UUID, list[Signed]]:
    """In the order of their arrival: the last one on a field holds."""
    return await _list_signed("record_decision", submissions)


async def list_cosignatures(submissions: Sequence[UUID]) -> dict[UUID, list[Signed]]:
    return await _list_signed("record_cosignature", submissions)


async def list_waivers(submissions: Sequence[UUID]) -> dict[UUID, list[WaiverView]]:
    rows = await reader().fetch(
        "select submission, inspector, what, reason, waived_by, waived_at, entry_id from record_waiver where submission = any($1) order by waived_at",
        list(submissions),
    )
    found: dict[UUID, list[WaiverView]] = {}
    for row in rows:
        fields = dict(row)
        found.setdefault(fields.pop("submission"), []).append(WaiverView(**fields))
    return found

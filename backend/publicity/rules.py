"""What the public reads of a result. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One item's outcome in words."""

    item: str
    item_zh: str
    item_en: str


@dataclass(frozen=True, slots=True)
class Outcome:
    code: str
    zh: str
    en: str


def make_snapshot(
    *,
    number: str,
    version: int,
    campaign_number: str,
    campaign_name: str,
    plan_name: str,
    authority_zh: str,
    authority_en: str,
    enterprise_code: str,
    enterprise_name: str,
    county: str,
    kind: str,
    draw: tuple[str, str] | None,
    completed_on: date,
    items: Sequence[Finding],
    outcomes: Sequence[Outcome],
    record_sha256: str,
) -> dict[str, Any]:
    """The fields that the national site publishes per result, as canonical JSON values. No names of people, no credit class.

    ``kind`` says why the enterprise was visited; ``draw`` is (draw id, hash of its sealed entry), None where it was not drawn.
    ``record_sha256`` fixes the signed record that the result rests on, without showing it.
    """
    return {
        "v": 1,
        "number": number,
        "version": version,
        "plan": plan_name,
        "campaign": {"number": campaign_number, "name": campaign_name},
        "authority": {"zh": authority_zh, "en": authority_en},
        "enterprise": {"code": enterprise_code, "name": enterprise_name, "county": county},
        "kind": kind,
        "draw": {"draw_id": draw[0], "sealed_entry": draw[1]} if draw else None,
        "completed_on": completed_on.isoformat(),
        "items": [{"code": f.item, "zh": f.item_zh, "en": f.item_en} for f in items],
        "outcomes": [{"code": o.code, "zh": o.zh, "en": o.en} for o in outcomes],
        "record_sha256": record_sha256,
    }

"""What the public reads of a result. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.kernel.errors import Conflict, DomainError, Invalid

PUBLISHED, CORRECTED, WITHDRAWN = "published", "corrected", "withdrawn"
STATUSES: dict[str, tuple[str, str]] = {PUBLISHED: ("已公示", "Published"), CORRECTED: ("已更正", "Corrected"), WITHDRAWN: ("已撤回", "Withdrawn")}


class Withdrawn(DomainError):
    code = "result-withdrawn"
    status = 409
    zh = "该结果已撤回，不能再更正或撤回"
    en = "This result was withdrawn already: it can be neither corrected nor withdrawn again"


class OtherVersion(Conflict):
    code = "other-version"
    zh = "该结果已有第 {version} 版，请看过再决定"
    en = "Version {version} of this result is out meanwhile: read it before you decide"


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


def require_revisable(snapshot: Mapping[str, Any], seen: int) -> None:
    """Raise ``Withdrawn``, or ``OtherVersion`` where the person has seen another version than the one that stands."""
    if snapshot.get("status") == WITHDRAWN:
        raise Withdrawn()
    if snapshot["version"] != seen:
        raise OtherVersion(version=snapshot["version"])


def revise(snapshot: Mapping[str, Any], *, status: str, reason: str, decided_on: date, outcomes: Sequence[Outcome] = ()) -> dict[str, Any]:
    """The next version of a published result: corrected with other outcomes, or withdrawn with none. The reason is public.

    Everything else stays as it was, so that both versions can be laid side by side. Raises ``Invalid``.
    """
    if len(reason.strip()) < 4:
        raise Invalid(field="reason", why_zh="请写明理由（将公开）", why_en="give the reason; the public reads it")
    codes = [o.code for o in outcomes]
    if status == CORRECTED and not codes:
        raise Invalid(field="outcomes", why_zh="请选择更正后的检查结果", why_en="choose the corrected outcome")
    if status == CORRECTED and codes == [o["code"] for o in snapshot["outcomes"]]:
        raise Invalid(field="outcomes", why_zh="更正后的结果与原结果相同", why_en="the corrected outcome is the same as before")
    if decided_on < date.fromisoformat(snapshot["completed_on"]):
        raise Invalid(field="decided_on", why_zh="决定日期早于检查完成日期", why_en="it was decided before the visit was completed")
    return {
        **snapshot,
        "version": snapshot["version"] + 1,
        "status": status,
        "reason": reason.strip(),
        "decided_on": decided_on.isoformat(),
        "outcomes": [{"code": o.code, "zh": o.zh, "en": o.en} for o in outcomes] if status == CORRECTED else [],
    }

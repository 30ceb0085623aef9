"""What the register says of an officer, and how near a certificate's end is. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from backend.kernel.errors import Invalid
from backend.kernel.scope import Scope

SOON, LATER = timedelta(days=30), timedelta(days=60)
QUALIFICATIONS = ("law", "food", "drug", "equipment", "fire", "environment", "hazwaste")


@dataclass(frozen=True, slots=True)
class OfficerDraft:
    """An officer as an editor writes them."""

    name: str
    certificate_no: str
    certificate_expires_on: date
    qualifications: tuple[str, ...]
    counties: tuple[str, ...]
    phone: str = ""


def end_state(expires_on: date, on: date) -> str:
    """``expired`` | ``30`` (ends within 30 days) | ``60`` | ``good``."""
    if expires_on < on:
        return "expired"
    if expires_on <= on + SOON:
        return "30"
    return "60" if expires_on <= on + LATER else "good"


def check_officer(draft: OfficerDraft, counties: Collection[str], scope: Scope) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand. ``counties``: the codes that hold today."""
    if not draft.name or len(draft.name) > 60:
        raise Invalid(field="name", why_zh="请填写姓名，不超过 60 个字", why_en="a name of at most 60 characters is needed")
    if not draft.certificate_no or len(draft.certificate_no) > 40:
        raise Invalid(field="certificate_no", why_zh="请填写执法证号，不超过 40 个字符", why_en="a certificate number of at most 40 characters is needed")
    if not draft.counties:
        raise Invalid(field="counties", why_zh="至少选择一个检查区域", why_en="choose at least one county")
    for county in draft.counties:
        if county not in counties or not county.startswith(scope.region):
            raise Invalid(field="counties", why_zh=f"{county} 不在您的辖区内", why_en=f"{county} is outside your region")
    if len(draft.phone) > 40:
        raise Invalid(field="phone", why_zh="不超过 40 个字符", why_en="at most 40 characters")
    if unknown := set(draft.qualifications) - set(QUALIFICATIONS):
        raise Invalid(field="qualifications", why_zh=f"没有资质 {min(unknown)}", why_en=f"there is no qualification {min(unknown)}")

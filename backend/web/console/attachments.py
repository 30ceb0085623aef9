"""A record's photos and voice notes as a reviewer meets them: the copy to look at, the original that proves, what is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backend.inspections import position_rules
from backend.kernel import clock
from backend.web.shared.i18n import _


@dataclass(frozen=True, slots=True)
class Photo:
    """``shown``: hash of the copy, or of the original where there is no copy. ``facts``: short lines under the picture."""

    shown: str
    original: str
    has_copy: bool
    is_blurred: bool
    is_unverified: bool
    facts: list[str]


@dataclass(frozen=True, slots=True)
class Voice:
    sha256: str
    seconds: int
    facts: str
    text: str


Place = tuple[str | None, str | None]  # item, question; both None: the visit as a whole


def moment_of(ms: object) -> str:
    """A phone's clock in Beijing time; a clock that tells no date is shown as it is."""
    try:
        return datetime.fromtimestamp(int(str(ms)) / 1000, UTC).astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(ms)


def position_words(gps: Mapping[str, Any] | None) -> str:
    """Accuracy in words; "unverified" where it cannot be relied on, never more than that."""
    match position_rules.trust(gps):
        case position_rules.NONE:
            return _("位置未核实：没有定位")
        case position_rules.ZERO:
            return _("位置未核实：没有给出精度")
        case position_rules.COARSE:
            assert gps
            return _("位置未核实：精度只有 ±%(n)s 米", n=round(gps["acc_cm"] / 100))
        case _:
            assert gps
            return _("定位 ±%(n)s 米", n=max(1, round(gps["acc_cm"] / 100)))


def _taken(digits: object) -> str:
    d = str(digits).zfill(14)
    return f"{d[:4]}-{d[4:6]}-{d[6:8]} {d[8:10]}:{d[10:12]}:{d[12:14]}"


def _claims(photo: Mapping[str, Any]) -> list[str]:
    if photo.get("source") != "gallery":
        return []
    claims = photo.get("claims") or {}
    said = [_taken(claims["taken"])] if claims.get("taken") is not None else []
    if claims.get("lat_e7") is not None and claims.get("lon_e7") is not None:
        said.append(f"{claims['lat_e7'] / 1e7:.5f}, {claims['lon_e7'] / 1e7:.5f}")
    return [_("相册选入"), _("文件自称（未核实）：%(what)s", what=" · ".join(said) or _("没有说明"))]


def photo_of(photo: Mapping[str, Any], home: tuple[int | None, int | None]) -> Photo:
    """``home``: the enterprise's registered position."""
    gps = photo.get("gps")
    facts = [moment_of(photo.get("t_dev")), position_words(gps)]
    away = position_rules.distance_m(gps, *home)
    if away is not None and position_rules.trust(gps) == position_rules.STATED:
        facts.append(_("距登记地址 %(n)s 米", n=away))
    copy = photo.get("marked")
    return Photo(
        shown=copy or photo["sha256"],
        original=photo["sha256"],
        has_copy=copy is not None,
        is_blurred=bool((photo.get("marks") or {}).get("blur")),
        is_unverified=position_rules.trust(gps) != position_rules.STATED,
        facts=[*facts, *_claims(photo)],
    )


def photos_of(record: Mapping[str, Any], home: tuple[int | None, int | None]) -> dict[Place, list[Photo]]:
    """By the question that they belong to."""
    found: dict[Place, list[Photo]] = {}
    for photo in record["photos"]:
        found.setdefault((photo["item"], photo["q"]), []).append(photo_of(photo, home))
    return found


def voices_of(record: Mapping[str, Any]) -> dict[Place, list[Voice]]:
    found: dict[Place, list[Voice]] = {}
    for v in record.get("voices", []):
        found.setdefault((v["item"], v["q"]), []).append(Voice(v["sha256"], round(v["ms"] / 1000), moment_of(v["t_dev"]), v["text"]))
    return found

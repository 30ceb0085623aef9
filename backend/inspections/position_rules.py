"""How far a phone's position can be relied on 定位核实. Pure.

A position is a claim of the phone. It is "unverified" 未核实 where it is missing, vague, or of an accuracy that no receiver
has; it is never called false: a weak signal between houses looks the same as a lie. The phone judges by the same rule
(``pwa/src/model/place.js``); both run ``tests/vectors/position.json``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

COARSE_CM = 10_000  # beyond 100 m a position does not tell one door from the next
STATED, NONE, ZERO, COARSE = "stated", "none", "zero", "coarse"
EARTH_M = 6_371_000


def trust(gps: Mapping[str, Any] | None) -> str:
    """``gps``: {"lat_e7", "lon_e7", "acc_cm"} or None. An accuracy of 0 comes from programs that make positions up."""
    if not gps:
        return NONE
    accuracy = gps.get("acc_cm")
    if not isinstance(accuracy, int) or accuracy <= 0:
        return ZERO
    return COARSE if accuracy > COARSE_CM else STATED


def distance_m(gps: Mapping[str, Any] | None, lat_e7: int | None, lon_e7: int | None) -> int | None:
    """Metres from a position to a registered place (great circle), or None where one of them is not known."""
    if not gps or lat_e7 is None or lon_e7 is None:
        return None
    a, b = math.radians(gps["lat_e7"] / 1e7), math.radians(lat_e7 / 1e7)
    half = math.radians(lon_e7 / 1e7 - gps["lon_e7"] / 1e7) / 2
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(half) ** 2
    return round(2 * EARTH_M * math.asin(min(1.0, math.sqrt(h))))

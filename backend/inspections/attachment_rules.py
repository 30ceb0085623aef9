"""Photos and voice notes in a record: of the shape that everyone who reads the record relies on. Pure.

A photo is ``{"sha256", "bytes", "type", "item", "q", "t_dev", "gps", "source": "camera" | "gallery", "claims", "marked", "marks"}``:
``sha256`` names the original, ``marked`` the copy that people are shown (or None), ``marks`` counts what an officer drew into it
({"arrow", "circle", "blur"}), ``claims`` is what a file from the gallery says of itself, all integers. A voice note is
``{"sha256", "bytes", "type", "item", "q", "t_dev", "ms", "text"}``. Records from before these fields simply lack them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from backend.kernel.errors import Invalid

HEX64 = re.compile(r"[0-9a-f]{64}")
CLAIMS = ("file_bytes", "taken", "offset_min", "lat_e7", "lon_e7", "acc_cm")
MARKS = frozenset({"arrow", "circle", "blur"})
VOICE_MS = 5 * 60_000  # the phone stops after three minutes
MOST = 400  # photos, or voice notes, of one visit


def _bad(field: str) -> Invalid:
    return Invalid(field=field, why_zh="照片或录音的说明格式不正确", why_en="a photo or a voice note is not described as it must be")


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_place(entry: Mapping[str, Any]) -> bool:
    return all(entry.get(k) is None or (isinstance(entry[k], str) and len(entry[k]) <= 40) for k in ("item", "q"))


def _entries(record: Mapping[str, Any], field: str) -> Iterable[Mapping[str, Any]]:
    entries = record.get(field, [])
    if not isinstance(entries, list) or len(entries) > MOST or not all(isinstance(e, dict) for e in entries):
        raise _bad(field)
    for entry in entries:
        if not HEX64.fullmatch(str(entry.get("sha256"))) or not _is_place(entry) or not _is_number(entry.get("t_dev")):
            raise _bad(field)
        yield entry


def check_attachments(record: Mapping[str, Any]) -> None:
    """Raise ``Invalid`` for the first that a reader could stumble over."""
    for photo in _entries(record, "photos"):
        gps, claims, marks = photo.get("gps"), photo.get("claims"), photo.get("marks", {})
        sound = (
            (photo.get("marked") is None or HEX64.fullmatch(str(photo["marked"])))
            and (gps is None or (isinstance(gps, dict) and all(_is_number(gps.get(k)) for k in ("lat_e7", "lon_e7", "acc_cm"))))
            and (claims is None or (isinstance(claims, dict) and all(claims.get(k) is None or _is_number(claims[k]) for k in CLAIMS)))
            and isinstance(marks, dict)
            and all(k in MARKS and _is_number(n) for k, n in marks.items())
        )
        if not sound:
            raise _bad("photos")
    for voice in _entries(record, "voices"):
        text = voice.get("text")
        if not _is_number(voice.get("ms")) or not 0 <= voice["ms"] <= VOICE_MS or not isinstance(text, str) or len(text) > 4000:
            raise _bad("voices")

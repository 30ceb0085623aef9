"""Photos, voice notes and positions in a record: what stands and what does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.evidence import rules as evidence_rules
from backend.inspections import position_rules
from backend.inspections.attachment_rules import check_attachments
from backend.inspections.record_rules import Evidence, check_media, is_within, list_evidence
from backend.kernel.errors import Invalid

A, B, C = "a" * 64, "b" * 64, "c" * 64
PHOTO: dict[str, Any] = {
    "sha256": A,
    "bytes": 3,
    "type": "image/webp",
    "item": "I",
    "q": "q",
    "t_dev": 1,
    "gps": {"lat_e7": 1, "lon_e7": 2, "acc_cm": 3},
    "source": "gallery",
    "claims": {"file_sha256": B, "file_bytes": 9, "taken": 20261120090807, "offset_min": None, "lat_e7": 1, "lon_e7": 2, "acc_cm": None},
    "marked": B,
    "marks": {"blur": 1},
}
VOICE: dict[str, Any] = {"sha256": C, "bytes": 3, "type": "audio/webm", "item": None, "q": None, "t_dev": 1, "ms": 9000, "text": ""}
OLD = {k: PHOTO[k] for k in ("sha256", "bytes", "type", "item", "q", "t_dev", "gps")}


def record(photo: dict[str, Any] = PHOTO, voice: dict[str, Any] = VOICE) -> dict[str, Any]:
    return {"photos": [photo], "voices": [voice], "strokes_sha256": {"officer-1": "d" * 64}}


def test_positions_as_the_phone_judges_them() -> None:
    cases = json.loads((Path(__file__).parents[1] / "vectors/position.json").read_text())
    assert {c["trust"] for c in cases} == {"stated", "none", "zero", "coarse"}
    for case in cases:
        assert position_rules.trust(case["gps"]) == case["trust"], case


def test_distance() -> None:
    here = {"lat_e7": 254900000, "lon_e7": 1037900000}
    assert position_rules.distance_m(here, 254900000, 1037900000) == 0
    assert position_rules.distance_m(here, 255000000, 1037900000) == pytest.approx(1112, abs=2)
    assert position_rules.distance_m(None, 1, 2) is None
    assert position_rules.distance_m(here, None, 2) is None


def test_every_file_is_named_with_its_role() -> None:
    assert list_evidence(record()) == [
        Evidence(A, "photo", "I", "q"),
        Evidence(B, "copy", "I", "q"),
        Evidence(C, "voice", None, None),
        Evidence("d" * 64, "strokes", None, "officer-1"),
    ]
    old = {"photos": [OLD], "strokes_sha256": {}}
    check_attachments(old)
    assert list_evidence(old) == [Evidence(A, "photo", "I", "q")]


def test_a_sound_record_stands() -> None:
    check_attachments(record())
    check_attachments({})


@pytest.mark.parametrize(
    "change",
    [
        {"marked": "../x"},
        {"marked": 7},
        {"marks": {"skull": 1}},
        {"marks": []},
        {"claims": {"taken": "yesterday"}},
        {"claims": "none"},
        {"gps": {"lat_e7": 1.5, "lon_e7": 2, "acc_cm": 3}},
        {"gps": {"lat_e7": 1}},
        {"t_dev": "now"},
        {"item": 5},
        {"sha256": "x"},
    ],
)
def test_a_photo_that_a_reader_would_stumble_over_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        check_attachments(record(photo=PHOTO | change))


@pytest.mark.parametrize("change", [{"ms": -1}, {"ms": 10**9}, {"ms": True}, {"text": None}, {"text": "x" * 5000}, {"sha256": A[:-1]}, {"q": 1}])
def test_a_voice_note_that_a_reader_would_stumble_over_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        check_attachments(record(voice=VOICE | change))


@pytest.mark.parametrize("photos", [None, {}, ["x"], [PHOTO] * 401])
def test_photos_are_a_list_of_a_bearable_length(photos: Any) -> None:
    with pytest.raises(Invalid):
        check_attachments({"photos": photos})


def test_a_photo_is_a_picture_and_a_voice_note_a_sound() -> None:
    types = {A: "image/webp", B: "image/webp", C: "audio/webm", "d" * 64: "application/json"}
    check_media(list_evidence(record()), types)
    for sha256, wrong in ((A, "application/json"), (B, "audio/webm"), (C, "image/webp"), ("d" * 64, "image/png")):
        with pytest.raises(Invalid):
            check_media(list_evidence(record()), types | {sha256: wrong})


@pytest.mark.parametrize(("value", "within"), [("0", True), ("8", True), ("8.01", False), ("-0.1", False), ("x", False)])
def test_limits_of_a_number(value: str, within: bool) -> None:
    assert is_within({"min": 0, "max": 8}, value) is within
    assert is_within({}, "1e9") is True


WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + bytes(40)
MP4 = b"\x00\x00\x00\x1cftypiso5" + bytes(16)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (WEBM + b"\x86\x86A_OPUS" + bytes(99), "audio/webm"),
        (WEBM + b"\x86\x86A_OPUS\x86\x85V_VP8", None),
        (WEBM + b"\x86\x85V_VP9", None),
        (b"OggS" + bytes(24) + b"OpusHead" + bytes(99), "audio/ogg"),
        (b"OggS" + bytes(24) + b"\x80theora" + bytes(99), None),
        (MP4 + b"hdlr" + bytes(8) + b"soun" + bytes(12), "audio/mp4"),
        (MP4 + b"hdlr" + bytes(8) + b"soun" + bytes(12) + b"hdlr" + bytes(8) + b"vide", None),
        (MP4, None),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"", None),
    ],
)
def test_sound_is_told_by_its_content(content: bytes, kind: str | None) -> None:
    assert evidence_rules.audio_type_of(content) == kind
    if kind is None:
        with pytest.raises(evidence_rules.NotEvidence):
            evidence_rules.media_type_of(content)
    else:
        assert evidence_rules.media_type_of(content) == kind
        with pytest.raises(evidence_rules.AudioTooLarge):
            evidence_rules.media_type_of(content + bytes(evidence_rules.MAX_AUDIO_BYTES))

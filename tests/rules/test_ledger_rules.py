"""Signed notes, checkpoints, tiles: against vectors that we did not write, and against malformed input."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.kernel import merkle
from backend.ledger import rules

NOTE = json.loads((Path(__file__).parents[1] / "vectors" / "signed_note.json").read_text())
KEY = rules.parse_vkey(NOTE["vkey"])


def test_signed_note_vector():
    note = f"{NOTE['text']}\n{NOTE['signature']}\n"
    assert str(KEY) == NOTE["vkey"]
    assert rules.open_note(note, KEY) == NOTE["text"]
    assert rules.open_note(note.replace("example m", "Example m"), KEY) is None
    assert rules.open_note(note.replace("Uw2Q", "Uw2R"), KEY) is None
    assert rules.open_note(f"{NOTE['text']}\n— example.org/other AAAA\n{NOTE['signature']}\n", KEY) == NOTE["text"]


def test_what_we_sign_opens_again():
    private = Ed25519PrivateKey.generate()
    text = rules.checkpoint_text("log.example/q", 7, bytes(32))
    note = rules.sign_note(text, "log.example/q", private)
    assert rules.open_note(note, rules.verifier_key("log.example/q", private)) == text
    assert rules.open_note(note, KEY) is None
    assert rules.parse_checkpoint(text) == ("log.example/q", 7, bytes(32))


@pytest.mark.parametrize("bad", ["", "a\n1\n", "a\n01\nAAAA\n", "a\nx\nAAAA\n"])
def test_malformed_checkpoints(bad):
    with pytest.raises(ValueError):
        rules.parse_checkpoint(bad)


def test_tile_paths():
    assert rules.tile_number_path(1234067) == "x001/x234/067"
    assert rules.parse_tile_path("x001/x234/067") == (1234067, 256)
    assert rules.parse_tile_path("x001/x234/067.p/112") == (1234067, 112)
    for bad in ("1", "x1/067", "000/000", "067.p/0", "067.p/256", "a", "-01"):
        with pytest.raises(ValueError):
            rules.parse_tile_path(bad)


def test_tiles_of_a_tree_of_70000():
    assert rules.tile_widths(70000, 0) == (273, 112)
    assert rules.tile_widths(70000, 1) == (1, 17)
    assert rules.tile_widths(70000, 2) == (0, 1)


def test_entries_are_canonical_and_typed():
    leaf = rules.make_entry(
        "draw.announced", at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC), actor="a", subject="QJ-2026-0001", salt=bytes(32), payload={"b": 1, "a": "抽查"}
    )
    assert leaf.startswith(b'{"actor":"a","alg":"sha256","at":"2026-11-23T09:30:00Z","ph":"')
    with pytest.raises(ValueError, match="no ledger event"):
        rules.make_entry("x", at=datetime.now(UTC), actor="a", subject="s", salt=bytes(32), payload={})


def test_aligned_parts_join_to_the_root():
    hashes = [merkle.leaf_hash(bytes([i])) for i in range(70)]
    for size in range(1, 71):
        parts = [merkle.root_of_hashes(hashes[n << h : (n + 1) << h]) for h, n in rules.aligned_parts(0, size)]
        assert rules.join_parts(parts) == merkle.root_of_hashes(hashes[:size])
        for index in range(size):
            proof = [merkle.root_of_hashes(hashes[low:high]) for low, high in rules.ranges_of_proof(index, size)]
            assert proof == merkle.inclusion_proof(hashes[:size], index)

"""The file of a record that two phones made: parts, co-signature, decision and waiver prove themselves, and any change is found."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from uuid import UUID

import pytest

from backend.cli.demo.fieldwork import Phone
from backend.inspections.parts_rules import NotReady
from backend.kernel import jcs
from backend.ledger.sequencer import sequence
from backend.usecases.close_record import waive
from backend.usecases.record_file import MANIFEST, build_record_file
from tests.usecases.test_closing import Pair, pair  # noqa: F401 - the fixture
from tests.usecases.test_parts import pens  # noqa: F401 - the fixture
from tests.usecases.test_record_file import failed, read, write
from tests.usecases.test_records import principal, visit  # noqa: F401 - the fixture


@pytest.fixture
async def parts(pair: Pair) -> dict[str, bytes]:  # noqa: F811 - the fixture
    """Two parts (one held by the record, one late), a decision and a co-signature."""
    await pair.theirs.send(pair.theirs.say({"key": pair.key, "value": "no"}))
    held = pair.theirs.head()
    await pair.submit(parts=[held])
    await pair.theirs.send(pair.theirs.say({"key": "remark", "value": "后到的话"}))
    await (await pair.decide("后到的话"))()
    await pair.cosign()
    while await sequence():
        pass
    return read(await build_record_file(pair.id, by=await principal("reviewer")))


def changed(parts: dict[str, bytes], change) -> dict[str, bytes]:
    manifest = json.loads(parts[MANIFEST])
    change(manifest)
    return parts | {MANIFEST: json.dumps(manifest).encode()}


def test_it_proves_itself(parts, tmp_path: Path):
    assert failed(write(tmp_path / "x.zip", parts)) == set()
    manifest = json.loads(parts[MANIFEST])
    assert [len(manifest[k]) for k in ("parts", "cosignatures", "decisions", "waivers")] == [2, 1, 1, 0]
    assert sum(name.startswith("team/") for name in parts) == 4


def test_a_changed_byte_of_any_word_is_found(parts, tmp_path: Path):
    for name in [n for n in parts if n.startswith("team/")]:
        body = json.loads(parts[name]) | {"t_dev": 1}
        found = failed(write(tmp_path / "x.zip", parts | {name: jcs.encode(body)}))
        assert found & {"parts", "words"}, name


def test_a_part_that_the_record_holds_cannot_be_left_out(parts, tmp_path: Path):
    def drop(manifest) -> None:
        manifest["parts"] = []

    kept = {n: c for n, c in parts.items() if not n.startswith("team/part-")}
    assert "parts" in failed(write(tmp_path / "x.zip", changed(kept, drop)))
    assert "words" in failed(write(tmp_path / "x.zip", changed(parts, drop))), "a file that nothing lists"


def test_a_co_signature_by_another_key_is_found(parts, tmp_path: Path):
    def forge(manifest) -> None:
        forger = Phone()
        one = manifest["cosignatures"][0]
        one["public_key"] = forger.public_jwk()
        one["signature"] = base64.b64encode(forger.sign(json.loads(parts[one["file"]]))).decode()

    assert "words" in failed(write(tmp_path / "x.zip", changed(parts, forge)))


def test_an_entry_of_something_else_is_found(parts, tmp_path: Path):
    def swap(manifest) -> None:
        manifest["cosignatures"][0]["recorded"] = manifest["decisions"][0]["recorded"]

    def claim(manifest) -> None:
        manifest["waivers"] = [{"recorded": manifest["decisions"][0]["recorded"] | {"payload": {"inspector": "x", "what": "part"}}}]

    assert {"words", "proof"} <= failed(write(tmp_path / "x.zip", changed(parts, swap)))
    assert "proof" in failed(write(tmp_path / "x.zip", changed(parts, claim))), "nobody waived anything"


async def test_an_awaited_part_is_missed_unless_it_was_waived(pair, tmp_path: Path):  # noqa: F811 - the fixture
    await pair.submit(expects=[pair.theirs.inspector])
    while await sequence():
        pass
    reviewer = await principal("reviewer")
    assert failed(write(tmp_path / "x.zip", read(await build_record_file(pair.id, by=reviewer)))) == {"parts"}
    await waive(pair.id, inspector=UUID(pair.theirs.inspector), what="part", reason="手机丢失", by=reviewer)
    while await sequence():
        pass
    assert failed(write(tmp_path / "x.zip", read(await build_record_file(pair.id, by=reviewer)))) == set()


async def test_there_is_no_file_before_the_colleagues_photo_is_here(pair):  # noqa: F811 - the fixture
    photo = next(p for p in pair.record["photos"] if p["item"] is None)
    photo["device"] = str(pair.theirs.phone.id)
    await pair.theirs.send(pair.theirs.say({"key": f"p/{photo['sha256']}", "value": {"bytes": 1}}))
    for h in (photo["sha256"], photo.get("marked")):
        pair.visit.work.files.pop(h, None)
    await pair.submit(parts=[pair.theirs.head()])
    with pytest.raises(NotReady):
        await build_record_file(pair.id, by=await principal("reviewer"))


async def test_a_file_whose_record_says_something_else_than_its_parts_does_not_prove_itself(pair, tmp_path: Path):  # noqa: F811 - the fixture
    await pair.theirs.send(pair.theirs.say({"key": pair.key, "value": "yes"}))
    await pair.submit(parts=[pair.theirs.head()])
    await pair.cosign()
    while await sequence():
        pass
    assert failed(write(tmp_path / "x.zip", read(await build_record_file(pair.id, by=await principal("reviewer"))))) == {"parts"}

"""A record as a file: sound as it comes, and any changed byte of it is found, without the server."""

from __future__ import annotations

import base64
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from backend.cli.main import main
from backend.kernel import jcs
from backend.kernel.errors import NotFound
from backend.ledger import keys
from backend.ledger.sequencer import sequence
from backend.people import service as people
from backend.storage.engine import transaction
from backend.usecases.record_file import BOOK, EVIDENCE, MANIFEST, RECORD, build_record_file, verify
from tests.usecases.test_records import Visit, enrol, principal, visit  # noqa: F401 - the fixture


@pytest.fixture
async def parts(visit: Visit) -> dict[str, bytes]:  # noqa: F811 - the fixture
    await visit.send_files()
    await visit.submit()
    while await sequence():
        pass
    content = await build_record_file(visit.work.submission, by=await principal("reviewer"))
    return read(content)


def read(content: bytes) -> dict[str, bytes]:
    import io

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def failed(path: Path) -> set[str]:
    return {c.code for c in verify(path, str(keys.log_key())) if c.ok is not True}


async def test_a_record_proves_itself(parts, tmp_path, capsys):
    path = write(tmp_path / "record.zip", parts)
    checks = verify(path, str(keys.log_key()))
    assert [c.code for c in checks] == list(BOOK)
    assert all(c.ok for c in checks), checks
    assert sum(name.startswith(EVIDENCE) for name in parts) > 3, "photos and signatures on glass"
    assert main(["record", "verify", str(path), "--vkey", str(keys.log_key())]) == 0
    assert main(["record", "verify", str(path), "--vkey", "other+00000000+AAAA"]) == 1
    capsys.readouterr()


async def test_a_record_of_a_lost_phone_proves_itself_and_says_so(visit, tmp_path):  # noqa: F811 - the fixture
    await visit.send_files()
    async with transaction():
        await people.revoke_device(visit.phone.id, by=visit.officer.account_id)
    newer = await enrol(visit.officer)
    await visit.submit(by=replace(visit.officer, device=newer.id))
    while await sequence():
        pass
    content = await build_record_file(visit.work.submission, by=await principal("reviewer"))
    checks = {c.code: c for c in verify(write(tmp_path / "record.zip", read(content)), str(keys.log_key()))}
    assert all(c.ok for c in checks.values()), checks
    assert "reported lost" in checks["device"].detail


async def test_one_changed_byte_of_any_evidence_is_found(parts, tmp_path):
    for name in [n for n in parts if n.startswith(EVIDENCE)]:
        content = bytearray(parts[name])
        content[len(content) // 2] ^= 1
        assert "evidence" in failed(write(tmp_path / "x.zip", parts | {name: bytes(content)})), name


async def test_a_missing_or_an_added_photo_is_found(parts, tmp_path):
    name = next(n for n in parts if n.startswith(EVIDENCE))
    assert "evidence" in failed(write(tmp_path / "x.zip", {n: c for n, c in parts.items() if n != name}))
    assert "evidence" in failed(write(tmp_path / "x.zip", parts | {EVIDENCE + "0" * 64: b"more"}))


def _value(record):
    answer = record["items"][0]["answers"][0]
    answer["value"] = "no" if answer["value"] == "yes" else "yes"


def _time(record):
    record["t_dev"] += 1


def _photo_time(record):
    record["photos"][0]["t_dev"] += 1


def _remark(record):
    record["remark"] += "。"


@pytest.mark.parametrize("change", [_value, _time, _photo_time, _remark])
async def test_a_changed_field_is_found(parts, tmp_path, change):
    record = json.loads(parts[RECORD])
    change(record)
    found = failed(write(tmp_path / "x.zip", parts | {RECORD: jcs.encode(record)}))
    assert {"signature", "strokes", "entry"} <= found


async def test_a_record_signed_anew_by_another_key_is_found(parts, tmp_path):
    from backend.cli.demo.fieldwork import Phone

    forger = Phone()
    record = json.loads(parts[RECORD])
    _value(record)
    manifest = json.loads(parts[MANIFEST])
    manifest["public_key"] = forger.public_jwk()
    manifest["signature"] = base64.b64encode(forger.sign(record)).decode()
    found = failed(write(tmp_path / "x.zip", parts | {RECORD: jcs.encode(record), MANIFEST: json.dumps(manifest).encode()}))
    assert "signature" not in found, "the forger's own key signs, of course"
    assert {"strokes", "entry", "device"} <= found


@pytest.mark.parametrize("entry", ["submitted", "enrolled"])
@pytest.mark.parametrize("what", ["leaf", "hashes", "checkpoint", "payload", "salt", "index"])
async def test_a_changed_proof_is_found(parts, tmp_path, entry, what):
    manifest = json.loads(parts[MANIFEST])
    value = manifest[entry][what]
    if what == "leaf":
        manifest[entry][what] = base64.b64encode(base64.b64decode(value).replace(b'"v":1', b'"v":2')).decode()
    elif what == "hashes":
        manifest[entry][what] = ["00" * 32, *value[1:]]
    elif what == "checkpoint":
        manifest[entry][what] = value.replace("\n", "\n1", 1)
    elif what == "payload":
        manifest[entry][what] = value | {"more": 1}
    elif what == "salt":
        manifest[entry][what] = "00" * 32
    else:
        manifest[entry][what] = value + 1
    assert "proof" in failed(write(tmp_path / "x.zip", parts | {MANIFEST: json.dumps(manifest).encode()}))


async def test_before_the_checkpoint_the_proof_waits(visit, tmp_path, capsys):  # noqa: F811 - the fixture
    await visit.send_files()
    await visit.submit()
    path = tmp_path / "early.zip"
    path.write_bytes(await build_record_file(visit.work.submission, by=await principal("reviewer")))
    assert failed(path) == {"proof"}
    assert main(["record", "verify", str(path)]) == 3
    assert "…" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nonsense", b"{}"])
async def test_what_is_no_record_says_so(tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    assert failed(path) == {"file"}
    assert failed(write(path, {MANIFEST: b"[]", RECORD: b"{}"})) == {"file"}
    assert failed(tmp_path / "missing.zip") == {"file"}


async def test_only_who_may_read_the_record_gets_the_file(visit):  # noqa: F811 - the fixture
    await visit.send_files()
    await visit.submit()
    with pytest.raises(NotFound):
        from dataclasses import replace

        await build_record_file(visit.work.submission, by=replace(await principal("reviewer"), region="5399"))

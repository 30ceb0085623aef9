"""A phone's backup handed in by the office: accepted as if the phone had sent it, once, by whoever signed it; everything else refused with its reason."""

from __future__ import annotations

import io
import random
import zipfile
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.cli.demo.fieldwork import Phone, Work, make_work
from backend.evidence import service as evidence
from backend.exchange import service, unsent
from backend.kernel.errors import Forbidden, NotFound
from backend.kernel.scope import Scope
from backend.people import service as people
from backend.people.rules import Principal
from backend.storage.engine import connection, transaction
from backend.usecases import import_unsent
from backend.usecases.field_bundle import build_field_bundle
from tests.usecases.backups import backup, entry
from tests.usecases.test_records import chunks, count, enrol, principal


class Field:
    """An officer with a phone that finds no network, and the manager who helps."""

    def __init__(self, officer: Principal, manager: Principal, phone: Phone, bundle: dict[str, Any]) -> None:
        self.officer, self.manager, self.phone, self.bundle = officer, manager, phone, bundle
        self.visits = [i for i in bundle["inspections"] if i["state"] == "dispatched"]
        self.dice = random.Random(5)

    def record(self, n: int = 0, phone: Phone | None = None) -> Work:
        return make_work(self.visits[n], self.bundle["checklists"], phone or self.phone, t_dev_ms=1_790_000_000_000, dice=self.dice, bad=True)

    async def bring(self, data: bytes, by: Principal | None = None) -> UUID:
        return await import_unsent.upload(chunks(data), filename="sunlot-inspector-李明-2026-11-25.zip", by=by or self.manager)

    async def import_(self, data: bytes, by: Principal | None = None) -> list[tuple[str, str]]:
        """(outcome, why) of each record."""
        who = by or self.manager
        import_id = await self.bring(data, who)
        while await import_unsent.work_off():
            pass
        batch, records = await import_unsent.load_import(import_id, by=who)
        assert batch.state == "done"
        return [(r.outcome, r.why_en) for r in records]


@pytest.fixture
async def field(demo) -> Field:
    officer = await principal("inspector")
    return Field(officer, await principal("manager"), await enrol(officer), await build_field_bundle(by=officer))


async def submission(of: UUID) -> dict[str, Any]:
    async with transaction():
        return dict(await connection().fetchrow("select * from submission where id = $1", of))


async def test_a_record_is_accepted_for_the_officer_and_the_bringer_is_noted(field):
    work = field.record()
    data = backup([entry(work)], work.files, drafts=[{"enterprise": "草稿店", "changed_at_ms": 5, "photos": [{"sha256": "x"}]}])
    assert await field.import_(data) == [("accepted", "")]
    stored = await submission(work.submission)
    assert (stored["account"], stored["brought_by"]) == (field.officer.account_id, field.manager.account_id)
    async with transaction():
        rows = await connection().fetch(
            "select e.type, p.payload::jsonb as payload, e.actor from ledger_entry e join ledger_payload p using (entry_id)"
            " where e.type in ('inspection.submitted', 'unsent.imported') order by e.at desc, e.type desc limit 2"
        )
    told = {row["type"]: row for row in rows}
    assert str(field.manager.account_id) in told["inspection.submitted"]["payload"]
    assert told["inspection.submitted"]["actor"] != told["unsent.imported"]["actor"]
    assert str(work.submission) in told["unsent.imported"]["payload"]
    # The draft was listed and kept out; the file is gone, for everything of it is stored.
    (batch,) = await unsent.list_imports(field.manager.scope)
    assert batch.drafts == [{"enterprise": "草稿店", "changed_at_ms": 5, "photos": 1}]
    assert not batch.has_file
    assert await count("select count(*) from blob where sha256 = any($1)", list(work.files)) == len(work.files)


async def test_what_the_phone_sends_later_is_a_duplicate_and_the_other_way_round(field):
    from backend.usecases.accept_submission import accept_submission

    work, other = field.record(0), field.record(1)
    data = backup([entry(work), entry(other)], {**work.files, **other.files})
    for sha256, content in other.files.items():
        await evidence.upload(sha256, chunks(content), uploader=field.officer.account_id, total=len(content))
    await accept_submission(other.submission, record=other.record, signature=other.signature, device=field.phone.id, by=field.officer)
    assert await field.import_(data) == [("accepted", ""), ("duplicate", "")]
    again = await accept_submission(work.submission, record=work.record, signature=work.signature, device=field.phone.id, by=field.officer)
    assert not again.is_new
    assert (await submission(other.submission))["brought_by"] is None
    assert await field.import_(data) == [("duplicate", ""), ("duplicate", "")]
    for visit in field.visits[:2]:
        assert await count("select count(*) from submission where inspection = $1", UUID(visit["id"])) == 1
        assert await count("select count(*) from ledger_entry where type = 'inspection.submitted' and subject = $1", visit["id"]) == 1


async def test_one_bad_record_keeps_no_other_out(field):
    good, forged, torn, wrong = field.record(0), field.record(1), field.record(2), field.record(3)
    stranger = Phone()
    damaged = dict(torn.files)
    photo = torn.record["photos"][0]["sha256"]
    damaged[photo] = damaged[photo][:-1] + b"?"
    files = {**forged.files, **damaged, **wrong.files, **good.files}
    lacking = next(iter(wrong.record["strokes_sha256"].values()))
    files.pop(lacking)
    entries = [
        entry(forged, signature=entry(Work(forged.submission, forged.record, stranger.sign(forged.record), {}))["signature"]),
        entry(torn),
        entry(wrong),
        entry(good),
    ]
    told = await field.import_(backup(entries, files))
    assert [outcome for outcome, _ in told] == ["refused", "refused", "refused", "accepted"]
    assert "signature does not hold" in told[0][1]
    assert "hash" in told[1][1]
    assert "1 photos or signatures have not arrived" in told[2][1]
    # Of the forged record not one file was kept: nobody fills the store with what no officer has signed.
    assert await count("select count(*) from blob where sha256 = any($1)", list(forged.files)) == 0
    # Once the missing file is there, the refused one is tried again from the same file.
    await evidence.upload(lacking, chunks(wrong.files[lacking]), uploader=field.officer.account_id, total=len(wrong.files[lacking]))
    (batch,) = await unsent.list_imports(field.manager.scope)
    assert batch.has_file
    await import_unsent.try_again(batch.id, by=field.manager)
    while await import_unsent.work_off():
        pass
    assert [r.outcome for r in await unsent.list_records(batch.id)] == ["refused", "refused", "accepted", "accepted"]


async def test_a_phone_that_nobody_enrolled_or_that_was_revoked_hands_in_nothing(field):
    unknown = field.record(0, Phone())
    known = field.record(1)
    async with transaction():
        await people.revoke_device(field.phone.id, by=field.manager.account_id)
    told = await field.import_(backup([entry(unknown), entry(known)], {**unknown.files, **known.files}))
    assert [outcome for outcome, _ in told] == ["refused", "refused"]
    assert "never enrolled" in told[0][1]
    assert "revoked" in told[1][1]


async def test_only_within_the_bringers_scope(field):
    work = field.record()
    data = backup([entry(work)], work.files)
    elsewhere = Principal(field.manager.account_id, "x", "x", "manager", "sthj", "5303", None)
    assert [o for o, _ in await field.import_(data, elsewhere)] == ["refused"]
    far = Principal(field.manager.account_id, "x", "x", "manager", "scjg", "530381" if field.visits[0]["enterprise"]["region"] != "530381" else "530302", None)
    assert [o for o, _ in await field.import_(data, far)] == ["refused"]
    assert await count("select count(*) from blob where sha256 = any($1)", list(work.files)) == 0
    with pytest.raises(Forbidden):
        await field.bring(data, await principal("reviewer"))
    (batch, *_) = await unsent.list_imports(Scope("sthj", "5303"))
    with pytest.raises(NotFound):
        await import_unsent.load_import(batch.id, by=field.manager)
    assert await field.import_(data) == [("accepted", "")]


async def test_a_worker_killed_between_files_and_record_loses_and_doubles_nothing(field, monkeypatch):
    work = field.record()
    import_id = await field.bring(backup([entry(work)], work.files))

    async def die(*_: Any, **__: Any) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as cut:
        cut.setattr(import_unsent, "accept_within", die)
        with pytest.raises(OSError, match="power cut"):
            await import_unsent.work_off()
    assert await count("select count(*) from submission where id = $1", work.submission) == 0
    import asyncio

    await asyncio.gather(*(import_unsent.work_off() for _ in range(4)))  # several workers at once
    while await import_unsent.work_off():
        pass
    assert [r.outcome for r in await unsent.list_records(import_id)] == ["accepted"]
    assert await count("select count(*) from ledger_entry where type = 'unsent.imported' and subject = $1", str(import_id)) == 1


async def test_what_is_no_backup_is_refused_whole(field):
    work = field.record()
    whole = backup([entry(work)], work.files)
    squeezed = io.BytesIO()
    with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", "{}" * 10)
    outside = io.BytesIO()
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("../../etc/passwd", "x")
    files = {
        "cut off": whole[:-30],
        "no zip": b"PK and more",
        "compressed": squeezed.getvalue(),
        "a path": outside.getvalue(),
        "another version": backup([entry(work)], {}, v=2),
        "no list": backup([], {}, submissions=None),
        "no record": backup([entry(work, record=[])], {}),
        "no id": backup([entry(work, id="7")], {}),
        "twice the same": backup([entry(work), entry(work)], {}),
    }
    for name, data in files.items():
        with pytest.raises(unsent.NotABackup):
            await field.bring(data)
        assert not any(p.name[:7] != "upload-" for p in service.stored_path("x").parent.glob("*") if p.read_bytes() == data), name
    with pytest.raises(service.FileEmpty):
        await field.bring(b"")
    assert await count("select count(*) from unsent_import") == 0


@pytest.mark.parametrize("record", [{"inspection": "x"}, {"inspection": str(uuid4())}, {"inspection": str(uuid4()), "photos": 7, "signers": "x"}, {"a": 1.5}])
async def test_a_record_of_any_shape_ends_as_refused(field, record):
    work = field.record()
    given = {**work.record, **record}
    assert [o for o, _ in await field.import_(backup([entry(work, record=given)], {}))] == ["refused"]
    strange = {**work.record, "photos": 7, "signers": [1], "strokes_sha256": []}
    signed = Work(work.submission, strange, field.phone.sign(strange), {})
    assert [o for o, _ in await field.import_(backup([entry(signed)], {}))] == ["refused"]


async def test_a_large_file_is_refused_as_soon_as_it_is_too_large(field, monkeypatch):
    monkeypatch.setattr(unsent, "MAX_BYTES", 1000)
    with pytest.raises(service.FileTooLarge):
        await field.bring(b"x" * 2000)

"""A record's path on the demo county: accepted exactly once, refused with its reason, reviewed, published."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from backend.cli.demo.fieldwork import Phone, Work, make_work
from backend.evidence import service as evidence
from backend.inspections import record_rules
from backend.inspections.rules import WrongState
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.ledger import queries as ledger
from backend.people import queries as people_queries
from backend.people import service as people
from backend.people.rules import Principal
from backend.publicity import queries as publicity
from backend.storage.engine import connection, transaction
from backend.usecases.accept_submission import accept_submission
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.receive_inspection import receive_inspection
from backend.usecases.review_submission import approve_submission, return_submission


async def principal(username: str) -> Principal:
    async with transaction():
        account = await connection().fetchval("select id from account where username = $1", username)
        found = await people_queries.find_principal_of(account)
    assert found
    return found


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


@dataclass
class Visit:
    """One of the inspector's untouched inspections with a record ready to go."""

    officer: Principal
    colleague: Principal
    phone: Phone
    inspection: dict[str, Any]
    bundle: dict[str, Any]
    work: Work

    async def send_files(self) -> None:
        for sha256, content in self.work.files.items():
            await evidence.upload(sha256, chunks(content), uploader=self.officer.account_id, total=len(content))

    async def submit(self, **changed: Any) -> Any:
        given = {
            "submission": self.work.submission,
            "record": self.work.record,
            "signature": self.work.signature,
            "device": self.phone.id,
            "by": self.officer,
            **changed,
        }
        return await accept_submission(given.pop("submission"), **given)


async def enrol(officer: Principal) -> Phone:
    phone = Phone()
    async with transaction():
        await people.enrol_device(phone.id, account_id=officer.account_id, name="test", public_key=phone.public_jwk())
    return phone


@pytest.fixture
async def visit(demo) -> Visit:
    officer = await principal("inspector")
    bundle = await build_field_bundle(by=officer)
    inspection = next(i for i in bundle["inspections"] if i["state"] == "dispatched")
    async with transaction():
        other = next(o["inspector_id"] for o in inspection["officers"] if not o["me"])
        username = await connection().fetchval("select a.username from inspector p join account a on a.id = p.account where p.id = $1", other)
    phone = await enrol(officer)
    work = make_work(inspection, bundle["checklists"], phone, t_dev_ms=1_790_000_000_000, dice=random.Random(1), bad=True)
    return Visit(officer, await principal(username), phone, inspection, bundle, work)


async def count(sql: str, *args: Any) -> int:
    async with transaction():
        return int(await connection().fetchval(sql, *args))


async def test_the_same_bytes_give_the_same_receipt(visit):
    await visit.send_files()
    first, again = await visit.submit(), await visit.submit()
    assert first.is_new
    assert not again.is_new
    assert (first.record_sha256, first.entry_id, first.received_at) == (again.record_sha256, again.entry_id, again.received_at)
    assert await count("select count(*) from submission where inspection = $1", first.inspection) == 1


async def test_twenty_retries_at_once_store_one_record(visit):
    await visit.send_files()
    receipts = await asyncio.gather(*(visit.submit() for _ in range(20)))
    assert sum(r.is_new for r in receipts) == 1
    assert len({r.entry_id for r in receipts}) == 1
    subject = visit.inspection["id"]
    assert await count("select count(*) from ledger_entry where type = 'inspection.submitted' and subject = $1", subject) == 1


async def test_other_bytes_under_the_same_id_are_refused(visit):
    await visit.send_files()
    await visit.submit()
    other = {**visit.work.record, "remark": "other"}
    with pytest.raises(record_rules.OtherBytes):
        await visit.submit(record=other, signature=visit.phone.sign(other))


async def test_missing_evidence_is_named_and_nothing_is_stored(visit):
    with pytest.raises(record_rules.MissingEvidence) as caught:
        await visit.submit()
    assert set(caught.value.fields["missing"]) == set(visit.work.files)
    assert await count("select count(*) from submission where id = $1", visit.work.submission) == 0


async def test_another_key_does_not_sign(visit):
    await visit.send_files()
    with pytest.raises(record_rules.BadSignature):
        await visit.submit(signature=Phone().sign(visit.work.record))
    with pytest.raises(people.UnknownDevice):
        await visit.submit(device=uuid4())


async def test_a_lost_phone_hands_in_no_more(visit):
    await visit.send_files()
    async with transaction():
        await people.revoke_device(visit.phone.id, by=visit.officer.account_id)
    for by in (visit.officer, replace(visit.officer, device=visit.phone.id)):
        with pytest.raises(people.DeviceRevoked):
            await visit.submit(by=by)
    assert await count("select count(*) from submission where id = $1", visit.work.submission) == 0


async def test_what_a_lost_phone_signed_is_handed_in_after_a_new_enrolment_and_marked(visit):
    await visit.send_files()
    older = await enrol(visit.officer)  # a second phone that the officer had all along
    async with transaction():
        await people.revoke_device(visit.phone.id, by=visit.officer.account_id)
    with pytest.raises(people.DeviceRevoked):
        await visit.submit(by=replace(visit.officer, device=older.id))
    newer = await enrol(visit.officer)
    receipt = await visit.submit(by=replace(visit.officer, device=newer.id))
    assert receipt.is_new
    async with transaction():
        row = await connection().fetchrow("select handed_in_by, key_revoked_at from submission where id = $1", visit.work.submission)
        said, _salt = await ledger.find_payload(receipt.entry_id)
    assert row["handed_in_by"] == newer.id
    assert said["handed_in"] == {"device": str(newer.id), "key_revoked_at": clock.rfc3339(row["key_revoked_at"])}
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with transaction():
            await connection().execute("update submission set key_revoked_at = null where id = $1", visit.work.submission)


async def test_a_colleague_cannot_hand_in_what_a_lost_phone_signed(visit):
    await visit.send_files()
    async with transaction():
        await people.revoke_device(visit.phone.id, by=visit.officer.account_id)
    phone = await enrol(visit.colleague)
    with pytest.raises(people.UnknownDevice):
        await visit.submit(by=replace(visit.colleague, device=phone.id))


async def test_one_officer_s_other_phone_hands_in_and_the_log_says_so(visit):
    await visit.send_files()
    other = await enrol(visit.officer)
    receipt = await visit.submit(by=replace(visit.officer, device=other.id))
    async with transaction():
        said, _salt = await ledger.find_payload(receipt.entry_id)
    assert said["handed_in"] == {"device": str(other.id), "key_revoked_at": None}
    assert said["device"] == str(visit.phone.id)


async def test_the_usual_way_leaves_no_mark(visit):
    await visit.send_files()
    receipt = await visit.submit(by=replace(visit.officer, device=visit.phone.id))
    async with transaction():
        said, _salt = await ledger.find_payload(receipt.entry_id)
    assert "handed_in" not in said


async def test_a_colleague_who_comes_second_is_told_who_was_first(visit):
    await visit.send_files()
    await visit.submit()
    phone = await enrol(visit.colleague)
    bundle = await build_field_bundle(by=visit.colleague)
    inspection = next(i for i in bundle["inspections"] if i["id"] == visit.inspection["id"])
    work = make_work(inspection, bundle["checklists"], phone, t_dev_ms=1_790_000_000_000, dice=random.Random(2))
    second = Visit(visit.colleague, visit.officer, phone, inspection, bundle, work)
    await second.send_files()
    with pytest.raises(record_rules.AlreadySubmitted) as caught:
        await second.submit()
    assert caught.value.fields["by"] == visit.officer.name


async def test_a_stranger_to_the_visit_finds_nothing(visit):
    stranger = await principal("officer13")  # of the fire brigade
    with pytest.raises(NotFound):
        await visit.submit(by=stranger)
    with pytest.raises(Forbidden):
        await receive_inspection(visit.work.submission.__class__(visit.inspection["id"]), t_dev_ms=None, by=stranger)


async def test_receiving_twice_is_receiving_once(visit):
    inspection = visit.work.submission.__class__(visit.inspection["id"])
    first = await receive_inspection(inspection, t_dev_ms=1, by=visit.officer)
    assert first == await receive_inspection(inspection, t_dev_ms=2, by=visit.officer)
    assert first[0] == "received"


async def test_returned_then_handed_in_again_then_published(visit):
    await visit.send_files()
    await visit.submit()
    reviewer = await principal("reviewer")
    with pytest.raises(Invalid):
        await return_submission(visit.work.submission, "  ", by=reviewer)
    await return_submission(visit.work.submission, "请补充照片", by=reviewer)
    with pytest.raises(WrongState):
        await approve_submission(visit.work.submission, "", by=reviewer)
    bundle = await build_field_bundle(by=visit.officer)
    inspection = next(i for i in bundle["inspections"] if i["id"] == visit.inspection["id"])
    assert (inspection["state"], inspection["return_comment"]) == ("returned", "请补充照片")
    assert inspection["version"] > visit.inspection["version"]
    visit.work = make_work(inspection, bundle["checklists"], visit.phone, t_dev_ms=1_790_000_100_000, dice=random.Random(3))
    await visit.send_files()
    await visit.submit()
    number = await approve_submission(visit.work.submission, "", by=reviewer)
    result = await publicity.find_publication(number)
    shown = str(result.snapshot)
    assert visit.inspection["enterprise"]["name"] in shown
    for officer in visit.inspection["officers"]:
        assert officer["name"] not in shown
    assert visit.inspection["enterprise"]["legal_rep"] not in shown
    assert "credit" not in shown
    assert await count("select count(*) from ledger_entry where type = 'result.published' and subject = $1", number) == 1
    assert all(i["id"] != visit.inspection["id"] for i in (await build_field_bundle(by=visit.officer))["inspections"])


async def test_only_a_reviewer_of_the_department_decides(visit):
    await visit.send_files()
    await visit.submit()
    reviewer = await principal("reviewer")
    other = Principal(reviewer.account_id, "x", "x", "reviewer", "sthj", "5303", None)
    with pytest.raises(NotFound):
        await approve_submission(visit.work.submission, "", by=other)
    for username in ("manager", "auditor", "admin"):
        with pytest.raises(Forbidden):
            await approve_submission(visit.work.submission, "", by=await principal(username))
    # An officer of the visit who is also a reviewer never reviews their own work.
    own = Principal(visit.officer.account_id, "x", "x", "reviewer", "scjg", "5303", visit.officer.inspector_id)
    with pytest.raises(Forbidden):
        await approve_submission(visit.work.submission, "", by=own)


def _set(path: str, value: Any):
    def change(record: dict[str, Any]) -> None:
        *way, last = path.split(".")
        here: Any = record
        for step in way:
            here = here[int(step)] if step.isdigit() else here[step]
        if value is KeyError:
            del here[int(last) if last.isdigit() else last]
        else:
            here[int(last) if last.isdigit() else last] = value

    return change


DEFECTS = {
    "another enterprise's code": _set("scan.value", "someone-else"),
    "no scan": _set("scan", None),
    "back-fill without a reason": _set("scan", {"how": "backfill", "value": "", "t_dev": 1, "reason": " "}),
    "an unanswered question": _set("items.0.answers.0.value", ""),
    "an answer that is none": _set("items.0.answers.0.value", "maybe"),
    "a whole checklist missing": _set("items", []),
    "another checklist": _set("items.0.checklist", str(uuid4())),
    "a photo missing where no needs one": _set("photos", []),
    "no outcome": _set("outcomes", []),
    "an unknown outcome": _set("outcomes", ["Z9"]),
    "one officer only": _set("signers.0", {"key": "x", "role": "witness", "name": "x"}),
    "no enterprise signer": _set("signers.2", KeyError),
    "a refusal without a witness": _set("signers.2", {"key": "enterprise", "role": "enterprise", "name": "", "refused": True, "reason": "r", "witness": ""}),
    "a stroke missing": _set("strokes_sha256.enterprise", KeyError),
    "another inspection's seal": _set("sealed_entry", "00" * 32),
    "another version of the format": _set("v", 2),
    "a hash that is none": _set("photos.0.sha256", "../../etc/passwd"),
}


@pytest.mark.parametrize("defect", DEFECTS)
async def test_a_record_with_one_defect_is_refused_with_its_field(visit, defect):
    await visit.send_files()
    DEFECTS[defect](visit.work.record)
    with pytest.raises(Invalid) as caught:
        await visit.submit(signature=visit.phone.sign(visit.work.record))
    assert caught.value.fields["field"]
    assert await count("select count(*) from submission where id = $1", visit.work.submission) == 0

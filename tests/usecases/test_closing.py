"""A record of two officers closes when every part has arrived, every difference is decided and both devices have signed."""

from __future__ import annotations

import asyncio
import hashlib
import random
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.cli.demo.fieldwork import draw_strokes, make_work
from backend.evidence import service as evidence
from backend.inspections import part_queries, parts_rules, record_rules, submission_queries
from backend.inspections.part_queries import StandingRecord
from backend.inspections.parts_rules import NotReady
from backend.kernel import jcs
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.people.rules import Principal
from backend.storage.engine import connection, transaction
from backend.usecases.close_record import cosign, decide, list_outstanding, show_to_colleague, waive
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.review_submission import approve_submission, return_submission
from tests.usecases.test_parts import Writer, pens, writer  # noqa: F401 - the fixture
from tests.usecases.test_records import Visit, chunks, count, enrol, principal, visit  # noqa: F401 - the fixture

NOW = 1_790_000_900_000


class Pair:
    """A visit whose record one officer hands in, with the colleague's phone beside it."""

    def __init__(self, seen: Visit, mine: Writer, theirs: Writer) -> None:
        self.visit, self.mine, self.theirs = seen, mine, theirs
        self.key = f"a/{seen.work.record['items'][0]['item']}/{seen.work.record['items'][0]['answers'][0]['q']}"

    @property
    def record(self) -> dict[str, Any]:
        return self.visit.work.record

    @property
    def id(self) -> UUID:
        return self.visit.work.submission

    async def submit(self, **changed: Any) -> None:
        self.record.update(changed)
        for key, old in self.record["strokes_sha256"].items():  # the signatures on glass are made under what the record says now
            blob = draw_strokes(record_rules.content_hash(self.record), random.Random(key))
            self.visit.work.files.pop(old, None)
            self.record["strokes_sha256"][key] = hashlib.sha256(blob).hexdigest()
            self.visit.work.files[self.record["strokes_sha256"][key]] = blob
        await self.visit.send_files()
        await self.visit.submit(signature=self.visit.phone.sign(self.record))

    async def cosign(self, **changed: Any) -> Any:
        body, signature = self.theirs.cosign(self.record, t_dev_ms=NOW)
        given = {"device": self.theirs.phone.id, "body": body, "signature": signature, "by": self.theirs.officer, **changed}
        return await cosign(self.id, **given)

    async def decide(self, value: Any, pen: Writer | None = None, **changed: Any) -> Any:
        pen = pen or self.mine
        (open_,) = (await self.waiting(pen.officer))["differences"]
        decision = uuid4()
        body = {
            "v": 1,
            "alg": "ES256",
            "decides": self.theirs.cosign(self.record, t_dev_ms=0)[0]["cosigns"],
            "decision": str(decision),
            "submission": str(self.id),
            "inspection": pen.inspection,
            "inspector": pen.inspector,
            "device": str(pen.phone.id),
            "choices": [{"key": open_["key"], "over": open_["over"], "value": value, "reason": ""}],
            "t_dev": NOW,
            **changed,
        }
        return lambda: decide(self.id, decision, device=pen.phone.id, body=body, signature=pen.phone.sign(body), by=pen.officer)

    async def waiting(self, who: Principal) -> dict[str, Any]:
        bundle = await build_field_bundle(by=who)
        return next(i for i in bundle["inspections"] if i["id"] == self.mine.inspection)["submission"]["outstanding"]

    async def approve(self) -> str:
        return await approve_submission(self.id, "", by=await principal("reviewer"))


@pytest.fixture
async def pair(visit, pens) -> Pair:  # noqa: F811 - the fixtures
    return Pair(visit, *pens)


async def test_a_record_is_approved_once_the_colleagues_phone_has_co_signed(pair):
    await pair.submit()
    with pytest.raises(NotReady) as caught:
        await pair.approve()
    assert pair.theirs.officer.name in caught.value.message("zh")
    assert "co-signed" in caught.value.message("en")
    shown = await show_to_colleague(pair.id, by=pair.theirs.officer)
    assert shown.record == pair.record
    first, *rest = await asyncio.gather(*(pair.cosign() for _ in range(6)))
    assert sum(k.is_new for k in (first, *rest)) == 1
    assert len({k.entry_id for k in (first, *rest)}) == 1
    assert await count("select count(*) from ledger_entry where type = 'record.cosigned' and subject = $1", pair.mine.inspection) == 1
    assert (await pair.approve()).startswith("GS-")


async def test_who_owes_something_is_told_once(pair):
    async def told(who: Principal, kind: str) -> int:
        sql = "select count(*) from inbox_entry where account = $1 and kind = $2 and inspection = $3"
        return await count(sql, who.account_id, kind, UUID(pair.mine.inspection))

    await pair.submit(parts=[])
    assert (await told(pair.theirs.officer, "record.cosign"), await told(pair.mine.officer, "record.cosign")) == (1, 0)
    for value in ("na", "no"):
        await pair.theirs.send(pair.theirs.say({"key": pair.key, "value": value}))
    assert await told(pair.theirs.officer, "record.cosign") == 1
    assert (await told(pair.theirs.officer, "record.decide"), await told(pair.mine.officer, "record.decide")) == (1, 1)


async def test_other_bytes_under_a_co_signature_are_refused(pair):
    await pair.submit()
    await pair.cosign()
    body, _ = pair.theirs.cosign(pair.record, t_dev_ms=NOW + 1)
    with pytest.raises(record_rules.OtherBytes):
        await pair.cosign(body=body, signature=pair.theirs.phone.sign(body))


async def test_a_co_signature_is_the_colleagues_own_and_of_this_very_record(pair):
    await pair.submit()
    body, signature = pair.theirs.cosign(pair.record, t_dev_ms=NOW)
    with pytest.raises(record_rules.BadSignature):
        await pair.cosign(signature=pair.mine.phone.sign(body))
    for field, value in (("cosigns", "0" * 64), ("inspector", pair.mine.inspector), ("submission", str(uuid4())), ("t_dev", "now")):
        with pytest.raises(Invalid):
            await pair.cosign(body={**body, field: value}, signature=pair.theirs.phone.sign({**body, field: value}))
    with pytest.raises(Forbidden):  # who handed it in has signed already
        own, own_signature = pair.mine.cosign(pair.record, t_dev_ms=NOW)
        await cosign(pair.id, device=pair.mine.phone.id, body=own, signature=own_signature, by=pair.mine.officer)
    stranger = await principal("officer13")
    with pytest.raises(NotFound):
        await pair.cosign(by=stranger, signature=signature)
    with pytest.raises(NotFound):
        await show_to_colleague(pair.id, by=stranger)


async def test_a_phone_with_unsent_words_does_not_co_sign(pair):
    await pair.submit()
    pair.theirs.say({"key": "remark", "value": "没送到"})
    with pytest.raises(parts_rules.PartsBehind):
        await pair.cosign()


async def test_an_officer_without_a_phone_owes_nothing(demo):
    # The demo's phones were handed back: the colleague has none.
    officer = await principal("inspector")
    bundle = await build_field_bundle(by=officer)
    inspection = next(i for i in bundle["inspections"] if i["state"] == "dispatched")
    phone = await enrol(officer)
    work = make_work(inspection, bundle["checklists"], phone, t_dev_ms=NOW, dice=random.Random(1))
    alone = Visit(officer, officer, phone, inspection, bundle, work)
    await alone.send_files()
    await alone.submit()
    assert (await approve_submission(work.submission, "", by=await principal("reviewer"))).startswith("GS-")


async def test_a_part_that_is_awaited_keeps_the_record_open_until_it_comes_or_is_waived(pair):
    await pair.submit(expects=[pair.theirs.inspector])
    await pair.cosign()
    with pytest.raises(NotReady) as caught:
        await pair.approve()
    assert "has not arrived" in caught.value.message("en")
    assert (await pair.waiting(pair.mine.officer))["parts"] == [pair.theirs.inspector]
    reviewer = await principal("reviewer")
    with pytest.raises(Invalid):
        await waive(pair.id, inspector=UUID(pair.theirs.inspector), what="part", reason=" ", by=reviewer)
    with pytest.raises(Invalid):
        await waive(pair.id, inspector=UUID(pair.theirs.inspector), what="cosignature", reason="x", by=reviewer)
    for who in ("manager", "inspector"):
        with pytest.raises(Forbidden):
            await waive(pair.id, inspector=UUID(pair.theirs.inspector), what="part", reason="x", by=await principal(who))
    own = Principal(pair.mine.officer.account_id, "x", "x", "reviewer", "scjg", "5303", pair.mine.officer.inspector_id)
    with pytest.raises(Forbidden):
        await waive(pair.id, inspector=UUID(pair.theirs.inspector), what="part", reason="x", by=own)
    await waive(pair.id, inspector=UUID(pair.theirs.inspector), what="part", reason="手机掉进水里", by=reviewer)
    assert await count("select count(*) from ledger_entry where type = 'record.waived' and subject = $1", pair.mine.inspection) == 1
    await pair.approve()


async def test_the_record_names_a_part_that_has_not_come_yet(pair):
    part = pair.theirs.say({"key": pair.key, "value": pair.record["items"][0]["answers"][0]["value"]})
    await pair.submit(parts=[pair.theirs.head()])
    assert (await pair.waiting(pair.mine.officer))["parts"] == [pair.theirs.inspector]
    await pair.theirs.send(part)
    await pair.cosign()
    await pair.approve()


async def test_a_late_part_that_says_something_else_is_decided_by_an_officer_and_never_merged(pair):
    await pair.submit(parts=[])
    await pair.theirs.send(pair.theirs.say({"key": pair.key, "value": "na"}))
    await pair.cosign()
    with pytest.raises(NotReady) as caught:
        await pair.approve()
    assert "await the officers' decision" in caught.value.message("en")
    (open_,) = (await pair.waiting(pair.theirs.officer))["differences"]
    assert (open_["key"], open_["recorded"], open_["rivals"][0]["value"]) == (pair.key, pair.record["items"][0]["answers"][0]["value"], "na")
    send = await pair.decide("na", pen=pair.theirs)
    kept = [await send(), await send()]
    assert [k.is_new for k in kept] == [True, False]
    assert (await pair.waiting(pair.mine.officer))["differences"] == []
    async with transaction():
        stored = await connection().fetchval("select record from submission where id = $1", pair.id)
    assert stored == jcs.encode(pair.record), "signed bytes stay"
    assert await count("select count(*) from ledger_entry where type = 'record.decided' and subject = $1", pair.mine.inspection) == 1
    await pair.approve()


async def test_a_decision_is_signed_whole_and_fresh(pair):
    await pair.submit(parts=[])
    await pair.theirs.send(pair.theirs.say({"key": pair.key, "value": "na"}))
    early = await pair.decide("na")
    await pair.theirs.send(pair.theirs.say({"key": pair.key, "value": "yes", "over": [pair.theirs.made[0]["revs"][0]["rev"]]}))
    with pytest.raises(parts_rules.StaleDecision):
        await early()
    for changed in ({"choices": []}, {"decides": "0" * 64}, {"t_dev": None}, {"choices": [{"key": "x"}]}):
        with pytest.raises(Invalid):
            await (await pair.decide("na", **changed))()


async def test_an_outcome_decided_otherwise_is_signed_anew(pair):
    await pair.submit(parts=[])
    await pair.theirs.send(pair.theirs.say({"key": "outcomes", "value": ["1"]}))
    await pair.cosign()
    await (await pair.decide(["1"]))()
    with pytest.raises(NotReady) as caught:
        await pair.approve()
    assert "signed anew" in caught.value.message("en")


async def test_a_colleagues_photo_may_come_after_the_record_and_must_come_before_it_closes(pair):
    photo = next(p for p in pair.record["photos"] if p["item"] is None)
    photo["device"] = str(pair.theirs.phone.id)
    await pair.theirs.send(pair.theirs.say({"key": f"p/{photo['sha256']}", "value": {"bytes": 1}}))
    late = {h: pair.visit.work.files.pop(h) for h in (photo["sha256"], photo.get("marked")) if h}
    await pair.submit(parts=[pair.theirs.head()])
    await pair.cosign()
    assert (await pair.waiting(pair.theirs.officer))["photos"] == len(late)
    with pytest.raises(NotReady):
        await pair.approve()
    stranger = await principal("officer13")
    async with transaction():
        assert await submission_queries.list_named_evidence(list(late), pair.theirs.officer.account_id) == set(late), "the phone that took it may ask for it"
        assert await submission_queries.list_named_evidence(list(late), stranger.account_id) == set()
    for sha256, content in late.items():
        await evidence.upload(sha256, chunks(content), uploader=pair.theirs.officer.account_id, total=len(content))
    await pair.approve()


async def test_a_record_names_only_parts_of_its_own_officers(pair):
    for changed in ({"parts": [{**pair.theirs.head(), "inspector": str(uuid4()), "seq": 1, "sha256": "0" * 64}]}, {"parts": {}}, {"expects": [str(uuid4())]}):
        with pytest.raises(Invalid):
            await pair.submit(**{"parts": [], "expects": [], **changed})


async def test_nothing_appended_is_ever_changed(pair):
    await pair.submit(expects=[pair.theirs.inspector])
    await pair.cosign()
    await waive(pair.id, inspector=UUID(pair.theirs.inspector), what="part", reason="x", by=await principal("reviewer"))
    for statement in ("update record_cosignature set device = inspector", "delete from record_waiver", "delete from record_cosignature"):
        with pytest.raises(Exception, match="never changed"):
            async with transaction():
                await connection().execute(statement)


async def test_a_record_that_is_not_what_its_parts_said_is_kept_shown_and_only_returned(pair):
    await pair.theirs.send(pair.theirs.say({"key": pair.key, "value": "yes"}))
    await pair.submit(parts=[pair.theirs.head()])
    await pair.cosign()
    with pytest.raises(NotReady) as caught:
        await pair.approve()
    assert "1 处与各手机填写的内容不符" in caught.value.message("zh")
    assert "return the record" in caught.value.message("en")
    standing = await _standing(pair)
    (field,) = (await list_outstanding([standing]))[pair.id].misread
    assert (field.key, field.recorded, field.said) == (pair.key, "no", ("yes",))
    await return_submission(pair.id, "与同事填写不符，请核对", by=await principal("reviewer"))
    assert await count("select count(*) from submission where id = $1 and state = 'returned'", pair.id) == 1


async def test_the_sealing_phones_own_part_says_all_that_its_record_says(pair):
    said = parts_rules.recorded(pair.record) | {"scan": pair.record["scan"]}
    await pair.mine.send(pair.mine.say(*({"key": key, "value": value} for key, value in said.items())))
    await pair.submit(parts=[pair.mine.head()])
    await pair.cosign()
    assert (await pair.approve()).startswith("GS-")


async def test_the_phones_own_page_of_the_record_learns_who_co_signed_and_what_was_decided(pair):
    await pair.submit(parts=[])
    await pair.theirs.send(pair.theirs.say({"key": pair.key, "value": "na"}))
    await (await pair.decide("na"))()
    await pair.cosign()
    for who in (pair.mine.officer, pair.theirs.officer):
        bundle = await build_field_bundle(by=who)
        told = next(i for i in bundle["inspections"] if i["id"] == pair.mine.inspection)["submission"]
        assert told["cosigned"] == [{"inspector": pair.theirs.inspector, "t_dev": NOW}]
        assert told["decided"] == [{"inspector": pair.mine.inspector, "t_dev": NOW, "key": pair.key, "value": "na", "reason": ""}]


async def test_a_word_that_no_part_said_is_found(pair):
    said = parts_rules.recorded(pair.record) | {"scan": pair.record["scan"]}
    await pair.mine.send(pair.mine.say(*({"key": key, "value": value} for key, value in said.items())))
    await pair.submit(parts=[pair.mine.head()], remark="签字前添上的一句")
    await pair.cosign()
    found = (await list_outstanding([await _standing(pair)]))[pair.id].misread
    assert [(m.key, m.recorded, m.said) for m in found] == [("remark", "签字前添上的一句", (None,))]


async def _standing(pair: Pair) -> StandingRecord:
    return (await part_queries.list_standing([UUID(pair.mine.inspection)]))[UUID(pair.mine.inspection)]


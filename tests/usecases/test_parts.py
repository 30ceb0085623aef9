"""Several phones, one visit: parts arrive once each and in order, whoever is not of the visit finds nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.cli.demo.fieldwork import Pen, Phone
from backend.inspections import part_queries, parts, parts_rules, record_rules
from backend.kernel.errors import Invalid, NotFound
from backend.people import service as people
from backend.people.rules import Principal
from backend.storage.engine import connection, transaction
from backend.usecases.accept_part import accept_part
from backend.usecases.field_bundle import build_field_bundle
from tests.usecases.test_records import Visit, count, enrol, principal, visit  # noqa: F401 - the fixture


@dataclass
class Writer(Pen):
    """One officer's phone writing its parts of a visit."""

    officer: Principal = field(kw_only=True)
    clock: int = 1_790_000_000_000
    made: list[dict[str, Any]] = field(default_factory=list)

    def say(self, *revs: dict[str, Any]) -> dict[str, Any]:
        self.clock += 1000
        self.made.append(self.write(*revs, t_dev_ms=self.clock))
        return self.made[-1]

    async def send(self, part: dict[str, Any], **changed: Any) -> parts.Kept:
        given = {"device": self.phone.id, "by": self.officer, **changed}
        return await accept_part(UUID(self.inspection), part=part, **given)


def writer(officer: Principal, phone: Phone, inspection: str) -> Writer:
    return Writer(phone, inspection, str(officer.inspector_id), officer=officer)


@pytest.fixture
async def pens(visit: Visit) -> tuple[Writer, Writer]:  # noqa: F811 - the fixture
    """The sealing officer's pen and the colleague's."""
    inspection = visit.inspection["id"]
    return writer(visit.officer, visit.phone, inspection), writer(visit.colleague, await enrol(visit.colleague), inspection)


YES = {"key": "a/SC01/q1", "value": "yes"}


async def test_the_same_bytes_give_the_same_receipt_even_at_once(pens):
    mine, _ = pens
    part = mine.say(YES)
    kept = await asyncio.gather(*(mine.send(part) for _ in range(12)))
    assert sum(k.is_new for k in kept) == 1
    assert len({(k.sha256, k.entry_id, k.received_at) for k in kept}) == 1
    assert await count("select count(*) from ledger_entry where type = 'part.received' and subject = $1", mine.inspection) == 1


async def test_other_bytes_under_the_same_number_are_refused(pens):
    mine, _ = pens
    await mine.send(mine.say(YES))
    other = {**mine.made[0], "t_dev": 7}
    with pytest.raises(record_rules.OtherBytes):
        await mine.send(other)


async def test_a_gap_names_the_number_that_comes_next(pens):
    mine, _ = pens
    first, second = mine.say(YES), mine.say({"key": "remark", "value": "x"})
    with pytest.raises(parts_rules.PartGap) as caught:
        await mine.send(second)
    assert caught.value.fields["expected"] == 1
    await mine.send(first)
    assert (await mine.send(second)).is_new
    async with transaction():
        assert await part_queries.find_head(UUID(mine.inspection), mine.phone.id) == (2, mine.prev)


async def test_a_part_comes_down_to_the_colleague_and_not_to_its_own_phone(pens):
    mine, theirs = pens
    await mine.send(mine.say(YES))
    bundle = await build_field_bundle(by=theirs.officer, device=theirs.phone.id)
    found = next(i for i in bundle["inspections"] if i["id"] == mine.inspection)["parts"]
    assert [(p["device"], p["inspector"], p["seq"], p["sha256"]) for p in found] == [(str(mine.phone.id), str(mine.officer.inspector_id), 1, mine.prev)]
    assert found[0]["revs"] == mine.made[0]["revs"]
    own = await build_field_bundle(by=mine.officer, device=mine.phone.id)
    assert next(i for i in own["inspections"] if i["id"] == mine.inspection)["parts"] == []
    assert bundle["cursor"] != (await build_field_bundle(by=theirs.officer, device=mine.phone.id))["cursor"]


async def test_an_officer_of_another_visit_neither_writes_nor_reads(pens):
    mine, _ = pens
    officer = await principal("officer13")  # of the fire brigade
    stranger = writer(officer, await enrol(officer), mine.inspection)
    with pytest.raises(NotFound):
        await stranger.send(stranger.say(YES))
    await mine.send(mine.say(YES))
    bundle = await build_field_bundle(by=stranger.officer, device=stranger.phone.id)
    assert mine.prev not in str(bundle)


async def test_only_an_officers_own_living_device_writes(pens):
    mine, theirs = pens
    with pytest.raises(people.UnknownDevice):
        await mine.send({**mine.say(YES), "device": str(theirs.phone.id)}, device=theirs.phone.id)
    async with transaction():
        await people.revoke_device(theirs.phone.id, by=theirs.officer.account_id)
    part = theirs.say(YES)
    with pytest.raises(people.DeviceRevoked):
        await theirs.send(part)
    # What it had said before comes from its officer's next enrolment, as a record does.
    newer = await enrol(theirs.officer)
    assert (await theirs.send(part, by=replace(theirs.officer, device=newer.id))).is_new


DEFECTS: dict[str, dict[str, Any]] = {
    "another visit": {"inspection": str(uuid4())},
    "in a colleague's name": {"inspector": str(uuid4())},
    "another version": {"v": 2},
    "a broken chain": {"prev": "0" * 64},
    "nothing in it": {"revs": []},
    "too much in it": {"revs": [{"rev": str(n), "key": "remark", "over": [], "t_dev": 1, "value": "x"} for n in range(201)]},
    "a key that is none": {"revs": [{"rev": "r", "key": "a/../..", "over": [], "t_dev": 1, "value": "x"}]},
    "a revision with more than it has": {"revs": [{"rev": "r", "key": "remark", "over": [], "t_dev": 1, "value": "x", "by": "somebody"}]},
    "too large": {"revs": [{"rev": "r", "key": "remark", "over": [], "t_dev": 1, "value": "x" * 600_000}]},
    "no number": {"seq": "1"},
    "a float": {"t_dev": 1.5},
}


@pytest.mark.parametrize("defect", DEFECTS)
async def test_a_part_with_one_defect_is_refused_with_its_field(pens, defect):
    mine, _ = pens
    with pytest.raises(Invalid) as caught:
        await mine.send({**mine.say(YES), **DEFECTS[defect]})
    assert caught.value.fields["field"]
    assert await count("select count(*) from visit_part where inspection = $1", UUID(mine.inspection)) == 0


async def test_what_arrived_is_never_changed(pens):
    mine, _ = pens
    await mine.send(mine.say(YES))
    for statement in ("update visit_part set seq = 9", "delete from visit_part"):
        with pytest.raises(Exception, match="never changed"):
            async with transaction():
                await connection().execute(statement)

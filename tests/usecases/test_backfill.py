"""A visit without a scan: owed, shown, back-filled in time or late, and never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backend.deadlines.rules import Lamp
from backend.deadlines.service import save_period
from backend.inspections import submission_queries
from backend.inspections.rules import WrongState
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid
from backend.storage.engine import connection, transaction
from backend.usecases import board
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.go_on_unscanned import go_on_unscanned
from backend.usecases.review_submission import return_submission
from tests.usecases.test_records import Visit, principal, visit  # noqa: F401 - the fixture


def millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def rewrite(v: Visit, *, started: datetime, how: str = "backfill", reason: str = "现场没有网络") -> None:
    """The same record as an officer without a scan would sign it."""
    record = v.work.record
    record["started_t_dev"] = millis(started)
    value = v.inspection["enterprise"]["code"]
    record["scan"] = {"how": how, "value": value, "t_dev": millis(started + timedelta(days=2)), "reason": reason}


async def submit(v: Visit) -> submission_queries.RecordView:
    await v.send_files()
    await v.submit(signature=v.phone.sign(v.work.record))
    reviewer = await principal("reviewer")
    async with transaction():
        return await submission_queries.find_record(v.work.submission, reviewer.scope)


async def test_a_backfill_within_ten_days_is_in_time(visit):  # noqa: F811 - the fixture
    began = clock.now()
    rewrite(visit, started=began)
    clock.hold(lambda: began + timedelta(days=10))
    view = await submit(visit)
    assert (view.backfill_due_on, view.is_backfill_late) == (clock.day_of(began) + timedelta(days=10), False)


async def test_a_later_one_is_accepted_all_the_same_and_flagged(visit):  # noqa: F811 - the fixture
    began = clock.now()
    rewrite(visit, started=began, how="typed")
    clock.hold(lambda: began + timedelta(days=11))
    view = await submit(visit)
    assert view.is_backfill_late
    reviewer = await principal("reviewer")
    async with transaction():
        queue = await submission_queries.list_queue(reviewer.scope)
    assert next(r for r in queue if r.id == visit.work.submission).is_backfill_late


async def test_a_scan_at_the_door_owes_nothing(visit):  # noqa: F811 - the fixture
    clock.hold(lambda: datetime.now(UTC) + timedelta(days=40))
    view = await submit(visit)
    assert (view.backfill_due_on, view.is_backfill_late) == (None, False)


async def test_a_record_that_comes_back_is_judged_by_its_first_coming(visit):  # noqa: F811 - the fixture
    began = clock.now()
    rewrite(visit, started=began)
    clock.hold(lambda: began + timedelta(days=3))
    await submit(visit)
    await return_submission(visit.work.submission, "请补充照片", by=await principal("reviewer"))
    clock.hold(lambda: began + timedelta(days=30))
    import random

    from backend.cli.demo.fieldwork import make_work

    bundle = await build_field_bundle(by=visit.officer)
    inspection = next(i for i in bundle["inspections"] if i["id"] == visit.inspection["id"])
    visit.work = make_work(inspection, bundle["checklists"], visit.phone, t_dev_ms=millis(clock.now()), dice=random.Random(9))
    rewrite(visit, started=began)
    assert not (await submit(visit)).is_backfill_late


async def test_the_office_and_the_colleague_see_until_when_it_is_owed(visit):  # noqa: F811 - the fixture
    inspection = UUID(visit.inspection["id"])
    began = clock.now()
    due = await go_on_unscanned(inspection, t_dev_ms=millis(began), reason="企业码损坏", by=visit.officer)
    assert due == clock.day_of(began) + timedelta(days=10)
    again = await go_on_unscanned(inspection, t_dev_ms=millis(began + timedelta(days=3)), reason="x", by=visit.colleague)
    assert again == due, "the first word stands"
    for person in (visit.officer, visit.colleague):
        bundle = await build_field_bundle(by=person)
        assert next(i for i in bundle["inspections"] if i["id"] == visit.inspection["id"])["scan_due_on"] == due.isoformat()
    manager = await principal("manager")

    async def owed() -> Lamp | None:
        async with transaction():
            rows, _ = await board.list_inspections(manager.scope, board.InspectionFilter(campaign=UUID(visit.inspection["campaign"]["id"])))
        return next((lamp for r in rows if r.id == inspection for lamp in r.lamps if lamp.clock == "scan"), None)

    shown = await owed()
    assert (shown.due_on, shown.colour) == (due, "green")
    clock.hold(lambda: began + timedelta(days=11))
    assert (await owed()).colour == "red"
    async with transaction():
        assert await connection().fetchval("select count(*) from ledger_entry where type = 'inspection.unscanned' and subject = $1", str(inspection)) == 1
    # A scan that is told ends what is owed, before any record.
    async with transaction():
        await connection().execute("update inspection set state = 'on_site' where id = $1", inspection)
    assert await owed() is None
    # Whoever comes to it late is flagged by the day that everybody saw, whatever the record says of its beginning.
    rewrite(visit, started=clock.now())
    assert (await submit(visit)).backfill_due_on == due
    assert await owed() is None
    with pytest.raises(WrongState):
        async with transaction():
            await connection().execute("update inspection set scan_due_on = null where id = $1", inspection)
        await go_on_unscanned(inspection, t_dev_ms=1, reason="x", by=visit.officer)


async def test_only_the_visits_officers_with_a_reason(visit):  # noqa: F811 - the fixture
    inspection = UUID(visit.inspection["id"])
    with pytest.raises(Invalid):
        await go_on_unscanned(inspection, t_dev_ms=1, reason=" ", by=visit.officer)
    for stranger in ("officer13", "manager"):
        with pytest.raises(Forbidden):
            await go_on_unscanned(inspection, t_dev_ms=1, reason="x", by=await principal(stranger))


async def test_a_scan_without_its_time_is_refused(visit):  # noqa: F811 - the fixture
    visit.work.record["scan"].pop("t_dev")
    await visit.send_files()
    with pytest.raises(Invalid):
        await visit.submit(signature=visit.phone.sign(visit.work.record))


async def test_the_days_are_the_table_s_on_the_phone_and_in_the_office(visit):  # noqa: F811 - the fixture
    today = clock.today()
    values = {"clock": "scan", "amount": 4, "unit": "natural", "warn": 1, "valid_from": today, "source": "新规（测试）"}
    async with transaction():
        await save_period(uuid4(), values, version=None, by=None)
    told = (await build_field_bundle(by=visit.officer))["scan_periods"]
    assert told == [
        {"days": 4, "unit": "natural", "from": today.isoformat(), "to": None},
        {"days": 10, "unit": "natural", "from": "2019-01-01", "to": today.isoformat()},
    ]
    began = clock.now()
    due = await go_on_unscanned(UUID(visit.inspection["id"]), t_dev_ms=millis(began), reason="企业码损坏", by=visit.officer)
    assert due == today + timedelta(days=4)
    rewrite(visit, started=began)
    clock.hold(lambda: began + timedelta(days=5))
    assert (await submit(visit)).is_backfill_late

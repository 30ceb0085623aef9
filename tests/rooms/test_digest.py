"""The weekly digest: once a week for each office, its numbers those of the lists, told to the department's group without a name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from backend.figures import jobs, queries, service
from backend.figures.digest_rules import Digest, text_of
from backend.figures.queries import RecordFilter
from backend.figures.rules import LATE, parse_period
from backend.kernel import clock
from backend.kernel.ids import new_id
from backend.kernel.scope import Scope
from backend.kernel.settings import settings
from backend.notify import jobs as notify_jobs
from backend.notify import robots
from backend.storage import outbox
from backend.storage.engine import connection, transaction
from tests.rooms.robot_service import RobotService

DEPARTMENT = Scope("scjg", "5303")


@pytest.fixture
def groups(monkeypatch):
    changed = msgspec.structs.replace(settings(), webhook_hosts=("127.0.0.1",))
    for room in (robots, notify_jobs):
        monkeypatch.setattr(room, "settings", lambda: changed)
    made = RobotService()
    yield made
    made.close()


async def test_a_week_is_told_once_for_each_office(demo, groups):
    async with transaction():
        await robots.add("scjg", "一科工作群", groups.address(), "", by=new_id())
    week = service.last_week(clock.today())
    assert await service.make_digests(week) == 4  # all departments, and the three that have people in the office
    assert await service.make_digests(week) == 0
    await outbox.work_off({"robot": notify_jobs.post_robot})
    assert len(groups.told) == 1
    digest = await queries.find_digest(DEPARTMENT)
    assert digest is not None
    assert digest.week == week
    assert f"完成检查 {digest.completed} 户，公示结果 {digest.published} 件" in groups.told[0]
    async with transaction():
        names = await connection().fetch("select enterprise_name from inspection union select name from inspector union select name from account")
    assert [r[0] for r in names if r[0] in groups.told[0]] == []
    assert await queries.find_digest(Scope("xfjy", "530302")) is None
    assert await queries.find_digest(Scope(None, "5303")) is not None


async def test_its_numbers_are_those_of_the_lists(demo):
    async with transaction():
        # Four visits are late by now; a record came in during the week.
        late = await connection().fetch("select id from inspection where state = 'dispatched' order by id limit 4")
        await connection().execute("update inspection set due_on = $2 where id = any($1)", [r["id"] for r in late], clock.today() - timedelta(days=3))
    week = service.last_week(clock.today())
    await service.make_digests(week)
    digest = await queries.find_digest(DEPARTMENT)
    year = parse_period(str(week.year))
    rows, _more = await queries.list_records(DEPARTMENT, year, "done", RecordFilter(part=LATE), limit=None)
    assert sum(digest.overdue.values()) == len(rows) == 4
    assert digest.waiting == len(await queries.list_waiting(DEPARTMENT))
    assert digest.measures["done"] == ((await queries.count(DEPARTMENT, year))["done"].whole.hit, (await queries.count(DEPARTMENT, year))["done"].whole.total)
    async with transaction():
        completed = await connection().fetchval(
            "select count(*) from inspection where completed_on between $1::date and $1::date + 6 and state <> 'returned'", week
        )
    assert digest.completed == completed


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), date(2026, 11, 9)),  # Monday 07:59 in Beijing
        (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), date(2026, 11, 16)),  # 08:00
        (datetime(2026, 11, 29, 15, 0, tzinfo=UTC), date(2026, 11, 16)),
    ],
)
async def test_the_week_is_over_on_monday_morning_in_beijing(monkeypatch, now, week):
    asked = []

    async def make(day):
        asked.append(day)
        return 0

    monkeypatch.setattr(service, "make_digests", make)
    clock.hold(lambda: now)
    await jobs.make_digests_due()
    assert asked == [week]


def test_a_group_reads_numbers_and_counties():
    digest = Digest(date(2026, 11, 16), 12, 8, {"530302": 1, "530381": 2}, 5, 4)
    assert text_of(digest, {"530302": "麒麟区", "530381": "宣威市"}) == (
        "周报（2026-11-16 至 2026-11-22）：完成检查 12 户，公示结果 8 件；下周到期 5 户；逾期未完成 3 户（宣威市 2，麒麟区 1）；待审核 4 份。"
    )
    many = Digest(date(2026, 11, 16), 0, 0, {f"5303{n:02d}": 1 for n in range(14)}, 0, 0)
    assert "等 14 个区县" in text_of(many, {})

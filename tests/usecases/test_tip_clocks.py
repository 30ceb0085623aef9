"""The statutory days of complaints and tips, with real dates over the long holidays, from the table of periods."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from backend.deadlines.queries import load_book
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid
from backend.storage.engine import connection, transaction
from backend.tips import rules
from backend.usecases import tips
from tests.usecases.test_records import principal
from tests.usecases.test_tips import PHONE, filed, see


def on(day: date) -> None:
    clock.hold(lambda: datetime.combine(day, time(10), clock.BEIJING))


@pytest.mark.parametrize(
    ("filed_on", "category", "decide_by", "accepted_on", "end_by"),
    [
        # National Day 2026 is off from 1 to 7 October; 20 September and 10 October, a Sunday and a Saturday, are worked.
        (date(2026, 9, 28), "consumer", date(2026, 10, 13), date(2026, 9, 29), date(2026, 11, 28)),
        (date(2026, 7, 28), "consumer", date(2026, 8, 6), date(2026, 8, 3), date(2026, 10, 8)),
        (date(2026, 9, 28), "food", date(2026, 10, 23), date(2026, 10, 20), date(2027, 1, 18)),
        # Before 2026-04-15 the regulation before it: mediation for 45 working days.
        (date(2026, 1, 5), "consumer", date(2026, 1, 14), date(2026, 1, 12), date(2026, 3, 20)),
    ],
)
async def test_statutory_days_over_the_long_holidays(demo, filed_on, category, decide_by, accepted_on, end_by):
    manager = await principal("manager")
    on(filed_on)
    one = await filed(category=category, name="王", phone=PHONE)
    assert (await tips.lamp_of(await see(one.id, manager))).due_on == decide_by
    assert (await tips.follow(one.code, address="a")).due_on == decide_by
    on(accepted_on)
    await tips.decide(one.id, accepted=True, reason="现决定受理", version=1, by=manager)
    assert (await tips.lamp_of(await see(one.id, manager))).due_on == end_by
    followed = await tips.follow(one.code, address="a")
    assert (followed.due_on, followed.tip.reason) == (end_by, "现决定受理"), "who filed it is told of the decision in the moment in which it is made"


async def test_the_sources_are_the_regulations_in_force(demo):
    book = await load_book()
    for name, day, words in (
        ("tip_accept", date(2026, 4, 14), "第20号"),
        ("tip_accept", date(2026, 4, 15), "第121号"),
        ("tip_settle", date(2026, 4, 14), "第二十一条"),
        ("tip_settle", date(2026, 4, 15), "第二十三条"),
        ("tip_check", date(2026, 4, 14), "行政处罚程序规定》第十八条"),
        ("tip_check", date(2026, 11, 26), "行政处罚程序规定》第十八条"),
        ("tip_check_long", date(2026, 11, 26), "延长十五个工作日"),
    ):
        assert words in book.period(name, day).source, (name, day)
    async with transaction():
        assert await connection().fetchval("select count(*) from tip_category where source like '%暂行办法%'") == 0


async def test_the_time_to_check_is_made_longer_once_by_the_head(demo):
    manager, reviewer = await principal("manager"), await principal("reviewer")
    on(date(2026, 9, 28))
    one, complaint = await filed(), await filed(category="consumer", name="王", phone=PHONE)
    with pytest.raises(Forbidden):
        await tips.extend(one.id, reason="须委托检验，等待报告", version=1, by=reviewer)
    with pytest.raises(Invalid):
        await tips.extend(one.id, reason=" ", version=1, by=manager)
    with pytest.raises(rules.NotExtendable):
        await tips.extend(complaint.id, reason="须委托检验，等待报告", version=1, by=manager)
    on(date(2026, 10, 23))
    await tips.extend(one.id, reason="须委托检验，等待报告", version=1, by=manager)
    assert (await tips.lamp_of(await see(one.id, manager))).due_on == date(2026, 11, 13), "thirty working days from the day on which it came"
    followed = await tips.follow(one.code, address="a")
    assert (followed.due_on, followed.lead.extended_why) == (date(2026, 11, 13), "须委托检验，等待报告")
    with pytest.raises(rules.NotExtendable):
        await tips.extend(one.id, reason="还要再等一等", version=2, by=manager)
    async with transaction():
        assert await connection().fetchval("select count(*) from ledger_entry where type = 'tip.extended' and subject = $1", str(one.id)) == 1
    late = await filed()
    on(date(2026, 11, 16))
    with pytest.raises(rules.NotExtendable):
        await tips.extend(late.id, reason="须委托检验，等待报告", version=1, by=manager)

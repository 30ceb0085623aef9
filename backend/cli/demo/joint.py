"""Invitations of the demo county: one accepted, one near its end, one declined, one that nobody answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from backend.deadlines.queries import load_book
from backend.inspections.rules import Plan
from backend.invitations import queries
from backend.invitations.rules import Answer
from backend.kernel.workdays import is_working_day
from backend.people.rules import Principal
from backend.usecases import invite
from backend.usecases.create_campaign import create_campaign

MANAGERS = {"scjg": "manager", "xfjy": "manager2", "sthj": "manager3"}
OWN_ITEMS = {"scjg": "SC04", "xfjy": "XF02", "sthj": "ST02"}


async def agree(campaign: UUID, partners: Sequence[str], who: dict[str, Principal]) -> None:
    """The partners of a joint draft of the first department are invited and accept at once."""
    if not partners:
        return
    await invite.invite(campaign, list(partners), "请派员参加联合检查。", by=who["manager"])
    for view in await queries.list_of_campaign(campaign):
        given = Answer(True, 2, view.asked, (OWN_ITEMS[view.department],), "")
        await invite.answer(view.id, given, version=view.version, by=who[MANAGERS[view.department]])


async def show_invitations(at: Callable[[date, int], None], today: date, who: dict[str, Principal]) -> None:
    """Three joint drafts and one that conflicts with yearly caps. ``at`` sets the clock to an hour of a day."""
    holidays = (await load_book()).holidays

    def back(n: int) -> date:
        """The ``n``-th working day before today."""
        day = today
        while n:
            day -= timedelta(days=1)
            n -= is_working_day(day, holidays)
        return day

    at(back(4), 9)
    three = await create_campaign(
        _plan("2027年元旦春节烟花爆竹储存场所联合抽查", "scjg", ("xfjy", "sthj"), today + timedelta(days=55), ("530302", "530303", "530322")),
        by=who["manager"],
    )
    await invite.invite(three, ["xfjy", "sthj"], "拟于春节前完成，请派员并选定检查事项。", by=who["manager"])
    at(back(3), 15)
    for view in await queries.list_of_campaign(three):
        if view.department == "xfjy":
            given = Answer(True, 3, ("530302", "530303", "530322"), (OWN_ITEMS["xfjy"],), "陆良方向的人员须提前一周通知。")
        else:
            given = Answer(False, 0, (), (), "同期开展重污染天气应急检查，人员无法抽调。")
        await invite.answer(view.id, given, version=view.version, by=who[MANAGERS[view.department]])
    at(back(4), 10)
    silent = await create_campaign(
        _plan("2026年第四季度商场超市联合抽查", "scjg", ("xfjy",), today + timedelta(days=30), ("530302", "5303K1")), by=who["manager"]
    )
    await invite.invite(silent, ["xfjy"], "", by=who["manager"])
    # A visitor who signs in as the first manager finds one to answer: it ends with today.
    at(back(2), 11)
    asked = await create_campaign(
        _plan("2026年冬季加油站油气回收联合抽查", "sthj", ("scjg",), today + timedelta(days=40), ("530302", "530303", "530381")), by=who["manager3"]
    )
    await invite.invite(asked, ["scjg"], "请贵局派员检查加油站证照和计量。", by=who["manager3"])
    # Everybody of a small trade, some of whom were visited in summer and may be drawn by the announced campaign too.
    at(back(1), 16)
    whole = _plan("2026年第四季度加油站计量和成品油质量抽查", "scjg", (), today + timedelta(days=45), ("530302", "530303", "530381"))
    await create_campaign(replace(whole, industries=("5265",), rate_mode="rate", rates={"-": (1, 1)}), by=who["manager"])
    at(today, 0)
    await invite.tell_what_lapsed()


def _plan(name: str, lead: str, partners: tuple[str, ...], due_on: date, counties: tuple[str, ...]) -> Plan:
    return Plan(
        name=name,
        plan_name="曲靖市2026年度部门联合抽查工作计划",
        items=(OWN_ITEMS[lead],),
        department=lead,
        partners=partners,
        counties=counties,
        industries=(),
        rate_mode="fixed",
        rates={"n": 12},
        officers_per_visit=len(partners) + 2,
        due_on=due_on,
        yearly_cap=2,
    )

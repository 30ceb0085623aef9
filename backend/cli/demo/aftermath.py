"""What follows from the demo's finished visits: orders, a follow-up under way, objections, a corrected and a withdrawn result, copies, comments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations
from uuid import UUID, uuid5

from backend.inspections import queries as inspections
from backend.objections.service import Filing
from backend.people.rules import Principal
from backend.storage.engine import connection, transaction
from backend.usecases import bulk, comment, erasing, hand_over, objecting, rectify, revise_result
from backend.usecases.adhoc import list_choosable
from backend.usecases.bulk import Order
from backend.usecases.hand_over import Matter

NAMES = UUID("6d1f0a52-3d0b-4c53-9a58-6f2f3c0d9b11")
RECORDS_LAW = "《药品经营和使用质量监督管理办法》第三十九条"


def id_of(name: str) -> UUID:
    return uuid5(NAMES, name)


async def list_finished() -> list[UUID]:
    """The visits of the finished campaign in the order of their results."""
    async with transaction():
        rows = await connection().fetch(
            "select p.inspection from publication p join inspection i on i.id = p.inspection join campaign c on c.id = i.campaign"
            " where p.version = 1 and c.name like '%药品零售%' order by p.number"
        )
    return [row["inspection"] for row in rows]


async def show_aftermath(at: Callable[[date, int], None], today: date, who: dict[str, Principal]) -> None:
    """``at`` sets the clock to an hour of a day."""
    manager, reviewer = who["manager"], who["reviewer"]
    visits = await list_finished()
    soon, late, objected, corrected, withdrawn, answered = (visits[n] for n in (1, 5, 4, 6, 8, 9))

    at(today - timedelta(days=26), 10)
    await rectify.order_correction(
        soon,
        id_of("soon"),
        demand="补齐2026年第三季度处方药销售登记，并提交整改报告。",
        legal_basis=RECORDS_LAW,
        due_on=today + timedelta(days=2),
        by=reviewer,
    )
    await rectify.order_correction(
        late, id_of("late"), demand="冷藏药品柜安装温度自动记录装置。", legal_basis=RECORDS_LAW, due_on=today - timedelta(days=4), by=reviewer
    )
    await hand_over.send(soon, id_of("copy"), Matter("copy", "xfjy", "", "店内疏散通道堆放货物，请依职权处理。"), by=reviewer)
    at(today - timedelta(days=24), 9)
    await hand_over.send(late, id_of("case"), Matter("case", "", "市场监管综合执法支队", "涉嫌未按规定条件储存冷藏药品，移送立案。"), by=manager)

    at(today - timedelta(days=20), 15)
    await objecting.file_objection(
        objected,
        id_of("objection"),
        Filing("法定代表人", "0874-3120000", "检查当日货架已按要求调整，公示的结果与现场情况不符，申请复核。", today - timedelta(days=21)),
        by=reviewer,
    )
    number = await objecting.file_objection(
        answered,
        id_of("answered"),
        Filing("店长", "0874-3220000", "检查当日即已改正完毕，认为不应公示为发现问题。", today - timedelta(days=20)),
        by=reviewer,
    )
    at(today - timedelta(days=15), 11)
    reason = "检查时确有问题，经责令当场改正，公示的正是“已改正”，内容属实，维持原结果。"
    await objecting.decide_objection(id_of("answered"), decision="kept", reason=reason, seen=1, by=manager)
    await revise_result.correct_result(corrected, seen=1, outcomes=["E"], reason="经核对检查记录，结果代码录入有误，予以更正。", by=reviewer)
    at(today - timedelta(days=9), 11)
    await revise_result.withdraw_result(
        withdrawn, seen=1, reason="行政复议决定撤销本次检查的处理决定。", decided_on=today - timedelta(days=10), by=manager
    )

    at(today - timedelta(days=3), 9)
    place = await inspections.find_place(late, manager.scope)
    named = {who["inspector"].inspector_id, who["inspector2"].inspector_id}
    # The visitors' own inspections stay as they are.
    free = [o for o in await list_choosable(manager) if place.county in o.counties and o.id not in named]
    needed = {i.qualification for i in await inspections.list_campaign_items(place.campaign) if i.qualification}
    team = next(t for t in combinations(free, 2) if needed <= {q for o in t for q in o.qualifications})
    await rectify.open_followup(id_of("late"), officers=[o.id for o in team], due_on=today + timedelta(days=7), by=manager)

    at(today - timedelta(days=2), 15)
    await erasing.ask(id_of("erasure"), kind="objection", number=number, ground="本人书面申请，已当面核验身份，不再需要联系", by=who["auditor"])

    at(today - timedelta(days=1), 16)
    async with transaction():
        waiting = await connection().fetchval("select id from inspection where state = 'submitted' order by id limit 1")
        received = await connection().fetchval("select id from inspection where state = 'received' order by id limit 1")
    await comment.add_comment(waiting, id_of("comment"), "@李文华 请重点看冷藏温度一项，去年同期抽查曾不合格。", by=manager)
    due_on = (await inspections.find_place(received, manager.scope)).due_on + timedelta(days=14)
    await bulk.run(id_of("run"), Order("extend", due_on, "企业停业装修，复工后再行检查"), [received], by=manager)

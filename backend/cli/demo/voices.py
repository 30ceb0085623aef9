"""What citizens and enterprises say in the demo: evaluations of finished visits, complaints and tips in every state."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID, uuid5

from PIL import Image, ImageDraw

from backend.evaluations import jobs
from backend.history.queries import find_row
from backend.inspections.rules import COMPLAINT, AdhocPlan
from backend.items.queries import list_items
from backend.kernel import clock
from backend.people.rules import Principal
from backend.storage.engine import connection, transaction
from backend.tips.queries import find_tip
from backend.tips.rules import Filing
from backend.tips.service import CATEGORY, save_category
from backend.usecases import erasing, tips
from backend.usecases.adhoc import list_choosable
from backend.usecases.evaluate import evaluate

NAMES = UUID("5b7f0c3e-9d0e-4c36-8a8e-2d9a1c7b6f40")
DEPARTMENTS = {
    "scjg": ("food", "quality", "drug", "price", "advert", "licence", "consumer"),
    "xfjy": ("fire",),
    "sthj": ("environment",),
}
WORDS = ("检查人员讲得很清楚，问题当场教我们怎么改。", "", "来了两次电话确认，影响开门营业，希望时间短一些。", "", "", "态度很好，亮了证，也扫了码。", "")
At = Callable[[date, int], None]


def _id(name: str) -> UUID:
    return uuid5(NAMES, name)


def _photo(seed: int) -> bytes:
    """A picture of a shelf, as good as a drawing can be."""
    dice, image = random.Random(seed), Image.new("RGB", (1200, 900), (214, 206, 190))
    pen = ImageDraw.Draw(image)
    for row in range(4):
        pen.rectangle((0, 200 + row * 210, 1200, 214 + row * 210), fill=(122, 92, 60))
        for column in range(14):
            tall = dice.randint(70, 160)
            left = 20 + column * 84
            pen.rectangle((left, 200 + row * 210 - tall, left + 62, 200 + row * 210), fill=tuple(dice.randint(60, 220) for _ in range(3)))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


async def share_out(admin: Principal) -> None:
    """Which department gets which category at first."""
    async with transaction():
        for department, codes in DEPARTMENTS.items():
            for code in codes:
                row = await find_row(CATEGORY, code)
                values: dict[str, Any] = {name: row[name] for name in CATEGORY.columns}
                await save_category(code, {**values, "department": department}, version=row["version"], by=admin.account_id)


async def _evaluations(at: At, today: date) -> None:
    async with transaction():
        rows = await connection().fetch(
            "select i.id, e.qr_token, coalesce((i.arrived_at at time zone 'Asia/Shanghai')::date, i.completed_on) as visited_on from inspection i"
            " join enterprise e on e.id = i.enterprise where i.state = 'published' and i.completed_on is not null order by i.completed_on, i.id"
        )
    dice = random.Random(7)
    for n, row in enumerate(rows[:16]):
        at(min(row["visited_on"] + timedelta(days=1 + n % 5), today - timedelta(days=1)), 20)
        good = n % 5 != 3
        form = {
            "certificates": "no" if n == 8 else "yes",
            "scanned": "no" if n % 6 == 4 else "yes",
            "gifts": "yes" if n == 13 else "no",
            "polite": str(dice.choice((4, 5, 5)) if good else 2),
            "clear": str(dice.choice((3, 4, 5)) if good else 3),
            "overall": str(dice.choice((4, 5, 5)) if good else 2),
            "text": "检查结束后有人暗示要“意思一下”。" if n == 13 else WORDS[n % len(WORDS)],
        }
        await evaluate(row["qr_token"], _id(f"evaluation-{n}"), row["id"], form, device=f"demo-{n}", address=f"demo-{n}")


async def show_voices(at: At, today: date, who: dict[str, Principal]) -> None:
    """``at`` sets the clock to an hour of a day."""
    manager, reviewer = who["manager"], who["reviewer"]
    await share_out(who["admin"])
    await _evaluations(at, today)
    async with transaction():
        shops = await connection().fetch(
            "select id, code, name, region from enterprise e where status = 'active' and region in ('530302', '530303', '530304')"
            " and not exists (select from inspection i where i.enterprise = e.id) order by code limit 5"
        )
    first, second, third, fourth, fifth = shops

    async def file(
        key: str,
        days_ago: int,
        shop: Any,
        category: str,
        text: str,
        *,
        photos: int = 0,
        sign: str = "",
        county: str = "",
        place: str = "",
        accused: str = "",
        person: str = "",
        phone: str = "",
    ) -> UUID:
        at(today - timedelta(days=days_ago), 19)
        known = shop or {"id": None, "code": "", "name": sign, "region": county}
        filing = Filing(category, known["id"], known["code"], known["name"], accused, known["region"], place, text, person, phone)
        pictures = [(f"{n}.jpg", _photo(n + days_ago)) for n in range(photos)]
        return (await tips.file(_id(key), filing, pictures, address=f"demo-{key}")).id

    async def accept(tip: UUID, reason: str = "") -> None:
        await tips.decide(tip, accepted=True, reason=reason, version=(await find_tip(tip, reviewer)).version, by=reviewer)

    # To be decided on: one soon due with two photos, one that speaks of the same, one late, one in another department's hands.
    await file("expired", 18, first, "food", "昨天在该店买的酸奶已过保质期三天，货架上还有十几盒同批次的，店员说没空换。", photos=2, place="一楼冷柜")
    await file("expired-too", 2, first, "food", "这家店冷柜里的牛奶过期了还在卖，跟店员说了也不下架。")
    await file("refund", 13, second, "consumer", "买的电热水壶用了两次就漏电，商家不肯退货，请求调解退款 129 元。", person="赵女士", phone="13900001111")
    await file("exit", 4, third, "fire", "二楼疏散通道被货物堵死，安全出口上了锁，晚上还有人住在里面。", photos=1)
    words = "小区门口新开的熟食摊没有挂营业执照，每天下午四点到七点出摊。"
    await file("unknown", 1, None, "licence", words, sign="老王熟食", county="530302", place="文昌街幸福小区北门")
    # In hand, with a visit because of it and a first answer.
    scale = await file("scale", 12, fourth, "price", "电子秤不准，买两斤苹果回家只有一斤七两，同一摊位已经第二次。", person="周先生", phone="13700002222")
    at(today - timedelta(days=9), 10)
    await accept(scale, "属于本局职责，已受理，将现场核查计量器具。")
    await _visit(scale, fourth, at, today, who)
    at(today - timedelta(days=7), 15)
    tip = await find_tip(scale, reviewer)
    await tips.answer(scale, _id("scale-answer"), "已安排两名执法人员现场核查，结果出来后会在这里答复您。", version=tip.version, by=reviewer)
    # Over: one answered and closed, one not accepted.
    done = await file("advert", 40, fifth, "advert", "店门口的牌子写着“全国销量第一”，没有任何出处。")
    at(today - timedelta(days=36), 9)
    await accept(done)
    at(today - timedelta(days=28), 16)
    words = "经查，该店广告使用绝对化用语，已责令停止发布并改正，牌子已拆除。感谢您的监督。"
    await tips.close(done, _id("advert-close"), words, version=(await find_tip(done, manager)).version, by=manager)
    other = await file("neighbour", 22, None, "consumer", "邻居装修太吵，请你们管一管。", sign="邻居", county="530303", person="钱先生", phone="13600003333")
    at(today - timedelta(days=20), 11)
    reason = "不属于消费纠纷，不在市场监管部门职责范围内，请向住建或公安部门反映。"
    await tips.decide(other, accepted=False, reason=reason, version=1, by=reviewer)
    # Asked to be erased by its citizen, and erased by two people.
    at(today - timedelta(days=5), 10)
    number = (await find_tip(other, who["auditor"])).number
    await erasing.ask(_id("erase-neighbour"), kind="tip", number=number, ground="本人来访申请，已核验身份", by=who["auditor"])
    at(today - timedelta(days=4), 15)
    await erasing.decide(_id("erase-neighbour"), approved=True, reason="", by=who["admin"])
    # One that takes longer to check, with the head's approval.
    helmet = await file("helmet", 15, second, "quality", "在该店买的电动车头盔一摔就裂，标签上没有厂名厂址，怀疑是三无产品。", photos=1)
    at(today - timedelta(days=3), 11)
    await tips.extend(helmet, reason="样品已送检，等待检验报告", version=1, by=manager)
    # About officers: the oversight office's alone.
    await file("gifts", 6, first, "bribe", "检查结束后，其中一人问能不能“拿两条烟”，没有给，他说以后会常来。", accused="穿制服的年轻男检查员")
    await file("again", 16, None, "burden", "一个月内来了三拨人，查的内容一样，每次都停业半天。", accused="市消防救援支队", county="530302", sign="某家具厂")
    at(today, 8)
    await jobs.seal_what_is_over()


async def _visit(tip: UUID, shop: Any, at: At, today: date, who: dict[str, Principal]) -> None:
    """A visit by officers whom no visitor of the demo signs in as."""
    manager, named = who["manager"], {who["inspector"].inspector_id, who["inspector2"].inspector_id}
    at(today - timedelta(days=8), 9)
    item = next(i for i in await list_items([manager.department or ""]) if not i.qualification or i.qualification == "law")
    free = [o for o in await list_choosable(manager) if shop["region"] in o.counties and o.id not in named]
    team = next(t for t in combinations(free, 2) if not item.qualification or any(item.qualification in o.qualifications for o in t))
    view = await find_tip(tip, manager)
    plan = AdhocPlan(COMPLAINT, view.number, shop["code"], (item.code,), tuple(o.id for o in team), clock.today() + timedelta(days=14))
    await tips.open_visit(tip, plan, version=view.version, by=manager)

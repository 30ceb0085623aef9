"""What the open face has to show: entries on lists, and a partner's webhook that has done its work and was paused."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from backend.cli.demo.aftermath import NAMES
from backend.kernel import clock
from backend.kernel.scope import Scope
from backend.ledger.queries import find_last_index
from backend.people.rules import Principal
from backend.registry import editing
from backend.registry.queries import list_by_codes, list_regions
from backend.storage.engine import transaction
from backend.usecases.open_changes import TOLD
from backend.usecases.push_changes import push_changes
from backend.webhooks import queries, rules, service

WEBHOOK = uuid5(NAMES, "webhook")
_SOURCE = "国家企业信用信息公示系统"
# (list, ground, number of the decision, days ago)
_ENTRIES = (
    ("abnormal", "未按规定公示年度报告", 12, 200),
    ("abnormal", "通过登记的住所无法联系", 31, 96),
    ("abnormal", "未在责令的期限内公示有关企业信息", 7, 61),
    ("abnormal", "公示企业信息隐瞒真实情况、弄虚作假", 19, 33),
    ("serious", "伪造、变造许可证件，被处以较重行政处罚", 2, 27),
    ("abnormal", "未按规定公示年度报告", 44, 8),
)


async def fill_lists(codes: list[str], *, region: str, by: UUID) -> None:
    """One enterprise on a list for each entry. For the caller's transaction."""
    known, places = await list_by_codes(codes), {r.code: r.name_zh for r in await list_regions()}
    for code, (which, ground, number, days) in zip(codes, _ENTRIES, strict=False):
        place, day = places[known[code].region], clock.today() - timedelta(days=days)
        await editing.put_on_list(
            known[code].id,
            which=which,
            ground=ground,
            authority=f"{place}市场监督管理局",
            document=f"{place[0]}市监{'严' if which == 'serious' else '异'}〔{day.year}〕{number} 号",
            listed_on=day,
            source=_SOURCE,
            scope=Scope(None, region),
            by=by,
        )


async def show_webhook(admin: Principal) -> None:
    """Of the last forty entries of the log some were told; one never arrived, so the webhook paused itself. Nothing leaves the demonstration."""
    async with transaction():
        await service.add(
            WEBHOOK,
            "曲靖市大数据中心",
            "https://data.qujing.example/hooks/sunlot",
            [e for e in TOLD if not e.startswith("campaign.")],
            known=tuple(TOLD),
            inside=(),
            after=max(await find_last_index() - 200, -1),
            by=admin.account_id,
        )
    while await push_changes():
        pass
    async with transaction():
        deliveries = await queries.list_deliveries(WEBHOOK)
        for n, delivery in enumerate(deliveries):
            state, status, detail = (rules.DEAD, 503, "对方答复 HTTP 503\nthe answer was HTTP 503") if n == 0 else (rules.SENT, 204, "")
            await service.note(delivery.id, state, status=status, detail=detail)
        await service.move(WEBHOOK, rules.PAUSED, by=None, why="多次未能送达，已自动暂停\nnot delivered after many tries: paused by itself")

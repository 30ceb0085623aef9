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
from backend.registry.queries import list_by_codes
from backend.storage.engine import transaction
from backend.usecases.open_changes import TOLD
from backend.usecases.push_changes import push_changes
from backend.webhooks import queries, rules, service

WEBHOOK = uuid5(NAMES, "webhook")
_SOURCE = "国家企业信用信息公示系统"
# (list, ground, authority, document, days ago)
_ENTRIES = (
    ("abnormal", "未按规定公示年度报告", "曲靖市市场监督管理局", "曲市监异〔2026〕12 号", 140),
    ("abnormal", "通过登记的住所无法联系", "麒麟区市场监督管理局", "麒市监异〔2026〕31 号", 96),
    ("abnormal", "未在责令的期限内公示有关企业信息", "沾益区市场监督管理局", "沾市监异〔2026〕7 号", 61),
    ("abnormal", "公示企业信息隐瞒真实情况、弄虚作假", "宣威市市场监督管理局", "宣市监异〔2026〕19 号", 33),
    ("serious", "经营危害人体健康的食品，被处以较重行政处罚", "曲靖市市场监督管理局", "曲市监严〔2026〕2 号", 27),
    ("abnormal", "未按规定公示年度报告", "罗平县市场监督管理局", "罗市监异〔2026〕44 号", 8),
)


async def fill_lists(codes: list[str], *, region: str, by: UUID) -> None:
    """One enterprise on a list for each entry. For the caller's transaction."""
    known = await list_by_codes(codes)
    for code, (which, ground, authority, document, days) in zip(codes, _ENTRIES, strict=False):
        await editing.put_on_list(
            known[code].id,
            which=which,
            ground=ground,
            authority=authority,
            document=document,
            listed_on=clock.today() - timedelta(days=days),
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

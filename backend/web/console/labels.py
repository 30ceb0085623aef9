"""What stored values are called on the screens of the office."""

from __future__ import annotations

from dataclasses import dataclass

from backend.inspections.rules import KINDS as KINDS_OF_CAMPAIGN
from backend.inspections.rules import STATES
from backend.kernel.scope import Scope
from backend.people import queries as people
from backend.registry import queries as registry
from backend.registry.rules import KINDS, STATUSES
from backend.web.shared.i18n import _, get_locale, pick


@dataclass(frozen=True, slots=True)
class Places:
    """Names of regions and departments in the reader's language; an unknown code stays as it is."""

    names: dict[str, str]

    def __call__(self, code: str | None) -> str:
        return self.names.get(code or "", code or "")


async def load_places() -> Places:
    names = {region.code: pick(region, "name") for region in await registry.list_regions()}
    names |= {prefix(code): name for code, name in list(names.items())}
    return Places(names | {d.code: pick(d, "name") for d in await people.list_departments()})


def prefix(code: str) -> str:
    """The region code as ``Scope`` writes it: without trailing zero pairs (530300 -> 5303)."""
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


async def county_choices(scope: Scope) -> list[tuple[str, str]]:
    return [(county.code, pick(county, "name")) for county in await registry.list_counties(scope)]


def kind_name(kind: str) -> str:
    return pick(KINDS[kind], "") if kind in KINDS else kind


def status_name(status: str) -> str:
    return pick(STATUSES[status], "") if status in STATUSES else status


def status_badge(status: str) -> str:
    return {"active": "good", "revoked": "bad", "deregistered": "bad"}.get(status, "warn")


_BADGES = {"received": "accent", "on_site": "accent", "submitted": "warn", "under_review": "warn", "returned": "bad", "published": "good"}


def inspection_states() -> dict[str, tuple[str, str]]:
    """State of an inspection -> its name and the kind of its badge, in the order of its life."""
    return {state: (zh if get_locale() == "zh" else en, _BADGES.get(state, "")) for state, (zh, en) in STATES.items()}


def campaign_states() -> dict[str, tuple[str, str]]:
    return {
        "draft": (_("草稿"), ""),
        "announced": (_("已公告，待抽取"), "accent"),
        "drawn": (_("检查进行中"), "good"),
        "closed": (_("已结束"), ""),
        "voided": (_("已作废"), "bad"),
    }


def adhoc_kinds() -> dict[str, str]:
    """What a visit that was not drawn rests on."""
    return {kind: pick({"zh": zh, "en": en}, "") for kind, (zh, en) in KINDS_OF_CAMPAIGN.items() if kind != "random"}


def batch_states() -> dict[str, tuple[str, str]]:
    return {
        "reading": (_("正在读取"), "accent"),
        "previewed": (_("待确认"), "warn"),
        "applying": (_("正在写入"), "accent"),
        "applied": (_("已导入"), "good"),
        "failed": (_("未成功"), "bad"),
        "cancelled": (_("已取消"), ""),
        "mapping": (_("待确认列"), "warn"),
        "undoing": (_("正在撤销"), "accent"),
        "undone": (_("已撤销"), ""),
    }


def time_left(seconds: int | None) -> str:
    """How long something will still take, as people say it."""
    if seconds is None:
        return ""
    return _("约剩 %(n)s 秒", n=max(seconds, 1)) if seconds < 90 else _("约剩 %(n)s 分钟", n=round(seconds / 60))


def in_one_language(detail: str) -> str:
    """Of a reason that is stored as a line a language."""
    lines = detail.splitlines() or [""]
    return lines[0] if get_locale() == "zh" else lines[-1]


def alert_kinds() -> dict[str, str]:
    return {
        "inspection.dispatched": _("新任务"),
        "submission.returned": _("退回修改"),
        "record.cosign": _("待联署"),
        "record.decide": _("待裁定"),
        "recusal.declared": _("回避申请"),
        "draw.overdue": _("抽取逾期未公开"),
        "result.published": _("结果已公示"),
        "result.revised": _("公示结果有变"),
        "inspection.reminded": _("催办"),
        "inspection.extended": _("检查期限延长"),
        "comment.mentioned": _("同事提到您"),
        "review.assigned": _("交您审核"),
        "handover.sent": _("收到抄告"),
        "tip.filed": _("收到投诉举报"),
        "tip.assigned": _("转来投诉举报"),
        "tip.added": _("投诉举报有补充"),
        "evaluation.grave": _("企业评价反映索要财物"),
        "plan.waits": _("年度计划待审批"),
        "plan.returned": _("年度计划被退回"),
        "plan.approved": _("年度计划已批准"),
        "invitation.sent": _("收到联合检查邀请"),
        "invitation.answered": _("邀请已有答复"),
        "invitation.lapsed": _("联合邀请逾期未答复"),
        "invitation.overridden": _("督查室已代为决定"),
        "invitation.ended": _("联合邀请已撤回"),
        "digest": _("周报"),
        "test": _("测试消息"),
    }


def push_states() -> dict[str, tuple[str, str]]:
    return {"sent": (_("已送达"), "good"), "failed": (_("未送达"), "bad"), "dead": (_("设备已失效"), "bad")}


def qualification_name(code: str) -> str:
    names = {
        "law": _("行政执法"),
        "food": _("食品安全检查"),
        "drug": _("药品检查"),
        "equipment": _("特种设备安全监察"),
        "fire": _("消防监督检查"),
        "environment": _("生态环境执法"),
        "hazwaste": _("危险废物核查"),
    }
    return names.get(code, code)


def both(entry: dict[str, str]) -> str:
    """The ``zh`` or ``en`` of a stored message."""
    return entry["zh" if get_locale() == "zh" else "en"]

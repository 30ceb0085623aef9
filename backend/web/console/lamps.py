"""Lamps in words: which clock, how much is left of it, until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.deadlines import rules
from backend.deadlines.rules import Lamp
from backend.web.shared.i18n import _

KINDS: Final = {rules.RED: "bad", rules.YELLOW: "warn", rules.GREEN: "good"}


def colours() -> dict[str, tuple[str, str]]:
    """colour -> (name, kind of the badge)."""
    return {"red": (_("已逾期"), "bad"), "yellow": (_("即将到期"), "warn"), "green": (_("期限内"), "good")}


def clocks() -> dict[str, str]:
    return {
        rules.VISIT: _("完成检查"),
        rules.SCAN: _("补扫码"),
        rules.REVIEW: _("审核"),
        rules.PUBLISH: _("公示"),
        rules.OBJECTION: _("异议答复"),
        rules.REPLACEMENT: _("替换审批"),
        rules.RECTIFY: _("责令改正"),
        rules.WITHDRAW: _("撤回公示"),
        rules.ACKNOWLEDGE: _("签收抄告"),
        rules.INVITATION: _("答复联合邀请"),
        "tip_accept": _("投诉受理"),
        "tip_check": _("举报核查"),
        "tip_check_long": _("举报核查（已延长）"),
        "tip_settle": _("投诉调解"),
        "tip_case": _("举报办理"),
        rules.RESPONSE: _("审看企业回应"),
    }


@dataclass(frozen=True, slots=True)
class Words:
    """One lamp as it is read: the colour is never the only sign."""

    colour: str
    kind: str
    clock: str
    due_on: str
    left: str
    is_provisional: bool


def say(lamp: Lamp) -> Words:
    n = abs(lamp.left)
    if lamp.colour == rules.RED:
        left = (_("逾期 %(n)s 个工作日", n=n) if lamp.unit == "working" else _("逾期 %(n)s 天", n=n)) if n else _("已逾期")
    elif n == 0:
        left = _("今天到期")
    else:
        left = _("还有 %(n)s 个工作日", n=n) if lamp.unit == "working" else _("还有 %(n)s 天", n=n)
    return Words(lamp.colour, KINDS[lamp.colour], clocks()[lamp.clock], lamp.due_on.isoformat(), left, lamp.is_provisional)


def total(by_lamp: Mapping[str, int]) -> int:
    return sum(by_lamp.values())

"""What stands in the office's side menu, by role. The routes guard themselves; this only avoids dead ends."""

from __future__ import annotations

from dataclasses import dataclass

from backend.people.rules import ADMIN, AUDITOR, MANAGER, REVIEWER, ROLES


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    href: str
    zh: str
    roles: frozenset[str]


_OFFICE = frozenset({ADMIN, MANAGER, REVIEWER, AUDITOR})


def _(text: str) -> str:
    return text  # marks the text for the catalogue; the template translates


MENU = (
    Entry("home", "/console", _("工作台"), _OFFICE),
    Entry("figures", "/console/figures", _("考核指标"), _OFFICE),
    Entry("plans", "/console/plans", _("年度计划"), _OFFICE),
    Entry("campaigns", "/console/campaigns", _("抽查任务"), _OFFICE),
    Entry("invitations", "/console/invitations", _("联合邀请"), _OFFICE),
    Entry("forecast", "/console/forecast", _("负荷预测"), _OFFICE),
    Entry("inspections", "/console/inspections", _("检查进度"), _OFFICE),
    Entry("recusals", "/console/recusals", _("回避"), frozenset({MANAGER, AUDITOR})),
    Entry("reviews", "/console/reviews", _("审核公示"), frozenset({REVIEWER, ADMIN, AUDITOR})),
    Entry("outcomes", "/console/outcomes", _("后续处置"), _OFFICE),
    Entry("tips", "/console/tips", _("投诉举报"), frozenset({MANAGER, REVIEWER, AUDITOR})),
    Entry("evaluations", "/console/evaluations", _("检查评价"), _OFFICE),
    Entry("enterprises", "/console/enterprises", _("检查对象"), _OFFICE),
    Entry("placards", "/console/placards", _("企业码牌"), _OFFICE),
    Entry("imports", "/console/imports", _("名录导入"), frozenset({MANAGER, ADMIN})),
    Entry("unsent", "/console/unsent", _("补传手机备份"), frozenset({MANAGER, ADMIN})),
    Entry("inspectors", "/console/inspectors", _("执法人员名录"), _OFFICE),
    Entry("registers", "/console/registers", _("基础数据"), _OFFICE),
    Entry("alerts", "/console/alerts", _("通知送达"), frozenset({MANAGER, ADMIN, AUDITOR})),
    Entry("webhooks", "/console/webhooks", _("数据推送"), frozenset({ADMIN})),
    Entry("accounts", "/console/accounts", _("账号设备"), frozenset({ADMIN})),
    Entry("erasures", "/console/erasures", _("个人信息删除"), frozenset({ADMIN, AUDITOR})),
    Entry("log", "/log", _("存证日志"), _OFFICE),
)


def menu(role: str) -> list[Entry]:
    return [entry for entry in MENU if role in entry.roles]


def role_name(role: str) -> str:
    return ROLES[role][0]

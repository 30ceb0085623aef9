"""What alerts say, and which push services may be named. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from backend.kernel.errors import DomainError

# kind -> (title zh, body zh, title en, body en), bodies over the alert's parameters.
KINDS: dict[str, tuple[str, str, str, str]] = {
    "inspection.dispatched": ("新的检查", "{enterprise}，{due_on} 前完成", "New inspection", "{enterprise}, due {due_on}"),
    "submission.returned": ("记录被退回", "{enterprise}：{comment}", "Record returned", "{enterprise}: {comment}"),
    "record.cosign": ("待您联署", "{enterprise}：同事已提交记录，请联署", "Please co-sign", "{enterprise}: a colleague has handed the record in"),
    "record.decide": ("待您裁定", "{enterprise}：提交后又收到不同的填写", "Please decide", "{enterprise}: later entries differ from the record"),
    "recusal.declared": ("回避申请", "{officer}对{enterprise}，请审查", "Recusal declared", "{officer} and {enterprise}: please decide"),
    "draw.overdue": ("抽取逾期未公开", "{title}（{draw}）应在 {reveal_by} 前公开", "Draw not revealed", "{title} ({draw}), due by {reveal_by}"),
    "result.published": ("结果已公示", "{enterprise}", "Result published", "{enterprise}"),
    "result.revised": ("公示结果有变", "{zh}", "Published result changed", "{en}"),
    "inspection.reminded": ("催办", "{zh}", "Reminder", "{en}"),
    "inspection.extended": ("检查期限延长", "{zh}", "Deadline extended", "{en}"),
    "comment.mentioned": ("同事提到您", "{zh}", "A colleague mentioned you", "{en}"),
    "review.assigned": ("交您审核", "{zh}", "Given to you to review", "{en}"),
    "plan.waits": ("年度计划待您审批", "{zh}", "A yearly plan waits for your decision", "{en}"),
    "plan.returned": ("年度计划被退回", "{zh}", "Yearly plan returned", "{en}"),
    "plan.approved": ("年度计划已批准", "{zh}", "Yearly plan approved", "{en}"),
    "invitation.sent": ("收到联合检查邀请", "{zh}", "Invited to a joint campaign", "{en}"),
    "invitation.answered": ("邀请已有答复", "{zh}", "Your invitation was answered", "{en}"),
    "invitation.lapsed": ("联合邀请逾期未答复", "{zh}", "An invitation was not answered in time", "{en}"),
    "invitation.overridden": ("督查室已代为决定", "{zh}", "The oversight office has decided", "{en}"),
    "invitation.ended": ("联合邀请已撤回", "{zh}", "An invitation was withdrawn", "{en}"),
    "tip.filed": ("收到投诉举报", "{zh}", "A complaint or tip came in", "{en}"),
    "tip.assigned": ("转来投诉举报", "{zh}", "A complaint or tip was handed to you", "{en}"),
    "tip.added": ("投诉举报有补充", "{zh}", "A complaint or tip was added to", "{en}"),
    "evaluation.grave": ("企业评价反映索要财物", "{zh}", "An evaluation speaks of gifts", "{en}"),
    "account.locked": (
        "登录已被暂停",
        "您的账号连续登录失败，{minutes} 分钟内不能用密码登录；若不是您本人，请更改密码并告知管理员",
        "Sign-in paused",
        "Several failed sign-ins: no password is taken for {minutes} minutes. If it was not you, change yours and tell your administrator",
    ),
    "password.changed": (
        "密码已更改",
        "您的密码于 {at} 更改，其他登录已退出；若不是您本人，请立即告知管理员",
        "Password changed",
        "Your password was changed at {at} and other sessions ended. If it was not you, tell your administrator at once",
    ),
    "passkey.added": (
        "已添加通行密钥",
        "“{name}”于 {at} 添加；若不是您本人，请移除它并更改密码",
        "Passkey added",
        "“{name}” was added at {at}. If it was not you, remove it and change your password",
    ),
    "factor.added": (
        "已启用验证器",
        "验证器于 {at} 启用，其他登录已退出；若不是您本人，请立即告知管理员",
        "Authenticator app added",
        "An authenticator app was added at {at} and other sessions ended. If it was not you, tell your administrator at once",
    ),
    "factor.removed": (
        "第二验证已移除",
        "于 {at} 移除：{zh}。若您不知情，请立即更改密码并告知管理员",
        "Second factor removed",
        "Removed at {at}: {en}. If you do not know of it, change your password and tell your administrator at once",
    ),
    "factor.failed": (
        "有人知道您的密码",
        "登录时密码正确，但验证码连续出错，登录已暂停；若不是您本人，请立即更改密码并告知管理员",
        "Somebody knows your password",
        "A sign-in had the right password and wrong codes, and was paused. If it was not you, change your password at once and tell your administrator",
    ),
    "recovery.used": (
        "恢复码已使用",
        "于 {at} 用恢复码登录，还剩 {left} 个；若不是您本人，请立即更改密码并告知管理员",
        "Recovery code used",
        "A recovery code signed in at {at}, {left} are left. If it was not you, change your password at once and tell your administrator",
    ),
    "recovery.issued": (
        "已生成新的恢复码",
        "于 {at} 生成，以前的恢复码已作废；若不是您本人，请立即告知管理员",
        "New recovery codes",
        "Made at {at}; earlier ones are void. If it was not you, tell your administrator at once",
    ),
    # To an enterprise's own people; ``href`` says where it is to be read.
    "my.result": ("检查结果有更新", "{zh}", "A result of yours has news", "{en}"),
    "my.order": ("收到责令改正", "{zh}", "You were ordered to correct something", "{en}"),
    "my.objection": ("异议已答复", "{zh}", "Your objection was answered", "{en}"),
    "my.response": ("回应已审看", "{zh}", "Your reply was read by the office", "{en}"),
    "handover.sent": ("收到抄告", "{zh}", "Told by another department", "{en}"),
}


class PushHostRefused(DomainError):
    code = "push-host"
    status = 422
    zh = "不支持该推送服务：{host}"
    en = "This push service is not allowed: {host}"


class PushGone(DomainError):
    code = "push-gone"
    status = 410
    zh = "推送服务已注销这个地址"
    en = "The push service has given this address up"


def text_of(kind: str, params: Mapping[str, str], locale: str = "zh") -> tuple[str, str]:
    """(title, body) of an alert."""
    title_zh, body_zh, title_en, body_en = KINDS[kind]
    title, body = (title_zh, body_zh) if locale == "zh" else (title_en, body_en)
    return title, body.format(**params)


def check_endpoint(endpoint: str, allowed: Sequence[str]) -> None:
    """Only https to a known push service; plain http only to a loopback address that the operator has named (tests, gateways).

    Keeps a subscription from making the server call inside its own network (SSRF). Raises ``PushHostRefused``.
    """
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    known = any(fnmatchcase(host, pattern) for pattern in allowed)
    if not known or parts.username or (parts.scheme != "https" and not (parts.scheme == "http" and is_loopback)):
        raise PushHostRefused(host=host or endpoint[:80])

"""What a response may be and when the public reads it. Pure."""

from __future__ import annotations

from datetime import date
from typing import Final

from backend.kernel.errors import Conflict, DomainError, Invalid

WAITING, SHOWN, WITHHELD, WITHDRAWN = "waiting", "shown", "withheld", "withdrawn"
STATES: Final = {
    WAITING: ("待审看", "To be read by the office"),
    SHOWN: ("已公开", "Public"),
    WITHHELD: ("不予公开", "Not public"),
    WITHDRAWN: ("已撤下", "Taken down"),
}
PRIVACY, INSULT = "privacy", "insult"
GROUNDS: Final = {
    PRIVACY: ("含有他人的个人信息", "It holds somebody's personal data"),
    INSULT: ("含有侮辱、诽谤内容", "It holds insults or defamation"),
}
LONGEST: Final = 1000


class OtherVersion(Conflict):
    """``standing``: the text that stands now, to be shown beside what was typed."""

    code = "response-changed"
    zh = "本单位的其他人刚刚修改了回应（现为第 {version} 版）。请对照后再保存"
    en = "Somebody of your enterprise has just changed the reply (now version {version}). Compare both, then save again"


class Decided(DomainError):
    code = "response-decided"
    status = 409
    zh = "该回应已处理，或已有新的版本"
    en = "This reply was dealt with already, or there is a newer version"


def check_body(body: str) -> None:
    """Raise ``Invalid`` for a text that is too short to say anything or too long to be read."""
    if not 4 <= len(body.strip()) <= LONGEST:
        raise Invalid(field="body", why_zh=f"请填写回应，4 至 {LONGEST} 个字", why_en=f"write 4 to {LONGEST} characters")


def check_ground(ground: str, reason: str) -> None:
    if ground not in GROUNDS:
        raise Invalid(field="ground", why_zh="只能因个人信息或侮辱诽谤不予公开，请选择", why_en="choose: personal data or insults are the only grounds")
    if len(reason.strip()) < 4:
        raise Invalid(field="reason", why_zh="请写明理由（企业可见，并写入存证日志）", why_en="give the reason; the enterprise and the log have it")


def state_on(state: str, shows_on: date, today: date) -> str:
    """What has waited for long enough is public."""
    return SHOWN if state == WAITING and shows_on <= today else state

"""What caps, rates and holidays mean for a plan, and how long things are kept. Pure.

A cap counts the visits that one enterprise gets from one department in a calendar year; a rate is the share of a credit-risk class that a
draw may take, in thousandths. Source of both: 国办发〔2024〕54号; 国市监信发〔2022〕6号.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from backend.history.rules import check_dates, check_text
from backend.kernel.errors import Invalid

LEVELS: Mapping[str, tuple[str, str]] = {
    "city": ("市级", "City"),
    "county": ("县（市、区）级", "County"),
    "together": ("市县合计", "City and county together"),
}
CLASSES = ("A", "B", "C", "D")
# What is removed by itself after so many days; the law fixes no number (个人信息保护法第十九条: the shortest time that the purpose needs).
KEPT: Mapping[str, tuple[str, str]] = {
    "upload": ("上传后未写入的导入文件及其预览", "Uploaded files that were never taken in, and their previews"),
    "placards": ("企业码牌的打印文件", "Files for printing codes for doors"),
    "penalty": ("企业页面上的行政处罚信息", "Penalties on an enterprise's public page"),
    "objection": ("已决定异议中的异议人、联系方式、理由和附件", "Who objected, with contact, grounds and files, once it was decided"),
    "tip": ("已办结投诉举报中的内容、联系方式和照片", "Words, contact and photos of a complaint or tip, once it was closed"),
    "correction": ("已办结责令改正中未作为办结依据的整改材料", "Photos handed in for an order to correct that was not closed on them, once it was closed"),
    "evaluation": ("检查评价中的文字（评分和统计保留）", "The words of evaluations (marks and figures stay)"),
    "webhook": ("数据推送的推送记录", "The record of webhooks' deliveries"),
    "inbox": ("工作人员收件箱中的提醒", "Alerts in the inboxes of officers and officials"),
    "claim_post": ("未使用的企业认领码（邮寄）", "Unused claim codes by post"),
    "claim_site": ("未使用的企业认领码（现场交付）", "Unused claim codes given on site"),
    "claim_invite": ("未使用的企业人员邀请码", "Unused invitations of an enterprise's own people"),
}
LONGEST = 3650


@dataclass(frozen=True, slots=True)
class Cap:
    most: int
    source: str


@dataclass(frozen=True, slots=True)
class Rate:
    """In thousandths; low <= usual <= high."""

    low: int
    usual: int
    high: int
    source: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may not go beyond; nothing where the rulebook has no row in force.

    ``cap``: at the plan's own level; ``together``: at the city's and the county's level.
    """

    cap: Cap | None = None
    rates: Mapping[str, Rate] = field(default_factory=dict)
    together: Cap | None = None


def level_of(region: str) -> str:
    """The level at which a department plans: a region is written without trailing zero pairs, so a county's has six characters."""
    return "county" if len(region) > 4 else "city"


def check_cap(values: Mapping[str, Any]) -> None:
    """Raises ``Invalid``."""
    if values["level"] not in LEVELS:
        raise Invalid(field="level", why_zh="没有这个层级", why_en="there is no such level")
    check_text(values, "source", 200)
    check_dates(values)


def check_norm(values: Mapping[str, Any]) -> None:
    """Raises ``Invalid``."""
    if not 1 <= values["usual"] <= values["most"]:
        raise Invalid(field="most", why_zh="不得少于通常的次数", why_en="must not be less than the usual number")
    check_text(values, "source", 200)
    check_dates(values)


def check_rate(values: Mapping[str, Any]) -> None:
    """Raises ``Invalid``."""
    if values["class_code"] not in CLASSES:
        raise Invalid(field="class_code", why_zh="没有这个分类", why_en="there is no such class")
    if not values["low"] <= values["usual"] <= values["high"]:
        raise Invalid(field="usual", why_zh="须介于下限和上限之间", why_en="must lie between the lowest and the highest")
    check_text(values, "source", 200)
    check_dates(values)


def check_retention(values: Mapping[str, Any]) -> None:
    """Raises ``Invalid``."""
    if values["what"] not in KEPT:
        raise Invalid(field="what", why_zh="没有这一类", why_en="there is no such kind")
    check_text(values, "source", 200)
    check_dates(values)


def check_holiday(day: date, values: Mapping[str, Any]) -> None:
    """Raises ``Invalid``."""
    if day.weekday() < 5 and not values["is_off"]:
        raise Invalid(field="is_off", why_zh="周一至周五本来就上班，无需登记", why_en="Monday to Friday are worked anyway: no row is needed")
    check_text(values, "name", 40)
    check_text(values, "source", 200)

"""What each field of the open data means, in both languages, once for the files, the interface and the page that explains them."""

from __future__ import annotations

from typing import Final

from msgspec import Meta

# Field -> (its title in a spreadsheet, what it means in English).
FIELDS: Final[dict[str, tuple[str, str]]] = {
    "number": ("编号", "Number under which it was published; the same for all versions"),
    "version": ("版本", "Version: 1, and one more with each correction or withdrawal"),
    "status": ("状态", "published, corrected or withdrawn"),
    "enterprise_code": ("统一社会信用代码", "Unified social credit code (GB 32100), or an older registration number"),
    "enterprise_name": ("检查对象", "Name of the enterprise; a person's name in it is masked (is_masked)"),
    "is_masked": ("名称已脱敏", "Whether a person's name in the name of an individual business is masked: 张三 as 张○"),
    "county": ("区县", "County, GB/T 2260"),
    "department": ("部门", "Code of the department that leads"),
    "authority_zh": ("检查机关", "Name of the authority in Chinese"),
    "authority_en": ("检查机关（英文）", "Name of the authority in English"),
    "kind": ("检查来源", "random (drawn), complaint, referral or recheck"),
    "plan": ("年度计划", "Yearly plan that the campaign belongs to, or empty"),
    "campaign_number": ("任务编号", "Number of the campaign"),
    "campaign_name": ("抽查任务", "Name of the campaign"),
    "draw_id": ("抽取编号", "The public draw by which the enterprise was chosen; null where it was not drawn"),
    "items": ("抽查事项", "Check items"),
    "outcomes": ("检查结果", "Outcomes; none where the result was withdrawn"),
    "completed_on": ("完成日期", "Day on which the inspection was completed"),
    "published_at": ("公示时间", "When this version was published (UTC)"),
    "reason": ("更正或撤回理由", "Why this version replaces the one before; empty for the first"),
    "href": ("网址", "Page for people"),
    "code": ("代码", "Code"),
    "zh": ("中文", "In Chinese"),
    "en": ("英文", "In English"),
    "state": ("状态", "announced, drawn, revealed or voided"),
    "title": ("名称", "Title"),
    "region": ("行政区划", "Region, GB/T 2260"),
    "frame": ("名单户数", "Enterprises in the frozen frame"),
    "announced_at": ("公告时间", "When frame, officers and sealed secret were fixed (UTC)"),
    "drawn_at": ("抽取时间", "When the public randomness decided (UTC); null before"),
    "reveal_by": ("最迟公开", "Until when the secret must be revealed (UTC)"),
    "revealed_at": ("公开时间", "When the secret was revealed (UTC); null before"),
    "drawn": ("抽中", "Enterprises drawn = published + inspected + replaced + open + without_team + given_up"),
    "published": ("已公示", "Of the drawn: inspected, result public"),
    "inspected": ("已检查待公示", "Of the drawn: inspected, result not public yet"),
    "replaced": ("已替换", "Of the drawn: gone or capped, approved by two people"),
    "open": ("未检查", "Of the drawn: not inspected yet"),
    "without_team": ("没有可派的人员", "Of the drawn: no whole team of fit officers was left"),
    "given_up": ("随抽取作废", "Of the drawn: the draw was voided before anybody signed for the visit"),
    "alternates": ("候补", "Alternates that were sent in the place of replaced ones"),
    "withheld": ("逾期未公示", "Inspected, the statutory days to publish are over, and the result is not public"),
    "late": ("逾期未检查", "Not inspected although the day has passed"),
    "partners": ("配合部门", "Codes of the partner departments of a joint campaign"),
    "counties": ("区县范围", "Counties of the campaign"),
    "name": ("名称", "Name; null for a visit that was not drawn, whose name could tell where it goes"),
    "due_on": ("完成期限", "Last day of the inspections"),
    "list": ("名单", "abnormal (经营异常名录) or serious (严重违法失信名单)"),
    "ground": ("列入事由", "Ground of the entry"),
    "document": ("文书号", "Number of the decision, or empty"),
    "authority": ("决定机关", "Authority that decided"),
    "listed_on": ("列入日期", "Day of the entry"),
    "month": ("月份", "Month of completion"),
    "results": ("公示结果", "Results that stand"),
    "clean": ("未发现问题", "Of those, results in which no problem was found"),
}  # fmt: skip


def means(field: str) -> Meta:
    """For the schema."""
    return Meta(description=FIELDS[field][1])

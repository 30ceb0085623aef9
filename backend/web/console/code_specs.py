"""What each code table is called, which fields its form has, and how what was typed becomes a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from backend.deadlines.rules import UNMEASURED
from backend.figures.rules import MEASURES
from backend.history.queries import list_rows
from backend.kernel.errors import NotFound
from backend.kernel.ids import new_id
from backend.people import queries as people
from backend.people.rules import ADMIN, ROLES, Principal
from backend.planning.rules import DECIDING
from backend.registry import queries as registry
from backend.rulebook.rules import CLASSES, KEPT, LEVELS, LONGEST
from backend.usecases.edit_codes import KINDS
from backend.web.console import labels, voice_specs
from backend.web.console.code_boxes import Row, Spec, code_box, dates, names, source, span, text
from backend.web.console.editing import Box, Typed, read_day, read_number, read_percent
from backend.web.console.lamps import clocks
from backend.web.shared.i18n import _, get_locale, pick, words

IDENTIFIED = ("cap", "rate", "norm", "planstep", "period", "target", "retention", "evaluationrule")  # tables whose rows have no code of their own
# Which of two columns names a row for an English reader.
_IN_ENGLISH = {"name_zh": "name_en", "zh": "en"}


async def _department_boxes(_who: Principal) -> list[Box]:
    return [code_box(_("2 至 20 位小写字母或数字")), *names(), *span()]


async def _region_boxes(who: Principal) -> list[Box]:
    above = [("", _("无")), *((r.code, f"{pick(r, 'name')} {r.code}") for r in await registry.list_regions())]
    hint = _("六位代码；GB/T 2260 未收录的（如开发区）用后两位字母增补")
    return [code_box(hint), *names(), Box("parent", _("上级区划"), "choice", choices=above), *span(), source(_("如 GB/T 2260，或批准设立的文号"))]


async def _industry_boxes(_who: Principal) -> list[Box]:
    return [code_box(_("GB/T 4754 代码")), *names(), Box("edition", _("版本"), required=True, hint=_("如 GB/T 4754-2017")), *span()]


async def _outcome_boxes(_who: Principal) -> list[Box]:
    roots = [(str(r["code"]), f"{r['code']} {pick(r, '')}") for r in await list_rows(KINDS["outcome"]) if r["parent"] is None]
    return [
        code_box(_("1 至 4 位数字或大写字母")),
        Box("zh", _("中文名称"), required=True),
        Box("en", _("英文名称"), required=True),
        Box("parent", _("上级代码"), "choice", choices=[("", _("无")), *roots]),
        Box("position", _("排列顺序"), "number", required=True, attrs={"min": "0", "max": "999"}),
        *span(needs_first=True),
    ]


async def _holiday_boxes(_who: Principal) -> list[Box]:
    return [
        Box("day", _("日期"), "day", required=True, is_key=True),
        Box("is_off", _("安排"), "flag", choices=[("yes", _("放假")), ("no", _("调休上班"))]),
        Box("name", _("节日"), required=True),
        source(),
    ]


async def _department_choices(who: Principal) -> list[tuple[str, str]]:
    """An administrator keeps the rows for all departments, a manager the department's own; the others are there to be read."""
    own = [(d.code, pick(d, "name")) for d in await people.list_departments()]
    return sorted([("", _("全部部门")), *own], key=lambda d: d[0] != ("" if who.role == ADMIN else who.department))


async def _cap_boxes(who: Principal) -> list[Box]:
    return [
        Box("level", _("层级"), "choice", choices=list(words(LEVELS).items())),
        Box("department", _("部门"), "choice", choices=await _department_choices(who)),
        Box("most", _("每户每年最多次数"), "number", required=True, attrs={"min": "0", "max": "99"}),
        *span(needs_first=True),
        source(),
    ]


async def _norm_boxes(who: Principal) -> list[Box]:
    return [
        Box("department", _("部门"), "choice", choices=await _department_choices(who)),
        Box("usual", _("通常每人每周检查次数"), "number", required=True, hint=_("超过即亮黄灯"), attrs={"min": "1", "max": "99"}),
        Box("most", _("每人每周最多检查次数"), "number", required=True, hint=_("超过即亮红灯"), attrs={"min": "1", "max": "99"}),
        *span(needs_first=True),
        source(),
    ]


async def _rate_boxes(who: Principal) -> list[Box]:
    return [
        Box("class_code", _("信用风险分类"), "choice", choices=[(c, c) for c in CLASSES]),
        Box("department", _("部门"), "choice", choices=await _department_choices(who)),
        Box("low", _("下限（百分比）"), "percent", required=True, attrs={"inputmode": "decimal"}),
        Box("usual", _("默认（百分比）"), "percent", required=True, attrs={"inputmode": "decimal"}),
        Box("high", _("上限（百分比）"), "percent", required=True, attrs={"inputmode": "decimal"}),
        *span(needs_first=True),
        source(),
    ]


async def _step_boxes(who: Principal) -> list[Box]:
    regions = [(labels.prefix(r.code), pick(r, "name")) for r in await registry.list_regions() if r.code.startswith(who.region)]
    return [
        Box("position", _("次序"), "number", required=True, attrs={"min": "1", "max": "9"}),
        Box("name_zh", _("中文名称"), required=True),
        Box("name_en", _("英文名称"), required=True),
        Box("role", _("由谁审批"), "choice", choices=[(role, pick({"zh": ROLES[role][0], "en": ROLES[role][1]}, "")) for role in DECIDING]),
        Box("department", _("部门"), "choice", choices=await _department_choices(who), hint=_("部门另有环节的，只用该部门的环节")),
        Box("region", _("区划"), "choice", choices=[("", _("全部")), *regions]),
        *span(needs_first=True),
        source(),
    ]


async def _retention_boxes(_who: Principal) -> list[Box]:
    return [
        Box("what", _("留存内容"), "choice", choices=list(words(KEPT).items())),
        Box(
            "days", _("留存天数"), "number", required=True, hint=_("自上传、决定或提醒之日起，自然日；期满后自动清除"), attrs={"min": "1", "max": str(LONGEST)}
        ),
        *span(needs_first=True),
        source(),
    ]


def _read_step(v: Typed) -> Row:
    texts = {name: text(v, name) for name in ("name_zh", "name_en", "role", "source")}
    place = {"department": v["department"] or None, "region": v["region"] or None}
    return texts | place | {"position": read_number(v["position"], "position", 1, 9), **dates(v, needs_first=True)}


async def _period_boxes(_who: Principal) -> list[Box]:
    first, last = span()
    known = clocks()
    fixed = "、".join(known[c] for c in known if c in UNMEASURED)
    return [
        Box("clock", _("期限种类"), "choice", choices=list(known.items()), hint=_("%(clocks)s：末日随任务或文书载明，天数填 0", clocks=fixed)),
        Box("amount", _("天数"), "number", required=True, attrs={"min": "0", "max": "400"}),
        Box("unit", _("计算方式"), "choice", choices=[("working", _("工作日")), ("natural", _("自然日")), ("rolling", _("自然日，末日逢节假日顺延"))]),
        Box("warn", _("提前几天亮黄灯"), "number", required=True, attrs={"min": "0", "max": "60"}),
        Box(first.name, first.label, "day", required=True, hint=_("从这一天起开始计算的，按本条；上一条到这一天自动停用")),
        Box(last.name, last.label, "day", is_derived=True),
        source(),
    ]


async def _target_boxes(_who: Principal) -> list[Box]:
    measures = [(m.key, f"{pick(dict(zip(('zh', 'en'), m.name, strict=True)), '')} {'≥' if m.is_high_good else '≤'}") for m in MEASURES.values()]
    return [
        Box("measure", _("统计指标"), "choice", choices=measures),
        Box("value", _("目标（百分比）"), "percent", required=True, attrs={"inputmode": "decimal"}),
        *span(needs_first=True),
        source(),
    ]


def _read_period(v: Typed) -> Row:
    amount, warn = read_number(v["amount"], "amount", 0, 400), read_number(v["warn"], "warn", 0, 60)
    first = read_day(v["valid_from"], "valid_from")
    return {"clock": v["clock"], "amount": amount, "unit": v["unit"], "warn": warn, "valid_from": first, "source": text(v, "source")}


def _read_target(v: Typed) -> Row:
    value = read_percent(v["value"], "value")
    return {"measure": v["measure"], "value": value, **dates(v, needs_first=True), "source": text(v, "source")}


def _read_department(v: Typed) -> Row:
    return {"name_zh": text(v, "name_zh"), "name_en": text(v, "name_en"), **dates(v, needs_first=False)}


def _read_region(v: Typed) -> Row:
    return _read_department(v) | {"parent": v["parent"] or None, "source": text(v, "source")}


def _read_industry(v: Typed) -> Row:
    return _read_department(v) | {"edition": text(v, "edition")}


def _read_outcome(v: Typed) -> Row:
    position = read_number(v["position"], "position", 0, 999)
    return {"parent": v["parent"] or None, "zh": text(v, "zh"), "en": text(v, "en"), "position": position, **dates(v, needs_first=True)}


def _read_holiday(v: Typed) -> Row:
    return {"is_off": v["is_off"] == "yes", "name": text(v, "name"), "source": text(v, "source")}


def _read_cap(v: Typed) -> Row:
    most = read_number(v["most"], "most", 0, 99)
    return {"level": v["level"], "department": v["department"] or None, "most": most, **dates(v, needs_first=True), "source": text(v, "source")}


def _read_norm(v: Typed) -> Row:
    numbers = {name: read_number(v[name], name, 1, 99) for name in ("usual", "most")}
    return {"department": v["department"] or None, **numbers, **dates(v, needs_first=True), "source": text(v, "source")}


def _read_rate(v: Typed) -> Row:
    shares = {name: read_percent(v[name], name) for name in ("low", "usual", "high")}
    about = {"department": v["department"] or None, "class_code": v["class_code"]}
    return about | shares | dates(v, needs_first=True) | {"source": text(v, "source")}


def _read_retention(v: Typed) -> Row:
    days = read_number(v["days"], "days", 1, LONGEST)
    return {"what": v["what"], "days": days, **dates(v, needs_first=True), "source": text(v, "source")}


def specs() -> Mapping[str, Spec]:
    """In the order of the page 基础数据."""
    found: tuple[Spec, ...] = (
        Spec(
            "department",
            _("部门名录"),
            _("参加检查的部门；停用后不能再发起或参加新任务，以往记录不变。"),
            ("name_zh", "code", "valid_from", "valid_to"),
            _department_boxes,
            _read_department,
        ),
        Spec(
            "region",
            _("行政区划"),
            _("GB/T 2260 及本地增补；代码变更时停用旧代码、新增新代码，历史记录仍指向旧代码。"),
            ("name_zh", "code", "parent", "valid_from", "valid_to"),
            _region_boxes,
            _read_region,
        ),
        Spec("industry", _("行业分类"), _("GB/T 4754 行业分类，注明版本。"), ("name_zh", "code", "edition", "valid_to"), _industry_boxes, _read_industry),
        Spec(
            "outcome",
            _("检查结果代码"),
            _("两级代码；停用后手机上不再可选，此前派发的检查仍可使用。"),
            ("zh", "code", "valid_from", "valid_to"),
            _outcome_boxes,
            _read_outcome,
        ),
        Spec(
            "holiday",
            _("节假日"),
            _("所有按工作日计算的期限都使用此表；没有登记的日子，周一至周五上班、周六周日休息。"),
            ("day", "is_off", "name", "source"),
            _holiday_boxes,
            _read_holiday,
        ),
        Spec(
            "cap",
            _("年度检查上限"),
            _("国办发〔2024〕54号：同一企业每年被检查的次数上限。制定任务时作为默认值和上限。"),
            ("level", "department", "most", "valid_from", "valid_to"),
            _cap_boxes,
            _read_cap,
        ),
        Spec(
            "rate",
            _("分类抽查比例"),
            _("按信用风险分类确定的抽查比例。制定任务时作为默认值和范围。"),
            ("class_code", "department", "low", "usual", "high", "valid_from", "valid_to"),
            _rate_boxes,
            _read_rate,
        ),
        Spec(
            "period",
            _("法定期限"),
            _("审核、公示、异议答复、补扫码等各项期限的天数，按开始之日有效的条目计算。规定改变时新增一条，此前已经开始的期限不变。"),
            ("clock", "amount", "unit", "warn", "valid_from", "valid_to", "source"),
            _period_boxes,
            _read_period,
        ),
        Spec(
            "target",
            _("考核目标"),
            _("统计指标的目标值，按统计期末日有效的条目评价；没有条目的指标不评价。"),
            ("measure", "value", "valid_from", "valid_to", "source"),
            _target_boxes,
            _read_target,
        ),
        Spec(
            "planstep",
            _("计划审批环节"),
            _("年度计划提交后依次经过的环节，每一环节由一人决定，且不得是编制人。已提交的计划按提交时的环节办理。"),
            ("name_zh", "position", "role", "department", "region", "valid_from", "valid_to"),
            _step_boxes,
            _read_step,
        ),
        Spec(
            "retention",
            _("留存期限"),
            _("个人信息保护法第十九条：保存期限为实现处理目的所必要的最短时间。没有有效条目时不自动清除。"),
            ("what", "days", "valid_from", "valid_to", "source"),
            _retention_boxes,
            _read_retention,
        ),
        Spec(
            "norm",
            _("工作量标准"),
            _("每名执法人员每周的检查次数；负荷预测按此亮灯。部门可另定本部门的标准。"),
            ("department", "usual", "most", "valid_from", "valid_to"),
            _norm_boxes,
            _read_norm,
        ),
        *voice_specs.specs(),
    )
    if get_locale() == "en":
        found = tuple(replace(s, columns=tuple(_IN_ENGLISH.get(c, c) for c in s.columns)) for s in found)
    return {s.kind: s for s in found}


def parse_key(kind: str, text: str) -> Any:
    """The key in an address. Raises ``NotFound`` for what can be none."""
    try:
        return date.fromisoformat(text) if kind == "holiday" else UUID(text) if kind in IDENTIFIED else text
    except ValueError as e:
        raise NotFound() from e


def key_of(kind: str, values: Typed) -> Any:
    """The key of a row that is new. Raises ``Invalid``."""
    if kind == "holiday":
        return read_day(values["day"], "day")
    return new_id() if kind in IDENTIFIED else str(values["code"])

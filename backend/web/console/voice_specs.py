"""The two tables behind what citizens say: categories of complaints, and the rule of evaluations."""

from __future__ import annotations

from backend.people import queries as people
from backend.people.rules import Principal
from backend.tips.rules import SUBJECTS, TRACKS
from backend.web.console.code_boxes import Row, Spec, code_box, dates, source, span, text
from backend.web.console.editing import Box, Typed, read_number
from backend.web.shared.i18n import _, pick, words


async def category_boxes(_who: Principal) -> list[Box]:
    departments = [("", _("由督查室分办")), *((d.code, pick(d, "name")) for d in await people.list_open_departments())]
    return [
        code_box(_("1 至 20 位小写字母或数字")),
        Box("zh", _("中文名称"), required=True),
        Box("en", _("英文名称"), required=True),
        Box("subject", _("反映对象"), "choice", choices=list(words(SUBJECTS).items())),
        Box("track", _("办理程序"), "choice", choices=list(words(TRACKS).items())),
        Box("department", _("首办部门"), "choice", choices=departments, hint=_("反映执法人员或部门的，一律由督查室办理")),
        Box("position", _("排列顺序"), "number", required=True, attrs={"min": "0", "max": "999"}),
        *span(needs_first=True),
        source(),
    ]


async def evaluation_boxes(_who: Principal) -> list[Box]:
    return [
        Box("least", _("满几家企业才统计"), "number", required=True, hint=_("不足时部门看不到任何数字"), attrs={"min": "2", "max": "100"}),
        Box("window_days", _("检查后几天内可评价"), "number", required=True, attrs={"min": "1", "max": "400"}),
        Box("most", _("每次检查最多几份评价"), "number", required=True, attrs={"min": "1", "max": "20"}),
        *span(needs_first=True),
        source(),
    ]


def read_category(v: Typed) -> Row:
    texts = {name: text(v, name) for name in ("zh", "en", "subject", "track", "source")}
    return texts | {"department": v["department"] or None, "position": read_number(v["position"], "position", 0, 999), **dates(v, needs_first=True)}


def read_evaluation(v: Typed) -> Row:
    numbers = {name: read_number(v[name], name, low, high) for name, low, high in (("least", 2, 100), ("window_days", 1, 400), ("most", 1, 20))}
    return numbers | dates(v, needs_first=True) | {"source": text(v, "source")}


def specs() -> tuple[Spec, ...]:
    return (
        Spec(
            "tipcategory",
            _("投诉举报分类"),
            _("公众可以选择的问题分类、办理程序和首办部门；停用后不能再选，以往的件不变。"),
            ("zh", "code", "subject", "track", "department", "valid_from", "valid_to"),
            category_boxes,
            read_category,
        ),
        Spec(
            "evaluationrule",
            _("评价规则"),
            _("企业对检查的评价：几天内可评、满几家企业才向被评价部门统计。"),
            ("least", "window_days", "most", "valid_from", "valid_to", "source"),
            evaluation_boxes,
            read_evaluation,
        ),
    )

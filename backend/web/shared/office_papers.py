"""The words around the office's numbered papers: approval sheet, list of results, order, reply, letters, yearly plan. A PDF comes out."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Any

from backend.kernel import clock
from backend.kernel.settings import settings
from backend.notices import papers
from backend.notices.queries import PaperView
from backend.notices.rules import APPROVAL, CASE, COPY, ORDER, PAPERS, PLAN, REPLY
from backend.objections.rules import DECISIONS
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.papers import _row, _svg

Names = dict[str, str]
_NO_TABLE: dict[str, Any] = {"title": "", "heads": [""], "wide": [], "rows": []}


def paper_name(kind: str) -> str:
    zh, en, _letters = PAPERS[kind]
    return pick({"zh": zh, "en": en}, "")


def paper_address(number: str) -> str:
    """The page by which anybody checks a paper that they hold."""
    return f"{settings().base_url}/papers/{number}"


def _campaign_rows(content: dict[str, Any], names: Names) -> list[dict[str, Any]]:
    return [
        _row(_("抽查任务"), content["name"], f"{content['campaign']}{' · ' + content['plan'] if content['plan'] else ''}"),
        _row(_("部门"), *(names.get(d, d) for d in content["departments"]), style="plain"),
    ]


def _approval(content: dict[str, Any], names: Names) -> dict[str, Any]:
    rows = [
        *_campaign_rows(content, names),
        _row(_("区县"), "、".join(names.get(c, c) for c in content["counties"])),
        _row(_("检查事项"), *(pick(i, "") for i in content["items"]), style="plain"),
        _row(_("检查依据"), *dict.fromkeys(i["basis"] for i in content["items"]), style="plain"),
        _row(_("完成期限"), date.fromisoformat(content["due_on"]).isoformat()),
        _row(_("检查户数"), str(len(content["visits"]))),
    ]
    table = {
        "title": _("检查对象和检查人员"),
        "heads": ["", _("检查对象"), _("统一社会信用代码"), _("区县"), _("检查人员")],
        "wide": [1, 4],
        "rows": [
            [str(n), v["name"], v["code"], names.get(v["county"], v["county"]), "、".join(v["officers"])] for n, v in enumerate(content["visits"], 1)
        ],
    }
    signs = [_("承办人意见"), _("承办机构负责人意见"), _("机关负责人审批")]
    return {"opening": _("按照年度抽查工作计划，拟对下列检查对象实施检查，请审批。"), "rows": rows, "table": table, "signs": signs}


def _results(content: dict[str, Any], names: Names) -> dict[str, Any]:
    rows = [
        *_campaign_rows(content, names),
        _row(_("公示"), _("共检查 %(total)s 户，已公示 %(n)s 户。", total=content["total"], n=len(content["results"]))),
    ]
    table = {
        "title": _("检查结果"),
        "heads": ["", _("检查对象"), _("统一社会信用代码"), _("完成日期"), _("检查结果"), _("公示编号")],
        "wide": [1, 4],
        "rows": [
            [str(n), r["name"], r["code"], r["completed_on"], "；".join(pick(o, "") for o in r["outcomes"]), r["number"]]
            for n, r in enumerate(content["results"], 1)
        ],
    }
    return {"opening": "", "rows": rows, "table": table, "signs": []}


def _order(content: dict[str, Any], names: Names) -> dict[str, Any]:
    rows = [
        _row(_("当事人"), content["name"], content["code"]),
        _row(_("须改正的内容"), content["demand"]),
        _row(_("法律依据"), content["legal_basis"]),
        _row(_("改正期限"), _("%(day)s 前", day=content["due_on"])),
    ]
    opening = _("经检查，你单位存在下列问题。现依法责令你单位在期限内改正；逾期不改正的，将依法处理。本机关将进行复查。")
    signs = [_("当事人签收"), _("执法人员")]
    return {"opening": opening, "rows": rows, "table": _NO_TABLE, "signs": signs}


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(clock.BEIJING):%Y-%m-%d}"


def _reply(content: dict[str, Any], names: Names) -> dict[str, Any]:
    zh, en = DECISIONS[content["decision"]]
    outcomes = [_row(_("更正后的检查结果"), *(pick(o, "") for o in content["outcomes"]), style="plain")] if content["decision"] == "corrected" else []
    rows = [
        _row(_("异议人"), content["objector"], f"{content['name']} · {content['code']}"),
        _row(_("异议"), _("%(day)s 提出", day=content["filed_on"]), content["objection"]),
        _row(_("针对的结果"), content["result"], _("第 %(n)s 版", n=content["version"])),
        _row(_("异议理由"), content["grounds"]),
        _row(_("决定"), pick({"zh": zh, "en": en}, ""), _day(content["decided_at"])),
        _row(_("理由"), content["reason"]),
        *outcomes,
        _row(_("救济途径"), _("对本决定不服的，可以依法申请行政复议或者提起行政诉讼。")),
    ]
    opening = _("你单位对公示的检查结果提出的异议，本机关已由未参与该次检查和审核的人员核实。现答复如下：")
    return {"opening": opening, "rows": rows, "table": _NO_TABLE, "signs": [_("异议人签收")]}


def _letter(content: dict[str, Any], names: Names, opening: str) -> dict[str, Any]:
    rows = [
        _row(_("受文单位"), names.get(content["to"], content["to"])),
        _row(_("检查对象"), content["name"], f"{content['code']} · {names.get(content['county'], content['county'])}"),
        _row(_("事由"), content["matter"]),
        _row(_("发函日期"), _day(content["sent_at"])),
    ]
    return {"opening": opening, "rows": rows, "table": _NO_TABLE, "signs": [_("受文单位签收")]}


def _copy(content: dict[str, Any], names: Names) -> dict[str, Any]:
    return _letter(content, names, _("本机关在检查中发现下列情况，可能属于你单位职责范围，现予抄告，请依法处理，并在系统内或者以回函签收。"))


def _case(content: dict[str, Any], names: Names) -> dict[str, Any]:
    return _letter(content, names, _("本机关在检查中发现下列涉嫌违法的线索，现移送你单位，请依法核查处理，并反馈处理结果。"))


def _say_rates(rates: dict[str, Any]) -> str:
    if rates["mode"] == "fixed":
        return _("%(n)s 户", n=rates["n"])
    return " ".join(f"{'' if c == '-' else c + ' '}{100 * r[0] / r[1]:g}%" for c, r in rates.items() if c != "mode")


def _plan(content: dict[str, Any], names: Names) -> dict[str, Any]:
    lines = content["lines"]
    rows = [
        _row(_("计划名称"), content["name"], _("第 %(n)s 版", n=content["edition"])),
        _row(_("计划编号"), content["number"]),
        _row(_("编制依据"), content["basis"], style="plain"),
        _row(_("审批"), *(f"{pick(d, '')}　{d['by']}　{d['at'][:10]}" for d in content["decisions"]), style="plain"),
        _row(_("计划内容指纹"), content["sha256"], style="hash"),
    ]

    def where(line: dict[str, Any]) -> str:
        counties = "、".join(names.get(c, c) for c in line["counties"])
        partners = "、".join(names.get(p, p) for p in line["partners"])
        return f"{counties}\n{_('配合部门')}：{partners}" if partners else counties

    table = {
        "title": _("计划项目"),
        "heads": ["", _("计划项"), _("抽查事项"), _("区县"), _("抽取"), _("时间")],
        "wide": [1, 2, 3],
        "rows": [
            [
                str(n),
                line["name"],
                "、".join(pick(content["items"][c], "") for c in line["items"]),
                where(line),
                _say_rates(line["rates"]),
                f"{line['first_on']}\n{line['due_on']}",
            ]
            for n, line in enumerate(lines, 1)
        ],
    }
    return {"opening": "", "rows": rows, "table": table, "signs": []}


async def paper_pdf(paper: PaperView, names: Names) -> bytes:
    """``names``: departments and regions by code, in the reader's language."""
    make = {APPROVAL: _approval, ORDER: _order, REPLY: _reply, COPY: _copy, CASE: _case, PLAN: _plan}.get(paper.kind, _results)
    day = f"{paper.issued_at.astimezone(clock.BEIJING):%Y-%m-%d}"
    data = {
        "lang": get_locale(),
        "title": paper_name(paper.kind),
        "authority": names.get(paper.department, paper.department),
        "number": paper.number,
        "missing-note": _("本机字体缺少下列字符，以其编号代替，以电子记录为准："),
        **make(paper.content, names),
        "signs-title": _("签署"),
        "sign-day": _("年　　月　　日"),
        "proof-title": _("存证"),
        "proof": [_row(_("文书编号"), paper.number), _row(_("内容指纹"), paper.content_sha256, style="hash")],
        "day": day,
        "foot": paper.number,
        "qr": _svg(paper_address(paper.number)),
        "qr-label": _("扫码核验本文书"),
    }
    return await asyncio.to_thread(papers.render, "sheet", data, {}, paper.issued_at)

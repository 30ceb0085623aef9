"""抽取证明: the page behind the code on an officer's phone. It holds no data of a visit: the proof stands behind the # of its address."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from litestar import Response, get
from litestar.response import Template

from backend.usecases.visit_proof import log_keys
from backend.web.shared.i18n import LOCALES, _, speaking
from backend.web.shared.pages import BUILD, page


def visit_texts() -> dict[str, str]:
    """What the check in the browser says to people."""
    return {
        "title": _("核验抽取证明"),
        "none": _("请扫描检查人员手机上的“抽取证明”，或在下面粘贴其中的网址。"),
        "verified": _("已验证：这次检查是公开抽取产生的"),
        "failed": _("核验不通过：证明被改动过，或不是本站存证日志签发的。您有权拒绝检查，并拨打 12345 或 12315 反映。"),
        "drawn": _("企业 {enterprise} 由 {draw} 于 {at} 抽中。"),
        "team": _("检查组 {n} 人在抽取时即已确定并封存；此后如有人依法回避，由抽取时排定的下一位接替。"),
        "persons": _("本证明说明检查如何产生，不说明来的是谁：请再扫检查人员手机上的“亮码”，对照执法证件核对本人。"),
        "limits": _("核验只用本页内置的存证日志公钥，全部在您的设备上完成。时间以日志记载为准。"),
        "check_text": _("证明完整、可读"),
        "check_sealed": _("该企业和检查组在抽取时封存的名单中"),
        "check_signed": _("存证日志已签名登记这份名单"),
        "check_cosigned": _("见证方已共同签名"),
        "nobody": _("暂无"),
        "enterprise": _("统一社会信用代码"),
        "draw": _("公开抽取"),
        "at": _("抽取时间"),
        "officers": _("检查组人数"),
        "entry": _("存证条目"),
        "witness": _("见证方"),
        "list": _("封存名单的根"),
        "log": _("存证日志"),
        "paste": _("粘贴抽取证明的网址或文本"),
        "check": _("核验"),
    }


def _keys() -> dict[str, Any]:
    log, witnesses = log_keys()
    return {"vkey": str(log), "witnesses": [str(w) for w in witnesses]}


@get("/visit")
async def show_visit() -> Template:
    return page("public/visit.html", texts=visit_texts(), keys=_keys())


@get("/visit.html")
async def show_saved_visit() -> Response[str]:
    """The check as one file that needs no network, with the log's key of today. Its own policy stands inside."""
    texts = {}
    for locale in LOCALES:
        with speaking(locale):
            texts[locale] = {
                **visit_texts(),
                "saved_lead": _("把抽取证明的网址粘贴到这里。核验全部在本机完成，不需要网络，也不发送任何数据。"),
                "other_language": next(name for other, name in LOCALES.items() if other != locale),
            }
    saved = (BUILD / "visit.html").read_text()
    for place, value in (("__TEXTS__", texts), ("__KEYS__", _keys())):
        saved = saved.replace(place, escape(json.dumps(value, ensure_ascii=False)))
    return Response(saved, media_type="text/html", headers={"content-disposition": 'attachment; filename="visit.html"'})


HANDLERS = [show_visit, show_saved_visit]

"""Public draws: the list, one draw's page that recomputes it, the bundle, the frame, the stand-alone verifier."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import File, Stream, Template

from backend.draws import queries, verifier
from backend.draws.changes import REASONS
from backend.draws.randomness import needs_two_people
from backend.draws.rules import GRINDING_PROOF_BITS, entropy_bits
from backend.kernel import clock, jcs
from backend.kernel.errors import Forbidden
from backend.ledger import queries as ledger
from backend.people.rules import AUDITOR
from backend.publicity.search import search_results
from backend.publicity.search_rules import ResultFilter
from backend.usecases.adhoc import KINDS, load_figures
from backend.usecases.draw_counters import account_for
from backend.web.public import made_of
from backend.web.public.places import load_counties, load_departments
from backend.web.shared import kept, limits
from backend.web.shared.i18n import LOCALES, _, speaking
from backend.web.shared.kept import SAME_FOR_ALL
from backend.web.shared.pages import BUILD, page


@get("/draws", opt=SAME_FOR_ALL)
async def list_draws(request: Request[Any, Any, Any]) -> Response[bytes]:
    async def make() -> Template:
        rows = await queries.list_draws()
        return page(
            "public/draws.html",
            draws=rows,
            states={state: sum(d.state == state for d in rows) for state in queries.STATES},
            accounts=await account_for([d.draw_id for d in rows]),
            names=queries.STATES,
            counties=await load_counties(),
            withheld=await queries.count_not_revealed_in_time(clock.now()),
            adhoc=await load_figures(),
            kinds=KINDS,
            departments=await load_departments(),
            until=await queries.find_next_withheld(clock.now()),
        )

    return await kept.overview(request, made_of.DRAWS, make)


@get("/draws.json")
async def list_draws_json() -> list[dict[str, Any]]:
    return [
        {
            "draw_id": d.draw_id,
            "state": d.state,
            "title": d.title,
            "region": d.region,
            "n_frame": d.n_frame,
            "announced_at": d.announced_at,
            "drawn_at": d.drawn_at,
            "revealed_at": d.revealed_at,
            "reveal_by": d.reveal_by,
        }
        for d in await queries.list_draws()
    ]


# In the order in which pwa/src/model/draw.js makes them.
CHECKS: Final = ("announcement", "frame", "pool", "recusals", "classes", "secret", "randomness", "objects", "teams", "changes")


def check_names() -> dict[str, str]:
    """What each check of the browser says to people."""
    return {
        "announcement": _("公告的指纹"),
        "frame": _("名单与公告一致，没有增删改"),
        "pool": _("人员名单与公告一致"),
        "recusals": _("回避名单与公告一致"),
        "classes": _("分类承诺逐户相符"),
        "secret": _("公开的密钥正是公告时封存的那一个"),
        "randomness": _("每个公告的来源都有随机数"),
        "objects": _("重新抽取，抽中的检查对象完全相同"),
        "teams": _("重新配对，检查人员完全相同"),
        "changes": _("抽取后的替换按候补次序，换上的人员符合条件"),
        "verified": _("已验证：结果可由公开数据完整重算"),
        "failed": _("验证失败：公开的数据与结果不符"),
        "incomplete": _("尚未公开密钥：目前能核对的都相符"),
        "waiting": _("待公开"),
        "running": _("正在重新计算"),
        "unreachable": _("无法取得数据，请稍后再试"),
        "not_in_frame": _("该代码不在这次抽取的名单中。"),
        "excluded": _("在名单中，但未参与抽取："),
        "sealed": _("在名单中并参与抽取。密钥公开后可在此查看签号和名次。"),
        "drawn": _("被抽中：在所属单元 {size} 户中签号排第 {place}，前 {n} 户抽中。"),
        "not_drawn": _("未被抽中：在所属单元 {size} 户中签号排第 {place}，前 {n} 户抽中。"),
        "drawn_sealed": _("被抽中。信用风险分类不公开，本单元各类的末位中签签号如下，不高于其中一个即为中签。"),
        "not_drawn_sealed": _("未被抽中。信用风险分类不公开，本单元各类的末位中签签号如下，您所属那一类的低于您的签号。"),
        "class_opens": _("您填写的分类与公告时的承诺相符。"),
        "class_differs": _("您填写的分类或盐与公告时的承诺不符。"),
        "ticket": _("签号"),
        "cutoff": _("末位中签签号"),
        "cutoffs": _("各类末位中签签号"),
        "ticket_rule": _("签号由公开的密钥和统一社会信用代码算出，谁都不能挑选；签号小的先中签。"),
        "why": _("为什么抽中或没抽中我？"),
        "own_class": _("核对自己的分类（企业自愿）"),
        "class": _("分类"),
        "salt": _("盐（64 位十六进制，由登记机关告知企业）"),
        "look": _("查看"),
        "no_code": _("照片里没有找到企业的码，请重拍或手动输入。"),
        "reading": _("正在读取名单：{n} 户"),
        "checking": _("正在核对：第 {done} 项，共 {total} 项"),
        "counted": _("核对了 {n} 户"),
        "X:STATUS": _("已注销、吊销或迁出"),
        "X:OPEN": _("正在接受其他检查"),
        "X:FREQ": _("已达年度检查次数上限"),
        "X:EXEMPT": _("依法免检"),
    }


def saved_texts() -> dict[str, str]:
    """``check_names`` and what only the saved copy says."""
    return {
        **check_names(),
        "title": _("抽取验证"),
        "saved_lead": _("在这里选择从公示网站下载的两个文件。计算全部在本机完成，不需要网络，也不发送任何数据。"),
        "choose_bundle": _("抽取数据（bundle.json）"),
        "choose_frame": _("名单（frame.ndjson）"),
        "needs_frame": _("还需要选择名单文件，才能核对名单和抽取结果。"),
    }


@get("/verify.html")
async def show_saved_copy() -> Response[str]:
    """The verification as one file that needs no network. Its own policy stands inside; saved, not shown, so this site's does not bind it."""
    texts = {}
    for locale in LOCALES:
        with speaking(locale):
            texts[locale] = {**saved_texts(), "other_language": next(name for other, name in LOCALES.items() if other != locale)}
    page_ = (BUILD / "verify.html").read_text().replace("__TEXTS__", escape(json.dumps(texts, ensure_ascii=False)))
    return Response(page_, media_type="text/html", headers={"content-disposition": 'attachment; filename="verify.html"'})


@get("/draws/{draw_id:str}", opt=SAME_FOR_ALL)
async def show_draw(request: Request[Any, Any, Any], draw_id: FromPath[str]) -> Response[bytes]:
    return await kept.overview(request, made_of.DRAW, lambda: _show(draw_id))


async def _show(draw_id: str) -> Template:
    draw = await queries.find_draw(draw_id)
    by_county: dict[str, dict[str, int]] = {}
    frame: dict[str, int] = {}
    for c in await queries.count_frame(draw.id):
        frame[c.st] = frame.get(c.st, 0) + c.n
        by_county.setdefault(c.county, {"E": 0, "out": 0})["E" if c.st == "E" else "out"] += c.n
    sources = [{**s, "bits": entropy_bits(s["kind"], int(s.get("count") or 0) or 64)} for s in draw.announcement["sources"]]
    bits = sum(s["bits"] for s in sources)
    steps = [(name, at, await ledger.find_receipt(entry) if entry else None) for name, at, entry in _steps(draw)]
    end = draw.reveal_by + queries.GRACE
    return page(
        "public/draw.html",
        draw=draw,
        sources=sources,
        bits=bits,
        enough_bits=bits >= GRINDING_PROOF_BITS,
        frame=frame,
        by_county=by_county,
        two_people=needs_two_people(sources),
        account=(await account_for([draw_id]))[draw_id],
        is_withheld=draw.state in ("announced", "drawn") and clock.now() > end,
        changes=await queries.list_changes(draw.id) if draw.state == "revealed" else [],
        reasons=REASONS,
        steps=steps,
        names=queries.STATES,
        checks=check_names(),
        check_codes=CHECKS,
        results=await search_results(ResultFilter(draw=draw_id), limit=100),
        counties=await load_counties(),
        lasting=all(receipt.index is not None for _name, _at, receipt in steps if receipt),
        until=end if end >= clock.now() else None,
    )


def _steps(draw: queries.DrawView) -> list[tuple[str, Any, Any]]:
    return [
        (_("公告：名单、人员和密钥被固定"), draw.announced_at, draw.announced_entry),
        (_("抽取：公开的随机数决定结果"), draw.drawn_at, draw.drawn_entry),
        (_("公开：任何人都能重新计算"), draw.revealed_at, draw.revealed_entry),
    ]


@get("/draws/{draw_id:str}/bundle.json", opt={"limit": limits.HEAVY})
async def show_bundle(request: Request[Any, Any, Any], draw_id: FromPath[str], audience: FromQuery[str] = "public") -> Response[bytes]:
    """The draw as docs/draw-spec.md gives it; ``audience=auditor`` needs that role."""
    if audience == "auditor":
        user = request.scope.get("user")
        if user is None or user.role != AUDITOR:
            raise Forbidden()
        bundle = await queries.build_bundle(draw_id, "auditor")
    else:
        bundle = await queries.build_bundle(draw_id)
    return Response(jcs.encode(bundle), media_type="application/json")


@get("/draws/{draw_id:str}/frame.ndjson", opt={"limit": limits.HEAVY})
async def show_frame(draw_id: FromPath[str]) -> Stream:
    draw = await queries.find_draw(draw_id)

    async def lines() -> AsyncIterator[bytes]:
        async for chunk in queries.iter_frame_ndjson(draw.id, draw.salt_key):
            yield chunk

    return Stream(lines(), media_type="application/x-ndjson")


@get("/verifier.py")
async def show_verifier() -> File:
    """The whole check in one file of plain Python, for whoever does not trust this site."""
    return File(Path(verifier.__file__), filename="verifier.py", media_type="text/x-python")


HANDLERS = [list_draws, list_draws_json, show_draw, show_bundle, show_frame, show_saved_copy, show_verifier]

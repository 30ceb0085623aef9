"""年度抽查工作计划 as published, and how far each line has come."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.usecases.plan_progress import LineProgress
from backend.usecases.public_plans import list_published, show_plan
from backend.web.public import made_of
from backend.web.public.places import load_counties, load_departments, load_industries
from backend.web.shared import kept
from backend.web.shared.i18n import _
from backend.web.shared.kept import SAME_FOR_ALL
from backend.web.shared.pages import page


def _statuses() -> dict[str, tuple[str, str]]:
    """How far a line has come -> its words and badge."""
    return {
        "not_begun": (_("未开始"), ""),
        "made": (_("准备中"), ""),
        "announced": (_("已公告，待抽取"), "accent"),
        "drawn": (_("检查进行中"), "accent"),
        "done": (_("已完成"), "good"),
    }


def _how_many(line: LineProgress) -> str:
    """Rates by class are not told: the classes are the offices' own reference."""
    plan = line.view.line.campaign
    if plan.rate_mode == "fixed":
        return _("%(n)s 户", n=plan.rates["n"])
    if plan.rate_mode == "rate":
        share: Any = plan.rates["-"]
        return f"{share[0] * 100 / share[1]:g}%"
    return _("按信用风险分类，分类不公开")


@get("/plans", opt=SAME_FOR_ALL)
async def list_plans(request: Request[Any, Any, Any]) -> Response[bytes]:
    async def make() -> Template:
        rows = await list_published()
        return page(
            "public/plans.html",
            years=[(year, [e for e in rows if e.year == year]) for year in sorted({e.year for e in rows}, reverse=True)],
            departments=await load_departments(),
        )

    return await kept.overview(request, made_of.PLANS, make)


@get("/plans/{number:str}", opt=SAME_FOR_ALL)
async def show_published_plan(request: Request[Any, Any, Any], number: FromPath[str], edition: FromQuery[int | None] = None) -> Response[bytes]:
    return await kept.overview(request, made_of.PLAN, lambda: _show(number, edition))


async def _show(number: str, edition: int | None) -> Template:
    plan = await show_plan(number, edition)
    return page(
        "public/plan.html",
        plan=plan,
        e=plan.edition,
        statuses=_statuses(),
        how_many=_how_many,
        departments=await load_departments(),
        counties=await load_counties(),
        industries=await load_industries(),
    )


HANDLERS = [list_plans, show_published_plan]

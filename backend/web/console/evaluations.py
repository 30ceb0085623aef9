"""检查评价: one by one for the oversight office; for everybody else averages of quarters that are over, of enough enterprises."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Template

from backend.evaluations import queries
from backend.evaluations.queries import EvaluationFilter
from backend.kernel import clock
from backend.people import queries as people
from backend.people.rules import AUDITOR, Principal
from backend.web.console import labels
from backend.web.console.paging import cut, read_place
from backend.web.shared.i18n import _, pick
from backend.web.shared.pages import page


def kinds() -> dict[str, str]:
    return {"gifts": _("反映索要财物"), "bad": _("总体 1 至 2 分"), "text": _("有文字")}


def quarter_name(first: date) -> str:
    return _("%(year)s年第%(q)s季度", year=first.year, q=(first.month + 2) // 3)


async def _for_oversight(who: Principal, department: str, county: str, only: str, after: str) -> dict[str, Any]:
    by = EvaluationFilter(department=department, county=county, only=only if only in kinds() else "")
    rows = await queries.list_evaluations(who, by, after=read_place(after), limit=queries.PAGE + 1)
    asked = {"department": by.department, "county": by.county, "only": by.only}
    found, next_href = cut(rows, queries.PAGE, "/console/evaluations", **asked)
    today = clock.today()
    return {
        "rows": found,
        "next_href": next_href,
        "by": by,
        "kinds": kinds(),
        "averages": await queries.list_averages(who, date(today.year, 1, 1), today),
        "departments": [(d.code, pick(d, "name")) for d in await people.list_departments()],
        "counties": await labels.county_choices(who.scope),
    }


@get("/evaluations")
async def list_evaluations(
    request: Request[Any, Any, Any],
    department: FromQuery[str] = "",
    county: FromQuery[str] = "",
    only: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    who: Principal = request.user
    oversees = who.role == AUDITOR
    return page(
        "console/evaluations.html",
        oversees=oversees,
        quarters=await queries.list_quarters(who),
        quarter_name=quarter_name,
        rule=await queries.find_rule(clock.today()),
        places=await labels.load_places(),
        **(await _for_oversight(who, department, county, only, after) if oversees else {}),
    )


HANDLERS = [list_evaluations]

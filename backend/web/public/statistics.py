"""公开统计: the figures of a year, each number leading to what it counts where that is public."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromQuery
from litestar.response import Template

from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.publicity.figures import ResultCount
from backend.usecases import public_figures
from backend.usecases.adhoc import KINDS
from backend.usecases.public_figures import MEASURES, YearFigures
from backend.web.public import made_of
from backend.web.public.figures_view import Bar, Bars, columns
from backend.web.public.places import load_counties, load_departments
from backend.web.shared import kept
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.kept import SAME_FOR_ALL
from backend.web.shared.pages import page


def _results(year: YearFigures, **by: str) -> str:
    return "/results?" + urlencode({"from": year.period.first.isoformat(), "to": year.period.last.isoformat(), **by})


def _bar(name: str, count: ResultCount, href: str = "") -> Bar:
    return Bar(name, count.total, count.total - count.clean, href)


def by_month(year: YearFigures) -> Bars:
    rows = []
    for month in range(1, 13):
        first = date(year.period.first.year, month, 1)
        if first > clock.today():
            break
        count = year.results.by_month.get(first, ResultCount())
        rows.append(Bar(str(month), count.total, count.clean))
    return Bars("months", _("各月完成的检查"), _("月份"), _("公示结果"), rows, _("未发现问题"))


def by_place(year: YearFigures, names: Mapping[str, str], counts: Mapping[str, ResultCount], which: str) -> Bars:
    rows = [_bar(names.get(code, code), count, _results(year, **{which: code})) for code, count in sorted(counts.items(), key=lambda c: -c[1].total)]
    title, axis = (_("各区县"), _("区县")) if which == "county" else (_("各部门"), _("部门"))
    return Bars(which, title, axis, _("公示结果"), rows, _("发现问题"))


def by_outcome(year: YearFigures) -> Bars:
    found = sorted(year.results.by_outcome.items(), key=lambda o: -o[1])
    rows = [
        Bar(pick({"zh": year.outcomes[code][0], "en": year.outcomes[code][1]} if code in year.outcomes else {"zh": code, "en": code}, ""), n,
            href=_results(year, outcome=code))
        for code, n in found
    ]  # fmt: skip
    return Bars("outcomes", _("检查结果"), _("结果"), _("次数"), rows, note=_("一次检查可以有多个结果，各项相加多于检查数。"))


def by_kind(year: YearFigures) -> Bars:
    rows = [_bar(pick({"zh": KINDS[k][0], "en": KINDS[k][1]}, ""), count) for k, count in year.results.by_kind.items()]
    return Bars("kinds", _("为何检查"), _("来源"), _("公示结果"), sorted(rows, key=lambda r: -r.n), _("发现问题"))


@get("/statistics", opt=SAME_FOR_ALL)
async def show_statistics(request: Request[Any, Any, Any], year: FromQuery[str] = "") -> Template | Response[bytes]:
    try:
        chosen = public_figures.read_year(year)
    except Invalid as e:
        return await _show(clock.today().year, e.message(get_locale()))
    return await kept.overview(request, made_of.STATISTICS, lambda: _show(chosen), {"year": str(chosen)})


async def _show(chosen: int, error: str = "") -> Template:
    found = await public_figures.load_year(chosen)
    months = by_month(found)
    accounts = list(found.accounts.values())
    return page(
        "public/statistics.html",
        status_code=422 if error else 200,
        error=error,
        year=chosen,
        years=range(clock.today().year, clock.today().year - 3, -1),
        found=found,
        months=months,
        drawn_months=columns(months),
        charts=[
            by_outcome(found),
            by_place(found, await load_counties(), found.results.by_county, "county"),
            by_place(found, await load_departments(), found.results.by_department, "department"),
            by_kind(found),
        ],
        measures=[(MEASURES[key], found.measures[key].whole) for key in public_figures.SHOWN],
        say=lambda pair: pick({"zh": pair[0], "en": pair[1]}, ""),
        totals={
            "drawn": sum(a.drawn for a in accounts),
            "visited": sum(a.visited for a in accounts),
            "replaced": sum(a.own.replaced + a.alternates.replaced for a in accounts),
            "open": sum(a.own.open + a.alternates.open for a in accounts),
            "withheld": sum(a.withheld for a in accounts),
        },
        until=found.until,
    )


HANDLERS = [show_statistics]

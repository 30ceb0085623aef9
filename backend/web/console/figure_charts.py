"""What a chart shows, as plain data: the script draws it, the table beside it says the same, each point leads to its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backend.figures.queries import FigureSet
from backend.figures.rules import AGES, HIT, LATE, MEASURES, MISS, Count, Measure, Period, months_of
from backend.web.console.labels import Places
from backend.web.shared.i18n import _, pick

if TYPE_CHECKING:
    from backend.web.console.figures import Figure, View


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table: what it says, the number behind it, and the rows behind that."""

    text: str
    value: float | None
    href: str = ""
    detail: str = ""


def _without_empty(series: Sequence[str], rows: Sequence[tuple[str, Sequence[Cell]]]) -> tuple[Sequence[str], list[tuple[str, Sequence[Cell]]]]:
    """The year before is left out where it has nothing to show."""
    kept = [k for k in range(len(series)) if k == 0 or any(cells[k].value is not None for _n, cells in rows)]
    return [series[k] for k in kept], [(name, [cells[k] for k in kept]) for name, cells in rows]


@dataclass(frozen=True, slots=True)
class Chart:
    """``kind``: bar | line. One row of ``rows`` per category: its name, then a cell per series."""

    id: str
    title: str
    summary: str
    kind: str
    axis: str
    series: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    target: float | None = None
    unit: str = "%"
    is_upright: bool = True

    def data(self) -> dict[str, Any]:
        """For the script."""
        return {
            "kind": self.kind,
            "unit": self.unit,
            "upright": self.is_upright,
            "target": self.target,
            "targetName": _("目标"),
            "categories": [name for name, _cells in self.rows],
            "series": [
                {"name": name, "values": [cells[k].value for _n, cells in self.rows], "links": [cells[k].href for _n, cells in self.rows]}
                for k, name in enumerate(self.series)
            ],
        }


def percent(count: Count) -> str:
    return "-" if count.percent is None else f"{count.percent:g}%"


def cell(count: Count, href: str = "") -> Cell:
    return Cell(percent(count), count.percent, href if count.total else "", f"{count.hit} / {count.total}" if count.total else "")


def parts(measure: Measure, count: Count) -> list[tuple[str, str, int]]:
    """(part, its name, how many rows)."""
    return [
        ("", pick({"zh": measure.all[0], "en": measure.all[1]}, ""), count.total),
        (HIT, pick({"zh": measure.hit[0], "en": measure.hit[1]}, ""), count.hit),
        (MISS, _("其余"), count.total - count.hit),
        (LATE, _("逾期"), count.late),
    ]


def _name(measure: Measure) -> str:
    return pick({"zh": measure.name[0], "en": measure.name[1]}, "")


def _range(counts: Sequence[tuple[str, Count]]) -> str:
    known = [(name, c.percent) for name, c in counts if c.percent is not None]
    if not known:
        return _("没有数据")
    high, low = max(known, key=lambda k: k[1]), min(known, key=lambda k: k[1])
    return _("最高 %(high)s %(most)s%%，最低 %(low)s %(least)s%%", high=high[0], most=f"{high[1]:g}", low=low[0], least=f"{low[1]:g}")


def overview(figures: Sequence[Figure], view: View, now: str, before: str) -> Chart:
    rows = [(_name(f.measure), [cell(f.count, view.href(f.measure.key)), cell(f.before)]) for f in figures]
    summary = _range([(_name(f.measure), f.count) for f in figures])
    series, kept = _without_empty((now, before), rows)
    title = _("各项指标与上年同期") if len(series) > 1 else _("各项指标")
    return Chart("overview", title, summary, "bar", _("指标"), series, kept, is_upright=False)


def trend(figure: Figure, now: FigureSet, before: FigureSet, months: Period, view: View) -> Chart:
    rows, counts = [], []
    for month in months_of(months):
        here, then = now.by_month.get(month, Count()), before.by_month.get(month.replace(year=month.year - 1), Count())
        key = month.strftime("%Y-%m")
        rows.append((key, [cell(here, view.href(figure.measure.key, "/records", period=key)), cell(then)]))
        counts.append((key, here))
    title = _("%(figure)s：近 12 个月", figure=_name(figure.measure))
    return Chart("trend", title, _range(counts), "line", _("月份"), *_without_empty((_("近 12 个月"), _("上年同期")), rows), figure.target)


def by_place(
    figure: Figure, now: Mapping[str, Count], before: Mapping[str, Count], title: str, which: str, view: View, places: Places, names: tuple[str, str]
) -> Chart:
    rows, counts = [], []
    for code in sorted({*now, *before}):
        here = now.get(code, Count())
        rows.append((places(code), [cell(here, view.href(figure.measure.key, "/records", **{which: code})), cell(before.get(code, Count()))]))
        counts.append((places(code), here))
    axis = _("区县") if which == "county" else _("部门")
    return Chart(which, f"{_name(figure.measure)} · {title}", _range(counts), "bar", axis, *_without_empty(names, rows), figure.target)


def age_names() -> list[str]:
    found, before = [], -1
    for last in AGES:
        if last == 0:
            found.append(_("当天"))
        elif last is None:
            found.append(_("超过 %(n)s 个工作日", n=before))
        else:
            found.append(_("%(from)s-%(to)s 个工作日", **{"from": before + 1, "to": last}))
        before = last or 0
    return found


def waiting(counts: Sequence[int]) -> Chart:
    """Records that wait for a verdict, by age."""
    rows = [
        (name, [Cell(str(n), n, f"/console/figures/waiting?age={k}" if n else "")]) for k, (name, n) in enumerate(zip(age_names(), counts, strict=True))
    ]
    return Chart("waiting", _("待审核记录的等待时间"), _("共 %(n)s 份", n=sum(counts)), "bar", _("等待时间"), (_("待审核记录"),), rows, unit="")


@dataclass(frozen=True, slots=True)
class Matrix:
    """Places against measures."""

    title: str
    axis: str
    heads: Sequence[tuple[str, str]]  # (name, address of its page)
    rows: Sequence[tuple[str, Sequence[Cell]]]


def matrices(now: Mapping[str, FigureSet], view: View, places: Places, *, with_departments: bool) -> list[Matrix]:
    found = [_matrix(now, view, places, _("各区县对照"), _("区县"), "county", lambda s: s.by_county)]
    if with_departments:
        found.append(_matrix(now, view, places, _("各部门对照"), _("部门"), "department", lambda s: s.by_department))
    return [m for m in found if m.rows]


def _matrix(
    now: Mapping[str, FigureSet], view: View, places: Places, title: str, axis: str, which: str, take: Callable[[FigureSet], Mapping[str, Count]]
) -> Matrix:
    keys = [k for k in now if which != "county" or k != "plan"]
    codes = sorted({code for k in keys for code in take(now[k])})
    rows = [
        (places(code), [cell(take(now[k]).get(code, Count()), view.href(k, "/records", **{which: code})) for k in keys]) for code in codes
    ]
    return Matrix(title, axis, [(_name(MEASURES[k]), view.href(k)) for k in keys], rows)

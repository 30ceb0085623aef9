"""Figures and the rows behind them as workbooks: numbers stay numbers, texts are escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from backend.exchange.writers import Sheet, write_sheets
from backend.figures.queries import FigureSet, RecordRow
from backend.figures.rules import MEASURES, Count, Measure
from backend.web.console.labels import Places
from backend.web.shared.i18n import _, pick

if TYPE_CHECKING:
    from backend.web.console.figures import Figure


def _text(pair: tuple[str, str]) -> str:
    return pick({"zh": pair[0], "en": pair[1]}, "")


def figures(found: Sequence[Figure], now: Mapping[str, FigureSet], places: Places, names: tuple[str, str]) -> bytes:
    heads = [_("指标"), _("分子"), _("分母"), _("比例（%）"), _("目标（%）"), f"{_('上年同期')} {names[1]}", _("口径")]
    rows = [
        [_text(f.measure.name), f.count.hit, f.count.total, f.count.percent, f.target, f.before.percent, _text(f.measure.means)] for f in found
    ]
    sheets = [Sheet(names[0], heads, rows)]
    for title, axis, take in ((_("各区县"), _("区县"), "by_county"), (_("各部门"), _("部门"), "by_department")):
        place_heads = [axis, _("指标"), _("分子"), _("分母"), _("比例（%）")]
        place_rows: list[list[str | float | None]] = []
        for key, of_measure in now.items():
            counts: Mapping[str, Count] = getattr(of_measure, take)
            place_rows += [[places(code), _text(MEASURES[key].name), c.hit, c.total, c.percent] for code, c in sorted(counts.items())]
        sheets.append(Sheet(title, place_heads, place_rows))
    return write_sheets(sheets)


def records(measure: Measure, rows: Sequence[RecordRow], places: Places, states: Mapping[str, str]) -> bytes:
    heads = [_("名称"), _("代码或编号"), _("抽查任务"), _("部门"), _("区县"), _("状态"), _("日期"), _text(measure.hit), _("逾期")]
    said = {True: _("是"), False: _("否")}
    body: list[list[str | float | None]] = [
        [
            r.title,
            r.code,
            r.campaign_name,
            places(r.department),
            places(r.county),
            states.get(r.state, r.state),
            r.day.isoformat(),
            said[r.hit],
            said[r.late],
        ]
        for r in rows
    ]
    return write_sheets([Sheet(_text(measure.name), heads, body)])

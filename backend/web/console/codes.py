"""基础数据: the page of all registers; each code table with its list, its form, two texts side by side and the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.deadlines.rules import CLOCKS
from backend.figures.rules import MEASURES
from backend.history import queries as history
from backend.history.rules import ChangedByOther, standing
from backend.items.queries import list_register
from backend.kernel import clock
from backend.kernel.errors import DomainError, Forbidden, Invalid, NotFound
from backend.kernel.workdays import CalendarUnknown
from backend.people.officer_queries import OfficerFilter, count_endings, count_officers
from backend.people.rules import ADMIN, AUDITOR, MANAGER, REVIEWER, Principal
from backend.rulebook.queries import count_by_year
from backend.usecases import edit_codes
from backend.usecases.edit_codes import KINDS
from backend.web.console import editing
from backend.web.console.code_boxes import Spec
from backend.web.console.code_specs import key_of, parse_key, specs
from backend.web.console.editing import Box, Difference, Typed
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page

OFFICE = {"access": frozenset({ADMIN, MANAGER, REVIEWER, AUDITOR})}
OWNERS = {"access": frozenset({ADMIN, MANAGER, AUDITOR})}
PAGE = 100
# Tables whose rows stand by what they are of, the newest first: the column, and its values in the order that people know.
IN_ORDER = {"period": ("clock", list(CLOCKS)), "target": ("measure", list(MEASURES))}


@dataclass(frozen=True, slots=True)
class Card:
    """One register on the page 基础数据."""

    href: str
    title: str
    count: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    key: str
    cells: list[str]
    badge: tuple[str, str] | None
    is_child: bool


def missing_years(known: Mapping[int, int]) -> list[int]:
    """This year and the next, where the holiday table says nothing of them."""
    year = clock.today().year
    return [y for y in (year, year + 1) if y not in known]


@get("/registers")
async def show_registers(request: Request[Any, Any, Any]) -> Template:
    who: Principal = request.user
    on = clock.today()
    endings = await count_endings(who.scope, on=on)
    total = await count_officers(who.scope, OfficerFilter(state="valid"), on=on)
    ending = _("%(n)s 名人员的执法证已过期或将到期", n=endings.total) if endings.total else ""
    cards = [Card("/console/inspectors", _("执法检查人员名录库"), _("%(n)s 名", n=total), ending)]
    items = await list_register()
    without = sum(not i.checklist and not i.valid_to for i in items)
    held = sum(standing(i.valid_from, i.valid_to, on) == "holds" for i in items)
    cards.append(Card("/console/items", _("抽查事项与检查表"), _("%(n)s 条有效", n=held), _("%(n)s 项尚未发布检查表", n=without) if without else ""))
    for kind, spec in specs().items():
        rows = await history.list_rows(KINDS[kind])
        held = sum(standing(r.get("valid_from"), r.get("valid_to"), on) == "holds" for r in rows)
        missing = missing_years(await count_by_year()) if kind == "holiday" else []
        warning = _("%(years)s 年尚无数据", years="、".join(map(str, missing))) if missing else ""
        cards.append(Card(f"/console/registers/{kind}", spec.title, _("%(n)s 条有效", n=held), warning))
    return page("console/registers.html", cards=cards)


def _spec(kind: str) -> Spec:
    spec = specs().get(kind)
    if spec is None:
        raise NotFound()
    return spec


def _badge(row: Mapping[str, Any]) -> tuple[str, str] | None:
    if "valid_to" not in row:
        return None
    return {"ahead": (_("未启用"), "accent"), "holds": (_("有效"), "good"), "over": (_("已失效"), "bad")}[
        standing(row["valid_from"], row["valid_to"], clock.today())
    ]


def _in_order(kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if kind == "outcome":
        places = {r["code"]: r["position"] for r in rows}
        return sorted(rows, key=lambda r: (places.get(r["parent"], r["position"]), r["parent"] is not None, r["position"]))
    if kind == "cap":
        return sorted(rows, key=lambda r: (r["level"], r["department"] or "", -r["valid_from"].toordinal()))
    if kind == "planstep":
        return sorted(rows, key=lambda r: (r["department"] or "", r["region"] or "", r["position"], -r["valid_from"].toordinal()))
    if kind == "norm":
        return sorted(rows, key=lambda r: (r["department"] or "", -r["valid_from"].toordinal()))
    if kind == "rate":
        return sorted(rows, key=lambda r: (r["department"] or "", r["class_code"], -r["valid_from"].toordinal()))
    if kind in IN_ORDER:
        name, order = IN_ORDER[kind]
        return sorted(rows, key=lambda r: (order.index(r[name]), -r["valid_from"].toordinal()))
    return rows


async def _list(who: Principal, spec: Spec, *, q: str = "", year: int = 0, after: str = "", note: str = "", status: int = 200) -> Template:
    boxes = {b.name: b for b in await spec.boxes(who)}
    kind = KINDS[spec.kind]
    rows = _in_order(spec.kind, await history.list_rows(kind))
    known = await count_by_year() if spec.kind == "holiday" else {}
    if spec.kind == "holiday":
        year = year or clock.today().year
        rows = [r for r in rows if r["day"].year == year]
    if q:
        rows = [r for r in rows if any(q.lower() in str(v).lower() for v in r.values())]
    total = len(rows)
    start = next((n + 1 for n, r in enumerate(rows) if str(r[kind.key]) == after), 0)
    shown = rows[start : start + PAGE]
    following = str(shown[-1][kind.key]) if start + PAGE < total else ""
    lines = [
        Line(str(r[kind.key]), [editing.say(boxes[c], r.get(c)) for c in spec.columns], _badge(r), spec.kind == "outcome" and r["parent"] is not None)
        for r in shown
    ]
    return page(
        "console/codes.html",
        status_code=status,
        spec=spec,
        headings=[boxes[c].label for c in spec.columns],
        lines=lines,
        total=total,
        q=q,
        year=year,
        years=sorted({*known, *missing_years(known)}) if spec.kind == "holiday" else [],
        missing=missing_years(known) if spec.kind == "holiday" else [],
        note=note,
        may_add=edit_codes.may_add(who, spec.kind),
        next_href=f"/console/registers/{spec.kind}?" + urlencode({"q": q, "after": following} if q else {"after": following}) if following else None,
    )


@get("/registers/{kind:str}", opt=OFFICE)
async def list_codes(
    request: Request[Any, Any, Any], kind: FromPath[str], q: FromQuery[str] = "", year: FromQuery[int] = 0, after: FromQuery[str] = ""
) -> Template:
    return await _list(request.user, _spec(kind), q=q.strip()[:60], year=year, after=after)


async def _form(
    who: Principal,
    spec: Spec,
    values: Typed,
    *,
    key: Any = None,
    row: Mapping[str, Any] | None = None,
    version: int = 0,
    error: tuple[str, str] = ("", ""),
    differences: list[Difference] | None = None,
    status: int = 200,
) -> Template:
    boxes = await spec.boxes(who)
    return page(
        "console/code.html",
        status_code=status,
        spec=spec,
        boxes=[*boxes, Box("until", _("至（含，可不填）"), "day", hint=_("连续多日一次登记"))] if spec.kind == "holiday" and row is None else boxes,
        values={"until": "", **values},
        key=str(key) if row is not None else "",
        heading=editing.say(next(b for b in boxes if b.name == spec.columns[0]), row[spec.columns[0]])
        if row is not None
        else _("新增%(what)s", what=spec.title if get_locale() == "zh" else spec.title.lower()),
        badge_of=_badge(row) if row is not None else None,
        version=version or (row["version"] if row else 0),
        wrong=error[0],
        error=error[1],
        differences=differences,
        history=await editing.load_history(spec.kind, key, boxes) if key is not None else [],
        may_edit=edit_codes.may_add(who, spec.kind) if row is None else edit_codes.may_edit(who, spec.kind, row),
        say=editing.say,
    )


@get("/registers/{kind:str}/new", opt=OWNERS)
async def show_new(request: Request[Any, Any, Any], kind: FromPath[str]) -> Template:
    spec = _spec(kind)
    if not edit_codes.may_add(request.user, kind):
        raise Forbidden()
    boxes = await spec.boxes(request.user)
    today = {"valid_from": clock.today(), "day": None, "department": request.user.department}
    return await _form(request.user, spec, editing.stored(today, boxes))


@post("/registers/{kind:str}/new", opt=OWNERS, status_code=303)
async def add(request: Request[Any, Any, Any], kind: FromPath[str]) -> Template | Redirect:
    who: Principal = request.user
    spec = _spec(kind)
    form = await request.form()
    values = editing.typed(form, await spec.boxes(who))
    until = editing.clean(form.get("until"))
    try:
        key, row = key_of(kind, values), spec.read(values)
        if kind == "holiday" and until:
            await edit_codes.add_holidays(key, editing.read_day(until, "until") or key, row, by=who)
        else:
            await edit_codes.save_code(kind, key, row, version=None, by=who)
    except Invalid as e:
        boxes = [*await spec.boxes(who), Box("until", _("至（含，可不填）"), "day")]
        return await _form(who, spec, {**values, "until": until}, error=editing.message(e, boxes), status=e.status)
    return Redirect(f"/console/registers/holiday?year={key.year}" if kind == "holiday" else f"/console/registers/{kind}/{key}", status_code=303)


@get("/registers/{kind:str}/{key:str}", opt=OFFICE)
async def show_code(request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str]) -> Template:
    spec, found = _spec(kind), parse_key(kind, key)
    row = await history.find_row(KINDS[kind], found)
    return await _form(request.user, spec, editing.stored(row, await spec.boxes(request.user)), key=found, row=row)


@post("/registers/{kind:str}/{key:str}", opt=OWNERS, status_code=303)
async def change(request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str]) -> Template | Redirect:
    who: Principal = request.user
    spec, found = _spec(kind), parse_key(kind, key)
    row = await history.find_row(KINDS[kind], found)
    boxes = await spec.boxes(who)
    form = await request.form()
    values = editing.typed(form, boxes)
    values |= {b.name: str(row[b.name]) for b in boxes if b.is_key}
    try:
        await edit_codes.save_code(kind, found, spec.read(values), version=editing.version_of(form), by=who)
    except ChangedByOther as e:
        row = await history.find_row(KINDS[kind], found)
        differences = editing.compare(e, values, boxes)
        return await _form(who, spec, values, key=found, row=row, version=e.version, error=editing.message(e, boxes), differences=differences, status=e.status)
    except Invalid as e:
        return await _form(who, spec, values, key=found, row=row, error=editing.message(e, boxes), status=e.status)
    return Redirect(f"/console/registers/{kind}/{key}", status_code=303)


@post("/registers/{kind:str}/fill", opt=OWNERS, status_code=303)
async def fill_year(request: Request[Any, Any, Any], kind: FromPath[str]) -> Template | Redirect:
    if kind != "holiday":
        raise NotFound()
    text = str((await request.form()).get("year", ""))
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else clock.today().year
    try:
        await edit_codes.fill_year(year, by=request.user)
    except CalendarUnknown as e:
        why = _("系统收录的国务院通知中没有 %(year)s 年，请按通知逐日登记。", year=year)
        return await _list(request.user, _spec("holiday"), year=year, note=why, status=e.status)
    return Redirect(f"/console/registers/holiday?year={year}", status_code=303)


@post("/registers/{kind:str}/{key:str}/remove", opt=OWNERS, status_code=303)
async def remove_holiday(request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str]) -> Template | Redirect:
    """Only a holiday is ever taken out; every other row ends on a day."""
    if kind != "holiday":
        raise NotFound()
    found = parse_key(kind, key)
    form = await request.form()
    try:
        await edit_codes.remove_holiday(found, version=editing.version_of(form), by=request.user)
    except (Invalid, ChangedByOther) as e:
        return await _again(request.user, found, e)
    return Redirect(f"/console/registers/holiday?year={found.year}", status_code=303)


async def _again(who: Principal, day: Any, e: DomainError) -> Template:
    spec = _spec("holiday")
    row = await history.find_row(KINDS["holiday"], day)
    boxes = await spec.boxes(who)
    return await _form(who, spec, editing.stored(row, boxes), key=day, row=row, error=editing.message(e, boxes), status=e.status)


HANDLERS = [show_registers, list_codes, show_new, add, show_code, change, fill_year, remove_holiday]

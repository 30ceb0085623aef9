"""The fields that a campaign and a line of a yearly plan share: what may be chosen, what was typed, and a stored plan as its form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar.datastructures import FormMultiDict

from backend.inspections.rules import CLASSES, Plan, percent
from backend.items.queries import list_items
from backend.kernel.errors import Invalid
from backend.people import queries as people
from backend.people.rules import Principal
from backend.planning.rules import FIELD_NAMES
from backend.registry import queries as registry
from backend.rulebook.queries import find_limits
from backend.web.console import editing
from backend.web.shared.i18n import _, get_locale, pick

MANY = ("items", "partners", "counties", "industries")


def field_name(name: str) -> str:
    """What the form calls a field of a campaign or a line."""
    zh, en = FIELD_NAMES.get(name, (name, name))
    return pick({"zh": zh, "en": en}, "")


def say(e: Invalid) -> str:
    return Invalid(**{**e.fields, "field": field_name(str(e.fields["field"]))}).message(get_locale())


def _percent(text: str) -> tuple[int, int]:
    """"5" or "2.5" percent as a fraction in whole numbers. Raises ``Invalid``."""
    whole, _dot, tenth = text.strip().partition(".")
    if not whole.isdigit() or (tenth and (len(tenth) > 1 or not tenth.isdigit())):
        raise Invalid(field="rates", why_zh="请填写百分比，最多一位小数", why_en="give a percentage, with one decimal at most")
    return (int(whole) * 10 + int(tenth or 0), 1000) if tenth else (int(whole), 100)


def read_rates(form: FormMultiDict) -> Mapping[str, int | tuple[int, int]]:
    """Raises ``Invalid``."""
    mode = form.get("rate_mode", "fixed")
    if mode == "fixed":
        text = str(form.get("n", "")).strip()
        if not text.isdigit():
            raise Invalid(field="rates", why_zh="须为正整数", why_en="must be a positive integer")
        return {"n": int(text)}
    if mode == "rate":
        return {"-": _percent(str(form.get("percent", "")))}
    return {c: _percent(str(form.get(f"percent_{c}", ""))) for c in CLASSES}


def read_day(form: FormMultiDict, name: str) -> date:
    """Raises ``Invalid``."""
    try:
        return date.fromisoformat(str(form.get(name, "")))
    except ValueError as e:
        raise Invalid(field=name, why_zh="请选择日期", why_en="choose a date") from e


def read_plan(form: FormMultiDict, who: Principal) -> Plan:
    """What was typed, led by the person's department. Raises ``Invalid`` for what cannot be read; the rules judge the rest."""
    officers, cap = str(form.get("officers_per_visit", "")), str(form.get("yearly_cap", "")).strip()
    return Plan(
        name=editing.clean(form.get("name")),
        plan_name=str(form.get("plan_name", "")),
        items=tuple(map(str, form.getall("items", []))),
        department=who.department or "",
        partners=tuple(map(str, form.getall("partners", []))),
        counties=tuple(map(str, form.getall("counties", []))),
        industries=tuple(map(str, form.getall("industries", []))),
        rate_mode=str(form.get("rate_mode", "fixed")),
        due_on=read_day(form, "due_on"),
        rates=read_rates(form),
        officers_per_visit=int(officers) if officers.isdigit() else 0,
        yearly_cap=int(cap) if cap.isdigit() else None,
    )


def _as_percent(rate: int | tuple[int, int]) -> str:
    return f"{100 * rate[0] / rate[1]:g}" if isinstance(rate, tuple) else ""


def typed(plan: Plan, usual: FormMultiDict) -> list[tuple[str, str]]:
    """A stored plan as its form's fields; the fields of ways to draw that it does not use say what is usual."""
    one = {
        "name": plan.name,
        "due_on": plan.due_on.isoformat(),
        "rate_mode": plan.rate_mode,
        "officers_per_visit": str(plan.officers_per_visit),
        "yearly_cap": "" if plan.yearly_cap is None else str(plan.yearly_cap),
    }
    if plan.rate_mode == "fixed":
        one["n"] = str(plan.rates["n"])
    elif plan.rate_mode == "rate":
        one["percent"] = _as_percent(plan.rates["-"])
    else:
        one |= {f"percent_{name}": _as_percent(rate) for name, rate in plan.rates.items()}
    rest = [(name, str(value)) for name, value in usual.multi_items() if name not in one]
    chosen = {"items": plan.items, "partners": plan.departments[1:], "counties": plan.counties, "industries": plan.industries}
    return [*one.items(), *rest, *((name, code) for name, codes in chosen.items() for code in codes)]


async def usual(who: Principal, *, on: date) -> FormMultiDict:
    """An empty form: caps and rates as the rulebook has them on a day."""
    limits = await find_limits([who.department or ""], who.region, on)
    rates = {f"percent_{c}": percent(rate.usual) for c, rate in limits.rates.items()}
    cap = {"yearly_cap": str(limits.cap.most)} if limits.cap else {}
    return FormMultiDict({"rate_mode": "fixed", "n": "20", "officers_per_visit": "2", **cap, **rates})


async def choices(who: Principal, form: FormMultiDict, *, on: date) -> dict[str, Any]:
    """What ``_campaign_fields.html`` wants beside ``form``. ``on``: the day whose items, caps and rates are shown."""
    return {
        "chosen": {name: set(form.getall(name, [])) for name in MANY},
        "departments": await people.list_open_departments(),
        "limits": await find_limits([who.department or ""], who.region, on),
        "percent": percent,
        "lead": who.department,
        "items": await list_items(on=on),
        "counties": await registry.list_counties(who.scope),
        "industries": await registry.list_industries(),
        "classes": CLASSES,
    }


def say_rates(values: Mapping[str, Any]) -> str:
    """``planning.rules.rates_of`` in words."""
    if values["mode"] == "fixed":
        return _("%(n)s 户", n=values["n"])
    if values["mode"] == "rate":
        return f"{_as_percent(tuple(values['-']))}%"
    return " · ".join(f"{c} {_as_percent(tuple(values[c]))}%" for c in CLASSES if c in values)

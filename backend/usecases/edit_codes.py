"""An owner edits a code table or the rulebook: who may edit which row, then the room's verb, in one transaction.

Tables that all departments share belong to the administrator of the whole installation; a region's row to the administrator of a region
that covers it; a department's own caps and rates to its manager; the targets of figures, the
categories of complaints and the rule of evaluations to the oversight office too. Everybody else in the office may look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final

from backend.deadlines.service import PERIOD, save_period
from backend.evaluations.service import RULE, save_rule
from backend.figures.targets import TARGET, save_target
from backend.history import queries as history
from backend.history.rules import Kind
from backend.items.outcomes import OUTCOME, save_outcome
from backend.kernel.errors import Forbidden, Invalid
from backend.people.departments import DEPARTMENT, save_department
from backend.people.rules import ADMIN, AUDITOR, MANAGER, Principal
from backend.planning.queries import STEP
from backend.planning.service import save_step
from backend.registry.codes import INDUSTRY, REGION, save_industry, save_region
from backend.rulebook import service as rulebook
from backend.storage.engine import transaction
from backend.tips.service import CATEGORY, save_category

KINDS: Final[Mapping[str, Kind]] = {
    k.name: k
    for k in (
        *(DEPARTMENT, REGION, INDUSTRY, OUTCOME, STEP, PERIOD, TARGET, CATEGORY, RULE),
        *(rulebook.HOLIDAY, rulebook.CAP, rulebook.RATE, rulebook.NORM, rulebook.RETENTION),
    )
}
_VERBS: Final[Mapping[str, Callable[..., Awaitable[None]]]] = {
    "department": save_department,
    "region": save_region,
    "industry": save_industry,
    "outcome": save_outcome,
    "holiday": rulebook.save_holiday,
    "cap": rulebook.save_cap,
    "rate": rulebook.save_rate,
    "period": save_period,
    "target": save_target,
    "planstep": save_step,
    "retention": rulebook.save_retention,
    "norm": rulebook.save_norm,
    "tipcategory": save_category,
    "evaluationrule": save_rule,
}
OWN: Final = frozenset({"cap", "rate", "norm"})  # tables in which a department has rows of its own
OVERSEEN: Final = frozenset({"target", "tipcategory", "evaluationrule"})  # tables that the oversight office keeps, too


def is_whole(who: Principal) -> bool:
    """Whether a person's region is a whole city or more: what all share is not one county's to change."""
    return len(who.region) <= 4


def may_add(who: Principal, kind: str) -> bool:
    if kind == "region":
        return who.role == ADMIN
    return is_whole(who) and (who.role == ADMIN or (kind in OWN and who.role == MANAGER) or (kind in OVERSEEN and who.role == AUDITOR))


def may_edit(who: Principal, kind: str, row: Mapping[str, Any]) -> bool:
    """``row``: the row as it is or as it shall be."""
    if kind == "region":
        return who.role == ADMIN and str(row["code"]).startswith(who.region)
    if kind in OWN and row["department"] is not None:
        return is_whole(who) and who.role == MANAGER and row["department"] == who.department
    return is_whole(who) and (who.role == ADMIN or (kind in OVERSEEN and who.role == AUDITOR))


async def save_code(kind: str, key: Any, values: Mapping[str, Any], *, version: int | None, by: Principal) -> None:
    """Add (``version`` None) or change one row. Raises ``Forbidden``, ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    table = KINDS[kind]
    async with transaction():
        if not (may_add(by, kind) if version is None else may_edit(by, kind, await history.find_row(table, key))):
            raise Forbidden()
        if not may_edit(by, kind, {table.key: key, **values}):
            # A row that would be somebody else's: said at the field, so that nothing typed is lost.
            if kind == "region":
                raise Invalid(field="code", why_zh="不在您的辖区内", why_en="outside your region")
            raise Invalid(
                field="department",
                why_zh="全部部门的条目由管理员维护，部门的条目由该部门维护",
                why_en="rows for all departments are the administrator's, the others each department's own",
            )
        await _VERBS[kind](key, values, version=version, by=by.account_id)


async def add_holidays(first: date, last: date, values: Mapping[str, Any], *, by: Principal) -> None:
    """Raises ``Forbidden``, ``Invalid``."""
    if not may_add(by, "holiday"):
        raise Forbidden()
    async with transaction():
        await rulebook.add_holidays(first, last, values, by=by.account_id)


async def remove_holiday(day: date, *, version: int, by: Principal) -> None:
    """Raises ``Forbidden``, ``NotFound``, ``ChangedByOther``."""
    if not may_add(by, "holiday"):
        raise Forbidden()
    async with transaction():
        await rulebook.remove_holiday(day, version=version, by=by.account_id)


async def fill_year(year: int, *, by: Principal) -> int:
    """Raises ``Forbidden``, ``CalendarUnknown``."""
    if not may_add(by, "holiday"):
        raise Forbidden()
    async with transaction():
        return await rulebook.fill_year(year, by=by.account_id)

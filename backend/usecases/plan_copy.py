"""Lines of an earlier year into the plan of another: dates moved onto working days, what is gone or changed since is named."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from backend.items.queries import list_items, list_register
from backend.kernel.errors import Forbidden, NotFound
from backend.people import queries as people
from backend.people.rules import Principal
from backend.planning import copy_rules, queries, rules, service
from backend.planning import lines as plan_lines
from backend.planning.copy_rules import Caution, Surroundings
from backend.planning.queries import EditionView, LineView
from backend.planning.rules import Line
from backend.registry import queries as registry
from backend.rulebook.queries import find_limits, load_holidays
from backend.storage.engine import transaction
from backend.usecases.annual_plans import find_own


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line and what it would be. ``is_there``: it was copied already, or a line of that name stands in the plan."""

    old: LineView
    line: Line
    warnings: tuple[Caution, ...]
    is_there: bool


async def find_source(source: UUID, target: EditionView, by: Principal) -> EditionView:
    """The edition to copy from: the one in force, or the newest. Raises ``NotFound``, ``Forbidden`` for another department's plan."""
    found = await queries.list_editions(by.scope, plan=source)
    if not found:
        raise NotFound()
    edition = next((e for e in found if e.state in rules.IN_FORCE), found[0])
    if (edition.department, edition.region) != (target.department, target.region) or edition.year >= target.year:
        raise Forbidden()
    return edition


async def list_candidates(target: EditionView, source: EditionView) -> list[Candidate]:
    """For a caller that has found both within a scope."""
    years = target.year - source.year
    holidays = await load_holidays(target.year, target.year + 1)
    lines = await queries.list_lines([target.edition_id, source.edition_id])
    there = {v.key for v in lines[target.edition_id]}
    taken = {v.line.campaign.name for v in lines[target.edition_id]}
    names = {i.code: (i.name_zh, i.name_en) for i in await list_register()}
    departments = frozenset(d.code for d in await people.list_open_departments())
    counties = frozenset(c.code for c in await registry.list_counties(target.scope))
    industries = frozenset(i.code for i in await registry.list_industries())
    found = []
    for old in lines[source.edition_id]:
        first, _due = copy_rules.move_window(old.line.first_on, old.line.due_on, years, holidays)
        around = Surroundings(
            limits_then=await find_limits(old.line.campaign.departments, target.region, old.line.first_on),
            limits_now=await find_limits(old.line.campaign.departments, target.region, first),
            items={i.code: i.department for i in await list_items(on=first)},
            names=names,
            departments=departments,
            counties=counties,
            industries=industries,
        )
        line, warnings = copy_rules.copy_line(old.line, uuid5(target.id, str(old.key)), years=years, holidays=holidays, around=around)
        found.append(Candidate(old, line, tuple(warnings), line.key in there or line.campaign.name in taken))
    return found


async def copy_lines(plan: UUID, source: UUID, keys: Collection[UUID], *, by: Principal) -> int:
    """Copy the chosen lines; those that are there already stay as they are. Returns how many came. Raises ``Forbidden``, ``NotFound``, ``WrongPlanState``."""
    async with transaction():
        target = await find_own(plan, by)
        await service.take(target.edition_id, *rules.EDITABLE)
        chosen: Sequence[Candidate] = [
            c for c in await list_candidates(target, await find_source(source, target, by)) if c.old.key in keys and not c.is_there
        ]
        for c in chosen:
            await plan_lines.add_line(target.edition_id, c.line, warnings=[{"zh": w.zh, "en": w.en} for w in c.warnings], by=by.account_id)
        return len(chosen)

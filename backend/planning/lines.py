"""Verbs on the lines of an edition that is being written. A part of this room's service."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.history.rules import ChangedByOther
from backend.kernel import clock
from backend.kernel.errors import Conflict, Invalid
from backend.kernel.ids import new_id
from backend.planning import queries, rules, service
from backend.planning.rules import Line
from backend.planning.service import LINE_COLUMNS
from backend.storage.engine import connection


def _values(line: Line, warnings: Sequence[Mapping[str, str]], by: UUID) -> tuple[Any, ...]:
    plan = line.campaign
    return (
        plan.name.strip(),
        list(plan.items),
        list(plan.departments[1:]),
        list(plan.counties),
        list(plan.industries),
        plan.rate_mode,
        json.dumps(plan.rates),
        plan.officers_per_visit,
        plan.yearly_cap,
        line.first_on,
        line.due_on,
        line.responsible.strip(),
        line.notes.strip(),
        json.dumps([dict(w) for w in warnings], ensure_ascii=False),
        by,
        clock.now(),
    )


async def add_line(edition: UUID, line: Line, *, warnings: Sequence[Mapping[str, str]] = (), by: UUID) -> None:
    """Idempotent by the line's key. Raises ``WrongPlanState``, ``Invalid`` for a name that another line has, ``Conflict`` for a key with another text."""
    await service.take(edition, *rules.EDITABLE)
    count = await connection().fetchval("select count(*) from plan_line where edition = $1", edition)
    if count >= rules.MOST_LINES:
        raise Invalid(field="name", why_zh=f"一份计划最多 {rules.MOST_LINES} 项", why_en=f"a plan has {rules.MOST_LINES} lines at most")
    await _require_name_free(edition, line)
    names = ", ".join(LINE_COLUMNS)
    places = ", ".join(f"${n}" for n in range(5, 5 + len(LINE_COLUMNS)))
    done = await connection().execute(
        f"insert into plan_line (id, edition, line, position, version, {names}) values ($1, $2, $3, $4, 1, {places}) on conflict (edition, line) do nothing",
        new_id(),
        edition,
        line.key,
        await connection().fetchval("select coalesce(max(position), 0) + 1 from plan_line where edition = $1", edition),
        *_values(line, warnings, by),
    )
    if done.endswith("0"):
        there = await queries.find_line(edition, line.key)
        if rules.values_of(there.line) != rules.values_of(line):
            raise Conflict()


async def _require_name_free(edition: UUID, line: Line) -> None:
    taken = await connection().fetchval(
        "select true from plan_line where edition = $1 and name = $2 and line <> $3", edition, line.campaign.name.strip(), line.key
    )
    if taken:
        raise Invalid(field="name", why_zh="本计划已有同名项目", why_en="the plan has a line of this name already")


async def change_line(edition: UUID, line: Line, *, version: int, by: UUID) -> None:
    """Raises ``NotFound``, ``WrongPlanState``, ``Invalid``, ``ChangedByOther`` with the colleague's line under "line"."""
    await service.take(edition, *rules.EDITABLE)
    there = await queries.find_line(edition, line.key)
    if there.version != version:
        raise ChangedByOther(theirs={"line": there.line}, version=there.version)
    await _require_name_free(edition, line)
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(LINE_COLUMNS, 3))
    await connection().execute(
        f"update plan_line set {sets}, version = version + 1 where edition = $1 and line = $2", edition, line.key, *_values(line, (), by)
    )


async def remove_line(edition: UUID, key: UUID, *, version: int) -> None:
    """Nothing where it is gone already. Raises ``WrongPlanState``, ``ChangedByOther`` where a colleague has changed it since."""
    await service.take(edition, *rules.EDITABLE)
    now = await connection().fetchval("select version from plan_line where edition = $1 and line = $2", edition, key)
    if now not in (None, version):
        raise ChangedByOther(theirs={"line": (await queries.find_line(edition, key)).line}, version=now)
    await connection().execute("delete from plan_line where edition = $1 and line = $2", edition, key)

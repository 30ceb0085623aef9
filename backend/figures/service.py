"""The weekly digest 周报: made once for each department and region that somebody reads it for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta

from backend.figures import queries
from backend.figures.digest_rules import Digest, text_of
from backend.figures.rules import OPEN_MEASURES, parse_period
from backend.kernel import clock
from backend.kernel.ids import new_id
from backend.kernel.scope import Scope
from backend.notify import robots
from backend.people.queries import list_departments, list_offices
from backend.registry.queries import list_regions
from backend.storage.engine import connection, transaction


async def make_digests(week: date) -> int:
    """The digests of the week that begins on the Monday ``week``. Idempotent: a digest that is there stays as it is. Returns how many are new.

    The groups of a department are told with the digest of its widest region, in the same transaction.
    """
    offices = await list_offices()
    counties = {r.code: r.name_zh for r in await list_regions()}
    names = {d.code: d.name_zh for d in await list_departments()}
    widest: dict[str, str] = {}
    for department, region in offices:
        if department is not None and len(region) < len(widest.get(department, region + "-")):
            widest[department] = region
    made = 0
    for department, region in offices:
        async with transaction():
            made += await _make(week, department, region, widest, counties, names)
    return made


async def _make(
    week: date, department: str | None, region: str, widest: Mapping[str, str], counties: Mapping[str, str], names: Mapping[str, str]
) -> bool:
    if await queries.has_digest(week, department, region):
        return False
    scope = Scope(department, region)
    measures = await queries.count(scope, parse_period(str(week.year)))
    digest = Digest(
        week,
        *(await queries.count_week(scope, week)),
        waiting=sum(await queries.count_waiting(scope)),
        measures={key: (measures[key].whole.hit, measures[key].whole.total) for key in OPEN_MEASURES},
    )
    is_new = await connection().fetchval(
        "insert into figure_digest (id, week, department, region, figures, created_at) values ($1, $2, $3, $4, $5, $6)"
        " on conflict (week, department, region) do nothing returning true",
        new_id(),
        week,
        department or "",
        region,
        json.dumps({k: v for k, v in asdict(digest).items() if k != "week"}),
        clock.now(),
    )
    if is_new and department is not None and widest.get(department) == region:
        await robots.tell_digest(department, text_of(digest, counties))
    return bool(is_new)


def last_week(today: date) -> date:
    """The Monday of the week before ``today``'s."""
    return today - timedelta(days=today.weekday() + 7)

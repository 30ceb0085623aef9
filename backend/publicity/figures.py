"""统计 Published results in numbers: how many, where, by whom, with which outcomes. Numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from backend.publicity.queries import LATEST
from backend.storage.engine import reader

CLEAN: Final = "1"  # no problem found 未发现问题


@dataclass(frozen=True, slots=True)
class ResultCount:
    """``clean``: those in which no problem was found."""

    total: int = 0
    clean: int = 0


@dataclass(frozen=True, slots=True)
class ResultCounts:
    """Results that stand, by the day of completion. A result may have several outcomes, so outcomes add up to more than the whole."""

    whole: ResultCount = field(default_factory=ResultCount)
    by_county: Mapping[str, ResultCount] = field(default_factory=dict)
    by_department: Mapping[str, ResultCount] = field(default_factory=dict)
    by_month: Mapping[date, ResultCount] = field(default_factory=dict)
    by_kind: Mapping[str, ResultCount] = field(default_factory=dict)
    by_outcome: Mapping[str, int] = field(default_factory=dict)


_RESULT: Final = (
    "with result as (select county, department, date_trunc('month', completed_on)::date as month, snapshot->>'kind' as kind,"
    f" snapshot->'outcomes' as outcomes from publication p where {LATEST} and status <> 'withdrawn' and completed_on between $1 and $2)"
)
# Bits of GROUPING(county, department, month, kind): 0 where the column is part of the group.
_WHOLE, _COUNTY, _DEPARTMENT, _MONTH, _KIND = 0b1111, 0b0111, 0b1011, 0b1101, 0b1110


async def count_results(first: date, last: date) -> ResultCounts:
    """Of the results completed from ``first`` to ``last``."""
    rows = await reader().fetch(
        f"{_RESULT} select county, department, month, kind, grouping(county, department, month, kind) as which, count(*) as total,"
        f" count(*) filter (where jsonb_array_length(outcomes) = 1 and outcomes->0->>'code' = '{CLEAN}') as clean"
        " from result group by grouping sets ((), (county), (department), (month), (kind))",
        first,
        last,
    )
    outcomes = await reader().fetch(f"{_RESULT} select o->>'code' as code, count(*) as n from result, jsonb_array_elements(outcomes) o group by 1", first, last)

    def part(which: int, column: str) -> dict[str, ResultCount]:
        return {row[column]: ResultCount(row["total"], row["clean"]) for row in rows if row["which"] == which}

    return ResultCounts(
        next((ResultCount(row["total"], row["clean"]) for row in rows if row["which"] == _WHOLE), ResultCount()),
        part(_COUNTY, "county"),
        part(_DEPARTMENT, "department"),
        {row["month"]: ResultCount(row["total"], row["clean"]) for row in rows if row["which"] == _MONTH},
        part(_KIND, "kind"),
        {row["code"]: row["n"] for row in outcomes},
    )

"""What a weekly digest tells, and how a chat group reads it. Pure: numbers and counties, no enterprise and no person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

MOST_COUNTIES: Final = 12


@dataclass(frozen=True, slots=True)
class Digest:
    """The week that begins on the Monday ``week``. ``overdue``: open visits past their day, by county, as it stood when the digest was made.

    ``due_next``: visits due in the seven days that follow the week. ``measures``: (hit, total) of the year so far.
    """

    week: date
    completed: int
    published: int
    overdue: Mapping[str, int]
    due_next: int
    waiting: int
    measures: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def last_day(self) -> date:
        return self.week + timedelta(days=6)


def text_of(digest: Digest, counties: Mapping[str, str]) -> str:
    """One line for a group. ``counties``: names by code."""
    late = sorted(digest.overdue.items(), key=lambda c: (-c[1], c[0]))
    places = "，".join(f"{counties.get(code, code)} {n}" for code, n in late[:MOST_COUNTIES])
    more = f" 等 {len(late)} 个区县" if len(late) > MOST_COUNTIES else ""
    return (
        f"周报（{digest.week.isoformat()} 至 {digest.last_day.isoformat()}）：完成检查 {digest.completed} 户，公示结果 {digest.published} 件；"
        f"下周到期 {digest.due_next} 户；逾期未完成 {sum(digest.overdue.values())} 户{f'（{places}{more}）' if late else ''}；待审核 {digest.waiting} 份。"
    )

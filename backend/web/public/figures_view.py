"""Numbers as the public pages draw them: a table with a bar in each row, or upright columns with a table below. No script, no style of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 190, 34, 22, 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: ``n`` of the whole; ``part``: how many of those; ``href``: where they are listed."""

    name: str
    n: int
    part: int | None = None
    href: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """``axis``, ``unit``, ``part``: what the columns of the table are called; ``part`` empty where rows have none."""

    id: str
    title: str
    axis: str
    unit: str
    rows: Sequence[Bar]
    part: str = ""
    note: str = ""

    @property
    def most(self) -> int:
        return max((row.n for row in self.rows), default=0)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a drawing, in its own units: below ``rest`` the part, above it what is left."""

    x: float
    width: float
    y: float
    height: float
    rest_y: float
    rest_height: float
    name: str
    middle: float


def columns(bars: Bars) -> tuple[Sequence[Column], Sequence[tuple[float, int]]]:
    """The columns, and the lines of the scale as (y, value)."""
    top = _round_up(bars.most)
    room = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / max(len(bars.rows), 1)
    found = []
    for k, row in enumerate(bars.rows):
        whole = room * row.n / top
        part = room * (row.n if row.part is None else row.part) / top
        x = LEFT + k * step + step * 0.18
        found.append(
            Column(
                round(x, 1),
                round(step * 0.64, 1),
                round(HEIGHT - BOTTOM - part, 1),
                round(part, 1),
                round(HEIGHT - BOTTOM - whole, 1),
                round(whole - part, 1),
                row.name,
                round(x + step * 0.32, 1),
            )
        )
    return found, [(round(HEIGHT - BOTTOM - room * part / 2, 1), top * part // 2) for part in range(3)]


def _round_up(n: int) -> int:
    """The next even number of one leading digit, so that half of it is whole."""
    unit = 2 * int("1" + "0" * (len(str(n)) - 1))
    return max(-(-n // unit) * unit, 2)

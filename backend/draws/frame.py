"""The frame where it lies: frozen and drawn from in the database, a million rows at a time.

The rules are those of ``rules.py``; this room's SQL does the hashing that would otherwise fetch every row. Proven equal by
tests/rooms/test_frame.py, measured by benchmarks/frame.py.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.draws import rules
from backend.kernel import merkle
from backend.storage.engine import connection, reader
from backend.storage.relation import Relation

# HMAC-SHA256 keeps its key as two blocks of 64 bytes (RFC 2104).
_INNER, _OUTER, _BLOCK = 0x36, 0x5C, 64
# A commitment is made again from the draw's key wherever it is read: it would be half of what a row stores.
COMMITMENT = (
    "encode(sha256(sha256({outer}::bytea || sha256({inner}::bytea || convert_to('class|' || object_id, 'UTF8')))"
    " || convert_to('{{\"class\":\"' || class_code || '\"}}', 'UTF8')), 'hex')"
)
# What is read beyond the number to draw, in its standard deviations, so that a cell comes up short but once in 10,000.
_DEVIATIONS = 4
# What it costs to go through the frame once more, as the part of its rows that could be read for it.
_SECOND_LOOK = 0.1
_STATE = "case when not s.is_active then 'X:STATUS' else coalesce(x.reason, 'E') end"
_EXCLUDED = "left join unnest(${a}::uuid[], ${b}::text[]) as x (enterprise, reason) on x.enterprise = s.enterprise"
# JSON texts as RFC 8785 writes them: PostgreSQL's to_json escapes the same characters in the same way.
_LEAF = (
    "sha256('\\x00'::bytea || convert_to('{{\"cc\":\"' || {cc} || '\",\"cell\":' || to_json(cell) || ',\"county\":' || to_json(county)"
    " || ',\"id\":' || to_json(object_id) || ',\"st\":\"' || st || '\"}}', 'UTF8'))"
)
# What the planner does not know of these: each row costs microseconds of hashing, so every core is welcome; compiling costs more than it gives.
_TUNED = (
    "select set_config('jit', 'off', true), set_config('parallel_tuple_cost', '0', true), set_config('parallel_setup_cost', '0', true),"
    " set_config('work_mem', '256MB', true)"
)
_TICKET = "sha256(${prk} || convert_to('obj|' || object_id, 'UTF8'))"


PATIENCE = 300  # seconds; a county takes less than one


@dataclass(frozen=True, slots=True)
class Stratum:
    """The eligible rows of one class in one cell."""

    class_code: str
    cell: str
    size: int


@dataclass(frozen=True, slots=True)
class Frozen:
    """A frame after the freeze, ``root`` in hex."""

    root: str
    n: int
    strata: Sequence[Stratum]


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """The outcome in one cell of ``size`` rows: the drawn by ticket."""

    class_code: str
    cell: str
    size: int
    drawn: tuple[str, ...]

    def stored(self) -> dict[str, object]:
        return {"class": self.class_code, "cell": self.cell, "n": len(self.drawn), "size": self.size}


def _source(source: Relation, excluded: Mapping[UUID, str], columns: str) -> tuple[str, list[object]]:
    n = len(source.args)
    join = _EXCLUDED.format(a=n + 1, b=n + 2)
    return f"select {columns} from ({source.sql}) s {join}", [*source.args, list(excluded), list(excluded.values())]


async def count_states(source: Relation, excluded: Mapping[UUID, str]) -> dict[str, int]:
    """What the frame of ``source`` would be now: rows per state. For columns and ``excluded`` see ``freeze``."""
    sql, args = _source(source, excluded, f"{_STATE} as st, count(*) as n")
    return {row["st"]: row["n"] for row in await reader().fetch(f"{sql} group by 1", *args)}


async def freeze(draw: UUID, source: Relation, excluded: Mapping[UUID, str], *, salt_key: bytes, by_class: bool) -> Frozen:
    """Write the frame of ``draw`` and commit to it.

    ``source`` has the columns enterprise, code, county, industry, is_active, credit_class; ``excluded`` says which enterprises stay
    out and why ("X:OPEN"); being inactive goes before that. The transaction must be repeatable-read.
    """
    class_code = "s.credit_class" if by_class else f"'{rules.NO_CLASS}'"
    columns = (
        f"${len(source.args) + 3}::uuid as draw, s.code as object_id, s.enterprise, s.county, s.county || '/' || s.industry as cell,"
        f" {_STATE} as st, {class_code} as class_code"
    )
    sql, args = _source(source, excluded, columns)
    args.append(draw)
    if await connection().fetchval("show transaction_isolation") == "read committed":
        raise RuntimeError("a frame that is read twice needs one moment for both: freeze it in a repeatable-read transaction")
    await connection().execute(_TUNED)
    n = len(args)
    leaf = _LEAF.format(cc=COMMITMENT.format(inner=f"${n + 1}", outer=f"${n + 2}"))
    # Reading may use every core, writing may not: leaves are hashed from the source, and become a tree while the rows are written.
    rows = await connection().fetch(
        f"select array_agg(convert_to(object_id, 'UTF8') || '\\x00'::bytea || {leaf}) from ({sql}) f group by county",
        *args,
        *key_blocks(salt_key),
        timeout=PATIENCE,
    )
    leaves = [leaf for (county,) in rows for leaf in county]
    root = asyncio.get_running_loop().run_in_executor(None, _root, leaves)
    await connection().execute(
        f'insert into draw_frame_row (draw, object_id, enterprise, county, cell, st, class_code) {sql} order by s.code collate "C"', *args, timeout=PATIENCE
    )
    # Without it the planner takes the new rows for few, and one core for enough.
    await connection().execute("analyze draw_frame_row")
    strata = await connection().fetch(
        "select class_code, cell, count(*) as size from draw_frame_row where draw = $1 and st = 'E' group by 1, 2 order by 1, 2", draw
    )
    return Frozen((await root).hex(), len(leaves), [Stratum(**row) for row in strata])


def _root(leaves: list[bytes]) -> bytes:
    """The tree over leaves as they are sorted: each its id's bytes, an end that no text has, its hash."""
    leaves.sort()
    return merkle.root_of_hashes(leaf[-merkle.HASH_BYTES :] for leaf in leaves)


def key_blocks(salt_key: bytes) -> tuple[bytes, bytes]:
    """``COMMITMENT``'s inner and outer block."""
    key = salt_key.ljust(_BLOCK, b"\0")
    return bytes(b ^ _INNER for b in key), bytes(b ^ _OUTER for b in key)


async def select(draw: UUID, prk: bytes, rates: Mapping[str, tuple[int, int]], strata: Sequence[Stratum]) -> list[DrawnCell]:
    """The drawn of every cell, as ``rules.select_objects`` orders cells and ids, without reading those who are not drawn.

    A ticket lies below a part f of all tickets with probability f; what is read is the part that is enough for nearly all cells of a
    class, and a cell that comes up short is read whole.
    """
    await connection().execute(_TUNED)
    wanted = {(c, cell): (size, n) for c, cell, size, n in rules.quotas(prk, [(s.class_code, s.cell, s.size) for s in strata], rates)}
    found: dict[tuple[str, str], list[tuple[bytes, str]]] = {place: [] for place in wanted}
    classes = sorted(rates)
    limits = [_limit([of_cell for (class_code, _), of_cell in wanted.items() if class_code == c]) for c in classes]
    rows = await reader().fetch(
        f"select class_code, cell, object_id, ticket from (select class_code, cell, object_id, {_TICKET.format(prk=2)} as ticket"
        " from draw_frame_row where draw = $1 and st = 'E') f"
         " where "
        + " or ".join(f"(class_code = ${2 * i + 3} and ticket <= ${2 * i + 4})" for i in range(len(classes))),
        draw,
        prk,
        *(value for pair in zip(classes, limits, strict=True) for value in pair),
    )
    for class_code, cell, object_id, ticket in rows:
        found[class_code, cell].append((ticket, object_id))
    if short := [place for place, (_, n) in wanted.items() if len(found[place]) < n]:
        for place in short:
            found[place] = []
        whole = await reader().fetch(
            f"select f.class_code, f.cell, object_id, {_TICKET.format(prk=2)} as ticket from draw_frame_row f"
            " join unnest($3::text[], $4::text[]) as w (class_code, cell) on w.class_code = f.class_code and w.cell = f.cell"
            " where draw = $1 and st = 'E'",
            draw,
            prk,
            [c for c, _ in short],
            [cell for _, cell in short],
        )
        for class_code, cell, object_id, ticket in whole:
            found[class_code, cell].append((ticket, object_id))
    return [
        DrawnCell(class_code, cell, size, tuple(i for _, i in sorted(found[class_code, cell], key=lambda t: (t[0], rules.utf8(t[1])))[:n]))
        for (class_code, cell), (size, n) in wanted.items()
    ]


def _limit(cells: Sequence[tuple[int, int]]) -> bytes:
    """The largest ticket worth reading for a class with cells of (size, number to draw): enough for all, or for all but a few small ones."""
    needs = sorted(((min(1.0, max(0.0, n + _DEVIATIONS * (math.sqrt(n) + 1)) / size), size) for size, n in cells if n), reverse=True)
    total, short = sum(size for _, size in needs), 0
    best, part = math.inf, 0.0
    for need, size in needs:
        cost = total * need + (total * _SECOND_LOOK + short if short else 0)
        if cost < best:
            best, part = cost, need
        short += size
    return min(2**256 - 1, math.floor(2**256 * part)).to_bytes(32, "big")


async def list_places(draw: UUID, objects: Sequence[str]) -> dict[str, tuple[UUID, str]]:
    """Object -> (enterprise, county)."""
    rows = await reader().fetch("select object_id, enterprise, county from draw_frame_row where draw = $1 and object_id = any($2)", draw, list(objects))
    return {row["object_id"]: (row["enterprise"], row["county"]) for row in rows}


async def list_codes(draw: UUID, enterprises: Sequence[UUID]) -> dict[UUID, str]:
    """Enterprise -> its id in the frame, where it is in it."""
    rows = await reader().fetch("select enterprise, object_id from draw_frame_row where draw = $1 and enterprise = any($2)", draw, list(set(enterprises)))
    return {row["enterprise"]: row["object_id"] for row in rows}

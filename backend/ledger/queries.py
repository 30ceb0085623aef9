"""Reads of the log: receipts, proofs from tiles, checkpoints, searches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from backend.kernel import merkle
from backend.kernel.clock import BEIJING
from backend.ledger import rules
from backend.ledger.policy import policy
from backend.ledger.tables import LedgerEntry
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where an entry stands; ``index`` is None until the sequencer has placed it."""

    entry_id: UUID
    type: str
    at: datetime
    leaf_sha256: bytes
    index: int | None


@dataclass(frozen=True, slots=True)
class EntryRow:
    entry_id: UUID
    type: str
    at: datetime
    actor: str
    subject: str
    leaf_sha256: bytes
    index: int | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry in full. ``payload`` and ``salt`` only where public and not erased."""

    row: EntryRow
    leaf: bytes
    payload: Any | None
    salt: bytes | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    size: int
    root: bytes
    at: datetime
    note: str
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry's inclusion in the tree of a signed checkpoint. ``hashes`` from the leaf's sibling up, 32 bytes each."""

    index: int
    size: int
    leaf: bytes
    hashes: tuple[bytes, ...]
    root: bytes
    note: str


async def _nodes(parts: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The roots of perfect subtrees (height, number), ``2**height`` leaves each, from their tiles in one read."""
    levels, tiles, starts, lengths = [], [], [], []
    for height, number in parts:
        level, within = divmod(height, rules.TILE_HEIGHT)
        first = number << within
        levels.append(level)
        tiles.append(first // rules.TILE_WIDTH)
        starts.append((first % rules.TILE_WIDTH) * merkle.HASH_BYTES + 1)
        lengths.append((1 << within) * merkle.HASH_BYTES)
    rows = await reader().fetch(
        "select substring(t.hashes from w.first for w.length) as hashes"
        " from unnest($1::int[], $2::bigint[], $3::int[], $4::int[]) with ordinality as w (level, number, first, length, place)"
        " left join ledger_tile t using (level, number) order by w.place",
        levels,
        tiles,
        starts,
        lengths,
    )
    found = {}
    for row, part, level, tile, length in zip(rows, parts, levels, tiles, lengths, strict=True):
        hashes = row["hashes"]
        if hashes is None or len(hashes) != length:
            raise LookupError(f"tile {level}/{tile} lacks hashes")
        found[part] = merkle.root_of_hashes(hashes[i : i + merkle.HASH_BYTES] for i in range(0, length, merkle.HASH_BYTES))
    return found


async def subtree_roots(ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """The root over each range of leaves [low, high), from tiles: one read for all of them."""
    parts = [list(rules.aligned_parts(low, high)) for low, high in ranges]
    nodes = await _nodes(sorted({part for of_range in parts for part in of_range}))
    return [rules.join_parts([nodes[part] for part in of_range]) if of_range else merkle.EMPTY_ROOT for of_range in parts]


async def subtree_root(low: int, high: int) -> bytes:
    """The root over the leaves [low, high), from tiles."""
    return (await subtree_roots([(low, high)]))[0]


async def find_checkpoint(covering: int = 0) -> Checkpoint | None:
    """The newest checkpoint that enough witnesses have cosigned, where it covers ``covering`` entries; else the newest that is signed.

    ``note`` carries the cosignatures that there are.
    """
    rows = await reader().fetch(
        "select c.size, c.root, c.at, c.note, array_agg(s.witness) as witnesses, array_agg(s.line order by s.witness) as lines"
        " from ledger_cosignature s join ledger_checkpoint c using (size) where c.size >= $1 group by c.size order by c.size desc limit 20",
        max(covering, 1),
    )
    for row in rows:
        if policy().is_met(set(row["witnesses"])):
            return Checkpoint(row["size"], row["root"], row["at"], row["note"] + "".join(row["lines"]), tuple(sorted(row["witnesses"])))
    row = await reader().fetchrow("select size, root, at, note from ledger_checkpoint where note is not null order by size desc limit 1")
    return Checkpoint(**row) if row else None


async def find_receipt(entry_id: UUID) -> Receipt | None:
    row = await reader().fetchrow(
        "select e.entry_id, e.type, e.at, e.leaf_sha256, l.index from ledger_entry e left join ledger_leaf l using (entry_id) where e.entry_id = $1",
        entry_id,
    )
    return Receipt(**row) if row else None


async def list_places(entries: Sequence[UUID]) -> dict[UUID, int]:
    """Entry -> its index; those that the sequencer has not placed yet are left out."""
    rows = await reader().fetch("select entry_id, index from ledger_leaf where entry_id = any($1)", list(entries))
    return {row["entry_id"]: row["index"] for row in rows}


async def find_proof(entry_id: UUID) -> Proof | None:
    """The proof under the newest signed checkpoint, or None while no checkpoint covers the entry."""
    row = await reader().fetchrow("select index, leaf from ledger_leaf where entry_id = $1", entry_id)
    return await _prove(row["index"], row["leaf"]) if row else None


async def find_proof_at(index: int) -> Proof | None:
    leaf = await reader().fetchval("select leaf from ledger_leaf where index = $1", index)
    return await _prove(index, leaf) if leaf is not None else None


async def find_first_proof(entry_id: UUID) -> Proof | None:
    """The proof under the *oldest* signed checkpoint that covers the entry, or None while none does.

    It is shorter than one under the newest, and changes at most once: where a policy names witnesses, until enough of them have cosigned.
    """
    row = await reader().fetchrow("select index, leaf from ledger_leaf where entry_id = $1", entry_id)
    if row is None:
        return None
    checkpoints = await reader().fetch(
        "select c.size, c.root, c.at, c.note, s.witnesses, s.lines from ledger_checkpoint c left join lateral (select array_agg(witness) as witnesses,"
        " array_agg(line order by witness) as lines from ledger_cosignature where size = c.size) s on true"
        " where c.size > $1 and c.note is not null order by c.size limit 200",
        row["index"],
    )
    chosen = next((c for c in checkpoints if policy().is_met(set(c["witnesses"] or ()))), checkpoints[0] if checkpoints else None)
    if chosen is None:
        return None
    note = chosen["note"] + "".join(chosen["lines"] or ())
    return await _prove_under(row["index"], row["leaf"], Checkpoint(chosen["size"], chosen["root"], chosen["at"], note))


async def _prove(index: int, leaf: bytes) -> Proof | None:
    checkpoint = await find_checkpoint(index + 1)
    if checkpoint is None or index >= checkpoint.size:
        return None
    return await _prove_under(index, leaf, checkpoint)


async def _prove_under(index: int, leaf: bytes, checkpoint: Checkpoint) -> Proof:
    hashes = await subtree_roots(rules.ranges_of_proof(index, checkpoint.size))
    return Proof(index, checkpoint.size, leaf, tuple(hashes), checkpoint.root, checkpoint.note)


async def find_tile(level: int, number: int, width: int) -> bytes | None:
    """The first ``width`` hashes of a tile, or None where the log is not that far."""
    hashes: bytes | None = await reader().fetchval("select hashes from ledger_tile where level = $1 and number = $2", level, number)
    return hashes[: width * merkle.HASH_BYTES] if hashes is not None and len(hashes) >= width * merkle.HASH_BYTES else None


async def find_entries_tile(number: int, width: int) -> bytes | None:
    """C2SP entry bundle: each entry's bytes behind their length as big-endian uint16."""
    rows = await reader().fetch(
        "select leaf from ledger_leaf where index >= $1 and index < $2 order by index", number * rules.TILE_WIDTH, number * rules.TILE_WIDTH + width
    )
    if len(rows) < width:
        return None
    return b"".join(len(row["leaf"]).to_bytes(2, "big") + row["leaf"] for row in rows)


_ROW = "select e.entry_id, e.type, e.at, e.actor, e.subject, e.leaf_sha256, l.index from ledger_entry e"


async def list_entries(
    *, subject: str | None = None, type_: str | None = None, day: date | None = None, before: int | None = None, limit: int = 50
) -> list[EntryRow]:
    """Placed entries, newest first; ``before`` is an index (keyset paging), ``day`` a day in Beijing."""
    where: list[str] = ["true"]
    args: list[Any] = []
    for condition, value in (("e.subject = ${}", subject), ("e.type = ${}", type_), ("l.index < ${}", before)):
        if value is not None:
            args.append(value)
            where.append(condition.format(len(args)))
    if day is not None:
        start = datetime.combine(day, time(), BEIJING)
        args += [start, start + timedelta(days=1)]
        where.append(f"e.at >= ${len(args) - 1} and e.at < ${len(args)}")
    args.append(limit)
    # The conditions are ours, the values are parameters.
    sql = f"{_ROW} join ledger_leaf l using (entry_id) where {' and '.join(where)} order by l.index desc limit ${len(args)}"
    return [EntryRow(**row) for row in await reader().fetch(sql, *args)]


async def find_entry(index: int) -> EntryPage | None:
    row = await reader().fetchrow(f"{_ROW} join ledger_leaf l using (entry_id) where l.index = $1", index)
    if row is None:
        return None
    leaf = await reader().fetchval("select leaf from ledger_leaf where index = $1", index)
    kept = await reader().fetchrow("select payload, salt, is_public, erased_at from ledger_payload where entry_id = $1", row["entry_id"])
    shown = kept["is_public"] and kept["erased_at"] is None
    return EntryPage(EntryRow(**row), leaf, json.loads(kept["payload"]) if shown else None, kept["salt"] if shown else None, kept["erased_at"])


STRIDE = 5000  # how many entries one look at the log covers


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """One placed entry whose payload is public."""

    index: int
    type: str
    at: datetime
    subject: str
    payload: Any


# Entry by entry along the index, never the table of entries as a whole.
_PUBLIC = (
    "select l.index, e.type, e.at, e.subject, e.payload from ledger_leaf l cross join lateral (select e.type, e.at, e.subject, p.payload"
    " from ledger_entry e join ledger_payload p using (entry_id) where e.entry_id = l.entry_id and e.type = any($1) and p.is_public"
    " and p.erased_at is null offset 0) e"
)


def _public(rows: Sequence[Any]) -> list[PublicEntry]:
    return [PublicEntry(row["index"], row["type"], row["at"], row["subject"], json.loads(row["payload"])) for row in rows]


async def list_public_after(types: Sequence[str], after: int, limit: int) -> tuple[list[PublicEntry], int]:
    """Public entries of these types behind the index ``after``, in their order, and the index up to which the log has been read.

    One look covers ``STRIDE`` entries at most: the list may be empty although the log goes on.
    """
    rows = await reader().fetch(f"{_PUBLIC} where l.index > $2 and l.index <= $3 order by l.index limit $4", list(types), after, after + STRIDE, limit)
    if len(rows) == limit:
        return _public(rows), int(rows[-1]["index"])
    last = await reader().fetchval("select index from ledger_leaf where index <= $1 order by index desc limit 1", after + STRIDE)
    return _public(rows), max(after, -1 if last is None else int(last))


async def list_public_latest(types: Sequence[str], limit: int) -> list[PublicEntry]:
    """The latest first, as far as ``4 * STRIDE`` entries back."""
    last = await find_last_index()
    return _public(await reader().fetch(f"{_PUBLIC} where l.index > $2 order by l.index desc limit $3", list(types), last - 4 * STRIDE, limit))


async def find_last_index() -> int:
    """-1 before the first entry was placed."""
    last = await reader().fetchval("select index from ledger_leaf order by index desc limit 1")
    return -1 if last is None else int(last)


async def find_payload(entry_id: UUID) -> tuple[Any, bytes] | None:
    """An entry's payload and salt, private ones too, for whoever may read what it is about; None once erased."""
    row = await reader().fetchrow("select payload, salt from ledger_payload where entry_id = $1 and erased_at is null", entry_id)
    return (json.loads(row["payload"]), row["salt"]) if row else None


async def find_entry_id(type_: str, subject: str) -> UUID | None:
    """The first entry of this type about a subject."""
    found: UUID | None = await reader().fetchval(
        "select entry_id from ledger_entry where type = $1 and subject = $2 order by at limit 1", type_, subject
    )
    return found


async def count_entries() -> int:
    """How many entries a signed checkpoint covers."""
    checkpoint = await find_checkpoint()
    return checkpoint.size if checkpoint else 0


async def has_event(type_: str) -> bool:
    """Whether an entry of this type was ever written. Needs no transaction: the sign-in page asks."""
    return bool(await LedgerEntry.exists().where(LedgerEntry.type == type_))


async def list_subjects(type_: str) -> set[str]:
    """The subjects of all entries of one type, placed or not."""
    return {row["subject"] for row in await reader().fetch("select distinct subject from ledger_entry where type = $1", type_)}

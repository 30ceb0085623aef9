"""Gives every staged entry its place, grows the tiles, and signs checkpoints.

One transaction: advisory lock; take entries out of the stage in their order; COPY the leaves; grow the right
edge of the tiles; write the checkpoint. A crash anywhere loses and doubles nothing, and any number of
sequencers may run: the lock lets one work at a time. Signing follows the commit, so that nothing unwritten
is ever signed. Proven by tests/rooms/test_ledger.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog
from asyncpg.exceptions import InterfaceError, PostgresError

from backend.kernel import clock, merkle
from backend.kernel.settings import settings
from backend.ledger import keys, rules, witnessing
from backend.ledger.queries import subtree_root
from backend.storage.engine import connection, transaction

LOCK = 7262318  # any number, the same in every process of this product
POLL_SECONDS = 0.5
COSIGN_SECONDS = 2.0
log = structlog.get_logger()


class BrokenLog(Exception):
    """The stored tree contradicts its own last checkpoint: a restored backup, or tampering. Nothing is signed any more."""


async def _grow(old_size: int, hashes: list[bytes]) -> None:
    """Append leaf hashes to level 0 and every full tile's root to the level above."""
    level, start, new = 0, old_size, hashes
    while new:
        first = start // rules.TILE_WIDTH
        held = start % rules.TILE_WIDTH
        tail = b""
        if held:
            tail = await connection().fetchval("select hashes from ledger_tile where level = $1 and number = $2", level, first)
            if len(tail) != held * merkle.HASH_BYTES:
                raise BrokenLog(f"tile {level}/{first} holds {len(tail) // merkle.HASH_BYTES} hashes instead of {held}")
        data = tail + b"".join(new)
        step = rules.TILE_WIDTH * merkle.HASH_BYTES
        tiles = [data[i : i + step] for i in range(0, len(data), step)]
        await connection().executemany(
            "insert into ledger_tile (level, number, hashes) values ($1, $2, $3) on conflict (level, number) do update set hashes = excluded.hashes",
            [(level, first + i, tile) for i, tile in enumerate(tiles)],
        )
        full = [tile for tile in tiles if len(tile) == step]
        new = [merkle.root_of_hashes(_hashes(tile)) for tile in full]
        level, start = level + 1, first


def _hashes(tile: bytes) -> Iterable[bytes]:
    return (tile[i : i + merkle.HASH_BYTES] for i in range(0, len(tile), merkle.HASH_BYTES))


async def sequence(batch: int = 1000) -> int:
    """Place up to ``batch`` staged entries and sign the new checkpoint. Returns how many were placed. Raises ``BrokenLog``."""
    async with transaction():
        await connection().execute("select pg_advisory_xact_lock($1)", LOCK)
        # The delete returns rows in any order; their ids say the order that they get in the tree.
        taken = await connection().fetch(
            "delete from ledger_stage where id in (select id from ledger_stage order by id limit $1) returning id, entry_id, leaf", batch
        )
        if not taken:
            return await _sign_what_is_unsigned(0)
        taken.sort(key=lambda row: row["id"])
        last = await connection().fetchrow("select size, root from ledger_checkpoint order by size desc limit 1")
        size = last["size"] if last else 0
        if last and await subtree_root(0, size) != last["root"]:
            raise BrokenLog(f"the tree of {size} entries does not have its checkpoint's root")
        hashes = [merkle.leaf_hash(row["leaf"]) for row in taken]
        await connection().copy_records_to_table(
            "ledger_leaf",
            columns=["index", "entry_id", "leaf", "leaf_sha256"],
            records=[(size + i, row["entry_id"], row["leaf"], h) for i, (row, h) in enumerate(zip(taken, hashes, strict=True))],
        )
        await _grow(size, hashes)
        new_size = size + len(taken)
        await connection().execute("insert into ledger_checkpoint (size, root, at) values ($1, $2, $3)", new_size, await subtree_root(0, new_size), clock.now())
    async with transaction():
        return await _sign_what_is_unsigned(len(taken))


async def _sign_what_is_unsigned(placed: int) -> int:
    # A process that died between the commit and the signature left a checkpoint bare; the next round signs it.
    for row in await connection().fetch("select size, root from ledger_checkpoint where note is null order by size"):
        text = rules.checkpoint_text(settings().log_origin, row["size"], row["root"])
        note = rules.sign_note(text, settings().log_origin, keys.signing_key())
        await connection().execute("update ledger_checkpoint set note = $2 where size = $1 and note is null", row["size"], note)
    return placed


async def run(stop: asyncio.Event) -> None:
    """Sequence, and have checkpoints cosigned, until ``stop`` is set.

    A broken or contradicted log ends the signing with an error in the log of the process, loudly and for good.
    """
    work = asyncio.create_task(_work())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if work.done() and (error := work.exception()) is not None:
        log.critical("ledger.broken", error=str(error))
        await stopped
        return
    # A batch in hand is rolled back whole and stays staged.
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def _work() -> None:
    await _patiently(witnessing.require_continuity, once=True)
    loops = [asyncio.create_task(_patiently(sequence, POLL_SECONDS)), asyncio.create_task(_patiently(witnessing.collect, COSIGN_SECONDS))]
    try:
        await asyncio.gather(*loops)
    finally:
        for loop in loops:
            loop.cancel()


async def _patiently(work: Callable[[], Awaitable[int | None]], pause: float = POLL_SECONDS, *, once: bool = False) -> None:
    """Do ``work`` again and again, at once while there is more of it; a database that is away is waited for."""
    while True:
        try:
            if await work():
                continue
            if once:
                return
        except (OSError, PostgresError, InterfaceError) as e:
            log.warning("ledger.waiting", error=e)
        await asyncio.sleep(pause)

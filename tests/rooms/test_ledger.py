"""The log on a real database: every entry once, every checkpoint a true prefix, nothing altered unseen."""

from __future__ import annotations

import asyncio
import random

import pytest

from backend.kernel import merkle
from backend.kernel.errors import Invalid
from backend.ledger import keys, queries, rules, sequencer, service
from backend.ledger.verify import verify_log
from backend.storage.engine import connection, transaction


async def write(n: int, subject: str = "s") -> list:
    async with transaction():
        return [await service.record("demo.loaded", actor=None, subject=subject, payload={"n": i}) for i in range(n)]


async def test_outside_a_transaction_nothing_is_recorded(db):
    with pytest.raises(RuntimeError):
        await service.record("demo.loaded", actor=None, subject="s", payload={})


async def test_unknown_events_are_refused(db):
    with pytest.raises(ValueError, match="no ledger event"):
        async with transaction():
            await service.record("draw.guessed", actor=None, subject="s", payload={})


async def test_an_act_that_rolls_back_leaves_no_entry(db):
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await service.record("demo.loaded", actor=None, subject="s", payload={})
            raise ZeroDivisionError
    assert await sequencer.sequence() == 0


async def test_proofs_of_every_index_verify(db):
    rng, total = random.Random(1), 0
    while total < 600:  # past two tiles
        n = rng.randrange(1, 80)
        await write(n)
        total += n
        assert await sequencer.sequence(batch=200) == n
    async with transaction():
        checkpoint = await queries.find_checkpoint()
        assert checkpoint.size == total
        text = rules.open_note(checkpoint.note, keys.log_key())
        assert rules.parse_checkpoint(text)[1:] == (total, checkpoint.root)
        for index in [*range(40), 255, 256, 257, 511, 512, total - 1]:
            proof = await queries.find_proof_at(index)
            assert merkle.verify_inclusion(merkle.leaf_hash(proof.leaf), index, total, proof.hashes, checkpoint.root), index
    assert await verify_log() == []


async def test_until_a_checkpoint_covers_it_an_entry_has_no_proof(db):
    (entry,) = await write(1)
    async with transaction():
        assert (await queries.find_receipt(entry)).index is None
        assert await queries.find_proof(entry) is None
    await sequencer.sequence()
    async with transaction():
        assert (await queries.find_receipt(entry)).index == 0
        assert (await queries.find_proof(entry)).size == 1


async def test_two_sequencers_and_six_writers(db):
    written: list = []
    stop = asyncio.Event()

    async def writer(k):
        for _ in range(20):
            written.extend(await write(3, f"w{k}"))
            await asyncio.sleep(0)

    async def sequence():
        while not stop.is_set() or await connection_count():
            await sequencer.sequence(batch=17)

    async def connection_count():
        async with transaction():
            return await connection().fetchval("select count(*) from ledger_stage")

    async def writers():
        await asyncio.gather(*(writer(k) for k in range(6)))
        stop.set()

    await asyncio.gather(writers(), sequence(), sequence())
    async with transaction():
        placed = [row["entry_id"] for row in await connection().fetch("select entry_id from ledger_leaf order by index")]
    assert len(placed) == len(set(placed)) == 360
    assert set(placed) == set(written)
    assert await verify_log() == []


async def test_a_crash_before_the_commit_loses_and_doubles_nothing(db, monkeypatch):
    await write(5)
    grow = sequencer._grow

    async def die(*args):
        await grow(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(sequencer, "_grow", die)
    with pytest.raises(KeyboardInterrupt):
        await sequencer.sequence()
    monkeypatch.undo()
    assert await sequencer.sequence() == 5
    assert await verify_log() == []


async def test_a_crash_between_commit_and_signature_is_made_good(db, monkeypatch):
    await write(2)

    async def die(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sequencer, "_sign_what_is_unsigned", die)
    with pytest.raises(KeyboardInterrupt):
        await sequencer.sequence()
    monkeypatch.undo()
    assert await sequencer.sequence() == 0
    async with transaction():
        assert (await queries.find_checkpoint()).size == 2


TAMPERING = {
    "altered": "update ledger_leaf set leaf = replace(convert_from(leaf, 'UTF8'), 'demo', 'dema')::bytea where index = 3",
    "altered with its hash": "update ledger_leaf set leaf = leaf || ' '::bytea, leaf_sha256 = sha256('\\x00'::bytea || leaf || ' '::bytea) where index = 3",
    "deleted": "delete from ledger_leaf where index = 3",
    "cut off": "delete from ledger_leaf where index = 9",
    "reordered": "update ledger_leaf set index = -1 where index = 3; update ledger_leaf set index = 3 where index = 4;"
    " update ledger_leaf set index = 4 where index = -1",
    "payload": "update ledger_payload set payload = '{\"n\": 999}' where entry_id = (select entry_id from ledger_leaf where index = 3)",
    "searched": "update ledger_entry set subject = 'other' where entry_id = (select entry_id from ledger_leaf where index = 3)",
    "tile": "update ledger_tile set hashes = overlay(hashes placing '\\x00' from 40)",
    "root": "update ledger_checkpoint set root = sha256('x')",
}


@pytest.mark.parametrize("how", TAMPERING)
async def test_tampering_is_found(db, how):
    await write(10)
    await sequencer.sequence()
    assert await verify_log() == []
    async with transaction():
        for table in ("ledger_leaf", "ledger_entry"):
            await connection().execute(f"alter table {table} disable trigger user")
        await connection().execute(TAMPERING[how])
    assert await verify_log() != []


async def test_nothing_is_signed_over_a_broken_tree(db):
    await write(3)
    await sequencer.sequence()
    async with transaction():
        await connection().execute("update ledger_tile set hashes = sha256('x') || sha256('y') || sha256('z')")
    await write(1)
    with pytest.raises(sequencer.BrokenLog):
        await sequencer.sequence()


async def test_erasure_leaves_a_tombstone_and_every_proof(db):
    (entry,) = await write(1)
    await sequencer.sequence()
    async with transaction():
        await service.erase(entry, "the person asked")
    async with transaction():
        proof = await queries.find_proof(entry)
        page = await queries.find_entry(0)
    assert merkle.verify_inclusion(merkle.leaf_hash(proof.leaf), 0, 1, proof.hashes, proof.root)
    assert page.erased_at is not None
    assert page.payload is None
    assert await verify_log() == []
    await sequencer.sequence()
    async with transaction():
        told = await queries.find_entry(1)
    assert (told.row.type, told.row.subject, told.payload) == ("payload.erased", str(entry), {"reason": "the person asked"})


async def test_an_erasure_that_nobody_told_is_found_and_one_without_a_ground_refused(db):
    (entry,) = await write(1)
    await sequencer.sequence()
    with pytest.raises(Invalid):
        async with transaction():
            await service.erase(entry, " ")
    async with transaction():
        await connection().execute("update ledger_payload set payload = null, salt = null, erased_at = now(), erased_reason = 'quietly'")
    (problem,) = await verify_log()
    assert "without an entry" in str(problem)


async def test_an_act_that_was_taken_out_of_the_stage_is_missed(db):
    await write(3)
    await sequencer.sequence()
    await write(1, subject="gone")
    async with transaction():
        await connection().execute("delete from ledger_stage")
    (problem,) = await verify_log()
    assert "gone" in str(problem)

"""The log and its witnesses over real HTTP: cosignatures, the quorum, and a restored backup that is found out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from backend.cli import witness as witness_cli
from backend.kernel.settings import settings
from backend.ledger import cosigning, keys, policy, queries, rules, sequencer, service, witnessing
from backend.storage.engine import connection, transaction


@dataclass
class Node:
    name: str
    key: rules.VerifierKey
    url: str
    process: subprocess.Popen


def start(folder: Path, name: str, port: int) -> subprocess.Popen:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "backend.cli.main",
            "witness",
            "serve",
            "--name",
            f"{name}.example",
            "--data",
            str(folder),
            "--log",
            str(keys.log_key()),
            "--port",
            str(port),
        ],
        stdout=subprocess.DEVNULL,
        env=os.environ.copy(),
        process_group=0,  # the server has children of its own
    )


def stop(node: Node) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(node.process.pid, signal.SIGKILL)
    node.process.wait()


def wait_for(url: str) -> None:
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        try:
            httpx.get(f"{url}/vkey", trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{url} did not come up")


@pytest.fixture
def nodes(tmp_path, monkeypatch):
    found = []
    for name in ("city", "outside"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        key = witness_cli.load(tmp_path / name, f"{name}.example", []).key
        found.append(Node(name, key, f"http://127.0.0.1:{port}", start(tmp_path / name, name, port)))
    text = "\n".join([*(f"witness {n.name} {n.key} {n.url}" for n in found), "group both all city outside", "quorum both"])
    wanted = cosigning.parse_policy(text)
    for module in (policy, witnessing, queries):
        monkeypatch.setattr(module, "policy", lambda: wanted)
    try:
        for n in found:
            wait_for(n.url)
        yield found
    finally:
        for n in found:
            stop(n)


async def write(n):
    async with transaction():
        for i in range(n):
            await service.record("demo.loaded", actor=None, subject="s", payload={"n": i})
    while await sequencer.sequence():
        pass


async def test_both_witnesses_cosign_and_the_published_checkpoint_carries_them(db, nodes):
    for size in (5, 300):
        await write(size)
        assert await witnessing.collect() == 2
        assert await witnessing.collect() == 0
    checkpoint = await queries.find_checkpoint()
    assert (checkpoint.size, checkpoint.witnesses) == (305, ("city", "outside"))
    text = rules.open_note(checkpoint.note, keys.log_key())
    lines = checkpoint.note.partition("\n\n")[2].splitlines()
    for n in nodes:
        assert any(cosigning.cosigned_at(line, text, n.key) for line in lines)


async def test_a_checkpoint_with_too_few_cosignatures_waits_behind_the_witnessed_one(db, nodes):
    await write(4)
    await witnessing.collect()
    stop(nodes[1])
    await write(3)
    assert await witnessing.collect() == 1
    assert (await queries.find_checkpoint()).size == 4
    # An entry that only the newer one covers still gets its receipt: a witness that is away stops no phone.
    assert (await queries.find_proof_at(6)).size == 7


async def test_a_restored_backup_is_never_signed(db, nodes):
    await write(20)
    await witnessing.collect()
    await witnessing.require_continuity()
    async with transaction():
        for table in ("ledger_leaf", "ledger_cosignature"):
            await connection().execute(f"alter table {table} disable trigger all")
        for statement in ("truncate ledger_cosignature", "delete from ledger_leaf", "delete from ledger_checkpoint", "delete from ledger_tile"):
            await connection().execute(statement)
    with pytest.raises(witnessing.Contradicted, match="has cosigned 20 entries, this log has 0"):
        await witnessing.require_continuity()
    async with transaction():
        await service.record("demo.loaded", actor=None, subject="after", payload={})
    stop = asyncio.Event()
    running = asyncio.create_task(sequencer.run(stop))
    await asyncio.sleep(2)
    stop.set()
    await running
    async with transaction():
        assert await connection().fetchval("select count(*) from ledger_checkpoint") == 0
        assert await connection().fetchval("select count(*) from ledger_stage") == 1, "what is written in the meantime is not lost"


async def test_another_history_of_greater_length_is_refused(db, nodes):
    await write(20)
    await witnessing.collect()
    async with transaction():
        for table in ("ledger_leaf", "ledger_cosignature"):
            await connection().execute(f"alter table {table} disable trigger all")
        for statement in ("truncate ledger_cosignature", "delete from ledger_leaf", "delete from ledger_checkpoint", "delete from ledger_tile"):
            await connection().execute(statement)
    await write(25)
    with pytest.raises(witnessing.Contradicted, match="not the first of this log"):
        await witnessing.require_continuity()


async def test_another_process_being_ahead_is_no_contradiction(db, nodes):
    """Two sequencers: one read its checkpoint, the other had a newer one cosigned in the meantime."""
    await write(3)
    async with transaction():
        old = await connection().fetchrow("select size, root, note from ledger_checkpoint")
    await write(7)
    assert await witnessing.collect() == 2
    node = next(w for w in witnessing.policy().witnesses if w.name == "city")
    async with httpx.AsyncClient(trust_env=False) as client, transaction():
        assert await witnessing._ask(client, node, old["size"], old["root"], old["note"]) is None
        await connection().execute("alter table ledger_cosignature disable trigger all")
        await connection().execute("delete from ledger_cosignature")
        assert await witnessing._ask(client, node, old["size"], old["root"], old["note"]) is None


def test_the_demo_policy_is_readable(tmp_path):
    assert settings().witness_policy is None
    assert policy.policy().is_met(set())

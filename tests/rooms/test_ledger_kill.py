"""Fifty times kill -9 among racing sequencers and writers: the log loses nothing, doubles nothing, and every checkpoint is a true prefix."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from backend.kernel import merkle

REPO = Path(__file__).parents[2]
CREW = {"sequencer": 2, "writer": 6}
KILLS = 50
APPLICATION = "kill-test"


class Crew:
    """The processes under test, by kind. Each writes into files of its own, which keep what it said when it is killed."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        # A DATA_DIR without keys: processes that start together must also agree on the one that signs.
        self.environment = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder / "data")}
        self.alive: dict[str, list[tuple[str, int]]] = {kind: [] for kind in CREW}
        self.started = 0
        command, pipe = [sys.executable, "-m", "tests.rooms.kill_worker", str(folder)], subprocess.PIPE
        self.nursery = subprocess.Popen(command, cwd=REPO, env=self.environment, stdin=pipe, stdout=pipe, text=True, process_group=0)

    def start(self, kind: str) -> None:
        self.started += 1
        name = f"{kind}-{self.started}"
        self.nursery.stdin.write(f"{kind} {name}\n")
        self.nursery.stdin.flush()
        self.alive[kind].append((name, int(self.nursery.stdout.readline())))

    def kill(self, kind: str, place: int) -> None:
        os.kill(self.alive[kind].pop(place)[1], signal.SIGKILL)

    def kill_all(self) -> None:
        for kind, members in self.alive.items():
            while members:
                self.kill(kind, 0)

    async def works(self, name: str) -> bool:
        out = self.folder / f"{name}.out"
        return out.exists() and out.stat().st_size > 0

    def acknowledged(self) -> dict[str, str]:
        """Entry id -> subject, as the writers noted them after their commits."""
        # Whole lines only: a kill may cut the last one short.
        return dict(pair for path in self.folder.glob("writer-*.out") for pair in re.findall(r"(\S+) (\S+)\n", path.read_text()))

    def verify(self) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "backend.cli.main", "ledger", "verify"]
        return subprocess.run(command, cwd=REPO, env=self.environment, capture_output=True, text=True, check=False)


@pytest.fixture
def crew(db, tmp_path) -> Iterator[Crew]:
    where = db.config
    crew = Crew(tmp_path, f"postgresql://{where['user']}@/{where['database']}?host={where['host']}&application_name={APPLICATION}")
    yield crew
    crew.kill_all()
    crew.nursery.communicate()


async def until(holds: Callable[..., Awaitable[bool]], *args: str) -> None:
    async with asyncio.timeout(30):
        while not await holds(*args):  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.01)


async def kill_at_random(crew: Crew, rng: random.Random) -> Counter[str]:
    killed: Counter[str] = Counter()
    for kind, count in CREW.items():
        for _ in range(count):
            crew.start(kind)
    for _ in range(KILLS):
        # The kind first: chosen among all eight, the sequencers would get few of the kills.
        kind = rng.choice(list(CREW))
        place = rng.randrange(CREW[kind])
        # A process that dies before its first work proves nothing.
        await until(crew.works, crew.alive[kind][place][0])
        await asyncio.sleep(rng.uniform(0, 0.5))
        crew.kill(kind, place)
        crew.start(kind)
        killed[kind] += 1
    return killed


async def test_fifty_kills_lose_and_double_nothing(db, crew):
    killed = await kill_at_random(crew, random.Random(20261123))
    assert min(killed[kind] for kind in CREW) > 15
    crew.kill_all()
    # A commit that was under way when its process died may still succeed.
    await until(db.pool.fetchval, f"select not exists (select from pg_stat_activity where application_name = '{APPLICATION}')")
    crew.start("sequencer")
    drained = "select not exists (select from ledger_stage) and not exists (select from ledger_checkpoint where note is null)"
    await until(db.pool.fetchval, drained)
    crew.kill_all()
    # The database was always there, so nobody had a reason to complain and try again.
    assert "".join(path.read_text() for path in crew.folder.glob("*.err")) == ""

    leaves = await db.pool.fetch("select index, entry_id, leaf from ledger_leaf order by index")
    assert [row["index"] for row in leaves] == list(range(len(leaves)))
    # The subject stands in the leaf's bytes; that ids are unique, the table's constraint alone would see to.
    assert max(Counter(json.loads(row["leaf"])["subject"] for row in leaves).values()) == 1
    placed = {str(row["entry_id"]): json.loads(row["leaf"])["subject"] for row in leaves}
    acknowledged = crew.acknowledged()
    assert len(acknowledged) > 1000
    assert acknowledged.items() - placed.items() == set()
    # What was committed without a word, because the kill came first, is placed too, and no act by half.
    assert {str(row["entry_id"]) for row in await db.pool.fetch("select entry_id from ledger_entry")} == set(placed)
    assert set(Counter(subject.rpartition("/")[0] for subject in placed.values()).values()) == {2}

    hashes = [merkle.leaf_hash(row["leaf"]) for row in leaves]
    roots = {row["size"]: row["root"] for row in await db.pool.fetch("select size, root from ledger_checkpoint")}
    assert max(roots) == len(leaves)
    assert [size for size, root in roots.items() if merkle.root_of_hashes(hashes[:size]) != root] == []

    done = await asyncio.to_thread(crew.verify)
    assert done.returncode == 0, done.stdout + done.stderr

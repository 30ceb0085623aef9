"""What test_ledger_kill.py starts and kills: sequencers, and writers that say what was committed.

Forked from one process that has imported everything: fifty starts of Python would take longer than the fifty kills.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

from backend.kernel import logs
from backend.ledger import sequencer, service
from backend.storage.engine import database, pool, transaction

PAUSE_SECONDS = 0.03  # at most: without any, the log grows longer than its check has time for


async def write(name: str, stop: asyncio.Event) -> None:
    act = 0
    while not stop.is_set():
        # Two entries an act, so that an act torn in half would show.
        subjects = [f"{name}/{act}/{half}" for half in "ab"]
        async with transaction():
            ids = [await service.record("demo.loaded", actor=None, subject=s, payload={"subject": s}) for s in subjects]
        print("".join(f"{i} {s}\n" for i, s in zip(ids, subjects, strict=True)), end="", flush=True)
        act += 1
        await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))


async def work(kind: str, name: str, leash: int) -> None:
    logs.configure()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(leash, stop.set)
    async with pool(2):
        if kind == "writer":
            await write(name, stop)
        else:
            # The usual pause is most of a sequencer's life, and a kill in it proves nothing.
            sequencer.POLL_SECONDS = 0.01
            print("up", flush=True)
            await sequencer.run(stop)


def main(folder: Path) -> None:
    database()  # imports piccolo_conf, once for all
    # Never written to: it ends when we do, and so do our children, even if the driver itself was killed.
    leash, held = os.pipe()
    for line in sys.stdin:
        kind, name = line.split()
        # Nobody waits for the dead: as zombies they keep their numbers, so that the driver can never kill a stranger.
        if pid := os.fork():
            print(pid, flush=True)
            continue
        os.close(held)
        for descriptor, ending in ((1, "out"), (2, "err")):
            os.dup2(os.open(folder / f"{name}.{ending}", os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
        asyncio.run(work(kind, name, leash))
        return


if __name__ == "__main__":
    main(Path(sys.argv[1]))

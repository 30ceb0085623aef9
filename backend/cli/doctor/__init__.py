"""``sunlot doctor``: what is wrong or will be, and what to do. Changes nothing. Proven by tests/rooms/test_doctor.py, which breaks things."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

from asyncpg.exceptions import InterfaceError, PostgresError

from backend.cli.doctor import database, machine
from backend.cli.doctor.findings import FAIL, OK, Finding, status_of
from backend.storage import cluster, engine

MARKS = {OK: "✓", "warn": "!", FAIL: "✗"}


async def examine_machine() -> list[Finding]:
    """What can be said without a database."""
    return [
        *machine.check_disk(),
        *machine.check_rights(),
        *machine.check_keys(),
        *machine.check_placard_keys(),
        *machine.check_settings(),
        *await asyncio.to_thread(lambda: list(machine.check_papers())),
        *await asyncio.to_thread(lambda: list(machine.check_witness_clocks())),
        *await machine.check_store(),
        *await machine.check_scanner(),
    ]


async def examine() -> list[Finding]:
    """Every finding, the machine's first."""
    found = await examine_machine()
    try:
        async with engine.pool(2):
            return found + [finding async for finding in database.check_database()]
    except (OSError, PostgresError, InterfaceError) as e:
        return [*found, database.away(e)]


def main(*, as_json: bool = False) -> int:
    """Print the findings. Returns 0 when all is well, 1 for warnings, 2 for faults."""
    try:
        engine.ensure_server()
    except cluster.ClusterError as e:
        print(f"✗ {e.message('zh')} · {e.message('en')}")
        return 2
    found = asyncio.run(examine())
    if as_json:
        print(json.dumps([asdict(f) for f in found], ensure_ascii=False, indent=1))
        return status_of(found)
    for f in found:
        print(f"{MARKS[f.level]} {f.zh} · {f.en}")
        if f.do_zh:
            print(f"    → {f.do_zh}\n    → {f.do_en}")
    bad = sum(f.level != OK for f in found)
    print(f"共 {len(found)} 项，{bad} 项需要注意 · {len(found)} points, {bad} to look at")
    return status_of(found)

"""The enterprise's page and a result's page at a million enterprises, beside a bare Litestar handler that does one select.

Both servers run on one process each of the same server program; one of them is asked at a time, by 16 readers that never wait, in turns. "kept"
are pages that somebody has read since they last changed; "first" are pages that nobody has read. Goals: 70 % of the bare
handler's requests a second, p99 under three times p50.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from benchmarks._database import run
from benchmarks._million import COLUMNS, rows

SIZE = int(os.environ.get("ROWS") or 1_000_000)
RESULTS = 30_000
HOT = 2_000  # pages that are read again and again
READERS = 16
SECONDS = 6.0
TURNS = 3


async def _fill() -> tuple[list[str], list[str]]:
    """Addresses of enterprises and of results."""
    from backend.ledger import sequencer
    from backend.placards import rules, signing
    from backend.publicity import service as publicity
    from backend.storage.engine import connection, database, transaction

    at = {name: COLUMNS.index(name) for name in ("id", "code", "name", "region", "qr_token")}
    tokens = [rules.make_token() for _ in range(SIZE)]
    # The bare handler finds its row by the same text.
    made = [(*row[: at["qr_token"]], signing.code_of(token), *row[at["qr_token"] + 1 :])
            for row, token in zip(rows(SIZE, datetime.now(UTC)), tokens, strict=True)]  # fmt: skip
    async with transaction():
        await connection().execute("alter table enterprise disable trigger user")
        await connection().copy_records_to_table("enterprise", records=made, columns=COLUMNS, timeout=1800)
        await connection().execute("alter table enterprise enable trigger user")
    await _issue(made, at, tokens)
    for start in range(0, RESULTS, 500):
        async with transaction():
            for n, row in enumerate(made[start : start + 500], start):
                await publicity.publish(_snapshot(n, row, at), inspection=uuid4(), enterprise=row[at["id"]], department="scjg", by=uuid4())
    while await sequencer.sequence(1_000):
        pass
    await database().pool.execute("vacuum analyze", timeout=1800)
    await database().pool.execute("checkpoint", timeout=600)
    return [f"/e/{row[at['qr_token']]}" for row in made], [f"/results/GS-2026-{n + 1:06d}" for n in range(RESULTS)]


async def _issue(made: Sequence[Sequence[Any]], at: dict[str, int], tokens: Sequence[str]) -> None:
    """A signed code on every door."""
    from backend.storage.engine import connection, transaction

    batch, now = uuid4(), datetime.now(UTC)
    printed = (
        (uuid4(), batch, n, row[at["id"]], row[at["code"]], row[at["name"]], "", row[at["region"]], token, "sticker", now, "", "")
        for n, (row, token) in enumerate(zip(made, tokens, strict=True))
    )
    columns = ("id", "batch", "position", "enterprise", "enterprise_code", "enterprise_name", "address", "county", "token", "kind", "issued_at")
    async with transaction():
        await connection().execute("insert into department (code, name_zh, name_en) values ('scjg', '曲靖市市场监督管理局', 'Market Regulation')")
        await connection().execute(
            "insert into placard_batch values ($1, 'MP-2026-1', 'scjg', '5303', 2026, 1, 'small', '{}', '', 5000, 0, 0, 0, '', '', $1, now(), $1)", batch
        )
        await connection().copy_records_to_table("placard", records=printed, columns=(*columns, "ground", "reason"), timeout=1800)


def _snapshot(n: int, row: Sequence[Any], at: dict[str, int]) -> dict[str, Any]:
    return {
        "number": f"GS-2026-{n + 1:06d}", "version": 1, "kind": "complaint", "completed_on": "2026-05-11", "plan": None, "draw": None,
        "enterprise": {"code": row[at["code"]], "name": row[at["name"]], "county": row[at["region"]]},
        "authority": {"zh": "曲靖市市场监督管理局", "en": "Market Regulation"}, "outcomes": [{"code": "1", "zh": "未发现问题", "en": "No problem found"}],
        "items": [{"zh": "食品经营监督检查", "en": "Food business inspection"}], "campaign": {"number": "RW-2026-0001", "name": "食品经营双随机抽查"},
    }  # fmt: skip


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> None:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    status, _, fields = head.partition(b"\r\n")
    assert b" 200 " in status, (status, fields)
    length = next(int(line.split(b":")[1]) for line in fields.lower().split(b"\r\n") if line.startswith(b"content-length"))
    await reader.readexactly(length)


async def _read(port: int, paths: Iterator[str], until: float, times: list[float]) -> None:
    """One reader on one connection: the next page as soon as the last one is here."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (start := time.perf_counter()) < until:
            await _get(reader, writer, next(paths))
            times.append(time.perf_counter() - start)
    finally:
        writer.close()


async def _ask(port: int, paths: Iterator[str], seconds: float = SECONDS) -> list[float]:
    times: list[float] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(_read(port, paths, until, times) for _ in range(READERS)))
    return times


async def _warm(port: int, paths: Sequence[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for path in paths:
        await _get(reader, writer, path)
    writer.close()


def _serve(app: str, **environment: str) -> tuple[int, subprocess.Popen[bytes]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "1", "--no-ws", "--port", str(port), "--log-level", "error", app]
    process = subprocess.Popen(command, env={**os.environ, **environment, "SUNLOT_ENV": "production"})
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port, process
        time.sleep(0.1)
    raise RuntimeError(f"{app} does not start")


def _line(name: str, times: Sequence[float], rate: float, bare: float) -> str:
    cuts = statistics.quantiles(times, n=100)
    p50, p99 = 1000 * cuts[49], 1000 * cuts[98]
    return f"{name:<28} {rate:7,.0f} requests/s   {rate / bare:5.2f} of the bare handler   p50 {p50:5.1f}  p99 {p99:5.1f} ms, {p99 / p50:.1f} x"


async def _compare(name: str, ours: int, bare: int, hot: Sequence[str], cold: Iterator[str]) -> float:
    dice = random.Random(3)  # noqa: S311 - the same readers each time
    await _warm(ours, hot)
    found: dict[str, list[float]] = {"bare handler": [], f"{name}, kept": [], f"{name}, first": []}
    again = {key: iter(lambda: dice.choice(hot), None) for key in found}  # type: ignore[arg-type]
    for _ in range(TURNS):
        for key, times in found.items():
            times += await _ask(bare if key == "bare handler" else ours, cold if key.endswith("first") else again[key])
    rates = {key: len(times) / SECONDS / TURNS for key, times in found.items()}
    for key, times in found.items():
        print(_line(key, times, rates[key], rates["bare handler"]), flush=True)
    return rates[f"{name}, kept"] / rates["bare handler"]


async def _measure() -> None:
    from backend.storage import engine, migrate

    await migrate.migrate()
    async with engine.pool(4):
        enterprises, results = await _fill()
    place = engine.dsn()
    bare, bare_process = _serve("benchmarks._bare:app", BARE_HOST=place["host"], BARE_USER=place["user"], BARE_DATABASE=place["database"])
    ours, our_process = _serve("backend.app:app")
    try:
        dice = random.Random(4)  # noqa: S311
        dice.shuffle(enterprises)
        shares = [
            await _compare("enterprise's page", ours, bare, enterprises[:HOT], iter(enterprises[HOT:])),
            await _compare("result's page", ours, bare, results[:HOT], iter(results[HOT:])),
        ]
    finally:
        for process in (bare_process, our_process):
            process.terminate()
            process.wait(20)
    print(f"kept pages at 70 % of the bare handler: {'held' if min(shares) >= 0.7 else 'MISSED'}")


def main() -> None:
    run(_measure)


if __name__ == "__main__":
    main()

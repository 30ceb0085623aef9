"""Load on the demo county with two server processes: requests a second and latencies of the main routes, then minutes of all of them at once while
memory is watched. ``SOAK_MINUTES=10 make soak``; in ``make bench`` one minute.

Clients and servers share the machine, so requests a second are what is left for the servers; ``/healthz`` beside them shows the cost of a request
that does nothing.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.journeys.conftest import REPO, System, running

CONNECTIONS = 8
SECONDS = 6.0
PASSWORD = "sunlot-demo"  # noqa: S105 - the demo county's, which everybody knows


@dataclass
class Route:
    name: str
    path: str
    cookie: str = ""
    times: list[float] = field(default_factory=list)
    failed: int = 0


class Line:
    """One kept connection that asks and waits, without a library in between: a client of Python's own costs more than the server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, route: Route) -> None:
        if self.writer is None or self.reader is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        start = time.perf_counter()
        self.writer.write(f"GET {route.path} HTTP/1.1\r\nhost: localhost:{self.port}\r\ncookie: {route.cookie}\r\naccept: text/html\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        low = head.lower()
        if b"content-length:" in low:
            await self.reader.readexactly(int(low.split(b"content-length:")[1].split(b"\r\n")[0]))
        elif b"chunked" in low:
            while (size := int(await self.reader.readuntil(b"\r\n"), 16)) > 0:
                await self.reader.readexactly(size + 2)
            await self.reader.readexactly(2)
        route.times.append(1000 * (time.perf_counter() - start))
        if b" 200 " not in head.split(b"\r\n")[0]:
            route.failed += 1

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


async def load(port: int, routes: list[Route], seconds: float) -> float:
    """All connections ask the routes in turn until the time is over. Returns requests a second."""
    end, done = time.monotonic() + seconds, 0

    async def one(number: int) -> None:
        nonlocal done
        line = Line(port)
        try:
            while time.monotonic() < end:
                await line.ask(routes[(number + done) % len(routes)])
                done += 1
        finally:
            line.close()

    began = time.monotonic()
    await asyncio.gather(*(one(n) for n in range(CONNECTIONS)))
    return done / (time.monotonic() - began)


def cookie_of(system: System, username: str) -> str:
    with httpx.Client(base_url=system.url, trust_env=False, timeout=30) as browser:
        browser.get("/console/login")
        answer = browser.post(
            "/console/login", data={"username": username, "password": PASSWORD}, headers={"x-csrf-token": browser.cookies["csrf"]}
        )
        assert answer.status_code == 303, answer.text
        return f"sid={browser.cookies['sid']}"


def _routes(system: System) -> list[Route]:
    manager, inspector = cookie_of(system, "manager"), cookie_of(system, "inspector")
    with httpx.Client(base_url=system.url, trust_env=False, timeout=30) as browser:
        result = next(part.split('"')[0] for part in browser.get("/results").text.split('href="') if part.startswith("/results/"))
        bundle = browser.get("/field/api/bundle", headers={"cookie": inspector}).json()
    door = f"/e/{bundle['inspections'][0]['enterprise']['qr_token']}"
    return [
        Route("alive", "/healthz"),
        Route("ready (one select)", "/readyz"),
        Route("public front page", "/"),
        Route("results", "/results"),
        Route("one result with its proof", result),
        Route("enterprise page", door),
        Route("log", "/log"),
        Route("phone's bundle", "/field/api/bundle", inspector),
        Route("desk", "/console", manager),
        Route("enterprises", "/console/enterprises", manager),
    ]


def _memory(system: System) -> int:
    """Megabytes that the server's processes hold for themselves (Pss)."""
    group, total = system.processes["serve"].pid, 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                text = (folder / "smaps_rollup").read_text()
                total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total // 1024


def _start(system: System) -> None:
    system.kill("serve")
    with (system.home / "serve.log").open("ab") as log:
        system.processes["serve"] = subprocess.Popen(
            [sys.executable, "-m", "backend.cli.main", "serve", "--workers", "2"],
            cwd=REPO, env={**system.environment, "ACCESS_LOG": "0"}, stdout=log, stderr=log, process_group=0,
        )  # fmt: skip
    system.wait_until_up()


def measure(minutes: float) -> bool:
    with running() as system:
        _start(system)
        routes = _routes(system)
        print(f"{CONNECTIONS} connections, 2 server processes, load of the machine {os.getloadavg()[0]:.1f}")
        print("| route | requests/s | p50 | p99 ms | failed |\n|---|---|---|---|---|")
        sound = True
        for route in routes:
            asyncio.run(load(system.port, [route], 1.0))
            route.times.clear()
            rate = asyncio.run(load(system.port, [route], SECONDS))
            cuts = statistics.quantiles(route.times, n=100, method="inclusive")
            print(f"| {route.name} | {rate:.0f} | {cuts[49]:.1f} | {cuts[98]:.1f} | {route.failed} |", flush=True)
            sound &= not route.failed
        print(f"\nall of them at once, {minutes:g} minutes: MB of the server's processes")
        before = _memory(system)
        seen = [before]
        for route in routes:
            route.times.clear()
        limit, rates = time.monotonic() + 60 * minutes, []
        while time.monotonic() < limit:
            rates.append(asyncio.run(load(system.port, routes, min(20.0, max(1.0, limit - time.monotonic())))))
            seen.append(_memory(system))
        half = seen[len(seen) // 2]
        print(f"{' '.join(map(str, seen))}; {statistics.mean(rates):.0f} requests/s, {sum(len(r.times) for r in routes)} in all,")
        print(f"{sum(r.failed for r in routes)} failed; from the middle to the end {seen[-1] - half:+d} MB")
        return sound and not sum(r.failed for r in routes)


def main(minutes: float | None = None) -> None:
    if not measure(minutes or float(os.environ.get("SOAK_MINUTES") or 1)):
        sys.exit(1)


if __name__ == "__main__":
    main(float(os.environ.get("SOAK_MINUTES") or 10))

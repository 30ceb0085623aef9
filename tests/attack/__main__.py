"""Start a demo of its own, attack each place of it, tell what came of each. Exit status 1 where sqlmap finds something, could not try, or the server failed."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:  # what reads our settings is imported when they are set
    from tests.attack.places import Place

FOUND = re.compile(r"' is vulnerable|identified the following injection point|appears to be '.+' injectable|might be (injectable|vulnerable)")
TRIED = ("do not appear to be injectable", "does not seem to be injectable")
FAILED = re.compile(r"\b5\d\d \([^)]*\) - \d+ times")
# Failed tries of an account or an address close it for a while; here nothing is counted, and the pages go on answering.
UNCOUNTED = (
    "create or replace function uncounted() returns trigger language plpgsql as 'begin return null; end'",
    "create or replace trigger uncounted before insert on login_attempt for each row execute function uncounted()",
)


@dataclass(frozen=True)
class Demo:
    """A demo county that is served on a port of its own."""

    folder: Path
    base: str

    def run(self, *words: str) -> None:
        subprocess.run([sys.executable, "-m", "backend.cli.main", *words], check=True)


async def prepare(base: str) -> tuple[list[Place], str, str]:
    """The places, a stranger's CSRF token, the cookie of an enterprise's person."""
    from backend.storage.engine import connection, pool, transaction
    from tests.attack.places import list_places

    async with pool(2), httpx.AsyncClient(base_url=base, trust_env=False, timeout=60) as stranger, httpx.AsyncClient(
        base_url=base, trust_env=False, timeout=60
    ) as member:
        async with transaction():
            for statement in UNCOUNTED:
                await connection().execute(statement)
            owners = "select e.code from claim_member m join enterprise e on e.id = m.enterprise where m.is_owner order by m.id limit 1"
            code = await connection().fetchval(owners)
        await stranger.get("/console/login")
        await member.get("/my/login")
        form = {"code": code, "phone": "13800000001", "password": "sunlot-demo", "_csrf_token": member.cookies["csrf"]}
        entered = await member.post("/my/login", data=form)
        assert entered.status_code == 303, entered.text
        session = "; ".join(f"{c.name}={c.value}" for c in member.cookies.jar if c.name == "eid")
        # The token of the one is good for the other: what counts is that cookie and form say the same.
        return await list_places(stranger, member), stranger.cookies["csrf"], session


def attack(place: Place, base: str, csrf: str, session: str, level: int, folder: Path) -> tuple[str, list[str]]:
    """(verdict, what sqlmap said that somebody must read)."""
    # Most of what is tried is answered 404: that is no reason to stop. Where a form leads is another place.
    how = ["--batch", "--level", str(level), "--risk", "1", "--dbms", "PostgreSQL", "--ignore-code", "*", "--ignore-redirects", "--drop-set-cookie"]
    # A page that shows what was typed, cut short, looks to sqlmap like a question of 999 columns, and it goes through all of them.
    how += ["--union-cols", "1-50"]
    how += ["--disable-coloring", "--timeout", "120", "--output-dir", str(Path(tempfile.mkdtemp(dir=folder)))]
    command = [str(Path(sys.executable).parent / "sqlmap"), *place.arguments(base, csrf, session), *how]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if FOUND.search(line) and "might not" not in line]
    failed = FAILED.findall(done.stdout)
    tried = any(sign in done.stdout for sign in TRIED)
    if said or failed:
        return "FOUND", [*said, *failed]
    return ("nothing found", []) if tried else ("not tried", done.stdout.splitlines()[-12:])


def serve_and_attack(level: int, only: str, jobs: int) -> int:
    folder = Path(tempfile.mkdtemp(prefix="sunlot-attack-"))
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    demo = Demo(folder, f"http://127.0.0.1:{port}")
    os.environ.update(DATA_DIR=str(folder / "data"), PORT=str(port), BASE_URL=demo.base, ACCESS_LOG="0")
    os.environ.pop("DATABASE_URL", None)
    for step in (["database", "start"], ["migrate"], ["demo"], ["assets"]):
        demo.run(*step)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "tests.attack.served:app"], stdout=log, stderr=log
        )
    wrong: list[str] = []
    telling = threading.Lock()
    try:
        for _ in range(240):
            try:
                if httpx.get(f"{demo.base}/healthz", trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.5)
        places, csrf, session = asyncio.run(prepare(demo.base))
        places = [place for place in places if only in place.label]
        done: list[Place] = []

        def work(place: Place) -> None:
            began = time.monotonic()
            verdict, said = attack(place, demo.base, csrf, session, level, folder)
            with telling:
                done.append(place)
                print(f"{len(done):4}/{len(places)} {verdict:14} {time.monotonic() - began:6.0f} s  {place.label}", flush=True)
                if verdict != "nothing found":
                    wrong.append(place.label)
                    print("\n".join(said), flush=True)

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(work, places))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
        demo.run("database", "stop")
        failures = [line for line in (folder / "server.log").read_text().splitlines() if "request.failed" in line]
        print("\n".join(failures[:20]))
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(places)} places, {len(wrong)} with findings or not tried, {len(failures)} requests on which the server failed")
    return 1 if wrong or failures else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of a place's name, as it is printed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="how many places at a time")
    given = parser.parse_args()
    raise SystemExit(serve_and_attack(given.level, given.only, given.jobs))

"""``make attack``: sqlmap at level 3 over what the public can reach, against a demo of its own that is started and stopped here.

Every request comes from another address, or the rate limits would answer instead of the pages. Exit status 1 where sqlmap finds something.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import httpx

PORT = 8150
FOUND = ("is vulnerable", "appears to be injectable", "identified the following injection point")


async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """The application, with each request from an address of its own."""
    from backend.app import app as ours

    if scope["type"] == "http":
        scope["client"] = (f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}", 40000)
    await ours(scope, receive, send)


def targets(base: str, client: httpx.Client) -> list[list[str]]:
    """sqlmap's arguments for each place where the public's words reach us."""
    results = client.get(f"{base}/results").text
    number = re.search(r'href="/results/([^"?]+)"', results)
    draw = re.search(r'href="/draws/([^"?]+)"', client.get(f"{base}/draws").text)
    assert number
    assert draw
    client.get(f"{base}/console/login")
    token = client.cookies["csrf"]
    held = ["--cookie", f"csrf={token}", "--skip", "cookie,host,referer,user-agent,csrf,_csrf_token"]
    return [
        ["-u", f"{base}/results?q=a&county=530302&draw={draw[1]}&before=x", "-p", "q,county,draw,before"],
        ["-u", f"{base}/results/{number[1]}?version=1", "-p", "version"],
        ["-u", f"{base}/results/{number[1]}*"],
        ["-u", f"{base}/results/{number[1]}/proof.json?version=1", "-p", "version"],
        ["-u", f"{base}/log?subject=x&type=draw.announced&day=2026-01-01&before=5", "-p", "subject,type,day,before"],
        ["-u", f"{base}/log/entries/1*"],
        ["-u", f"{base}/log/index/1*/proof"],
        ["-u", f"{base}/log/tile/0/000*"],
        ["-u", f"{base}/draws/{draw[1]}*"],
        ["-u", f"{base}/draws/{draw[1]}*/frame.ndjson"],
        ["-u", f"{base}/e/token*"],
        ["-u", f"{base}/o/token*"],
        ["-u", f"{base}/papers/x*"],
        ["-u", f"{base}/?lang=zh", "-p", "lang,user-agent,referer", "--cookie", "sid=x; lang=zh"],
        ["-u", f"{base}/e/token/recusal", "--data", f"officer=a&reason=b&_csrf_token={token}", "-p", "officer,reason", *held],
        ["-u", f"{base}/console/login", "--data", f"username=a&password=b&next=c&_csrf_token={token}", "-p", "username,password,next", *held],
        [
            "-u", f"{base}/field/api/session", "--data", '{"username": "a*", "password": "b"}',
            "--headers", f"x-csrf-token: {token}\nContent-Type: application/json", *held,
        ],
    ]


def attack(level: int, only: str) -> int:
    folder = Path(tempfile.mkdtemp(prefix="sunlot-attack-"))
    folder.chmod(0o755)
    env = {**os.environ, "DATA_DIR": str(folder / "data"), "PORT": str(PORT), "BASE_URL": f"http://127.0.0.1:{PORT}", "ACCESS_LOG": "0"}
    python = sys.executable
    for step in (["database", "start"], ["migrate"], ["demo"], ["assets"]):
        subprocess.run([python, "-m", "backend.cli.main", *step], env=env, check=True)
    server = subprocess.Popen([python, "-m", "granian", "--interface", "asgi", "--port", str(PORT), "tests.attack:app"], env=env)
    base, found = f"http://127.0.0.1:{PORT}", []
    try:
        with httpx.Client(trust_env=False) as client:
            for _ in range(120):
                try:
                    if client.get(f"{base}/healthz").status_code == 200:
                        break
                except httpx.HTTPError:
                    time.sleep(0.5)
            places = [t for t in targets(base, client) if only in t[1]]
        for target in places:
            began = time.monotonic()
            # Most of what is tried is answered 404: that is no reason to stop.
            how = ["--batch", "--level", str(level), "--risk", "1", "--dbms", "PostgreSQL", "--ignore-code", "*", "--disable-coloring"]
            how += ["--output-dir", str(folder / "sqlmap")]
            done = subprocess.run([str(Path(python).parent / "sqlmap"), *target, *how], capture_output=True, text=True, check=False)
            said = [line for line in done.stdout.splitlines() if any(sign in line for sign in FOUND) and "not" not in line.split("]")[-1][:40]]
            tried = "do not appear to be injectable" in done.stdout or "not injectable" in done.stdout
            verdict = "FOUND" if said else "nothing found" if tried else "not tried"
            print(f"{verdict:14} {time.monotonic() - began:6.0f} s  {target[1]}", flush=True)
            if said or not tried:
                print("\n".join(said or done.stdout.splitlines()[-8:]), flush=True)
                found.append(target[1])
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
        subprocess.run([python, "-m", "backend.cli.main", "database", "stop"], env=env, check=False)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(places)} places, {len(found)} with findings or not tried")
    return 1 if found else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", type=int, default=3)
    parser.add_argument("--only", default="", help="a part of the address")
    given = parser.parse_args()
    raise SystemExit(attack(given.level, given.only))

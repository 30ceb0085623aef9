"""A server that is told to stop: readiness off, streams ended, what has begun finishes; a worker finishes or hands back what it has in hand."""

from __future__ import annotations

import hashlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import REPO, System, _free_port
from tests.rooms.test_evidence import photo

PASSWORD = "sunlot-demo"


class Slow(System):
    """With time to drain, and logs that a machine reads."""

    worker_port = 0

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "DRAIN_SECONDS": "2",
            "SHUTDOWN_SECONDS": "20",
            "LOG_FORMAT": "json",
            "WORKER_METRICS_PORT": str(self.worker_port),
        }


@pytest.fixture(scope="module")
def system() -> Iterator[Slow]:
    home = Path(tempfile.mkdtemp(prefix="sunlot-shutdown-"))
    made = Slow(home, _free_port())
    made.worker_port = _free_port()
    try:
        made.load_demo()
        yield made
    finally:
        made.stop()
        shutil.rmtree(home, ignore_errors=True)


def signed_in(system: System) -> httpx.Client:
    browser = httpx.Client(base_url=system.url, timeout=30, trust_env=False)
    browser.get("/field/api/session")
    browser.headers["x-csrf-token"] = browser.cookies["csrf"]
    assert browser.post("/field/api/session", json={"username": "inspector", "password": PASSWORD}).status_code == 200
    return browser


def send_slowly(system: System, browser: httpx.Client, content: bytes, began: threading.Event, go_on: threading.Event) -> bytes:
    """One PUT over a bare socket that waits in the middle. Returns the answer's bytes."""
    sha256 = hashlib.sha256(content).hexdigest()
    cookies = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    head = (
        f"PUT /field/api/evidence/{sha256} HTTP/1.1\r\nhost: localhost:{system.port}\r\ncookie: {cookies}\r\nx-csrf-token: {browser.cookies['csrf']}\r\n"
        f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", system.port), timeout=40) as line:
        line.sendall(head.encode() + content[:1000])
        began.set()
        assert go_on.wait(30)
        line.sendall(content[1000:])
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    return answer


def test_a_slow_upload_in_flight_is_finished_and_streams_are_ended(system):
    system.start("serve")
    browser = signed_in(system)
    began, go_on, answers, stream_ended = threading.Event(), threading.Event(), [], threading.Event()

    def listen() -> None:
        office = httpx.Client(base_url=system.url, timeout=60, trust_env=False)
        office.get("/console/login")
        office.post("/console/login", data={"username": "manager", "password": PASSWORD}, headers={"x-csrf-token": office.cookies["csrf"]})
        with office.stream("GET", "/console/live?t=campaigns") as stream:
            assert stream.status_code == 200
            text = "".join(stream.iter_text())
        assert "event: bye" in text
        office.close()
        stream_ended.set()

    sender = threading.Thread(target=lambda: answers.append(send_slowly(system, browser, photo(900, (400, 300)), began, go_on)))
    listener = threading.Thread(target=listen)
    sender.start()
    listener.start()
    assert began.wait(20)
    time.sleep(1)
    process = system.processes["serve"]
    process.send_signal(signal.SIGTERM)
    limit = time.monotonic() + 1.8
    seen = set()
    while time.monotonic() < limit:
        try:
            answer = httpx.get(f"{system.url}/readyz", timeout=1, trust_env=False)
            seen.add((answer.status_code, answer.json()["status"]))
        except httpx.HTTPError:
            break
        time.sleep(0.1)
    assert (503, "draining") in seen, "a balancer must see it before listening ends"
    time.sleep(2)
    assert process.poll() is None, "it went before its upload was through"
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{system.url}/healthz", timeout=1, trust_env=False)
    go_on.set()
    sender.join(timeout=30)
    assert b" 201 " in answers[0].split(b"\r\n")[0], answers[0][:300]
    assert stream_ended.wait(15)
    listener.join()
    assert process.wait(timeout=20) == 0
    system.processes.pop("serve")
    browser.close()
    lines = (system.home / "serve.log").read_text().splitlines()
    assert all(line.startswith("{") for line in lines if line.strip()), [line for line in lines if not line.startswith("{")][:5]
    assert any('"route": "/field/api/evidence/{sha256}"' in line and '"status": 201' in line for line in lines)


def test_a_worker_ends_with_its_job_done_and_answers_for_itself(system):
    system.start("worker")
    address = f"http://127.0.0.1:{system.worker_port}"
    limit = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{address}/healthz", timeout=2, trust_env=False).text == "ok\n":
                break
        except httpx.HTTPError:
            assert time.monotonic() < limit
            time.sleep(0.1)
    while 'sunlot_worker_rounds_total{result="done",work="outbox"}' not in httpx.get(f"{address}/metrics", timeout=5, trust_env=False).text:
        assert time.monotonic() < limit
        time.sleep(0.2)
    process = system.processes.pop("worker")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=25) == 0


def test_a_job_that_takes_too_long_is_handed_back(system):
    """A handler that never ends: the worker leaves after SHUTDOWN_SECONDS, and the job is still in the outbox, untried."""
    done = subprocess.run(
        [sys.executable, "-c", HANDED_BACK], cwd=REPO, env={**system.environment, "SHUTDOWN_SECONDS": "1", "WORKER_METRICS_PORT": ""},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "handed back, attempts 0" in done.stdout


HANDED_BACK = """
import asyncio, os, signal
from backend.cli import worker
from backend.storage import engine, outbox
from backend.storage.engine import connection, transaction

async def hang(payload):
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(3600)

async def main():
    async with engine.pool(1), transaction():
        await outbox.ask("hang", {})
    worker.HANDLERS["hang"] = hang
    assert await worker.main() == 0
    async with engine.pool(1), transaction():
        print("handed back, attempts", await connection().fetchval("select attempts from outbox_job where topic = 'hang'"))
        await connection().execute("delete from outbox_job where topic = 'hang'")

asyncio.run(main())
"""


def test_two_processes_of_a_server_count_together(system):
    """Requests go to either; whoever is asked for the metrics tells of both. A process that was killed leaves its counts and no connections."""
    with (system.home / "serve.log").open("ab") as log:
        system.processes["serve"] = subprocess.Popen(
            [sys.executable, "-m", "backend.cli.main", "serve", "--workers", "2"],
            cwd=REPO, env=system.environment, stdout=log, stderr=log, process_group=0,
        )  # fmt: skip
    system.wait_until_up()

    def count() -> int:
        text = httpx.get(f"{system.url}/metrics", timeout=10, trust_env=False).text
        line = next((x for x in text.splitlines() if x.startswith('sunlot_http_requests_total{method="GET",route="/draws",status="200"}')), "x 0")
        return int(float(line.split()[-1]))

    for _ in range(40):
        assert httpx.get(f"{system.url}/draws", timeout=30, trust_env=False).status_code == 200
    assert {count() for _ in range(6)} == {40}
    process = system.processes.pop("serve")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0

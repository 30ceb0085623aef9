"""The whole system as an office runs it: real processes, a real PostgreSQL, a real Chromium. Fakes only at the world's edge."""

from __future__ import annotations

import asyncio
import atexit
import http.server
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import http_ece
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import BrowserContext, Playwright, sync_playwright
from py_vapid import Vapid02

from backend.storage import cluster

REPO = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
# The service worker has the page: from here on it opens with no signal. Waited for in the page, whose policy allows no polling by eval.
IN_CONTROL = (
    "() => new Promise((done) => navigator.serviceWorker.controller ? done()"
    " : navigator.serviceWorker.addEventListener('controllerchange', () => done()))"
)


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@dataclass
class System:
    """The demo county, served on a port of its own. ``kill`` and ``start`` are what a power cut and an operator do."""

    home: Path
    port: int
    front: str = ""  # the address that people use, where it is not the server's own
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)  # settings beside those that every journey has

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "BASE_URL")}
        return {**clean, "DATA_DIR": str(self.home), "PORT": str(self.port), "BASE_URL": self.front or self.url, "PUSH_HOSTS": "127.0.0.1", **self.more}

    def sunlot(self, *args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "backend.cli.main", *args]
        return subprocess.run(command, cwd=REPO, env=self.environment, capture_output=True, text=True, check=False)

    def sql(self, *statements: str) -> list[asyncpg.Record]:
        """What the system's own database answers to the last of them."""

        async def run() -> list[asyncpg.Record]:
            line = await asyncpg.connect(host=str(cluster.socket_dir(self.home / "postgres")), user=cluster.SUPERUSER, database=cluster.DATABASE)
            try:
                for statement in statements[:-1]:
                    await line.execute(statement)
                return list(await line.fetch(statements[-1]))
            finally:
                await line.close()

        # Playwright's own loop may run in this thread.
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(lambda: asyncio.run(run())).result()

    def load_demo(self) -> None:
        """The demo county, its database running."""
        # Not shutil.copytree: the database's files keep the plain user who owns them.
        subprocess.run(["cp", "-a", f"{demo_home()}/.", str(self.home)], check=True)
        done = self.sunlot("database", "start")
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, name: str) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "backend.cli.main", name], cwd=REPO, env=self.environment, stdout=log, stderr=log, process_group=0
            )
        if name == "serve":
            self.wait_until_up()

    def wait_until_up(self) -> None:
        limit = time.monotonic() + 120  # a machine that is busy with other tests
        while time.monotonic() < limit:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError((self.home / "serve.log").read_text()[-3000:])

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.sunlot("database", "stop")


@cache
def demo_home() -> Path:
    """A folder with the demo county, migrated and loaded once for the whole run, its database stopped: to be copied."""
    home = Path(tempfile.mkdtemp(prefix="sunlot-demo-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    home.chmod(0o755)
    system = System(home, _free_port())
    for step in (("migrate",), ("demo",), ("database", "stop"), ("assets",)):
        done = system.sunlot(*step)
        assert done.returncode == 0, done.stdout + done.stderr
    return home


@contextmanager
def running() -> Iterator[System]:
    """The demo county, served and worked for; thrown away afterwards."""
    home = Path(tempfile.mkdtemp(prefix="sunlot-journey-"))
    system = System(home, _free_port())
    try:
        system.load_demo()
        system.start("serve")
        system.start("worker")
        yield system
    finally:
        system.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("the browser tests must run in CI, and there is no chromium")
        pytest.skip("no chromium on this machine: install Debian's package chromium to run the browser tests")
    with running() as one:
        yield one


class PushService:
    """A push service on loopback that does what a real one and a browser do: check VAPID, decrypt aes128gcm."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.inbox: queue.Queue[str | Exception] = queue.Queue()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                try:
                    assert Vapid02.verify(self.headers["authorization"])
                    outer.inbox.put(http_ece.decrypt(body, private_key=outer.key, auth_secret=outer.auth, version="aes128gcm").decode())
                    self.send_response(201)
                except Exception as e:  # noqa: BLE001 - the test shows whatever went wrong
                    outer.inbox.put(e)
                    self.send_response(400)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def subscription(self) -> dict[str, Any]:
        import base64

        def b64(data: bytes) -> str:
            return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": f"http://127.0.0.1:{self.server.server_port}/push/1",
            "expirationTime": None,
            "keys": {"p256dh": b64(point), "auth": b64(self.auth)},
        }


@pytest.fixture
def push_service() -> Iterator[PushService]:
    service = PushService()
    yield service
    service.server.shutdown()
    service.server.server_close()


@pytest.fixture(scope="module")
def playwright() -> Any:
    with sync_playwright() as p:
        yield p


@pytest.fixture
def phone(playwright: Playwright, system: System, tmp_path: Path) -> Iterator[BrowserContext]:
    """An officer's phone: camera and microphone of the browser's own, a position within 12 m."""
    context = playwright.chromium.launch_persistent_context(
        str(tmp_path / "phone"), executable_path=CHROMIUM, headless=True, args=FLAGS, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True
    )
    context.grant_permissions(["geolocation", "camera", "microphone"], origin=system.url)
    context.set_geolocation({"latitude": 25.49, "longitude": 103.79, "accuracy": 12})
    context.set_default_timeout(30_000)
    yield context
    context.close()

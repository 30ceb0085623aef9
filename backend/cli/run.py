"""One command for an office: database, migrations, demo county, server and worker; one Ctrl-C stops what it started."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from types import FrameType

import httpx

from backend.kernel.errors import DomainError
from backend.kernel.settings import settings
from backend.storage import cluster, engine
from backend.storage.migrate import migrate

PATIENCE = 60.0
APP = "backend.app:app"
DEMO_WITNESSES = ("city-justice", "city-audit")
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PortTaken(DomainError):
    code = "port-taken"
    zh = "端口 {port} 已被占用，请用 PORT=… 换一个端口"
    en = "Port {port} is taken: choose another with PORT=.."


def serve(workers: int = 1, target: str = APP) -> int:
    """Serve until a signal comes: then, in this order, readiness goes off, listening ends, open requests finish."""
    from granian import Granian
    from granian.constants import Interfaces

    from backend.kernel import logs

    s = settings()
    # Before the processes start: they count together. A folder of this server's own, for a new one counts anew.
    counters = tempfile.TemporaryDirectory(prefix="sunlot-counters-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters.name
    server = Granian(
        target,
        address=s.host,
        port=s.port,
        interface=Interfaces.ASGI,
        workers=workers,
        respawn_failed_workers=True,
        workers_kill_timeout=s.shutdown_seconds,
        websockets=False,
        log_dictconfig=logs.server_config(),
    )
    server.on_startup(_leave_first)
    try:
        server.serve()
    finally:
        counters.cleanup()
    return 0


def _leave_first() -> None:
    """Let a signal to stop first tell each process: it takes itself out of the balancer's list and ends the pages' open streams, for
    the server waits for open answers and a stream has no end. Listening ends ``DRAIN_SECONDS`` later.
    """
    from backend.live.hub import END_STREAMS

    for number in (signal.SIGINT, signal.SIGTERM):
        stop = signal.getsignal(number)

        def wrapped(number: int, frame: FrameType | None, stop: object = stop) -> None:
            for child in multiprocessing.active_children():
                if child.pid is not None:
                    os.kill(child.pid, END_STREAMS)
            time.sleep(settings().drain_seconds)
            if callable(stop):
                stop(number, frame)

        signal.signal(number, wrapped)


def _require_port() -> None:
    s = settings()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((s.host, s.port))
        except OSError as e:
            raise PortTaken(port=s.port) from e


def _wait_until_up(server: subprocess.Popen[bytes]) -> bool:
    s = settings()
    host = "127.0.0.1" if s.host == "0.0.0.0" else s.host  # noqa: S104 - compared, not bound
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and server.poll() is None:
        try:
            if httpx.get(f"http://{host}:{s.port}/readyz", timeout=5, trust_env=False).status_code == 200:
                return True
        except httpx.HTTPError:
            time.sleep(0.1)
    return False


def _command(*words: str) -> subprocess.Popen[bytes]:
    # A group of its own, so that the terminal's Ctrl-C reaches us alone and we stop things in order.
    return subprocess.Popen([sys.executable, "-m", "backend.cli.main", *words], process_group=0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start_witnesses() -> list[subprocess.Popen[bytes]]:
    """Two witnesses of the demo's own, and the policy that asks for both. Alone they prove little: see docs/operations.md."""
    from backend.cli import witness
    from backend.ledger.keys import log_key

    s = settings()
    lines, started = [], []
    for name in DEMO_WITNESSES:
        folder, port = s.data_dir / "witnesses" / name, _free_port()
        key = witness.load(folder, f"{name}.sunlot.example", []).key
        lines.append(f"witness {name} {key} http://127.0.0.1:{port}")
        started.append(_command("witness", "serve", "--name", key.name, "--data", str(folder), "--log", str(log_key()), "--port", str(port)))
    policy = s.data_dir / "witnesses" / "policy"
    policy.write_text("\n".join([*lines, f"group both all {' '.join(DEMO_WITNESSES)}", "quorum both", ""]))
    os.environ["WITNESS_POLICY"] = str(policy)
    return started


def run(*, demo: bool = True) -> int:
    """Set up, serve and work until Ctrl-C or SIGTERM. Returns the exit status."""
    from backend.cli import assets

    s = settings()
    _require_port()
    assets.build(assets.REPO)
    home = s.data_dir / "postgres"
    was_running = bool(s.database_url) or (home.exists() and cluster.is_running(home))
    engine.ensure_server()
    children: list[subprocess.Popen[bytes]] = []

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # SIGINT too: a shell that starts us in the background leaves it ignored. SIGHUP: the terminal was closed.
    for number in STOPPING:
        signal.signal(number, stop)
    try:
        asyncio.run(migrate())
        if demo and not s.production:
            from backend.cli.demo import load

            print("正在准备演示数据 · preparing the demo county ..", flush=True)
            asyncio.run(load.load_if_empty())
        if demo and not s.production and s.witness_policy is None:
            children += _start_witnesses()
        server = _command("serve")
        children += [server, _command("worker")]
        if not _wait_until_up(server):
            print("服务未能启动 · the server did not come up", file=sys.stderr)
            return 1
        print(_welcome(s.base_url, demo=demo and not s.production), flush=True)
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
        print("一个进程意外退出 · a process ended unexpectedly", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n正在停止 · stopping ..", flush=True)
        return 0
    finally:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(timeout=s.drain_seconds + s.shutdown_seconds + 5)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        if not was_running:
            engine.stop_server()


def _welcome(address: str, *, demo: bool) -> str:
    lines = ["", f"  阳光抽查 · Sunlot    {address}", f"  办公端 office        {address}/console", f"  手机端 phone         {address}/field/"]
    if demo:
        lines += [
            "",
            "  演示账号 demo logins   admin manager reviewer inspector inspector2 auditor",
            "  密码 password          sunlot-demo",
            f"  企业 an enterprise     {address}/my （代码和手机号见登录页 · its code and telephone stand on the sign-in page）",
        ]
    return "\n".join([*lines, "", "  Ctrl-C 停止 stops everything", ""])
